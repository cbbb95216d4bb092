"""Makes an article's HTML safe to show on pages of ours: an allow-list (nh3), only addresses that are permitted, no players.

Two passes. The first, ours, replaces what an allow-list can't: pictures that a script would load, players and frames, which
become links, and whatever would nest without end. The second, nh3's, decides what is written, whatever the first one did.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from wparchive.urls import join
from wparchive.wordpress.changes.places import attributes
from wparchive.wordpress.prose.blocks import address_of
from wparchive.wordpress.reading import parted
from wparchive.wordpress.text import LATER, TOKEN, VOID, unescape

if TYPE_CHECKING:
    import re

__all__ = ["Cleaned", "Places", "clean"]

_TAG_NAMES = (
    "a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure h2 h3 h4 "
    "h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strong sub summary sup table tbody td tfoot th "
    "thead time tr u ul var wbr"
)
_TAGS = frozenset(_TAG_NAMES.split())
_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "*": frozenset(("title", "dir", "lang", "id")),
    "a": frozenset(("href",)),
    "img": frozenset(("src", "alt")),
    "blockquote": frozenset(("cite",)),
    "q": frozenset(("cite",)),
    "del": frozenset(("cite", "datetime")),
    "ins": frozenset(("cite", "datetime")),
    "time": frozenset(("datetime",)),
    "td": frozenset(("colspan", "rowspan")),
    "th": frozenset(("colspan", "rowspan", "scope")),
    "ol": frozenset(("start", "reversed")),
    "li": frozenset(("value",)),
}
_AS_SENT = frozenset(("style", "class", "width", "height", "align"))
_CONTENT_TOO = frozenset(
    ("script", "style", "noscript", "template", "iframe", "textarea", "svg", "math", "title", "select")
)
_KEPT = frozenset[str]().union(_AS_SENT, *_ATTRIBUTES.values())
# Elements that would be a part of our page's own outline, or say nothing by themselves.
_INSTEAD = {
    "h1": "h2",
    "center": "div",
    "form": "div",
    "fieldset": "div",
    "legend": "p",
    "address": "div",
} | dict.fromkeys(("main", "header", "footer", "nav", "aside", "section", "article", "hgroup", "dialog"), "div")
_PLAYERS = {
    "iframe": "frame", "video": "video", "amp-video": "video", "audio": "audio", "amp-audio": "audio", "embed": "frame",
    "object": "frame",
}  # fmt: skip
_LEFT_OUT = {
    "script": "script", "style": "style", "svg": "drawing", "form": "form", "link": "link", "meta": "meta", "base": "base",
    "math": "formula", "textarea": "form field", "input": "form field", "button": "form field", "select": "form field",
}  # fmt: skip
_ENDING_ITSELF = "p li dt dd tr td th tbody thead tfoot colgroup rp rt option"  # where its like begins
_CLOSED_BY_OTHERS = frozenset(_ENDING_ITSELF.split()) | VOID
_DEEPEST = 200  # open elements; a parser looks through all of them at every tag
_OPEN_FORMATS = 16  # of one kind; a parser opens each again in every paragraph
_FORMAT_NAMES = "a b big code em font i nobr s small strike strong tt u"
_FORMATS = frozenset(_FORMAT_NAMES.split())
_LONGEST_ID = 100
_LONGEST_TAG = 2_000
_WEB = ("http://", "https://")
_FETCHING = ("url", "image", "src", "import", "\\")  # by what a style may load something, however it is spelled


@dataclass(frozen=True, slots=True)
class Places:
    """Where links and pictures lead in the archive.

    `link` and `picture` are given an absolute http(s) URL and return an address below our own, or "" for none; `base` is the
    URL of the article, against which its addresses count. With `outside` they may return any http(s) URL, for pages that
    are read where nothing is asked of a network.
    """

    link: Callable[[str], str]
    picture: Callable[[str], str]
    base: str = ""
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Cleaned:
    """HTML that may stand in a page, and how much of each kind (script, frame, form, counter, ...) isn't in it."""

    html: str
    left_out: Mapping[str, int] = field(default_factory=dict)


def clean(html: str, places: Places, *, as_sent: bool = False) -> Cleaned:
    """Clean at most the first READ characters of `html`.

    With `as_sent`, its looks (styles, classes, sizes) are kept, for a frame that may do nothing.
    """
    import nh3

    pass_ = _Pass(as_sent)
    prepared = pass_.over(parted(html)[0])
    kept = {
        tag: set(names | (_AS_SENT if as_sent and tag == "*" else frozenset())) for tag, names in _ATTRIBUTES.items()
    }
    shown = nh3.clean(
        prepared,
        tags=set(_TAGS),
        clean_content_tags=set(_CONTENT_TOO),
        attributes=kept,
        attribute_filter=_Filter(places),
        link_rel=None,
        url_schemes={"http", "https"},
    )
    return Cleaned(shown, dict(pass_.left_out))


class _Filter:
    """Decides what an attribute that is allowed may say; nothing that leads out of the archive."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def __call__(self, _element: str, name: str, value: str) -> str | None:
        if name in ("href", "cite", "src"):
            return self._address(name, value) or None
        if name == "id":
            return _anchor(value)
        if name == "dir":
            return value if value.lower() in ("ltr", "rtl", "auto") else None
        if name == "style":
            return None if any(word in value.lower() for word in _FETCHING) else value
        return value

    def _address(self, name: str, value: str) -> str:
        value = value.strip()
        if value.startswith("#"):
            return f"#{_anchor(value[1:])}" if name == "href" and len(value) > 1 else ""
        url = join(self._places.base, value) if self._places.base else value
        if not url.lower().startswith(_WEB):
            return ""
        found = (self._places.picture if name == "src" else self._places.link)(url)
        own = found.startswith("/") and found[1:2] not in ("/", "\\")
        return found if own or (self._places.outside and found.lower().startswith(_WEB)) else ""


def _anchor(name: str) -> str:
    """An id of theirs, as no id of ours is written."""
    return f"a-{name[:_LONGEST_ID]}"


class _Pass:
    """Rewrites tags, one after another; each takes the same time, wherever it stands."""

    def __init__(self, as_sent: bool) -> None:
        self.left_out: Counter[str] = Counter()
        self._as_sent = as_sent
        self._open: Counter[str] = Counter()
        self._depth = 0
        self._sourceless = ""

    def over(self, html: str) -> str:
        """All of it."""
        return TOKEN.sub(self._token, html)

    def _token(self, found: "re.Match[str]") -> str:
        raw, name = (found[1] or "").lower(), (found[2] or "").lower()
        self.left_out.update([_LEFT_OUT[one] for one in (raw, name) if one in _LEFT_OUT])
        if raw or not name:  # a comment, or an element whose content is no text
            return self._player("frame", found[0]) if raw == "iframe" else ""
        bare = name.lstrip("/")
        if bare in _PLAYERS or (bare == "source" and self._sourceless):
            return self._player(_PLAYERS.get(bare, self._sourceless), found[0]) if bare == name else ""
        if name in ("img", "amp-img"):
            return self._picture(found[0])
        if not self._may_stand(bare, opens=bare == name):
            return ""
        return self._written(bare, found[0])

    def _written(self, name: str, tag: str) -> str:
        """The tag, under the name that it gets; of one with thousands of attributes only those that could be kept."""
        instead = _INSTEAD.get(name, name)
        if len(tag) > _LONGEST_TAG and tag[1] != "/":
            return _tag(instead, {one: unescape(value) for one, value in attributes(tag).items() if one in _KEPT})
        slash = "/" if tag[1] == "/" else ""
        return f"<{slash}{instead}{tag[1 + len(slash) + len(name) :]}" if instead != name else tag

    def _may_stand(self, name: str, *, opens: bool) -> bool:
        """Whether a parser may be given this tag: nothing nests without end."""
        if name in _CLOSED_BY_OTHERS:
            return True
        if opens:
            full = self._depth >= _DEEPEST or (name in _FORMATS and self._open[name] >= _OPEN_FORMATS)
            change = 0 if full else 1
        else:
            change = -1 if self._open[name] else 0
        self._open[name] += change
        self._depth += change
        return bool(change)

    def _picture(self, tag: str) -> str:
        given = attributes(tag)
        if not {given.get("width"), given.get("height")} - {"0", "1"}:
            self.left_out["counter"] += 1
            return ""
        address = address_of(given, "src", *LATER, "srcset")
        told = {
            name: unescape(given[name])
            for name in ("alt", "title", *(_AS_SENT if self._as_sent else ()))
            if name in given
        }
        return _tag("img", {"src": address, "alt": "", **told}) if address else ""

    def _player(self, kind: str, tag: str) -> str:
        """A link to what would have been played or shown inside."""
        given = attributes(tag)
        address = address_of(given, "src", "data", *LATER)
        self._sourceless = kind if kind in ("video", "audio") and not address else ""
        if not address:
            return ""
        self.left_out[kind] += 1
        host = address.partition("//")[2].partition("/")[0]
        label = ", ".join(filter(None, [unescape(given.get("title", "")).strip(), host]))
        return f"{_tag('a', {'href': address})}[{kind}{f': {escape(label)}' if label else ''}]</a>"


def _tag(name: str, given: Mapping[str, str]) -> str:
    written = "".join(f' {one}="{escape(value)}"' for one, value in given.items())
    return f"<{name}{written}>"
