"""Time stamps of RFC 3161 authorities: the request as bytes, the answer kept as it came, `openssl ts` to judge it."""

import hashlib
import re
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from wparchive.seal.endorsement.programs import Said, run

__all__ = ["Authority", "Post", "StampError", "claimed_time", "query", "stamp", "stamped_at"]

_TIME = re.compile(rb"^Time stamp: (\w{3}) +(\d{1,2}) (\d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT\s*$", re.MULTILINE)
_STATUS = re.compile(rb"^Status: ([^\n]{1,80})", re.MULTILINE)
_ERROR = re.compile(r":error:[0-9A-Fa-f]+:[^:;]*:[^:;]*:([^:;]*):[^:;]*:[0-9]+:([^;]*)")
_MOST = 1 << 18  # bytes of an answer
_DIRECTORY = re.compile(rb'OPENSSLDIR: "([^"]+)"')

Post = Callable[[str, bytes], bytes]
"""Posts a request to an address and returns the answer's body; raises StampError with the reason for any other answer."""


class StampError(Exception):
    """An authority gave no time stamp that counts; the message says why."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamping authority: its name here, its address, and the file of its certificates, None for the system's."""

    name: str
    url: str
    ca: Path | None = None


def query(imprint: bytes, nonce: int) -> bytes:
    """Return the DER of a TimeStampReq for a SHA-256 `imprint`, with certificates asked for. Source: RFC 3161, 2.4.1."""
    sha256 = bytes.fromhex("300d06096086480165030402010500")
    number = nonce.to_bytes(8, "big")
    return b"\x30\x43\x02\x01\x01\x30\x31" + sha256 + b"\x04\x20" + imprint + b"\x02\x08" + number + b"\x01\x01\xff"


def stamp(authority: Authority, text: bytes, post: Post) -> bytes:
    """Return the authority's answer for `text`, exactly as it came, if it is a good time stamp. Raises StampError."""
    # Eight bytes without a sign bit and without a leading zero: the request has one length.
    nonce = secrets.randbits(62) | 1 << 62
    asked = query(hashlib.sha256(text).digest(), nonce)
    answer = post(authority.url, asked)
    if len(answer) > _MOST:
        raise StampError("its answer is larger than any time stamp")
    with tempfile.TemporaryDirectory() as place:
        request, file = Path(place, "asked.tsq"), Path(place, "answer.tsr")
        request.write_bytes(asked)
        file.write_bytes(answer)
        if _time_in(file) is None:
            status = _STATUS.search(run(["openssl", "ts", "-reply", "-in", file, "-text"]).out)
            raise StampError(
                f"it refused ({status[1].decode('ascii', 'replace')})" if status else "its answer is no time stamp"
            )
        # The request has the nonce: an answer to another one is refused, and one that isn't granted.
        checked = run(["openssl", "ts", "-verify", "-queryfile", request, "-in", file, *_trusted(authority.ca)])
        if checked.code:
            raise StampError(f"its time stamp isn't good: {_reason(checked)}")
    return answer


def stamped_at(token: bytes, text: bytes, ca: Path | None) -> tuple[datetime | None, str]:
    """Return when an authority stamped `text`, by its answer `token`; or None, and why that doesn't count.

    `ca` is the file of trusted certificates, None for the system's. The certificates are judged at the time of the stamp:
    otherwise every stamp would fail once they expire. Raises MissingProgram.
    """
    with tempfile.TemporaryDirectory() as place:
        file, data = Path(place, "token.tsr"), Path(place, "data")
        file.write_bytes(token)
        data.write_bytes(text)
        moment = _time_in(file)
        if moment is None:
            return None, "it is no time stamp"
        at = str(int(moment.timestamp()))
        checked = run(["openssl", "ts", "-verify", "-data", data, "-in", file, *_trusted(ca), "-attime", at])
    return (None, _reason(checked)) if checked.code else (moment, "")


def _time_in(answer: Path) -> datetime | None:
    """Return the time in the token of an authority's answer; None when there is none.

    The token alone is looked at: the answer's status may have any words in it, which nobody signed.
    """
    token = answer.with_suffix(".token")
    if run(["openssl", "ts", "-reply", "-in", answer, "-token_out", "-out", token]).code:
        return None
    found = _TIME.search(run(["openssl", "ts", "-reply", "-in", token, "-token_in", "-text"]).out)
    try:
        words = b" ".join(found.groups()).decode("ascii") if found else ""
        return datetime.strptime(words, "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return None


def _reason(said: Said) -> str:
    """Return what openssl complains of, without where in its source it does."""
    found = _ERROR.search(said.complaint)
    words = (
        []
        if found is None
        else [one.strip() for one in (found[1], found[2].removeprefix("Verify error:")) if one.strip()]
    )
    return ": ".join(words) or said.complaint or "openssl doesn't verify it"


def claimed_time(answer: bytes) -> datetime | None:
    """Return the time that an authority's answer states, be it good or not; None without one. Raises MissingProgram."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "answer.tsr")
        file.write_bytes(answer)
        return _time_in(file)


def _trusted(ca: Path | None) -> list[str | Path]:
    if ca is not None:
        return ["-CAfile", ca]
    found = _DIRECTORY.search(run(["openssl", "version", "-d"]).out)
    return ["-CApath", f"{found[1].decode('utf-8', 'replace')}/certs"] if found else []
