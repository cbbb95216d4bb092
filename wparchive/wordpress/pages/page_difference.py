"""What the API says of an item against what its page shows, word by word.

The item's passages are looked for in the page's; what isn't found is compared with what the page shows in the same element and
the item hasn't. Hidden passages, and those that only scripts hold, are there: they count neither as missing nor as added.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.pages.article import Article, is_own_passage
from wparchive.wordpress.pages.container import container_of
from wparchive.wordpress.pages.page_text import PageText, Passage
from wparchive.wordpress.pages.page_title import Difference, Kind, compare_title
from wparchive.wordpress.pages.page_words import Stream, parts_of, shortcodes, words_of
from wparchive.wordpress.pages.visibility import Sight
from wparchive.wordpress.prose import Row, text_diff
from wparchive.wordpress.text import TOKEN, decoded

__all__ = ["Found", "compare_page"]


@dataclass(frozen=True, slots=True)
class Found:
    """What of an item a page shows: how many of its words (`said`) are `shown`, `hidden` or only in `scripts`, and what differs.

    `placed` says whether the element was found that holds the article, `first` that all that is shown stands at its beginning.
    `paged` says that the rest is on further pages.
    """

    said: int = 0
    shown: int = 0
    hidden: int = 0
    scripts: int = 0
    placed: bool = False
    first: bool = False
    paged: bool = False
    title: bool | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def share(self) -> float | None:
        """The share of the item's words that the page shows; None if the item has none."""
        return self.shown / self.said if self.said else None


_MOST_PLACES = 50
_LEAST_MISSING = 4  # words
_LEAST_ADDED = 8
_LINKED = 0.5  # share of a passage that is links, as in lists of articles
_MOST_ROWS = 200
_LONGEST = 100_000  # characters compared word by word


def compare_page(article: Article, page: PageText, html: str, noise: Noise) -> Found:
    """Compare an item with a page that was decoded to `html` and read."""
    return _Comparing(article, page, html, noise).found()


class _Comparing:
    """The comparison of one item with one page."""

    def __init__(self, article: Article, page: PageText, html: str, noise: Noise) -> None:
        self._article, self._page, self._html, self._noise = article, page, html, noise
        self._shown = [one for one in page.passages if one.sight is Sight.SHOWN]
        self._stream = _stream(self._shown)
        self._aside = _stream([one for one in page.passages if one.sight is Sight.ASIDE])
        self._hidden = _stream([one for one in page.passages if one.sight is Sight.HIDDEN])
        self._covered = bytearray(self._stream.size)
        self._homes: set[int] = set()
        self._known: dict[str, str] = {}  # of each passage

    def found(self) -> Found:
        """Compare."""
        said = [(text, words_of(text)) for text in self._article.passages]
        container = container_of(self._page, self._shown, self._stream, [words for _, words in said])
        counts = {"shown": 0, "hidden": 0, "scripts": 0}
        missing: list[str] = []
        first, gap = True, False
        for text, words in said:
            how = self._where(words)
            first = first and not (gap and how == "shown")
            gap = gap or how != "shown"
            if how:
                counts[how] += len(words)
            else:
                missing.append(text)
        self._cover(words_of(self._article.title))
        added = list(self._added(container)) if container else []
        rows = self._rows(missing, [one.text for one in added])
        differences = _particular(list(self._judged(rows, counts)))
        counts["shown"] += _same_words(rows)
        title, headed = compare_title(self._article.title, self._page, (self._stream, self._aside))
        return Found(
            said=sum(len(words) for _, words in said),
            placed=bool(container),
            first=first and counts["shown"] > 0,
            paged=self._article.paged or self._is_paged(),
            title=title,
            differences=(*differences, *headed),
            **counts,
        )

    def _where(self, words: Sequence[str]) -> str:
        """Return how a passage is there: shown, hidden, or "" if it isn't there in a piece."""
        key = " ".join(words)
        if key not in self._known:
            shown = self._cover(words) or self._aside.has(words)
            self._known[key] = "shown" if shown else "hidden" if self._hidden.has(words) else ""
        return self._known[key]

    def _cover(self, words: Sequence[str]) -> bool:
        found = False
        for at in self._stream.places(words, _MOST_PLACES):
            found = True
            self._covered[at : at + len(words)] = b"\1" * len(words)
            self._homes.add(self._home(self._shown[self._stream.passage(at)].place))
        return found

    def _home(self, place: int) -> int:
        """Return the element around a block of text."""
        nodes = self._page.nodes
        return next((at for at in self._page.above(place) if nodes[at].tag not in _OF_TEXT), 0)

    def _added(self, container: int) -> Iterator[Passage]:
        """Yield what the article's element shows that the item hasn't, beside its own passages or in their place."""
        homes = self._homes | {container}
        for number, passage in enumerate(self._shown):
            words = self._stream.words[number]
            start = self._stream.starts[number]
            bare = len(words) - sum(self._covered[start : start + len(words)])
            if not bare or bare * 2 < len(words) or self._home(passage.place) not in homes:
                continue
            if container in self._page.above(passage.place) and self._is_own(passage, container):
                yield passage

    def _is_own(self, passage: Passage, container: int) -> bool:
        if not is_own_passage(self._page, passage, container):
            return False
        for place in self._page.above(passage.place):
            if place == container:
                return True
            if any(self._noise.removes(name) for name in self._page.nodes[place].names):
                return False
        return True

    def _is_paged(self) -> bool:
        return any(not _PAGING.isdisjoint(node.names) for node in self._page.nodes)

    def _rows(self, missing: Sequence[str], added: Sequence[str]) -> list[Row]:
        old, new = "\n".join(missing)[:_LONGEST], "\n".join(added)[:_LONGEST]
        return text_diff(old, new) if old or new else []

    def _judged(self, rows: Sequence[Row], counts: dict[str, int]) -> Iterator[Difference]:
        """Yield what differs by a word; what only scripts hold is counted instead."""
        scripts: Stream | None = None
        for row in rows[:_MOST_ROWS]:
            found = _difference(row)
            if found is None:
                continue
            if found.kind is Kind.MISSING:
                scripts = scripts or Stream([_in_scripts(self._html)])
                words = words_of(row.text("old"))
                if scripts.has(words):
                    counts["scripts"] += len(words)
                    continue
            if found.kind is not Kind.ADDED or self._may_be_added(row.text("new")):
                yield found

    def _may_be_added(self, text: str) -> bool:
        linked = next((one for one in self._shown if one.text == text), None)
        if linked and linked.linked > _LINKED * len(text):
            return False
        return not self._article.unsure and not shortcodes(text) and len(words_of(text)) >= _LEAST_ADDED


_OF_TEXT_WORDS = "p li ul ol h1 h2 h3 h4 h5 h6 blockquote td th tr tbody thead table dd dt dl pre figure figcaption br"
_OF_TEXT = frozenset(_OF_TEXT_WORDS.split())
_PAGING = frozenset(("page-links", "page-link", "post-page-numbers", "post-nav-links", "pagelink", "multipage"))


def _stream(passages: Sequence[Passage]) -> Stream:
    return Stream([" ".join(parts_of(one.text)) for one in passages])


def _difference(row: Row) -> Difference | None:
    """Return how a row of the comparison differs; None if only its form does."""
    old, new = words_of(row.text("old")), words_of(row.text("new"))
    if old == new or row.change in ("same", "moved", "moved_away", "formatted"):
        return None
    if not new:
        return Difference(Kind.MISSING, row, " ".join(old)) if len(old) >= _LEAST_MISSING else None
    if not old:
        return Difference(Kind.ADDED, row, " ".join(new))
    gone, come = (" ".join(words_of(" ".join(p.text for p in row.pieces if p.op == op))) for op in ("removed", "added"))
    return Difference(Kind.CHANGED, row, f"{gone} > {come}".strip()) if gone or come else None


def _particular(differences: Sequence[Difference]) -> list[Difference]:
    """Leave out words that are put in, or left out, in several places alike: marks of links, labels, notes."""
    counts = Counter(one.sign for one in differences if one.kind is Kind.CHANGED)
    return [one for one in differences if counts[one.sign] < 2 or not (one.sign[:2] == "> " or one.sign[-2:] == " >")]


def _same_words(rows: Sequence[Row]) -> int:
    return sum(
        len(words_of(piece.text))
        for row in rows
        if row.change == "edited"
        for piece in row.pieces
        if piece.op == "equal"
    )


_DATA = re.compile(r"application/(?:ld\+)?json\+oembed|ld\+json", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]*+>")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\([/\"nrt\\])")


def _in_scripts(html: str) -> str:
    """Return the text of scripts, templates and `noscript`: what a script may show. JSON-LD is for machines alone."""
    raw = (one[0] for one in TOKEN.finditer(html[: 2 << 20]) if one[1] and one[1].lower() in _HOLDING)
    texts = (_ESCAPED.sub(_plain, one) for one in raw if not _DATA.search(one[:300]))
    return " ".join(decoded(_TAGS.sub(" ", decoded(text))) for text in texts)


_HOLDING = frozenset(("script", "template", "noscript", "textarea"))


def _plain(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else found[2] if found[2] in '/"' else " "
