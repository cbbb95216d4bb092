"""The part of a statement on other articles with the same text or picture: both sides, and what is held of who was first."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from wparchive.ask.history import Evidence
from wparchive.ask.kinship.pictures import HOW
from wparchive.ask.kinship.relatives import Relative
from wparchive.ask.presenting.pages import place_changed
from wparchive.export.evidence.item_texts import ItemText
from wparchive.export.evidence.kin_wanted import KinPicture, KinWanted
from wparchive.export.evidence.statement_markup import escaped, facts, listed
from wparchive.wordpress import prose

__all__ = ["kin_parts", "kin_text", "picture_parts"]

_INTRODUCTION = (
    "<h2>Other articles with its text</h2>\n<p>What stands in both was found by comparing the texts in the records named here, "
    "word by word. Nothing here says who took it from whom: both may have it from a third, who isn’t in this package.</p>\n"
)
_PICTURES = (
    "<h2>Its pictures on other sites</h2>\n<p>Equal files have one digest; that others look alike was found by comparing them. "
    "Nothing here says who had one first.</p>\n"
)
_KINDS = {
    "copy": "most of each stands in the other",
    "excerpt": "most of this stands in the other, which has more",
    "extended": "most of the other stands in this, which has more",
    "rewritten": "part of each stands in the other",
    "quotation": "only what one or both of them quote is the same",
}
_STANDINGS = {
    "proven": "{} was public first: captures in the archive prove it; this package needn’t have all of these",
    "indicated": "{} was public first, by what is stated of it; no capture by our clock proves it",
    "undecidable": "undecidable",
}
_MOST_PASSAGES = 3
_LONGEST, _TOO_SHORT = 1_000, 60  # characters of one


def kin_text(number: int) -> str:
    """Return the name of the file with the JSON of the other article, by its place in the list from 1."""
    return f"kin/{number}.json"


def kin_parts(
    kin: Sequence[KinWanted],
    texts: Mapping[str, ItemText],
    evidence: Callable[[Evidence], str],
    readable: Callable[[ItemText], str],
) -> Iterator[str]:
    """Yield the parts: of each article what is shared, both captures, as the other read, and what differs."""
    if kin:
        yield _INTRODUCTION
    for number, one in enumerate(kin, 1):
        found = one.relative
        name = kin_text(number)
        yield f'<section><h3>{escaped(found.other, 300)}</h3>\n<p class="title" dir="auto">{escaped(found.title, 500)}</p>\n'
        yield facts(_rows(found, name if name in texts else ""))
        yield from _reasons(found)
        yield "<h4>The longest passages that stand in both</h4>\n" + listed(_passages(found))
        yield f"<h4>This text</h4>\n{evidence(one.own)}<h4>The other text</h4>\n{evidence(one.other)}"
        yield readable(texts[name]) if name in texts else ""
        if one.differs:
            yield f"<h4>From this to the other: {escaped(prose.tally(one.differs))}</h4>\n"
            yield listed(f'<div dir="auto">{place_changed(row)}</div>' for row in one.differs)
        yield "</section>\n"


def picture_parts(pictures: Sequence[KinPicture], evidence: Callable[[Evidence], str]) -> Iterator[str]:
    """Yield the parts: of each picture how it is the same, whom both files name, and both captures."""
    if pictures:
        yield _PICTURES
    for one in pictures:
        found = one.shared
        rows = [
            ("How", f"{HOW[found.how]}{f', {found.bits} bits apart' if found.bits else ''}"),
            ("Address here", found.url),
            ("Address there", found.other_url),
            ("Names here", found.credit),
            ("Names there", found.other_credit),
            ("Without a name", found.lost or ""),
        ]
        yield f'<section><h3>{escaped(found.other, 300)}</h3>\n<p class="title" dir="auto">{escaped(found.title, 500)}</p>\n'
        yield facts(rows)
        for name, side in (("This file", one.own), ("The other file", one.other)):
            yield f"<h4>{name}</h4>\n{evidence(side)}" if side else ""
        yield "</section>\n"


def _reasons(found: Relative) -> Iterator[str]:
    if found.order and found.order.reasons:
        reasons = (escaped(f"{one.item}: {one.text}") for one in found.order.reasons)
        yield "<h4>What is held of when each was public</h4>\n" + listed(reasons)


def _passages(found: Relative) -> Iterator[str]:
    """Yield the passages that tell something, each with its paragraphs; the longest in any case."""
    first, *others = found.passages[:_MOST_PASSAGES] or [""]
    for words in (first, *(one for one in others if len(one) >= _TOO_SHORT)):
        lines = (escaped(line) for line in words[:_LONGEST].splitlines() if line.strip())
        more = "…" if len(words) > _LONGEST else ""
        yield f'<div dir="auto">{"<br>".join(lines)}{more}</div>'


def _rows(found: Relative, file: str) -> list[tuple[str, str]]:
    shares = f"{found.share} % of this, {found.other_share} % of the other: {found.shared:,} words"
    quoted = f", of which {found.quoted:,} are quoted" if found.quoted else ""
    order, latest = found.order, found.latest
    is_now = f"{latest.share} % of this, {latest.other_share} % of the other" if latest and latest.kind else "nothing"
    return [
        ("Address", found.link or "none stated"),
        ("In both", f"{shares}{quoted}"),
        ("Kind", _KINDS[found.kind]),
        ("In both as read last", is_now if latest else ""),
        ("Text with both", f"{found.with_both:,} more articles in the archive" if found.with_both else ""),
        ("Credited to", f"{found.agency}, both" if found.agency else ""),
        ("Public first", _STANDINGS[order.standing].format(order.first) if order else ""),
        ("As sent", file),
    ]
