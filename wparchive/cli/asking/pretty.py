"""An answer as a person reads it on a terminal: its head, and JSON in lines and colours; nothing in it steers the terminal."""

import json
import re
from collections.abc import Iterator

import click

from wparchive.events import clean
from wparchive.wordpress.payload.payload import read

__all__ = ["head_lines", "pretty"]

_KEY = re.compile(r'(\s*)("(?:[^"\\]++|\\.|(?!))*+")(: )?(.*)', re.DOTALL)
_COLOURS = {'"': "green", "t": "yellow", "f": "yellow", "n": "yellow"}


def head_lines(head: bytes) -> Iterator[str]:
    """Yield the status line and the headers as they were sent."""
    first, *others = head.decode("latin-1").rstrip("\r\n").replace("\r\n", "\n").split("\n")
    yield click.style(clean(first), bold=True)
    for line in others:
        name, colon, value = line.partition(":")
        yield f"{click.style(clean(name), fg='cyan')}{colon}{clean(value)}"


def pretty(body: bytes, mime: str) -> Iterator[str]:
    """Yield the lines of a body: JSON indented, other text as it is; what is no text isn't shown."""
    document = read(body)
    if document.ok and isinstance(document.value, list | dict):
        for line in json.dumps(document.value, indent=2, ensure_ascii=False).split("\n"):
            yield _coloured(clean(line))
    elif b"\0" in body[:4096] or mime.startswith(("image/", "audio/", "video/", "font/")):
        yield f"{len(body):,} bytes of {clean(mime) or 'an unknown type'}; write them to a file with: --body > FILE"
    else:
        text = body.decode("utf-8", "replace").replace("\r\n", "\n")
        yield from map(clean, text.split("\n"))


def _coloured(line: str) -> str:
    found = _KEY.fullmatch(line)
    if not found:
        indent = line[: len(line) - len(line.lstrip())]
        return indent + _value(line.lstrip())
    space, text, colon, rest = found.groups()
    if colon is None:
        return space + _value(text + rest)
    return f"{space}{click.style(text, fg='blue')}{colon}{_value(rest)}"


def _value(text: str) -> str:
    comma = "," * text.endswith(",")
    bare = text.removesuffix(",")
    colour = _COLOURS.get(bare[:1]) or ("yellow" if bare[:1].isdigit() or bare[:1] == "-" else None)
    return f"{click.style(bare, fg=colour) if colour else bare}{comma}"
