"""Small archives, keys and sealing for the tests of seals: real WARCs, real keys, real tokens, no network but loopback."""

import hashlib
import subprocess
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archives import World, post
from authority import Authorities

from wparchive.audit import Finding, Tally, verify
from wparchive.audit.seals.trust import OWN_WORD, Trust
from wparchive.cli.evidence.sealing import post as ask
from wparchive.model import Privilege
from wparchive.seal.endorsement.endorsing import KeyChange
from wparchive.seal.endorsement.signing import public_key
from wparchive.seal.endorsement.stamping import Authority
from wparchive.seal.how_sealed import newest_named
from wparchive.seal.seal_result import SealResult
from wparchive.seal.sealing import seal
from wparchive.seal.seals_folder import Seals
from wparchive.seal.settings import SealSettings
from wparchive.store import Archive

__all__ = [
    "Desk",
    "codes",
    "crawled",
    "findings",
    "make_key",
    "members_of",
    "now",
    "packed",
    "seals_of",
    "warcs",
]


def now() -> datetime:
    """The clock of all sealing here."""
    return datetime.now(UTC)


def make_key(folder: Path, name: str = "key", *, kind: str = "ed25519", passphrase: str = "") -> Path:
    """A new SSH key; its public half lies beside it as NAME.pub."""
    folder.mkdir(parents=True, exist_ok=True)
    bits = ["-b", "2048"] if kind == "rsa" else []
    command = ["ssh-keygen", "-q", "-t", kind, *bits, "-N", passphrase, "-C", "", "-f", str(folder / name)]
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return folder / name


def crawled(world: World, site: str, *, private: bool = False, text: str = "<p>The harbour moves.</p>") -> None:
    """A run over `site` as a crawl would leave it, which names the newest seal; with `private` also a private WARC."""
    named = newest_named(world.archive)
    run = world.run(site, start={"sealed": named} if named else None)
    run.site()
    capture = run.get("/wp/v2/posts?per_page=100", [post(1, text), post(2), post(3, "<p>Größe, naïve, 漢字, 🐦</p>")])
    run.proof("/wp/v2/posts", "post", capture)
    if private:
        run.get("/wp/v2/posts?status=draft", [post(9, "<p>Not for anybody.</p>")], privilege=Privilege.AUTHENTICATED)
    run.end()
    world.archive.finish(site)


def warcs(root: Path) -> list[Path]:
    """The finished WARCs of an archive, in the order in which they are read."""
    return [path for site in Archive(root).sites() for path in site.warcs()]


def seals_of(root: Path) -> Seals:
    """The seals of the archive at `root`."""
    return Seals.of(Archive(root))


def members_of(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Each gzip member of a file: as it stands, and unpacked; read with zlib alone."""
    data = path.read_bytes()
    while data:
        engine = zlib.decompressobj(31)
        content = engine.decompress(data) + engine.flush()
        yield data[: len(data) - len(engine.unused_data)], content
        data = engine.unused_data


def packed(contents: Iterable[bytes], level: int = 9) -> bytes:
    """Gzip members of `contents`, as other tools write them."""
    out = b""
    for content in contents:
        engine = zlib.compressobj(level, zlib.DEFLATED, 31)
        out += engine.compress(content) + engine.flush()
    return out


@dataclass(frozen=True)
class Desk:
    """Whoever seals: a folder beside the archive, a key, a name, authorities."""

    folder: Path
    authorities: Authorities
    key: Path
    identity: str = "desk@example.org"
    kinds: Mapping[str, str] = field(default_factory=lambda: {"one": "good"})

    @classmethod
    def at(cls, folder: Path, authorities: Authorities) -> "Desk":
        """A desk with a key of its own."""
        return cls(folder, authorities, make_key(folder))

    def settings(self, **changes: Any) -> SealSettings:
        """The key, the name and the authorities as settings."""
        asked = tuple(
            Authority(name, self.authorities.url(kind), self.authorities.ca) for name, kind in self.kinds.items()
        )
        return replace(SealSettings(key=self.key, identity=self.identity, authorities=asked), **changes)

    def seal(self, root: Path, *, change: KeyChange | None = None, note: str = "", **changes: Any) -> SealResult:
        """Seal the archive at `root`."""
        settings = self.settings(**changes)
        return seal(Archive(root), settings, post=ask, now=now, change=change, note=note, wait=0)

    def signers(self, *keys: Path, options: str = 'namespaces="wparchive"') -> Path:
        """An auditor's own file of allowed signers, for this desk's key or for `keys`."""
        lines = [f"{self.identity} {options} {public_key(key)}\n" for key in keys or (self.key,)]
        path = self.folder / f"signers-{hashlib.sha256(''.join(lines).encode()).hexdigest()[:8]}"
        path.write_text("".join(lines))
        return path

    def trust(self, *expect: Path) -> Trust:
        """What an auditor believes who knows this desk's key and authority, and kept the heads `expect`."""
        return Trust(expect, self.signers(), self.authorities.ca)


def findings(root: Path, trust: Trust = OWN_WORD, tally: Tally | None = None) -> list[Finding]:
    """All that `verify` finds."""
    return list(verify(Archive(root), tally, trust))


def codes(root: Path, trust: Trust = OWN_WORD, tally: Tally | None = None) -> set[str]:
    """The codes of what `verify` finds about seals."""
    return {one.code for one in findings(root, trust, tally) if one.kind == "seal"}
