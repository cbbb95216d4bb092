"""WARC files and the frontier: writing, reading, recovering what a crash left, finding any capture again."""

from wparchive.store.archive import Archive, Lock, SiteFolder, site_name
from wparchive.store.fields import Fields, Record
from wparchive.store.frontier import Frontier, FrontierRun, Unfinished
from wparchive.store.members import BrokenMemberError, Member, members
from wparchive.store.reader import Entry, InfoRecord, ResourceRecord, StoredExchange, WholeEntry, exchanges, is_ours
from wparchive.store.records import Prepared
from wparchive.store.recovery import Recovery, recover
from wparchive.store.resync import Damage, walk
from wparchive.store.site import SiteStore
from wparchive.store.strays import Stray
from wparchive.store.warc import WarcWriter

__all__ = [
    "Archive",
    "BrokenMemberError",
    "Damage",
    "Entry",
    "Fields",
    "Frontier",
    "FrontierRun",
    "InfoRecord",
    "Lock",
    "Member",
    "Prepared",
    "Record",
    "Recovery",
    "ResourceRecord",
    "SiteFolder",
    "SiteStore",
    "StoredExchange",
    "Stray",
    "Unfinished",
    "WarcWriter",
    "WholeEntry",
    "exchanges",
    "is_ours",
    "members",
    "recover",
    "site_name",
    "walk",
]
