"""Sign a checkpoint with an SSH key, and check a signature: `ssh-keygen -Y`. Source: OpenSSH, PROTOCOL.sshsig."""

import base64
import binascii
import re
import struct
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from wparchive.seal.endorsement.programs import run
from wparchive.seal.endorsement.weak_keys import is_weak

__all__ = [
    "NAMESPACE",
    "PACKAGE_NAMESPACE",
    "SigningError",
    "allowed_signers",
    "key_in",
    "public_key",
    "sign",
    "signed_by",
]

NAMESPACE = "wparchive"
"""What a signature of a checkpoint is for; one for anything else is none."""
PACKAGE_NAMESPACE = "wparchive-package"
"""What the signature of an evidence package is for."""

_PUBLIC = re.compile(r"((?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})")
_ARMOR = re.compile(rb"-----BEGIN SSH SIGNATURE-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END SSH SIGNATURE-----\s*")


class SigningError(Exception):
    """There is no signature; the message says why, in one line."""


def public_key(key: Path) -> str:
    """Return the public key, as `ssh-ed25519 AAAA...`, of a private key, or of the `.pub` of one that an agent holds.

    Raises SigningError for what is no key, for one that needs a passphrase, and for a weak one.
    """
    try:
        text = key.read_bytes()[: 1 << 16].decode("ascii", "replace")
    except OSError as error:
        raise SigningError(f"{key}: can't be read ({error.strerror})") from None
    if not _PUBLIC.match(text):
        # `-P` with nothing: a key with a passphrase fails at once, instead of asking.
        said = run(["ssh-keygen", "-y", "-P", "", "-f", key])
        text = said.out.decode("ascii", "replace")
        if said.code:
            raise SigningError(f"{key}: no key that signs without a person ({said.complaint or 'ssh-keygen failed'})")
    found = _PUBLIC.match(text)
    if not found:
        raise SigningError(f"{key}: no SSH key")
    if is_weak(found[0]):
        raise SigningError(f"{key}: a key of small order, with which one signature fits every text")
    return found[0]


def sign(key: Path, text: bytes, namespace: str = NAMESPACE) -> bytes:
    """Return the armored signature of `text` by `key`, checked at once. Raises SigningError."""
    public = public_key(key)
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place, "text")  # where a signature is there already, ssh-keygen would ask
        copy.write_bytes(text)
        said = run(["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", key, copy])
        made = copy.with_name("text.sig")
        if said.code or not made.is_file():
            raise SigningError(f"{key}: ssh-keygen didn't sign ({said.complaint or 'without saying why'})")
        signature = made.read_bytes()
        signers = Path(place, "signers")
        signers.write_text(f"self {public}\n", "ascii")
        if not signed_by(text, signature, signers, namespace=namespace)[0]:
            raise SigningError(f"{key}: what ssh-keygen signed, it doesn't verify")
    return signature


def signed_by(
    text: bytes, signature: bytes, signers: Path, *, when: datetime | None = None, namespace: str = NAMESPACE
) -> tuple[str, str]:
    """Return who signed `text`, by the file of allowed signers and at the time `when` (now without); or "", and why not.

    Raises MissingProgram.
    """
    moment = (when or datetime.now(UTC)).astimezone(UTC)
    at = f"verify-time={moment:%Y%m%d%H%M%S}"  # without Z, which OpenSSH before 9.1 doesn't know: its zone is UTC, by `run`
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "sig")
        file.write_bytes(signature)
        found = run(["ssh-keygen", "-Y", "find-principals", "-f", signers, "-s", file, "-O", at])
        names = found.out.decode("utf-8", "replace").split("\n")[0].split(",")
        why = found.complaint or "its key is none of the allowed signers"
        for name in filter(None, names):
            how = ["-n", namespace, "-f", str(signers), "-I", name, "-s", str(file), "-O", at]
            said = run(["ssh-keygen", "-Y", "verify", *how], text)
            if said.code == 0:
                return name, ""
            why = said.complaint or said.out.decode("utf-8", "replace").strip()
    return "", why


def key_in(signature: bytes) -> str:
    """Return the public key that a signature names, as `ssh-ed25519 AAAA...`; empty when there is none in it."""
    armored = _ARMOR.fullmatch(signature)
    try:
        blob = base64.b64decode(b"".join(armored[1].split()), validate=True) if armored else b""
        if not blob.startswith(b"SSHSIG"):
            return ""
        (size,) = struct.unpack_from(">I", blob, 10)
        key = blob[14 : 14 + size]
        (length,) = struct.unpack_from(">I", key, 0)
        return f"{key[4 : 4 + length].decode('ascii')} {base64.b64encode(key).decode('ascii')}"
    except (binascii.Error, struct.error, UnicodeDecodeError):
        return ""


def allowed_signers(keys: Iterable[tuple[str, str, str, str]]) -> str:
    """Return the file of allowed signers for keys, each: principal, key, and from when and until when it is valid.

    Times are YYYYMMDDHHMMSSZ, empty where there is no bound.
    """
    lines = []
    for principal, key, since, until in keys:
        bounds = [f'valid-after="{since}"'] if since else []
        bounds += [f'valid-before="{until}"'] if until else []
        options = ",".join([f'namespaces="{NAMESPACE},{PACKAGE_NAMESPACE}"', *bounds])
        lines.append(f"{principal} {options} {key}\n")
    return "".join(lines)
