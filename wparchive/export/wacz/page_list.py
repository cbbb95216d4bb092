"""pages/pages.jsonl: what a viewer lists, and the text in which it searches. Source: WACZ 1.1.1, 5.4."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from wparchive.export.cdxj import CdxLine

__all__ = ["PageList", "seconds"]

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_JSON = frozenset({"application/json"})
_ID = 20  # hex digits
_TEXT = 100_000  # characters of a page that are searched; viewers hold all of them in memory


class PageList:
    """The file at `path`, being written; `first` is the page to open with. Raises OSError.

    `title_of` returns the title of the item whose page was captured at a URL and time (to the second), "" for none.
    """

    def __init__(self, path: Path, *, searchable: bool) -> None:
        self._out = path.open("w", encoding="utf-8")
        self._mimes = _HTML if searchable else _HTML | _JSON
        self.first: tuple[str, str] | None = None
        self.title_of: Callable[[str, str], str] = lambda _url, _moment: ""
        about: dict[str, object] = {"format": "json-pages-1.0", "id": "pages", "title": "Pages"}
        self._line({**about, "hasText": True} if searchable else about)

    def add(self, url: str, date: str, title: str, text: str = "") -> None:
        """List the page at `url` as of `date`, UTC in ISO 8601."""
        moment = seconds(date)
        known = hashlib.sha256(f"{url} {date}".encode("utf-8", "replace")).hexdigest()
        page: dict[str, object] = {"id": known[:_ID], "url": url, "ts": moment, "title": title}
        self._line({**page, "text": text[:_TEXT]} if text else page)
        self.first = self.first or (url, moment)

    def captured(self, line: CdxLine) -> None:
        """List a capture, if it is a page by itself: HTML; without reading copies also what lists a site's items."""
        fields = line.fields
        if fields.get("status") == "200" and fields["mime"] in self._mimes:
            moment = "{}{}{}{}-{}{}-{}{}T{}{}:{}{}:{}{}Z".format(*line.timestamp)
            title = self.title_of(fields["url"], moment)
            self.add(fields["url"], moment, f"{title} (the page itself)" if title else fields["url"])

    def _line(self, value: dict[str, object]) -> None:
        self._out.write(f"{json.dumps(value)}\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._out.close()


def seconds(date: str) -> str:
    """Return a time to the second, as indexes have it."""
    return f"{date[:19]}Z"
