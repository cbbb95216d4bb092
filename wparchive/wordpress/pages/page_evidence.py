"""What a page's answer shows of what kind it is: the facts on which a verdict rests, each read once."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from wparchive.http1.message import Head
from wparchive.urls import join
from wparchive.wordpress.judgement import is_challenge
from wparchive.wordpress.languages.codes import primary
from wparchive.wordpress.pages.article import Article
from wparchive.wordpress.pages.page_difference import Found
from wparchive.wordpress.pages.page_text import PageText
from wparchive.wordpress.pages.visibility import Sight

__all__ = ["Evidence", "spelled"]

_BODY_ID = re.compile(r"(?:postid|page-id|attachmentid)-([0-9]{1,18})")
_SHORT = 1 << 16
_DEEPEST = 12  # levels of JSON-LD
_WORDY = 200_000  # characters of a page's text that are searched for phrases


@dataclass(frozen=True)
class Evidence:
    """The answer to a request for `asked`: its head, body, the URL that answered, the page that was read, the comparison.

    `article` and `found` are None for a page that is no item's.
    """

    asked: str
    final: str
    head: Head
    body: bytes
    page: PageText
    article: Article | None = None
    found: Found | None = None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.head.status

    @cached_property
    def share(self) -> float | None:
        """The share of the item's words that is shown; None without an item that has some."""
        return self.found.share if self.found and self.found.said >= _FEWEST_WORDS else None

    @cached_property
    def is_html(self) -> bool:
        """Whether this is a page: by its type, or its first bytes if it has none."""
        if self.head.mime:
            return "html" in self.head.mime
        return re.match(rb"\s*<(?:!doctype html|html|head|body)", self.body[:_SHORT], re.IGNORECASE) is not None

    @cached_property
    def is_wall(self) -> bool:
        """Whether it is the page of a bot wall."""
        return is_challenge(self.head, self.body)

    @cached_property
    def body_names(self) -> frozenset[str]:
        """The classes of the page's body."""
        bodies = self.page.tags.get("body", ())
        return frozenset(bodies[0].get("class", "").lower().split()) if bodies else frozenset()

    @cached_property
    def names(self) -> frozenset[str]:
        """All classes and ids of its blocks."""
        return frozenset[str]().union(*(node.names for node in self.page.nodes))

    @cached_property
    def shown_id(self) -> int | None:
        """The id of the item that the page says it shows, by core's class of its body."""
        found = next((one for name in self.body_names if (one := _BODY_ID.fullmatch(name))), None)
        return int(found[1]) if found else None

    @property
    def other_item(self) -> int | None:
        """The id of another item that the page says it shows."""
        own = self.article.wp_id if self.article else None
        return self.shown_id if own is not None and self.shown_id not in (None, own) else None

    @property
    def has_title(self) -> bool:
        """Whether the item's title is there."""
        return bool(self.found and self.found.title)

    @cached_property
    def is_of_item(self) -> bool:
        """Whether the page says that it is the item's: by its id, its canonical URL, or most of its words."""
        if self.article is None:
            return False
        if self.shown_id is not None and self.article.wp_id is not None:
            return self.shown_id == self.article.wp_id
        canonical = [join(self.final, link.get("href", "")) for link in self.page.links("canonical")]
        own = {spelled(self.asked), spelled(self.article.link or self.asked)}
        return any(spelled(url) in own for url in canonical) or (self.share or 0) >= 0.5

    @cached_property
    def text(self) -> str:
        """What the page says, in lower case, with its title."""
        shown = (one.text for one in self.page.passages if one.sight is not Sight.HIDDEN)
        return "\n".join((self.page.title, *shown))[:_WORDY].lower()

    @cached_property
    def size(self) -> int:
        """How many words it shows."""
        return sum(len(one.text.split()) for one in self.page.passages if one.sight is Sight.SHOWN)

    @cached_property
    def is_free(self) -> bool | None:
        """What its JSON-LD says of access to it (`isAccessibleForFree`); None if it says nothing."""
        said = [_truth(value) for value in _stated(self.page.data)]
        return False if False in said else True if True in said else None

    @cached_property
    def has_password(self) -> bool:
        """Whether it asks for a password."""
        return any(tag.get("type", "").lower() == "password" for tag in self.page.tags.get("input", ()))

    @cached_property
    def language(self) -> str:
        """The language that the page states."""
        pages = self.page.tags.get("html", ())
        return primary(pages[0].get("lang", "")) if pages else ""


_FEWEST_WORDS = 12


def spelled(url: str) -> str:
    """Return a URL without what two spellings of one page differ in: scheme, `www.`, a slash at the end, fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if _is_port(parts.netloc) and parts.port not in (80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{port}{parts.path.rstrip('/')}{query}"


def _is_port(netloc: str) -> bool:
    return re.search(r":\d{1,5}\Z", netloc) is not None


def _stated(texts: list[str]) -> Iterator[Any]:
    for text in texts:
        try:
            yield from _values(json.loads(text), 0)
        except (ValueError, RecursionError):
            continue


def _values(value: Any, depth: int) -> Iterator[Any]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        if "isAccessibleForFree" in value:
            yield value["isAccessibleForFree"]
        for one in value.values():
            yield from _values(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _values(one, depth + 1)


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    word = value.rpartition("/")[2].lower() if isinstance(value, str) else ""
    return {"true": True, "false": False}.get(word)
