"""Who signed each seal, and who stamped it when: by ssh-keygen and openssl."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from wparchive.audit.finding import Finding
from wparchive.audit.seals.log_check import seal_finding
from wparchive.audit.seals.trust import Trust
from wparchive.errors import StorageError
from wparchive.seal.endorsement.endorsing import key_spans
from wparchive.seal.endorsement.programs import MissingProgram
from wparchive.seal.endorsement.signing import allowed_signers, key_in, signed_by
from wparchive.seal.endorsement.stamping import stamped_at
from wparchive.seal.endorsement.weak_keys import is_weak
from wparchive.seal.entries import Key, keys_in, seals_in
from wparchive.seal.log import Log
from wparchive.seal.seals_folder import Seal, Seals, read_small

__all__ = ["Endorsed", "EndorsementCheck"]


@dataclass(slots=True)
class Endorsed:
    """A seal's good endorsements: the time of each stamp by authority, over the signature too or not; who signed."""

    signed: dict[str, datetime] = field(default_factory=dict)  # stamps over checkpoint and signature
    text_only: dict[str, datetime] = field(default_factory=dict)  # stamps over the checkpoint alone
    signers: list[str] = field(default_factory=list)

    @property
    def earliest(self) -> datetime | None:
        """The earliest time at which the checkpoint was there, by a good stamp."""
        return min([*self.signed.values(), *self.text_only.values()], default=None)


class EndorsementCheck:
    """The signatures and stamps of all seals of one log, judged by whom an auditor trusts."""

    def __init__(self, seals: Seals, name: str, log: Log, trust: Trust) -> None:
        self._seals, self._name, self._log, self._trust = seals, name, log, trust
        self.endorsed: dict[int, Endorsed] = {}
        self.claimed = 0  # signed seals of which only the log says when
        self.lacking = ""  # the program without which nothing could be judged
        self._keys, self._lines = [*keys_in(log)], [*seals_in(log)]

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong with signatures, stamps and keys; afterwards `endorsed` has what is good, by seal."""
        seals = self._seals.all()
        with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            signers = self._trust.signers or Path(place, "signers")
            if self._trust.signers is None:
                signers.write_text(allowed_signers(key_spans(self._log)), "ascii", "replace")
            try:
                for seal, faults in zip(seals, pool.map(self._stamps, seals), strict=True):
                    yield from self._found(seal, faults)
                if seals and self._trust.authorities and not any(one.earliest for one in self.endorsed.values()):
                    # Otherwise whoever throws all stamps away would pass.
                    yield from self._found(seals[-1], [("seal-token", "no seal is stamped by your authorities", "")])
                times = self._times(seals)
                signing = pool.map(lambda seal: self._signatures(seal, signers, times.get(seal.number)), seals)
                for seal, faults in zip(seals, signing, strict=True):
                    yield from self._found(seal, faults)
            except MissingProgram as error:
                self.lacking = str(error)
                return
        yield from self._changes()

    def _found(self, seal: Seal, faults: Sequence[tuple[str, str, str]]) -> Iterator[Finding]:
        for code, message, file in faults:
            yield seal_finding(code, message, f"{self._name}/{seal.folder.name}/{file}")

    def _stamps(self, seal: Seal) -> list[tuple[str, str, str]]:
        """Judge the time stamps of a seal; returns code, message and file of each that isn't good."""
        good = self.endorsed.setdefault(seal.number, Endorsed())
        faults = []
        for path in seal.tokens:
            try:
                token, text, whole = read_small(path), seal.text, seal.stamped()
            except StorageError as error:
                faults.append(("seal-token", str(error), path.name))
                continue
            own = self._seals.authorities / f"{path.stem}.pem"
            ca = self._trust.authorities or (own if own.is_file() and not own.is_symlink() else None)
            moment, why = stamped_at(token, whole, ca)
            if moment:
                (good.signed if whole != text else good.text_only)[path.stem] = moment
                continue
            # An older stamp, from before the signature was made, is over the checkpoint alone.
            alone = stamped_at(token, text, ca)[0] if whole != text else None
            if alone:
                good.text_only[path.stem] = alone
            else:
                faults.append(("seal-token", f"no good time stamp of this seal: {why}", path.name))
        return faults

    def _times(self, seals: Sequence[Seal]) -> Mapping[int, datetime | None]:
        """Return for each seal the earliest time at which its signature was there, by a stamp that covers it.

        A stamp of a later seal covers the files that a receipt names before it. Where nobody stamped, it is the time that
        the log claims, and `claimed` counts that.
        """
        says = {line.number: str(self._log.entries[line.index].value.get("at")) for line in self._lines}
        named: dict[str, int] = {}
        for line in self._lines:
            for name in line.receipts:
                named.setdefault(name, line.number)
        times: dict[int, datetime | None] = {}
        earliest: datetime | None = None
        later: dict[int, datetime | None] = {}
        for seal in reversed(seals):
            later[seal.number] = earliest
            found = self.endorsed[seal.number].earliest
            earliest = min(filter(None, (earliest, found)), default=None)
        for seal in seals:
            covered_by = named.get(f"{seal.folder.name}/checkpoint.sig")
            after = [later.get(covered_by - 1)] if covered_by else []
            moments = [*self.endorsed[seal.number].signed.values(), *filter(None, after)]
            claimed = None if moments else _moment(says.get(seal.number, ""))
            self.claimed += bool(claimed and seal.signatures)
            times[seal.number] = min(moments, default=claimed)
        return times

    def _signatures(self, seal: Seal, signers: Path, when: datetime | None) -> list[tuple[str, str, str]]:
        """Judge the signatures of a seal at the time `when`; returns code, message and file of each that isn't good."""
        faults: list[tuple[str, str, str]] = []
        added = [key for key in self._keys_until(seal) if key.change == "add"]
        if not seal.signatures and (added or self._trust.signers):
            who = f"{added[-1].principal} signs this archive's seals" if added else "your signers should have signed it"
            faults.append(("seal-unsigned", f"{who}, but this one isn't signed", ""))
        for path in seal.signatures:
            try:
                text, signature = seal.text, read_small(path)
            except StorageError as error:
                faults.append(("seal-signature", str(error), path.name))
                continue
            key = key_in(signature)
            if is_weak(key):
                faults.append(("seal-weak-key", "by a key of small order, whose signature fits every text", path.name))
                continue
            if key in self._retired_before(seal):
                faults.append(("seal-signature", "by a key that an earlier seal says was retired or lost", path.name))
                continue
            who, why = signed_by(text, signature, signers, when=when)
            if who:
                self.endorsed[seal.number].signers.append(who)
            else:
                faults.append(("seal-signature", f"not signed by whom it should be: {why}", path.name))
        return faults

    def _keys_until(self, seal: Seal) -> list[Key]:
        try:
            size = seal.checkpoint().size
        except (ValueError, StorageError):
            return []
        return [key for key in self._keys if key.index < size]

    def _retired_before(self, seal: Seal) -> set[str]:
        """Return the keys that signed no more when the entries of `seal` were written."""
        end = max((line.index for line in self._lines if line.number < seal.number), default=-1)
        changes = {key.key: key.change for key in self._keys if key.index < end}
        return {key for key, change in changes.items() if change != "add"}

    def _changes(self) -> Iterator[Finding]:
        """Yield changes of keys that the old key didn't confirm, and weak keys."""
        by_number = {seal.number: seal for seal in self._seals.all()}
        for key in self._keys:
            where = f"{self._name}/log"
            if is_weak(key.key):
                yield seal_finding("seal-weak-key", f"the key of {key.principal} is of small order", where)
            if key.change not in ("retire", "lost"):
                continue
            sealed = next((line.number for line in self._lines if line.index > key.index), None)
            seal = by_number.get(sealed or 0)
            if key.change == "lost" and self._trust.signers is None:
                message = f"the key of {key.principal} was declared lost, so only your own --signers can confirm its successor"
                yield seal_finding("seal-signature", message, where)
            if key.change == "retire" and seal and key.key not in self._signing(seal):
                message = f"the key of {key.principal} was retired, and it didn't sign that"
                yield seal_finding("seal-signature", message, f"{self._name}/{seal.folder.name}")

    def _signing(self, seal: Seal) -> set[str]:
        found = set()
        for path in seal.signatures:
            try:
                found.add(key_in(read_small(path)))
            except StorageError:
                continue
        return found


def _moment(at: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
