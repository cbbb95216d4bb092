"""A signing server is asked in authsign's protocol; whatever it does, the package is whole, and the token goes nowhere else."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from loopback import HeldPort, serving
from wacz_archives import Kept
from wacz_reading import Wacz

Signing = Callable[..., "subprocess.CompletedProcess[str]"]
TOKEN = "hunter2-PLANTED-TOKEN"


@dataclass
class Authority:
    """A server on loopback that answers with what `answers` makes of what was asked."""

    answers: Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]]
    asked: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    url: str = ""


def signed(asked: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    answer = {**asked, "software": "authsign 0.6.1", "signature": "c2ln", "domain": "signer.example"}
    return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()


@pytest.fixture
def authority() -> Iterator[Authority]:
    told = Authority(signed)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.asked.append((self.path, body, {name.lower(): value for name, value in self.headers.items()}))
            status, headers, data = told.answers(body)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        yield told


@pytest.fixture
def sign(kept: Kept, authority: Authority, tmp_path: Path) -> Signing:
    """Exports a small package that `authority` is asked to sign, with a token and with a .netrc that must not be used."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password PLANTED-NETRC\n")
    (tmp_path / ".netrc").chmod(0o600)
    env = {**os.environ, "SIGNING_TOKEN": TOKEN, "HOME": str(tmp_path)}

    def run(*more: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "wparchive", "export", "wacz", "-a", str(kept.folder)]
        command += ["--item", f"{kept.site}/post/{kept.edited}", "-o", str(tmp_path / "made.wacz")]
        command += ["--signing-url", f"{authority.url}/sign", *more]
        done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
        assert done.returncode == code, done.stderr
        said = Wacz(tmp_path / "made.wacz").everything() + done.stdout.encode() + done.stderr.encode()
        assert TOKEN.encode() not in said
        return done

    return run


def test_the_answer_of_a_server_is_kept(sign: Signing, authority: Authority, tmp_path: Path, programs: Path) -> None:
    """It is asked once, with digest and time alone, and the token in the header where it belongs."""
    sign("--signing-token-env", "SIGNING_TOKEN")
    ((path, asked, headers),) = authority.asked
    package = Wacz(tmp_path / "made.wacz")
    assert path == "/sign"
    assert asked == {"hash": package.digest["hash"], "created": package.package["created"]}
    assert headers["authorization"] == f"bearer {TOKEN}"
    assert package.digest["signedData"] == {**json.loads(signed(asked)[2])}
    done = subprocess.run(
        [programs / "wacz", "validate", "-f", package.path], capture_output=True, text=True, check=False
    )
    assert "Validation succeeded" in done.stdout


def test_without_a_token_none_is_sent(sign: Signing, authority: Authority) -> None:
    """Nor what a .netrc has for that server, which was meant for others."""
    sign()
    assert "authorization" not in authority.asked[0][2]


ANSWERS: dict[str, Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]]] = {
    "refused": lambda asked: (403, {}, b"no"),
    "moved": lambda asked: (307, {"Location": "/elsewhere"}, b""),
    "another digest": lambda asked: (200, {}, json.dumps({**asked, "hash": "sha256:00"}).encode()),
    "another time": lambda asked: (200, {}, json.dumps({**asked, "created": "2020-01-01T00:00:00Z"}).encode()),
    "no JSON": lambda asked: (200, {}, b"<html>"),
    "a list": lambda asked: (200, {}, b"[]"),
    "nested": lambda asked: (200, {}, b"[" * 100_000),
    "endless": lambda asked: (200, {}, b" " * (3 << 20)),
}


@pytest.mark.parametrize("answer", sorted(ANSWERS))
def test_a_failure_leaves_a_sound_package_without_signature(
    sign: Signing, authority: Authority, tmp_path: Path, answer: str
) -> None:
    """Exit 3 and one line; redirects aren't followed, since whoever named this server named no other."""
    authority.answers = ANSWERS[answer]
    done = sign("--signing-token-env", "SIGNING_TOKEN", code=3)
    assert len(authority.asked) == 1
    (line,) = done.stderr.splitlines()
    assert "not signed" in line
    assert "signedData" not in Wacz(tmp_path / "made.wacz").digest


def test_a_server_that_is_not_there_is_a_failure_too(sign: Signing, authority: Authority, tmp_path: Path) -> None:
    with HeldPort() as nobody:
        authority.url = nobody.url
        assert "not signed" in sign(code=3).stderr
    assert Wacz(tmp_path / "made.wacz").pages
