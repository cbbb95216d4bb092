"""Cuts an article's HTML, however broken, into blocks of text with the formatting of each passage.

It reads tags as `text.visible_text` does, so that a block's words are those that a reader sees. One pass, and nothing of the
HTML itself is kept.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wparchive.wordpress.changes.places import attributes
from wparchive.wordpress.prose.result import CELL, EMBEDDED, PARAGRAPH, PICTURE, Mark
from wparchive.wordpress.reading import parted
from wparchive.wordpress.text import BLOCKS, LATER, TOKEN, decoded, unescape

__all__ = ["Block", "Run", "address_of", "as_one", "blocks", "identity", "lines", "marked"]

Run = tuple[int, tuple[Mark, ...]]
"""Where a passage begins, and the marks in force from there on."""


class Block(NamedTuple):
    """A paragraph, heading, item, table row, ...: its kind, its text and the marks of its passages, in order."""

    kind: str
    text: str
    runs: tuple[Run, ...] = ()

    @property
    def key(self) -> str:
        """What makes it another block: its text and which pictures it has, of whatever size and at whatever address."""
        if PICTURE not in self.text:
            return self.text
        shown = [identity(marks) for start, marks in self.runs if self.text.startswith(PICTURE, start)]
        return "\0".join([self.text, *shown])


def lines(text: str) -> list[Block]:
    """The lines of plain text, as blocks."""
    folded = (" ".join(line.split()) for line in text.splitlines())
    return [Block("paragraph", line) for line in folded if line]


def blocks(html: str) -> list[Block]:
    """The blocks of `html` that show something; at most its first READ characters are used."""
    reader = _Reader()
    html, at = parted(html)[0], 0
    for found in TOKEN.finditer(html):
        start, end = found.span()
        if at < start:
            reader.read(html[at:start])
        at = end
        if found[2]:
            reader.tag(found[2].lower(), found[0])
        elif found[1] and found[1].lower() == "iframe":
            reader.embed("frame", found[0])
    reader.read(html[at:])
    reader.cut()
    return reader.found


def marked(text: str, runs: Sequence[Run], start: int, end: int) -> Iterator[tuple[str, tuple[Mark, ...]]]:
    """Yield the passages of `text` from `start` to `end`, each with its marks."""
    at = bisect_right(runs, start, key=_begins)
    marks = runs[at - 1][1] if at else ()
    while start < end:
        until = min(runs[at][0], end) if at < len(runs) else end
        if start < until:
            yield text[start:until], marks
        start = until
        if start < end:
            marks = runs[at][1]
        at += 1


def _begins(run: Run) -> int:
    return run[0]


def as_one(parts: Sequence[Block]) -> Block:
    """Several blocks as one of the first one's kind, the mark of a paragraph between them."""
    runs: list[Run] = []
    at = 0
    for part in parts:
        if at and not (part.runs and part.runs[0][0] == 0):
            runs.append((at, ()))
        runs += [(at + start, marks) for start, marks in part.runs]
        at += len(part.text) + 1
    return Block(parts[0].kind, PARAGRAPH.join(part.text for part in parts), tuple(runs))


_SIZE = re.compile(r"-(?:\d{1,5}x\d{1,5}|scaled|rotated)(?=\.\w{1,5}\Z)")


def identity(marks: Sequence[Mark]) -> str:
    """What a picture or an embedded thing is known by: the name of its file, without the size."""
    address = next((mark.address for mark in marks if mark.name in EMBEDDED), "")
    return _SIZE.sub("", re.split(r"[?#]", address, maxsplit=1)[0].rpartition("/")[2]) or address


_ELEMENTS = {"img": "picture", "amp-img": "picture", "video": "video", "amp-video": "video", "audio": "audio",
             "amp-audio": "audio", "embed": "frame", "object": "frame"}  # fmt: skip
_FORMATS = {name: name for name in ("em", "strong", "code", "sub", "sup", "s", "u", "mark", "small", "q")} | {
    **dict.fromkeys(("i", "cite", "dfn"), "em"),
    **dict.fromkeys(("kbd", "samp", "tt"), "code"),
    **dict.fromkeys(("strike", "del"), "s"),
    "b": "strong",
    "ins": "u",
}
_CUTTING = frozenset(slash + name for name in BLOCKS.split() for slash in ("", "/"))
_HEADINGS = {f"h{level}": f"heading {level}" for level in range(1, 7)}
_LISTS = frozenset(("ul", "ol", "dl", "menu", "dir"))
_TITLED = "wp-caption-text"  # the class of captions that are no figcaption, by core's shortcode
_DEEPEST = 32  # most open formats that are distinguished


class _Reader:
    """Collects blocks from text and tags in their order; each tag takes the same time, wherever it stands."""

    def __init__(self) -> None:
        self.found: list[Block] = []
        self._text: list[str] = []
        self._length = 0
        self._runs: list[Run] = []
        self._gap = False  # white space before what comes
        self._open: list[Mark] = []
        self._marks: tuple[Mark, ...] = ()
        self._depth = {"list": 0, "quote": 0, "code": 0}
        self._heading = ""
        self._caption = ""  # the name of the element that is one
        self._in_row = False
        self._cells = 0
        self._sourceless = ""  # the kind of a video or sound whose address is still to come

    # --- text

    def read(self, raw: str) -> None:
        """Text between tags."""
        text = decoded(raw) if "&" in raw else raw
        if self._depth["code"] and not self._in_row:
            self._read_lines(text)
            return
        words = text.split()
        if not words:
            self._gap = self._gap or bool(text)
            return
        self._add(" ".join(words), self._gap or text[0].isspace())
        self._gap = text[-1].isspace()

    def _read_lines(self, text: str) -> None:
        for number, line in enumerate(text.split("\n")):
            if number:
                self.cut()
            if line:
                self._add(" ".join(line.replace("\t", "    ").splitlines()), spaced=False)

    def _add(self, text: str, spaced: bool) -> None:
        if spaced and self._text and self._text[-1] not in (CELL, PARAGRAPH):
            self._append(" ", tuple(mark for mark in self._runs[-1][1] if mark in self._marks))
        self._append(text, self._marks)

    def _append(self, text: str, marks: tuple[Mark, ...]) -> None:
        if not self._runs or self._runs[-1][1] != marks or text == PICTURE:
            self._runs.append((self._length, marks))
        self._text.append(text)
        self._length += len(text)

    def _part(self, sign: str) -> None:
        """Part cells, or the paragraphs within one."""
        if sign == CELL and self._text and self._text[-1] == PARAGRAPH:
            self._text.pop()
            self._length -= 1
            if self._runs[-1][0] == self._length:
                self._runs.pop()
        if sign == CELL or (self._text and self._text[-1] not in (CELL, PARAGRAPH)):
            self._append(sign, ())
        self._gap = False

    def cut(self) -> None:
        """End the block."""
        text, runs, cells = "".join(self._text).rstrip(f" {PARAGRAPH}"), self._runs, self._cells
        self._text, self._runs, self._length, self._gap, self._cells = [], [], 0, False, 0
        if not text.strip():
            return
        if cells == 1:  # a table for its looks
            self._cut_lines(text, runs)
        else:
            kind = "row" if cells else self._kind(text)
            self.found.append(Block(kind, text.replace(PARAGRAPH, " "), tuple(runs)))

    def _cut_lines(self, text: str, runs: Sequence[Run]) -> None:
        at = 0
        for line in text.split(PARAGRAPH):
            if line.strip():
                inside: list[Run] = []
                size = 0
                for passage, marks in marked(text, runs, at, at + len(line)):
                    inside.append((size, marks))
                    size += len(passage)
                self.found.append(Block(self._kind(line), line, tuple(inside)))
            at += len(line) + 1

    def _kind(self, text: str) -> str:
        if not text.strip(f"{PICTURE} "):
            return "picture"
        if self._depth["code"]:
            return "code"
        if self._heading or self._caption:
            return self._heading or "caption"
        return "item" if self._depth["list"] else "quote" if self._depth["quote"] else "paragraph"

    # --- tags

    def tag(self, name: str, whole: str) -> None:
        """A start tag, or an end tag with its slash."""
        if name in _CUTTING:
            self._block(name, whole)
        elif name in _ELEMENTS or name == "source":
            self.embed(_ELEMENTS.get(name, self._sourceless), whole)
        elif name == "a":
            self._close("link")
            if address := address_of(attributes(whole), "href"):
                self._start(Mark("link", address))
        elif name in _FORMATS:
            self._start(Mark(_FORMATS[name]))
        elif name == "/a" or name[1:] in _FORMATS:
            self._close(_FORMATS.get(name[1:], "link"))

    def _start(self, mark: Mark) -> None:
        if len(self._open) < _DEEPEST:
            self._open.append(mark)
            self._marks = tuple(sorted(set(self._open)))

    def _close(self, name: str) -> None:
        at = next((at for at in range(len(self._open) - 1, -1, -1) if self._open[at].name == name), None)
        if at is not None:
            del self._open[at]
            self._marks = tuple(sorted(set(self._open)))

    def embed(self, kind: str, whole: str) -> None:
        """A picture, or what is embedded, if it has an address and is more than a dot."""
        given = attributes(whole)
        names = ("data",) if kind == "frame" and "data" in given else ("src", *LATER, "srcset")
        address = address_of(given, *names)
        self._sourceless = kind if kind in ("video", "audio") and not address else ""
        if kind and address and {given.get("width"), given.get("height")} - {"0", "1"}:
            marks = self._marks
            self._marks = (*marks, Mark(kind, address, " ".join(unescape(given.get("alt", "")).split())))
            self._add(PICTURE, self._gap)
            self._marks, self._gap = marks, False

    def _block(self, name: str, whole: str) -> None:
        bare = name.lstrip("/")
        opens = bare == name
        if self._in_row and bare not in ("table", "tr", "tbody", "thead", "tfoot"):
            self._block_in_row(bare, opens)
            return
        self.cut()
        self._in_row = name == "tr"
        if bare in _HEADINGS:
            self._heading = _HEADINGS[bare] if opens else ""
        elif bare in ("figcaption", "caption") or (opens and _TITLED in whole):
            self._caption = bare if opens else ""
        elif not opens and bare in (self._caption, "figure", "table"):
            self._caption = ""
        self._nest("list" if bare in _LISTS else {"blockquote": "quote", "pre": "code"}.get(bare, ""), opens)

    def _block_in_row(self, bare: str, opens: bool) -> None:
        if bare not in ("td", "th"):
            self._part(PARAGRAPH)
        elif opens:
            self._cells += 1
            if self._cells > 1:
                self._part(CELL)

    def _nest(self, kind: str, opens: bool) -> None:
        if kind:
            self._depth[kind] = max(self._depth[kind] + (1 if opens else -1), 0)


def address_of(given: dict[str, str], *names: str) -> str:
    """The first of these attributes that is more than a stand-in; of a set of sizes the first."""
    for name in names:
        value = unescape(given.get(name, "")).strip()
        if name.endswith("srcset"):
            value = value.split(",")[0].partition(" ")[0]
        if value and value[:5].lower() != "data:":
            return value
    return ""
