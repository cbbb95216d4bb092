"""Shows JSON that can be folded, with addresses that lead to our pages. Everything in it is escaped."""

import json
from collections.abc import Callable, Iterator

from markupsafe import Markup, escape

__all__ = ["json_html"]

_LONG, _DEEP, _MOST = 160, 40, 5000
_OPENED = 2  # levels that are shown unfolded


def json_html(value: object, link: Callable[[str], str]) -> Markup:
    """Return `value` as HTML. `link` returns our own page for an address; at most 5,000 values are shown."""
    left = [_MOST]
    return Markup('<div class="json">{}</div>').format(Markup("").join(_shown(value, link, 0, left)))


def _shown(value: object, link: Callable[[str], str], depth: int, left: list[int]) -> Iterator[Markup]:
    left[0] -= 1
    if isinstance(value, dict | list) and value:
        yield from _folded(value, link, depth, left)
    elif isinstance(value, str):
        yield _text(value, link)
    else:
        yield Markup('<span class="n">{}</span>').format(json.dumps(value))


def _folded(
    value: dict[str, object] | list[object], link: Callable[[str], str], depth: int, left: list[int]
) -> Iterator[Markup]:
    sign = "{{ {} }}" if isinstance(value, dict) else "[ {} ]"
    opened = Markup(" open") if depth < _OPENED else ""
    yield Markup("<details{}><summary>{}</summary>").format(opened, sign.format(len(value)))
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for name, one in pairs:
        if left[0] <= 0 or depth >= _DEEP:
            yield Markup('<div class="note">… more is in the body</div>')
            break
        yield Markup('<div><span class="k">{}</span>: ').format(name)
        yield from _shown(one, link, depth + 1, left)
        yield Markup("</div>")
    yield Markup("</details>")


def _text(value: str, link: Callable[[str], str]) -> Markup:
    if value.startswith(("https://", "http://")) and len(value) < 2000 and not any(map(str.isspace, value)):
        return Markup('"<a href="{}">{}</a>"').format(link(value), value)
    if len(value) <= _LONG:
        return Markup('<span class="s">"{}"</span>').format(value)
    return Markup('<details><summary class="s">"{}…" {:,} signs</summary><div class="s">{}</div></details>').format(
        value[:_LONG], len(value), escape(value)
    )
