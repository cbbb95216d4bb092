"""One item by itself, without the page of a listing that it stood on and without its record.

When its file was sealed, each item of a listing got a commitment: its digest, where it stood, and a salt that only the record
gives. The commitment is shown, with the proof that the file has it; the other items on the page stay unknown.
"""

from datetime import datetime
from pathlib import Path

from wparchive.errors import UsageError
from wparchive.export.evidence.evidence_package import Made, write_entry, write_seal, write_trust
from wparchive.export.evidence.evidence_wanted import Wanted
from wparchive.export.evidence.item_texts import ItemText, item_text
from wparchive.export.evidence.package_folder import package_folder, shell_script
from wparchive.export.evidence.sealed_records import SealedLog, SealedWarc
from wparchive.store import Archive

__all__ = ["make_alone"]


def make_alone(
    archive: Archive, target: Path, wanted: Wanted, *, key: Path | None, now: datetime, private: bool = False
) -> Made:
    """Write the newest version of an item that stood in a listing to `target`, a new folder or a file that ends with `.zip`.

    Raises UsageError where none of its versions was read from a listing that was sealed, DamagedError and StorageError.
    """
    del now  # nothing in it says when it was made: its signature's holder does
    sealed = SealedLog(archive)
    text, warc, place = _committed(archive, sealed, wanted)
    with package_folder(archive, target, private=private) as folder:
        folder.put("item.json", text.data)
        folder.put("commitment", warc.items[place])
        folder.put("commitment.tlog-proof", bytes(warc.item_proof(place)))
        seal = write_entry(folder, sealed, warc.entry.index, "entries/entry")
        write_seal(folder, seal)
        write_trust(folder, sealed)
        folder.put("verify.sh", shell_script("common.sh", "alone.sh"))
        folder.put("VERIFY.txt", shell_script("VERIFY-ALONE.txt"))
        folder.close(key)
    return Made(texts=1, seals=[seal.number], unsigned=folder.unsigned)


def _committed(archive: Archive, sealed: SealedLog, wanted: Wanted) -> tuple[ItemText, SealedWarc, int]:
    """Return the item's newest text with a commitment, the file that has it, and the commitment's place in that file."""
    for version in reversed(wanted.history.versions):
        capture = wanted.captures.get(version.evidence.capture) if version.evidence else None
        text = item_text(archive, capture, wanted.item.wp_id) if capture else None
        if text is None or text.element is None:
            continue
        warc = sealed.warc(archive.path(text.answer.capture.warc))
        place = warc.commitment_to(text.answer.capture.capture, text.element)
        if place is not None:
            return text, warc, place
    raise UsageError(
        f"{wanted.item}: none of its versions was read from a listing, or none in WordPress's own form, so no commitment to it "
        "alone was sealed: leave out --alone, and its records are in the package"
    )
