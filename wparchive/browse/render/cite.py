"""Citations of exactly one version or capture: text, Wikipedia, BibTeX, CSL-JSON, and a line of shell that checks it."""

import json
import re
from dataclasses import dataclass

from wparchive.browse.render import look

__all__ = ["Cited", "citations", "shell_line"]

_SPECIAL = re.compile(r"([{}\\%&#_$])")
_ESCAPED = r"\\\1"
_SAFE_WORD = re.compile(r"[\w./@%+=:,-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cited:
    """What is cited: `address` is the page's own, `sha256` the digest of the decoded body, times as the database has them."""

    title: str
    author: str
    site: str
    url: str
    published: str
    captured_at: str
    capture: str
    sha256: str
    address: str
    warc: str
    offset: int
    length: int


def shell_line(warc: str, offset: int, length: int) -> str:
    """Return the line that prints the SHA-256 of the stored record, with coreutils alone."""
    name = warc if _SAFE_WORD.fullmatch(warc) else "'" + warc.replace("'", "'\\''") + "'"
    return f"tail -c +{offset + 1} {name} | head -c {length} | sha256sum"


def citations(cited: Cited) -> list[tuple[str, str]]:
    """Return the forms of a citation, each with its name."""
    return [
        ("Text", _text(cited)),
        ("Wikipedia", _wikipedia(cited)),
        ("BibTeX", _bibtex(cited)),
        ("CSL-JSON", _csl(cited)),
        ("Check the stored record", shell_line(cited.warc, cited.offset, cited.length)),
    ]


def _day(value: str) -> str:
    return value[:10]


def _text(cited: Cited) -> str:
    who = f"{cited.author}: " if cited.author else ""
    published = f", {look.day(cited.published)}" if cited.published else ""
    return (
        f"{who}“{cited.title}”, {cited.site}{published}, {cited.url}. As captured {cited.captured_at}, "
        f"{cited.capture}, SHA-256 of the body {cited.sha256 or 'unknown'}."
    )


def _wikipedia(cited: Cited) -> str:
    fields = {
        "title": cited.title,
        "author": cited.author,
        "website": cited.site,
        "url": cited.url,
        "date": _day(cited.published),
        "archive-url": cited.address,
        "archive-date": _day(cited.captured_at),
        "url-status": "unknown",
    }
    parts = (f"{name}={value.replace('|', '{{!}}')}" for name, value in fields.items() if value)
    return "{{cite web |" + " |".join(parts) + "}}"


def _bibtex(cited: Cited) -> str:
    def field(name: str, value: str) -> str:
        return f"  {name} = {{{_SPECIAL.sub(_ESCAPED, value)}}},\n" if value else ""

    key = cited.capture.removeprefix("urn:uuid:").replace("-", "")[:12]
    return (
        f"@online{{capture-{key},\n"
        + field("title", cited.title)
        + field("author", cited.author)
        + field("organization", cited.site)
        + (f"  url = {{{cited.url}}},\n" if cited.url else "")
        + field("date", _day(cited.published))
        + field("urldate", _day(cited.captured_at))
        + field("note", f"{cited.capture}, SHA-256 {cited.sha256}")
        + "}"
    )


def _csl(cited: Cited) -> str:
    value = {
        "id": cited.capture,
        "type": "webpage",
        "title": cited.title,
        "container-title": cited.site,
        "URL": cited.url,
        "archive": cited.address,
        "issued": {"raw": _day(cited.published)} if cited.published else None,
        "accessed": {"raw": cited.captured_at},
        "author": [{"literal": cited.author}] if cited.author else None,
        "note": f"SHA-256 {cited.sha256}",
    }
    return json.dumps({name: one for name, one in value.items() if one}, ensure_ascii=False, indent=1)
