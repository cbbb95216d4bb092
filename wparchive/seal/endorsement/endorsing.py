"""What makes a checkpoint somebody's word at some time: its signature, the time stamps of authorities, the list of keys."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from wparchive.errors import UsageError
from wparchive.model import timestamp
from wparchive.seal.endorsement.programs import MissingProgram
from wparchive.seal.endorsement.signing import SigningError, allowed_signers, public_key, sign
from wparchive.seal.endorsement.stamping import Authority, Post, StampError, stamp
from wparchive.seal.entries import Key, current_key, keys_in, seals_in
from wparchive.seal.log import Log
from wparchive.seal.seal_result import SealResult
from wparchive.seal.seals_folder import Seal, Seals
from wparchive.seal.settings import SealSettings
from wparchive.store import Archive
from wparchive.store.warc.writing.writer import storage_error, sync_folder

__all__ = ["Endorsing", "KeyChange", "key_spans", "write_whole"]

_SKEW = timedelta(hours=1)  # by which our clock may differ from an authority's
_PATIENCE = timedelta(hours=24)  # without a stamp, until a person has to see to it


@dataclass(frozen=True, slots=True)
class KeyChange:
    """That seals are signed by another key from now on; with `lost`, the one before can't sign any more."""

    key: Path
    lost: bool = False


class Endorsing:
    """Signs and stamps the seals of an archive by its settings."""

    def __init__(
        self, archive: Archive, seals: Seals, settings: SealSettings, post: Post, now: Callable[[], datetime]
    ) -> None:
        self._archive, self._seals, self._settings = archive, seals, settings
        self._post, self._now = post, now
        self._public: dict[Path, str] = {}

    def key_entries(self, log: Log, change: KeyChange | None) -> list[dict[str, Any]]:
        """Return the entries of a key that is new to the log. Raises UsageError for one that may not be."""
        current, fresh = current_key(log), change.key if change else self._settings.key
        if fresh is None:
            return []
        self._refuse_inside(fresh)
        try:
            public = self._key(fresh)
        except (SigningError, MissingProgram) as error:
            if change:
                raise UsageError(f"--new-key: {error}") from None
            return []  # said when it fails to sign
        if change is None:
            return [] if current and current.key == public else self._first(current, public)
        if current is None:
            raise UsageError("--new-key: there is no key yet that it could follow; give --key FILE --identity NAME")
        if current.key == public:
            return []  # said again after a crash
        old = {"change": "lost" if change.lost else "retire", "key": current.key, "principal": current.principal}
        new = {"change": "add", "key": public, "principal": self._settings.identity or current.principal}
        return [{"type": "key", "at": timestamp(self._now()), **values} for values in (old, new)]

    def _first(self, current: Key | None, public: str) -> list[dict[str, Any]]:
        if current:
            raise UsageError(
                f"{self._settings.key}: not the key that signs this archive ({current.principal}); to change keys, say "
                "--new-key FILE, with --lost when the old one is gone"
            )
        new = {"change": "add", "key": public, "principal": self._settings.identity}
        return [{"type": "key", "at": timestamp(self._now()), **new}]

    def _refuse_inside(self, key: Path) -> None:
        if key.resolve().is_relative_to(self._archive.root.resolve()):
            raise UsageError(f"{key}: a key inside the archive would be handed on with it; move it elsewhere")

    def _key(self, path: Path) -> str:
        if path not in self._public:
            self._public[path] = public_key(path)
        return self._public[path]

    def endorse(self, log: Log, change: KeyChange | None, result: SealResult) -> None:
        """Sign all seals that lack a signature, have the newest one stamped, and write down whose keys they are.

        What could not be had is added to `result`. Raises StorageError.
        """
        *older, newest = self._seals.all()
        self._write_signers(log)
        for one in (*older, newest):
            if self._settings.key and not one.signature.exists() and not self._signed(one, change, result):
                break  # with the same key the others fail for the same reason
        self._stamp(newest, log, result)

    def _signed(self, one: Seal, change: KeyChange | None, result: SealResult) -> bool:
        """Sign a seal: by the key in use, and at a change also by the new one; whether that went well."""
        old = self._settings.key
        plan = {"checkpoint.sig": change.key if change and change.lost else old}
        if change and not change.lost and one == self._seals.newest():
            plan = {"checkpoint.new.sig": change.key, **plan}
        try:
            for name, key in plan.items():
                if key is not None:
                    write_whole(one.folder / name, sign(key, one.text))
        except (SigningError, MissingProgram) as error:
            result.missing.append(f"seal {one.number} isn't signed: {error}")
            result.overdue.append(result.missing[-1])
            return False
        return True

    def _stamp(self, newest: Seal, log: Log, result: SealResult) -> None:
        """Ask all authorities at the same time for what the newest seal lacks: its stamp covers the older ones too."""
        asked = [one for one in self._settings.authorities if not (newest.folder / f"{one.name}.tsr").exists()]
        if not asked:
            return
        text = newest.stamped()

        def ask(authority: Authority) -> bytes | str:
            try:
                return stamp(authority, text, self._post)
            except (StampError, MissingProgram) as error:
                return str(error)

        with ThreadPoolExecutor(len(asked)) as pool:
            answers = list(pool.map(ask, asked))
        for authority, answer in zip(asked, answers, strict=True):
            if isinstance(answer, bytes):
                self._keep_certificates(authority)  # first: a stamp that is there isn't asked for again
                write_whole(newest.folder / f"{authority.name}.tsr", answer)
            else:
                result.missing.append(f"seal {newest.number} isn't stamped by {authority.name}: {answer}")
                if self._waits_since(authority, log) < self._now().astimezone(UTC) - _PATIENCE:
                    result.overdue.append(f"no stamp by {authority.name} for more than a day: {answer}")

    def _waits_since(self, authority: Authority, log: Log) -> datetime:
        """When the oldest seal was made of those after the authority's last stamp."""
        stamped = [one.number for one in self._seals.all() if (one.folder / f"{authority.name}.tsr").exists()]
        last = max(stamped, default=0)
        times = [str(log.entries[line.index].value.get("at")) for line in seals_in(log) if line.number > last]
        try:
            return datetime.fromisoformat(min(times, default=""))
        except ValueError:
            return self._now().astimezone(UTC)

    def _keep_certificates(self, authority: Authority) -> None:
        """Keep the authority's certificates with its tokens, beside those that it had before."""
        if authority.ca is None:
            return
        path = self._seals.authorities / f"{authority.name}.pem"
        try:
            fresh = authority.ca.read_bytes()
            held = path.read_bytes() if path.is_file() else b""
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise storage_error(path, error) from None
        if fresh not in held:
            write_whole(path, held + fresh)

    def _write_signers(self, log: Log) -> None:
        """Write `allowed_signers` anew when the log has more keys than it."""
        text = allowed_signers(key_spans(log)).encode("ascii", "replace")
        if text and (not self._seals.signers.is_file() or self._seals.signers.read_bytes() != text):
            write_whole(self._seals.signers, text)


def key_spans(log: Log) -> Iterator[tuple[str, str, str, str]]:
    """Yield principal, key, and the span of each signing key in `log`, as `allowed_signers` takes them.

    The first key has no beginning: it may sign what was sealed before. A retired key has no end, only a lost one: what it
    signed may be stamped much later, and `verify` knows by the log's order that it signs no later seal.
    """
    keys = [*keys_in(log)]
    for number, key in enumerate(keys):
        if key.change != "add":
            continue
        lost = next((one.at for one in keys[number + 1 :] if one.key == key.key and one.change == "lost"), "")
        yield key.principal, key.key, _stamp(key.at, -_SKEW) if number else "", _stamp(lost, _SKEW)


def _stamp(at: str, more: timedelta) -> str:
    """Return a time of the log as OpenSSH writes it, by `more` later."""
    try:
        moment = datetime.fromisoformat(at).astimezone(UTC) + more
    except ValueError:
        return ""
    return f"{moment:%Y%m%d%H%M%S}Z"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file of a seal: there whole, or not at all. Raises StorageError."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        with new.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise storage_error(path, error) from None
