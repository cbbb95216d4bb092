"""Walks a reading room as a visitor who follows every link, picture and frame."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from reading import PREFIX, Page, Reading

__all__ = ["form_of", "walked"]


def walked(room: Reading, most: int, **how: Any) -> Iterator[tuple[str, Any]]:
    """Every address that can be reached and its answer, at most `most` of each form; redirects are followed."""
    waiting, seen, counted = [f"{PREFIX}/", f"{PREFIX}/search?q=harbour"], {f"{PREFIX}/"}, {}
    while waiting:
        path = waiting.pop(0)
        answer = room.get(path, **how)
        yield path, answer
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        for address in _addresses(Page(answer.text)):
            parts = urlsplit(address)
            whole = parts.path + (f"?{parts.query}" if parts.query else "")
            if parts.netloc or not parts.path.startswith(f"{PREFIX}/") or whole in seen:
                continue
            seen.add(whole)
            form = form_of(parts.path, parts.query)
            counted[form] = counted.get(form, 0) + 1
            if counted[form] <= most:
                waiting.append(whole)


def _addresses(page: Page) -> list[str]:
    named = [given.get("src") for name in ("iframe", "img", "script") for given in page.all(name)]
    return [*page.links, *(given["href"] or "" for given in page.all("link")), *filter(None, named)]


def form_of(path: str, query: str) -> str:
    """An address without what names one thing: its page, its tab or part, and the names of its parameters."""
    words = path.removeprefix(f"{PREFIX}/").split("/")
    names = sorted(part.partition("=")[0] for part in query.split("&"))
    return f"{words[0]} {words[-1] if words[-1].isalpha() else ''} {names}"
