"""Leaves out of HTML what a reader isn't shown: what the elements themselves say, as no style sheet is known.

What a click or a script may show is seen: `details`, an element whose id something else names, and what only moves or
fades in. What is hidden from a screen reader alone (`aria-hidden`) is seen as well.
"""

import re
from collections.abc import Iterator

from wparchive.wordpress.reading import parted
from wparchive.wordpress.text import BLOCKS, TOKEN, VOID, unescape

__all__ = ["without_unseen"]

# One of these stands in each tag of an element that isn't seen; looking for them costs little.
_SIGNS = ("hidden", "style", "screen-reader-text", "sr-only")
_VALUES = re.compile(r"""=\s*+(?:"[^"]*+"?+|'[^']*+'?+)""")
_HIDDEN = re.compile(r"\shidden(?=[\s/>=])", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""\s(style|class|id|hidden)\s*+=\s*+(?:"([^"]*+)"?+|'([^']*+)'?+|([^\s"'>]++))""", re.IGNORECASE
)
_STYLE = re.compile(
    r"(?<![\w-])(?:display:none|visibility:hidden|font-size:0(?![.\d])|text-indent:-\d{4}"
    r"|(?:left|right|top|bottom|margin-left|margin-top):-\d{4}|clip:rect\(0)",
    re.IGNORECASE,
)
_CLASSES = frozenset(["screen-reader-text", "sr-only", "visually-hidden", "visuallyhidden"])
_SHORTEST = 3  # characters of an id that can be looked for
_NAME = re.compile("[a-zA-Z0-9]+")
_IS_BLOCK = frozenset(BLOCKS.split())
_MOST = 100  # elements whose id is looked for
_IN_P = {"br", "button", "caption", "legend", "option", "optgroup", "tr", "td", "th"}
_CLOSES_P = frozenset(slash + name for name in _IS_BLOCK - _IN_P for slash in ("", "/")) - {"/p"}


def without_unseen(html: str) -> str:
    """Return `html` without the elements that aren't shown; the same object if there are none."""
    if not _has_sign(html):
        return html
    html = parted(html)[0]
    spans = [span for span in _unseen(html) if not _is_sized_within(html, *span)]
    if not spans:
        return html
    parts, at = [], 0
    for start, end in spans:
        name = _NAME.match(html, start + 1)
        parts += [html[at:start], " " if name and name[0].lower() in _IS_BLOCK else ""]
        at = end
    return "".join((*parts, html[at:]))


def _has_sign(html: str) -> bool:
    one, two, three, four = _SIGNS
    return one in html or two in html or three in html or four in html


def _unseen(html: str) -> Iterator[tuple[int, int]]:
    """From where to where elements stand that aren't shown, none within another."""
    name, start, depth, count = "", 0, 0, 0
    for tag in TOKEN.finditer(html):
        found = (tag[2] or "").lower()
        if not depth:
            if found and found[0] != "/" and found not in VOID and _says_unseen(tag[0]):
                count += 1
                if count > _MOST or not _is_named(tag[0], html):
                    name, start, depth = found, tag.start(), 1
        elif name == "p" and found in _CLOSES_P:  # no paragraph is in another
            depth = 0
            yield start, tag.start()
        elif found == name:
            depth += 1
        elif found == f"/{name}":
            depth -= 1
            if not depth:
                yield start, tag.end()
    if depth:
        yield start, len(html)


def _is_sized_within(html: str, start: int, end: int) -> bool:
    """Whether what an element shows in no size has sizes of its own: so columns are laid out without gaps."""
    behind = html.find(">", start, end)
    return html.find("font-size", start, behind) >= 0 and html.find("font-size", behind, end) >= 0


def _says_unseen(tag: str) -> bool:
    if not _has_sign(tag):
        return False
    values = _values(tag)
    return (
        (_HIDDEN.search(_VALUES.sub("=", tag)) is not None and values.get("hidden", "").lower() != "until-found")
        or _STYLE.search("".join(values.get("style", "").split())) is not None
        or not _CLASSES.isdisjoint(values.get("class", "").split())
    )


def _is_named(tag: str, html: str) -> bool:
    """Whether something else names the element's id, as what shows it does."""
    name = _values(tag).get("id", "")
    return len(name) >= _SHORTEST and html.count(name) > 1


def _values(tag: str) -> dict[str, str]:
    return {name.lower(): unescape("".join(value)) for name, *value in _ATTRIBUTE.findall(tag)}
