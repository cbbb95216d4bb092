"""The seals of an evidence package: who signed them, and who stamped them when."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from wparchive.audit.finding import Finding, Tally
from wparchive.audit.packages.contents import Contents, read_small_file
from wparchive.audit.seals.trust import Trust
from wparchive.seal.endorsement.programs import MissingProgram
from wparchive.seal.endorsement.signing import NAMESPACE, key_in, signed_by
from wparchive.seal.endorsement.stamping import stamped_at
from wparchive.seal.endorsement.weak_keys import is_weak
from wparchive.seal.proof.checkpoint import Checkpoint

__all__ = ["PackageSeals"]


class PackageSeals:
    """The seals in the folder `seals/` of `contents`; `texts` are their checkpoints, each with its folder."""

    def __init__(self, contents: Contents, trust: Trust, tally: Tally) -> None:
        self._contents, self._trust, self._tally = contents, trust, tally
        self._signers: set[str] = set()
        self._stamps: list[tuple[datetime, str]] = []
        names = (name.split("/") for name in contents.names)
        self._folders = sorted({parts[1] for parts in names if len(parts) == 3 and parts[0] == "seals"})
        self.texts: dict[bytes, str] = {}

    def findings(self) -> Iterator[Finding]:
        """Yield what isn't right with them. Raises UnreadableFile."""
        if not self._folders:
            yield self._finding("no seal is in the package", "seals")
        for folder in self._folders:
            text = read_small_file(self._contents, f"seals/{folder}/checkpoint")
            try:
                head = Checkpoint.parse(text)
            except ValueError:
                yield self._finding("no checkpoint", f"seals/{folder}/checkpoint")
                continue
            self.texts.setdefault(text, folder)
            yield from self._expected(head, folder)
            try:
                yield from self._endorsed(folder, text)
            except MissingProgram as error:
                self._tally.notes.append(f"signatures and time stamps weren't checked: {error}")

    def _expected(self, head: Checkpoint, folder: str) -> Iterator[Finding]:
        """Compare with heads that somebody kept: only one of the same size says anything about this one."""
        for path, kept in self._trust.heads():
            if kept.origin != head.origin or (kept.size == head.size and kept.root != head.root):
                yield self._finding(f"of another log than {path} names", f"seals/{folder}/checkpoint", "package-expect")
            elif kept.size != head.size:
                message = f"the package can't be compared with {path}, a head of another size: ask for the archive"
                yield self._finding(message, f"seals/{folder}/checkpoint", "package-expect")

    def _endorsed(self, folder: str, text: bytes) -> Iterator[Finding]:
        signature = self._maybe(f"seals/{folder}/checkpoint.sig")
        times = []
        for name in self._contents.names:
            if not (name.startswith(f"seals/{folder}/") and name.endswith(".tsr")):
                continue
            token = read_small_file(self._contents, name)
            at, why = self._stamped(token, text + signature)
            over_text = None if at or not signature else self._stamped(token, text)[0]
            if at:
                times.append(at)
            if moment := at or over_text:
                self._stamps.append((moment, name))
            else:
                yield self._finding(f"no good time stamp of this seal: {why}", name, "package-token")
        stamped = any(name.startswith(f"seals/{folder}/") and name.endswith(".tsr") for name in self._contents.names)
        if not stamped and self._trust.authorities:
            message = "nobody stamped it, so none of your authorities did"
            yield self._finding(message, f"seals/{folder}/checkpoint", "package-token")
        if not signature and self._trust.signers:
            message = "nobody signed it, so none of your signers did"
            yield self._finding(message, f"seals/{folder}/checkpoint", "package-signature")
        elif not signature:
            self._tally.notes.append(f"seal {folder} isn't signed")
        elif is_weak(key_in(signature)):
            yield self._finding("by a key of small order", f"seals/{folder}/checkpoint.sig", "package-signature")
        else:
            who, why = self.signer(text, signature, NAMESPACE, min(times, default=None))
            self._signers |= {who} if who else set()
            if not who:
                message = f"not signed by whom it should be: {why}"
                yield self._finding(message, f"seals/{folder}/checkpoint.sig", "package-signature")

    def _maybe(self, name: str) -> bytes:
        return read_small_file(self._contents, name) if name in self._contents.names else b""

    def signer(self, text: bytes, signature: bytes, namespace: str, when: datetime | None = None) -> tuple[str, str]:
        """Return who signed `text`, or "" and why nobody who counts did."""
        with ExitStack() as stack:
            signers = self._trust.signers or self._own(stack, "allowed_signers")
            try:
                return signed_by(text, signature, signers, when=when, namespace=namespace)
            except MissingProgram as error:
                return "", str(error)

    def _stamped(self, token: bytes, text: bytes) -> tuple[datetime | None, str]:
        with ExitStack() as stack:
            at, why = stamped_at(token, text, self._trust.authorities or self._own(stack, "authorities.pem"))
        if at is None and self._trust.authorities is None:
            at = stamped_at(token, text, None)[0]  # an authority whose certificates are the system's
        return at, why

    def _own(self, stack: ExitStack, name: str) -> Path:
        """Return a copy of a file of the package, for programs that read files."""
        path = Path(stack.enter_context(tempfile.TemporaryDirectory()), "own")
        path.write_bytes(self._maybe(name))
        return path

    def in_words(self) -> str:
        """Return by whose word the package stands, in one line."""
        whose = "" if self._trust.signers else " (by the package's own word: give --signers)"
        signed = (
            f"sealed and signed by {', '.join(sorted(self._signers))}{whose}"
            if self._signers
            else "not signed by anybody"
        )
        by = "" if self._trust.authorities else " (certificates by the package's own word: give --authorities)"
        first = min(self._stamps, default=None)
        stamped = (
            f"; there no later than {first[0]:%Y-%m-%d %H:%M:%SZ}, by {first[1]}{by}" if first else "; not stamped"
        )
        return f"{signed}{stamped}"

    @staticmethod
    def _finding(message: str, file: str, code: str = "package-seal") -> Finding:
        return Finding("package", message, file, code=code)
