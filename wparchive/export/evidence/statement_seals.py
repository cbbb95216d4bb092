"""What a statement says of the seals: who signed them, who stamped them when, and what follows from that and what doesn't."""

import json
from collections.abc import Iterable, Iterator, Mapping

from wparchive.export.evidence.sealed_records import SealedLog
from wparchive.export.evidence.statement_markup import escaped, facts
from wparchive.export.evidence.statement_words import (
    HOW_MADE,
    HOW_OTHERS_MADE,
    NEITHER,
    RECORDS_PROVEN,
    SHOWN_TO_USERS,
    SIGNED,
    STAMPED,
)
from wparchive.seal.endorsement.signing import key_in
from wparchive.seal.endorsement.stamping import claimed_time
from wparchive.seal.entries import keys_in
from wparchive.seal.seals_folder import Seal, read_small
from wparchive.version import __version__

__all__ = ["StatedSeals"]


class StatedSeals:
    """The seals of a package: `seals` has that of each entry, by the entry's index."""

    def __init__(self, sealed: SealedLog, seals: Mapping[int, Seal]) -> None:
        self._sealed, self._by_entry = sealed, seals
        self._all = sorted(set(seals.values()), key=lambda one: one.number)
        self._times = {seal.number: _stamps(seal) for seal in self._all}
        self._signers = {seal.number: self._signer(seal) for seal in self._all}

    def _signer(self, seal: Seal) -> str:
        """Return who signed a seal, as the log has it of that key; "" when nobody did."""
        if not seal.signatures:
            return ""
        key = key_in(read_small(seal.signatures[0]))
        return next((one.principal for one in keys_in(self._sealed.log) if one.key == key), "") or "an unknown key"

    def no_later(self, index: int) -> str:
        """Return by when, and by whose word, what is in the file of the entry `index` was there."""
        seal = self._by_entry[index]
        return self._stamped(seal) or f"no stamp (seal {seal.number})"

    def _stamped(self, seal: Seal) -> str:
        return "; ".join(f"{at} by {name}" for name, at in self._times[seal.number])

    def summary(self) -> str:
        """Return in one line who signed and by when all of it was there."""
        who = sorted(set(filter(None, self._signers.values())))
        signed = f"signed by {', '.join(who)}" if who else "not signed"
        times = [at for found in self._times.values() for _, at in found]
        stamped = f"stamped by an authority, {min(times)} to {max(times)}" if times else "not stamped by an authority"
        return f"{len(self._all)} seals, {signed}, {stamped}" if len(self._all) > 1 else f"{signed}, {stamped}"

    def proven(self) -> list[str]:
        """Return what is proven, as HTML."""
        stamped, signed = _share(self._times.values()), _share(self._signers.values())
        lines = [RECORDS_PROVEN, STAMPED[stamped], SIGNED[signed]]
        return [*lines, NEITHER] if stamped == signed == "none" else lines

    def tables(self) -> Iterator[str]:
        """Yield the seals and the files that they cover, as HTML."""
        yield "<h2>Seals</h2>\n"
        for seal in self._all:
            yield facts(
                [
                    ("Seal", str(seal.number)),
                    ("Text that is sealed", seal.text.decode("utf-8", "replace").replace("\n", " ")),
                    ("Signed by", self._signers[seal.number] or "nobody"),
                    ("Stamped by", "; ".join(f"{name} at {at}" for name, at in self._times[seal.number]) or "nobody"),
                ]
            )
        yield "<h2>Files that the records are from</h2>\n<table><thead><tr><th>WARC file</th><th>Bytes</th>"
        yield "<th>SHA-256 when it was sealed</th></tr></thead>\n"
        for index in sorted(self._by_entry):
            entry = next(one for one in self._sealed.files() if one.index == index)
            name = "a file made with credentials" if entry.hidden else entry.file
            yield f'<tr><td>{escaped(name)}</td><td class="count">{entry.size:,}</td><td><code>{entry.sha256}</code></td></tr>\n'
        yield "</table>\n<p>SHA256SUMS has the digest of every file of this package.</p>\n"

    def how_made(self, *, private: bool) -> str:
        """Return how the records, the seals and the package were made, as HTML."""
        deeds = {
            "signed with an SSH key": any(self._signers.values()),
            "stamped by authorities (RFC 3161)": any(self._times.values()),
        }
        done = " and ".join(deed for deed, is_so in deeds.items() if is_so)
        sealing = f"it was {done}" if done else "nobody signed or stamped it"
        made = HOW_MADE.replace("VERSION", escaped(__version__)).replace("SEALING", sealing)
        return made + (HOW_OTHERS_MADE if self._has_foreign() else "") + (SHOWN_TO_USERS if private else "")

    def _has_foreign(self) -> bool:
        entries = (self._sealed.entry(index) for index in self._by_entry)
        return any(json.loads(one.behind or one.line).get("foreign") for one in entries)


def _stamps(seal: Seal) -> list[tuple[str, str]]:
    """Return by whom and when a seal was stamped, as the stamps themselves say: `verify.sh` judges them."""
    found = ((path.stem, claimed_time(path.read_bytes())) for path in seal.tokens)
    return [(name, f"{at:%Y-%m-%d %H:%M:%S} UTC") for name, at in found if at]


def _share(values: Iterable[object]) -> str:
    """Return whether all, some or none of `values` are there."""
    there = [bool(value) for value in values]
    return "all" if all(there) else "some" if any(there) else "none"
