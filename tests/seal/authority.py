"""RFC 3161 authorities of our own: certificates made with openssl, and a loopback server that stamps with them.

`Authorities` has a trusted root and what else may be met: a signer that isn't for time stamps, one that has expired, a rogue
root, a root that only has the trusted one's name. What openssl won't make itself is a token at any other time than now, or
by a certificate that isn't for time stamps: `token` writes the TSTInfo by hand and has `openssl cms` sign it.
"""

import hashlib
import secrets
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from loopback import serving
from patience import PATIENCE

__all__ = ["Authorities", "Signer", "imprint_in", "query_of", "response"]

_EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
_SHA256 = bytes.fromhex("300d06096086480165030402010500")
_POLICY = bytes.fromhex("06042a030405")  # 1.2.3.4.5
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_AHEAD = timedelta(days=3650)

_CONFIG = """
[ca]
default_ca = root
[root]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
email_in_dn = no
unique_subject = no
[any]
commonName = supplied
[stamping]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = critical,timeStamping
[plain]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth
[uncritical]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = timeStamping
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
default_policy = 1.2.3.4.5
digests = sha256
signer_digest = sha256
ess_cert_id_alg = sha256
accuracy = secs:1
ordering = no
tsa_name = no
"""


def _openssl(*words: str | Path, given: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *map(str, words)], input=given, capture_output=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stderr.decode()}"
    return done.stdout


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(length)]) + length + content


def _integer(number: int) -> bytes:
    return _der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def imprint_in(query: bytes) -> bytes:
    """The SHA-256 that a request of ours asks to have stamped."""
    assert query.startswith(b"\x30\x43\x02\x01\x01\x30\x31" + _SHA256 + b"\x04\x20"), "no request as it must be"
    return query[24:56]


def query_of(text: bytes) -> bytes:
    """A request for `text`, as openssl makes it."""
    return _openssl("ts", "-query", "-digest", hashlib.sha256(text).hexdigest(), "-sha256", "-cert")


def response(token: bytes, status: int = 0, text: str = "") -> bytes:
    """A TimeStampResp around `token`; `text` is what its status says in words, which nothing signs."""
    words = _der(0x30, _der(0x0C, text.encode())) if text else b""
    return _der(0x30, _der(0x30, _integer(status) + words) + token)


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate with its key, and the root that it is under, all PEM files."""

    certificate: Path
    key: Path
    root: Path


class _Root:
    """A certificate authority in a folder of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.certificate = folder, folder / "root.pem"
        folder.mkdir(parents=True)
        (folder / "index.txt").touch()
        (folder / "openssl.cnf").write_text(_CONFIG.format(folder=folder))
        self._key = folder / "root.key"
        subject = ["-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
        # Long before now, so that a token of any time can be under it.
        _openssl("req", "-new", *_EC, *subject[:2], "-keyout", self._key, "-out", folder / "root.csr")
        extensions = folder / "root.ext"
        extensions.write_text(
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
        )
        now = datetime.now(UTC)
        self._issue(
            folder / "root.csr", self.certificate, now - _AHEAD, now + _AHEAD, ["-selfsign", "-extfile", extensions]
        )

    def _issue(self, request: Path, out: Path, since: datetime, until: datetime, how: list[str | Path]) -> None:
        days = ["-startdate", f"{since:%Y%m%d%H%M%SZ}", "-enddate", f"{until:%Y%m%d%H%M%SZ}"]
        under = ["-keyfile", self._key] if "-selfsign" in how else ["-keyfile", self._key, "-cert", self.certificate]
        config = ["-config", self.folder / "openssl.cnf"]
        _openssl("ca", "-batch", "-notext", *config, *under, *how, *days, "-in", request, "-out", out)

    def signer(self, name: str, since: datetime, until: datetime, kind: str = "stamping") -> Signer:
        """A certificate under this root, valid for so long; `kind` is the section with its extensions."""
        certificate, key, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        _openssl("req", "-new", *_EC, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        self._issue(request, certificate, since, until, ["-extensions", kind])
        return Signer(certificate, key, self.certificate)


class Authorities:
    """Answers `url(KIND)` as an authority of that kind does; `ca` is the root that tests trust.

    `asked` are the requests that came, each with its kind; `down` are kinds that answer 503 now. The kinds: good, modified
    (granted with modifications), refused (status 2), html, other (an answer to another request), unasked (the same imprint
    without our nonce), slow (answers when `go` is set), broken (HTTP 500), redirect (to the good one), large, empty, cut,
    plain (a certificate that isn't for time stamps), uncritical (for time stamps, but not only), expired (at genTime), past
    (a good token of two years ago, by a certificate that has expired since), rogue (another root), namesake (a root with
    the trusted one's name).
    """

    def __init__(self, folder: Path) -> None:
        now = datetime.now(UTC)
        year = timedelta(days=365)
        self.folder = folder
        self.past = (now - 2 * year).replace(microsecond=0)
        root = _Root(folder / "trusted", "Trusted Root")
        rogue, namesake = _Root(folder / "rogue", "Rogue Root"), _Root(folder / "namesake", "Trusted Root")
        self.ca = root.certificate
        self.signers: Mapping[str, Signer] = {
            "good": root.signer("good", now - year, now + year),
            "plain": root.signer("plain", now - year, now + year, "plain"),
            "uncritical": root.signer("uncritical", now - year, now + year, "uncritical"),
            "expired": root.signer("expired", now - 3 * year, now - year),
            "rogue": rogue.signer("good", now - 3 * year, now + year),
            "namesake": namesake.signer("good", now - 3 * year, now + year),
        }
        self.asked: list[tuple[str, bytes]] = []
        self.down: set[str] = set()
        self.go = threading.Event()
        self._turn = threading.Lock()  # openssl counts serial numbers in a file
        self._server = self._made()
        self._serving = serving(self._server)

    def url(self, kind: str = "good") -> str:
        """The address of the authority of this kind."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{kind}"

    def reply(self, query: bytes, who: str = "good") -> bytes:
        """The answer that `openssl ts -reply` gives to `query` now."""
        signer = self.signers[who]
        files = [signer.certificate, "-inkey", signer.key]
        files += ["-chain", signer.root] if who == "rogue" else []
        config = ["-config", signer.root.with_name("openssl.cnf")]
        with self._turn:
            asked = self.folder / "asked.tsq"
            asked.write_bytes(query)
            return _openssl("ts", "-reply", *config, "-queryfile", asked, "-signer", *files)

    def token(
        self, imprint: bytes, when: datetime, who: str = "good", *, nonce: int | None = None, fraction: str = ""
    ) -> bytes:
        """A TimeStampToken for `imprint` of any time, by any of the signers: the TSTInfo by hand, signed by `openssl cms`."""
        info = _integer(1) + _POLICY + _der(0x30, _SHA256 + _der(4, imprint)) + _integer(secrets.randbits(64))
        info += _der(0x18, f"{when.astimezone(UTC):%Y%m%d%H%M%S}{fraction}Z".encode())
        info += _integer(nonce) if nonce is not None else b""
        signer = self.signers[who]
        how = ["-binary", "-nodetach", "-cades", "-md", "sha256", "-econtent_type", _TST_INFO, "-outform", "DER"]
        files = ["-signer", signer.certificate, "-inkey", signer.key, "-certfile", signer.root]
        return _openssl("cms", "-sign", *how, *files, given=_der(0x30, info))

    def stamp(self, text: bytes, who: str = "good", when: datetime | None = None) -> bytes:
        """An answer as a seal keeps it, for `text`: of now, or of any time."""
        if when is None:
            return self.reply(query_of(text), who)
        return response(self.token(hashlib.sha256(text).digest(), when, who))

    def __enter__(self) -> Self:
        self._serving.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go.set()
        self._serving.__exit__(kind, error, trace)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> Mapping[str, Callable[[bytes], bytes]]:
        def by_hand(who: str, when: datetime | None = None) -> Callable[[bytes], bytes]:
            return lambda asked: response(
                self.token(imprint_in(asked), when or datetime.now(UTC), who, nonce=int.from_bytes(asked[58:66], "big"))
            )

        def slow(asked: bytes) -> bytes:
            self.go.wait(PATIENCE)
            return self.reply(asked)

        def other(asked: bytes) -> bytes:
            return self.reply(asked[:58] + (int.from_bytes(asked[58:66], "big") ^ 1).to_bytes(8, "big") + asked[66:])

        def modified(asked: bytes) -> bytes:
            nonce = int.from_bytes(asked[58:66], "big")
            return response(self.token(imprint_in(asked), datetime.now(UTC), nonce=nonce), 1)

        return {
            "good": self.reply,
            "modified": modified,
            "refused": lambda _: response(b"", 2, "come back tomorrow"),
            "html": lambda _: b"<!doctype html><title>It works!</title>",
            "other": other,
            "unasked": lambda asked: response(self.token(imprint_in(asked), datetime.now(UTC))),
            "slow": slow,
            "large": lambda asked: self.reply(asked) + bytes(1 << 19),
            "empty": lambda _: b"",
            "cut": lambda asked: self.reply(asked)[:-200],
            "plain": by_hand("plain"),
            "uncritical": by_hand("uncritical"),
            "expired": by_hand("expired"),
            "past": by_hand("expired", self.past),
            "rogue": lambda asked: self.reply(asked, "rogue"),
            "namesake": lambda asked: self.reply(asked, "namesake"),
        }

    def _made(self) -> ThreadingHTTPServer:
        outer, answers = self, self._answers()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kind = self.path.strip("/")
                query = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append((kind, query))
                right = self.headers["Content-Type"] == "application/timestamp-query"
                status = {"broken": 500, "redirect": 302}.get(kind, 200 if right else 415)
                status = 503 if kind in outer.down else status
                body = answers[kind](query) if status == 200 else b"no"
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(body)))
                if status == 302:
                    self.send_header("Location", outer.url("good"))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                del args

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args: Any) -> None:
                del args  # whoever asks for something slow or large may hang up

        return Server(("127.0.0.1", 0), Handler)
