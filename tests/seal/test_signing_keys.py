"""A seal is signed without a person, by a key that can't be faked, and never by one that lies in the archive."""

import os
import select
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sealkit import make_key
from tampering import ssh_key

from wparchive.seal.endorsement.programs import MissingProgram, run
from wparchive.seal.endorsement.signing import SigningError, allowed_signers, key_in, public_key, sign, signed_by
from wparchive.seal.endorsement.weak_keys import is_weak

TEXT = b"wparchive/0123456789abcdef\n3\nhead\n"
NAME = "desk@example.org"


def signers_for(folder: Path, key: Path, options: str = "") -> Path:
    path = folder / "signers"
    path.write_text(f"{NAME} {options} {public_key(key)}\n")
    return path


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_key_of_any_kind_signs(tmp_path: Path, kind: str) -> None:
    key = make_key(tmp_path, kind=kind)
    signature = sign(key, TEXT)
    signers = signers_for(tmp_path, key)
    assert signed_by(TEXT, signature, signers) == (NAME, "")
    assert key_in(signature) == public_key(key) == public_key(key.with_name("key.pub"))
    assert not is_weak(public_key(key))
    assert list(tmp_path.glob("*.sig")) == []


def test_a_signature_is_for_its_text_its_purpose_and_its_signers(tmp_path: Path) -> None:
    key, other = make_key(tmp_path), make_key(tmp_path, "other")
    signers = signers_for(tmp_path, key)
    good = sign(key, TEXT)
    for text, signature in (
        (TEXT + b"\n", good),
        (TEXT, sign(key, TEXT, "git")),
        (TEXT, sign(other, TEXT)),
        (TEXT, b"rubbish"),
        (TEXT, b""),
        (TEXT, good[:-60]),
    ):
        who, why = signed_by(text, signature, signers)
        assert who == ""
        assert why
        assert "\n" not in why
    bounds = 'valid-after="20300101"'
    assert signed_by(TEXT, good, signers_for(tmp_path, key, bounds))[0] == ""
    assert signed_by(TEXT, good, tmp_path / "nowhere")[0] == ""


def test_a_key_with_a_passphrase_fails_at_once_without_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No question on a terminal, and none in a window either."""
    asked = tmp_path / "asked"
    askpass = tmp_path / "askpass"
    askpass.write_text(f"#!/bin/sh\ntouch {asked}\necho secret\n")
    askpass.chmod(0o755)
    monkeypatch.setenv("SSH_ASKPASS", str(askpass))
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    key = make_key(tmp_path, passphrase="secret")
    for what in (public_key, lambda one: sign(one, TEXT), lambda one: sign(one.with_name("key.pub"), TEXT)):
        with pytest.raises(SigningError, match=r"passphrase|didn't sign") as caught:
            what(key)
        assert "\n" not in str(caught.value)
    assert not asked.exists()


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """An ssh-agent of the test's own."""
    socket = tmp_path / "agent"
    said = subprocess.run(["ssh-agent", "-a", socket, "-s"], capture_output=True, text=True, check=True).stdout
    pid = int(said.split("SSH_AGENT_PID=")[1].split(";")[0])
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    yield pid
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass


def test_an_agent_signs_for_the_public_half(tmp_path: Path, agent: int) -> None:
    """The private key may lie nowhere on this machine; the signature is the same to the byte. Without the agent it says so."""
    key = make_key(tmp_path / "keys")
    expected = sign(key, TEXT)
    subprocess.run(["ssh-add", "-q", key], check=True, capture_output=True)
    key.unlink()
    public = key.with_name("key.pub")
    assert sign(public, TEXT) == expected
    os.kill(agent, signal.SIGKILL)
    with pytest.raises(SigningError, match="didn't sign") as caught:
        sign(public, TEXT)
    assert str(caught.value).startswith(f"{public}: ")


@pytest.mark.parametrize(
    "content", [b"", b"rubbish", b"\xff\xfe\x00", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", None]
)
def test_what_is_no_key_is_said_to_be_none(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o600)
    with pytest.raises(SigningError, match=str(path)) as caught:
        public_key(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(SigningError):
        public_key(tmp_path)


def test_a_program_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = make_key(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(MissingProgram, match="ssh-keygen isn't installed"):
        sign(key, TEXT)


def test_a_program_that_hangs_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    """Nothing stays behind that holds files of the archive, and nothing is waited for."""
    script, held = tmp_path / "script", tmp_path / "held"
    os.mkfifo(held)
    script.write_text(f"#!/bin/sh\nsleep 600 > {held} &\nwait\n")
    script.chmod(0o755)
    reading = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    said = run([script], seconds=1)
    assert said.code == -1
    assert "didn't end within 1 seconds" in said.complaint
    assert select.select([reading], [], [], 30)[0], "somebody holds it still"
    assert os.read(reading, 1) == b""
    os.close(reading)


# Curve 25519 in Edwards form, as RFC 8032 writes it.
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
ORDER = 2**252 + 27742317777372353535851937790883648493
Point = tuple[int, int]


def added(one: Point, other: Point) -> Point:
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return x % P, y % P


def times(number: int, point: Point) -> Point:
    total = (0, 1)
    while number:
        if number & 1:
            total = added(total, point)
        point, number = added(point, point), number >> 1
    return total


def points_with(y: int) -> list[Point]:
    """The points of the curve that have this y."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * pow(2, (P - 1) // 4, P) % P
    return [(x, y) for x in {root, -root % P}] if root * root % P == square else []


@pytest.fixture(scope="module")
def small() -> set[Point]:
    """All points whose order divides 8: multiples of the group's order, of points met one after the other."""
    found = {times(ORDER, point) for y in range(2, 40) for point in points_with(y)}
    assert len(found) == 8
    assert all(times(8, point) == (0, 1) for point in found)
    return found


def test_the_table_refuses_exactly_the_keys_of_small_order(small: set[Point]) -> None:
    """In every spelling: y or y + p where that has 255 bits, with the sign bit or without. And no point near them."""
    ys = {y for _, y in small}
    encodings = {(y + more) | sign << 255 for y in ys for more in (0, P) if y + more < 2**255 for sign in (0, 1)}
    assert len(encodings) == 14
    for number in encodings:
        assert is_weak(ssh_key(number.to_bytes(32, "little")))
    near = {(number + step) % 2**256 for number in encodings for step in (-1, 1)} - encodings
    for number in near:
        assert not is_weak(ssh_key(number.to_bytes(32, "little")))


def test_what_can_not_be_read_as_a_key_is_weak_and_other_kinds_are_not() -> None:
    good = ssh_key((9).to_bytes(32, "little"))
    assert not is_weak(good)
    for text in ("ssh-ed25519 !", "ssh-ed25519 ", "ssh-ed25519 AAAA", ssh_key(bytes(31)), ssh_key(bytes(33))):
        assert is_weak(text)
    assert not is_weak("ssh-rsa AAAA")
    assert is_weak("sk-" + ssh_key(bytes(32)).replace("ssh-ed25519", "ssh-ed25519@openssh.com", 1))


def test_a_weak_key_is_refused_before_anything_is_signed(tmp_path: Path) -> None:
    path = tmp_path / "key.pub"
    path.write_text(ssh_key((1).to_bytes(32, "little")) + " desk\n")
    with pytest.raises(SigningError, match="small order"):
        public_key(path)


def test_the_file_of_signers_is_read_by_openssh_as_it_is_meant(tmp_path: Path) -> None:
    """Purposes and times: a key signs from its beginning until its end, for seals and packages and for nothing else."""
    key = make_key(tmp_path)
    path = tmp_path / "allowed"
    path.write_text(allowed_signers([(NAME, public_key(key), "20260101000000Z", "20260201000000Z")]))

    def who(month: int, namespace: str = "wparchive") -> str:
        signature = sign(key, TEXT, namespace)
        return signed_by(TEXT, signature, path, when=datetime(2026, month, 15, tzinfo=UTC), namespace=namespace)[0]

    assert who(1) == NAME == who(1, "wparchive-package")
    assert who(2) == "" == who(1, "git")
    assert signed_by(TEXT, sign(key, TEXT), path, when=datetime(2025, 12, 31, tzinfo=UTC))[0] == ""
