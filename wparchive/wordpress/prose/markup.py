"""Writes pieces as HTML: what was added as `ins`, what was removed as `del`. Nothing of the article's own HTML gets into it."""

from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import groupby

from wparchive.wordpress.prose.result import CELL, PARAGRAPH, PICTURE, Mark, Piece

__all__ = ["as_html", "name_of"]

Address = Callable[[str], str]
_TAGS = {"equal": "", "added": "ins", "removed": "del"}
_FORMATS = frozenset(("em", "strong", "code", "sub", "sup", "s", "u", "mark", "small", "q"))


def as_html(
    pieces: Iterable[Piece],
    side: str = "",
    *,
    text: Callable[[str], str] = escape,
    link: Address | None = None,
    picture: Address | None = None,
) -> str:
    """The pieces as HTML that stands within a paragraph: both texts in one, or only the `old` or the `new` side.

    `text` makes HTML of text. `link` and `picture` give the address to write for one in the article, "" for none; without
    them links are plain text and pictures are named. White space alone is never marked.
    """
    left_out = {"old": "added", "new": "removed"}.get(side)
    written = []
    for op, group in groupby((piece for piece in pieces if piece.op != left_out), key=lambda piece: piece.op):
        run = list(group)
        blank = not "".join(piece.text for piece in run).strip(" ")
        if blank and op == "removed" and not side:
            continue
        inside = "".join(_formatted(piece, side, text, link, picture) for piece in run)
        tag = "" if blank else _TAGS[op]
        written.append(f"<{tag}>{inside}</{tag}>" if tag else inside)
    return "".join(written)


def name_of(piece: Piece) -> str:
    """What is shown for a picture or an embedded thing where only text can be."""
    mark = piece.embedded or Mark("picture")
    details = ", ".join(filter(None, (mark.label, mark.address)))
    return f"[{mark.name}: {details}]" if details else f"[{mark.name}]"


def _formatted(
    piece: Piece, side: str, text: Callable[[str], str], link: Address | None, picture: Address | None
) -> str:
    inside = "".join(_parts(piece, side, text, picture))
    for mark in reversed(piece.marks):
        if mark.name in _FORMATS:
            inside = f"<{mark.name}>{inside}</{mark.name}>"
        elif mark.name == "link" and link and (address := link(mark.address)):
            inside = f'<a href="{escape(address)}">{inside}</a>'
    return inside


def _parts(piece: Piece, side: str, text: Callable[[str], str], picture: Address | None) -> Iterator[str]:
    if mark := piece.embedded:
        address = picture(mark.address) if picture and mark.name == "picture" else ""
        shown = f'<img src="{escape(address)}" alt="{text(mark.label)}" loading="lazy">' if address else ""
        yield (shown or text(name_of(piece))) * piece.text.count(PICTURE)
        return
    for number, line in enumerate(piece.text.split(PARAGRAPH)):
        if number:
            yield "<br>" if side else "¶<br>"
        yield text(line.replace(CELL, " | "))
