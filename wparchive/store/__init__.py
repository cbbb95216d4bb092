"""WARC files and the capture log: write, read, recover after a crash, and find any capture again."""

from wparchive.store.archive import Archive
from wparchive.store.deeds import Deed, deed_of
from wparchive.store.folder import SiteFolder
from wparchive.store.log.capture_log import CaptureLog, LoggedRun, Unfinished
from wparchive.store.log.item_states import Doubt, ItemStates
from wparchive.store.log.owed_files import LackingFile, OwedFiles, OwedPage
from wparchive.store.log.page_marks import PageMark, PageMarks, Tried
from wparchive.store.log.seen import Known, Proven, Seen
from wparchive.store.losses import losses_noted
from wparchive.store.remote import Remote
from wparchive.store.site import SiteStore
from wparchive.store.strays import Stray
from wparchive.store.warc.blobs import Blob, Source
from wparchive.store.warc.fields import Fields, Record
from wparchive.store.warc.members import Member, members
from wparchive.store.warc.reader import (
    InfoRecord,
    ResourceRecord,
    StoredExchange,
    WholeEntry,
    exchanges,
    is_ours,
)
from wparchive.store.warc.recovery import recover
from wparchive.store.warc.resync import Damage, walk
from wparchive.store.warc.writing.records import Prepared

__all__ = [
    "Archive",
    "Blob",
    "CaptureLog",
    "Damage",
    "Deed",
    "Doubt",
    "Fields",
    "InfoRecord",
    "ItemStates",
    "Known",
    "LackingFile",
    "LoggedRun",
    "Member",
    "OwedFiles",
    "OwedPage",
    "PageMark",
    "PageMarks",
    "Prepared",
    "Proven",
    "Record",
    "Remote",
    "ResourceRecord",
    "Seen",
    "SiteFolder",
    "SiteStore",
    "Source",
    "StoredExchange",
    "Stray",
    "Tried",
    "Unfinished",
    "WholeEntry",
    "deed_of",
    "exchanges",
    "is_ours",
    "losses_noted",
    "members",
    "recover",
    "walk",
]
