"""What each setting may be, and in a few words what is wrong with a value that it can't be; with the nearest right one."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wparchive import urls
from wparchive.events import told

__all__ = ["WrongValue", "address_fault", "checked", "completed", "meant"]

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "media": ("none", "originals", "used", "all"),
    "pages": ("none", "changed", "all"),
    "languages": ("all", "own"),
    "dedup": ("archive", "run", "none"),
    "payload_digest": ("default", "spec"),
}
_SHOWN = 100  # characters of a wrong value
_DAY, _YEAR = 86_400, 31_536_000  # seconds
_COUNT = 10**12
# More than the most would overflow a timer or a thread table somewhere else, long after the start.
_RANGES: Mapping[str, tuple[float, float]] = {
    "jobs": (1, 64),
    "concurrency": (1, 256),
    "delay": (0, _DAY),
    "retries": (0, 100),
    "max_requests": (1, _COUNT),
    "max_time": (0, _YEAR),
    "rotate": (1_000_000, 1 << 40),
    "connect_timeout": (0.001, _DAY),
    "read_timeout": (0.001, _DAY),
    "total_timeout": (0.001, _YEAR),
    "file_timeout": (0.001, _YEAR),
    "patience": (0, _YEAR),
    "max_body": (1024, 1 << 40),
    "max_file": (1024, 1 << 50),
    "linked_per_host": (0, _COUNT),
    "linked_items": (0, _COUNT),
    "pages_budget": (0, _COUNT),
    "sweep_every": (0, 36_500),
    "reread_budget": (0, _COUNT),
    "fresh_hours": (0, 876_000),
}
_LISTS = ("allow_origin", "noise")
_WANTED = {int: "a whole number", float: "a number", str: "a string", bool: "true or false"}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPACED_SECRET = re.compile(r"(?:[A-Za-z0-9]{4} ){5}[A-Za-z0-9]{4}")  # as WordPress shows application passwords
_SECRET = re.compile(r"(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9]{24}")
_MISSPELT_SCHEME = re.compile(r"(https?)(?:(?::(?!//(?!/))|;)/*|//+)(.*)", re.IGNORECASE)


class WrongValue(ValueError):
    """A setting can't be so; the message continues where the setting's name ended, and never holds a secret."""


def meant(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` with the one of `known` that `word` is most like; empty when it is like none."""
    import difflib  # not loaded where nothing is misspelt

    spelled = {one.casefold(): one for one in known}
    near = difflib.get_close_matches(word.strip().casefold(), spelled, 1)
    return f"; did you mean {spelled[near[0]]}?" if near else ""


def address_fault(address: str) -> str:
    """Why `address` is no site's web address, and what to write instead; empty when it is one. Shows no password of it."""
    address = address.strip()
    if not address:
        return "no address; write it as https://example.org/"
    if misspelt := _MISSPELT_SCHEME.fullmatch(address):
        better = f"{misspelt[1].lower()}://{misspelt[2].lstrip('/')}"
        right = "" if address_fault(better) else better
        return f"not a web address; write it as {right or 'https://example.org/'}"
    place = urls.parse(address)
    if isinstance(place, urls.Place):
        return ""
    host = re.split(r"[/?#]", address.partition("://")[2], maxsplit=1)[0]
    if "@" in host:
        return "credentials don't belong into the address; give the user, and name where the password is kept"
    if any(character.isspace() for character in host):
        return "a space in the name of its host; write it as https://example.org/"
    return f"not a web address ({place.reason}); write it as {_with_scheme(address) or 'https://example.org/'}"


def _with_scheme(address: str) -> str:
    """`address` as a URL if it lacks only the scheme; else empty."""
    url = "" if "://" in address or address.startswith(("/", ".", "~")) else f"https://{address}"
    return url if isinstance(urls.parse(url), urls.Place) else ""


def completed(address: str) -> str:
    """`address` with the scheme that a bare host is asked by; as it is where a scheme is meant, rightly spelled or not."""
    address = address.strip()
    return address if not address or "://" in address or _MISSPELT_SCHEME.fullmatch(address) else f"https://{address}"


def checked(key: str, value: Any, kinds: tuple[type, ...]) -> Any:
    """`value` as the setting `key`, which is of one of `kinds`, holds it. Raises WrongValue."""
    if key in _LISTS:
        return _list(key, value)
    value = _typed(key, value, kinds)
    if isinstance(value, str):
        _check_text(key, value)
    if key in _CHOICES and value not in _CHOICES[key]:
        raise WrongValue(f"must be one of {', '.join(_CHOICES[key])}, not {value!r}{meant(value, _CHOICES[key])}")
    if key in _RANGES:
        least, most = _RANGES[key]
        if isinstance(value, float) and not math.isfinite(value):
            raise WrongValue(f"must be a finite number, not {value!r}")
        if value < least:
            raise WrongValue(f"must be at least {least:,}, not {value!r}")
        if value > most:
            raise WrongValue(f"must be at most {most:,}")  # what is too large may be so by thousands of digits
    return value


def _typed(key: str, value: Any, kinds: tuple[type, ...]) -> Any:
    """`value` as one of `kinds`; whole numbers may stand for others, true and false for none."""
    if float in kinds and type(value) is int:
        try:
            return float(value)
        except OverflowError:
            raise WrongValue("is too large a number") from None
    if isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds):
        return value
    shown = "" if key.startswith("password") or type(value) is int else f", not {_shown(value)}"
    raise WrongValue(f"must be {_WANTED[kinds[0]]}{shown}")


def _shown(value: object) -> str:
    try:
        return told(repr(value), _SHOWN)
    except ValueError:  # numbers of more digits than Python writes
        return "that"


def _check_text(key: str, text: str) -> None:
    for beginning, is_wrong, words in _WRONG_TEXTS:
        if key.startswith(beginning) and is_wrong(text):
            raise WrongValue(words.replace("TEXT", repr(text)))


def _is_password(text: str) -> bool:
    return bool(_SPACED_SECRET.fullmatch(text.strip()) or _SECRET.fullmatch(text))


def _is_latin(text: str) -> bool:
    return text.isprintable() and all(ord(character) < 256 for character in text)


# By the beginning of the setting's name: which texts are wrong, and why. The first that applies is reported.
_WRONG_TEXTS: tuple[tuple[str, Callable[[str], bool], str], ...] = (
    ("", lambda text: not text.strip(), "is empty; leave it out, or write what it is"),
    ("password", _is_password, "looks like the password itself; write the name of where it is kept"),
    (
        "password_env",
        lambda text: not _VARIABLE.fullmatch(text),
        "must be the name of an environment variable, as in EXAMPLE_APP_PASSWORD",
    ),
    ("password", lambda text: "\0" in text, "has a control character in it"),
    (
        "user",
        lambda text: ":" in text or not text.isprintable(),
        "must be the login name of WordPress, on one line and without a colon",
    ),
    (
        "contact",
        lambda text: not _is_latin(text),
        "goes into a header: write it on one line, in Latin letters, not TEXT",
    ),
)


def _list(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise WrongValue("must be a list of strings")
    for one in value if key == "allow_origin" else ():
        if fault := address_fault(one):
            raise WrongValue(f"{one.rpartition('@')[2]!r}: {fault.replace('example.org/', 'example.org')}")
        place = urls.parse(one)
        if isinstance(place, urls.Place) and place.target != "/":
            raise WrongValue(f"{one!r}: an origin has no path; write it as {place.origin}")
    return tuple(one.strip() for one in value) if key == "allow_origin" else tuple(value)
