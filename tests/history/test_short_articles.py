"""What a plug-in puts into a short article shows in its automatic excerpt too: it is judged by the content alone."""

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from changing import Crawled

Item = dict[str, Any]
FEW = {"posts": 30, "media": 2, "comments": 2, "users": 2, "terms": 3, "pages": 2, "books": 0}
SHORT = "<p>The ferry to the north is late today.</p>\n<p>It leaves at noon.</p>\n"
MORE = (
    '&hellip; <a class="more-link" href="{link}">Continue reading <span class="screen-reader-text">{title}</span></a>'
)


def trimmed(content: str, length: int = 55, more: str = " [&hellip;]") -> str:
    """As `wp_trim_excerpt` does it: what stands between tags runs together where nothing but tags stood between."""
    words = html.unescape(re.sub(r"<[^>]*>", "", content)).split()
    return f"<p>{html.escape(' '.join(words[:length]))}{more if len(words) > length else ''}</p>\n"


def theme(item: Item, content: str) -> str:
    """A theme shows six words and a link to the article."""
    return trimmed(content, 6, MORE.format(link=item["link"], title=item["title"]["rendered"]))


EXCERPTS: dict[str, Callable[[Item, str], str]] = {
    "core's": lambda _, content: trimmed(content),
    "a theme's": theme,
    "a theme's, cut without a sign": lambda _, content: trimmed(content, 12, ""),
}
COUNTERS = {
    "known": '<div class="post-views post-views-count">Post Views: {}</div>',
    "unknown": '<div class="tide-meter">Seen {} times</div>',
}
PLACES: dict[str, Callable[[str, str], str]] = {
    "behind": lambda text, counter: text + counter,
    "joined": lambda text, counter: text.replace("</p>", f"</p>{counter}", 1),
    "before": lambda text, counter: counter + text,
}


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Crawled]:
    """A tiny fake site of short articles that hasn't been crawled yet."""
    with Crawled(tmp_path / "archive", full=True, **FEW) as crawled:
        for number in crawled.quiet:
            crawled.site.edit(number, silent=True, content=SHORT, excerpt=None)
        yield crawled


def count(made: Crawled, step: int) -> None:
    """From now on each quiet article has one of the counters, each in its own way; each rendering counts `step` further."""
    ways = [(one, place, cut) for one in COUNTERS.values() for place in PLACES.values() for cut in EXCERPTS.values()]
    chosen = dict(zip(sorted(made.quiet), ways, strict=False))

    def change(item: Item, number: int, alone: bool) -> None:
        if item.get("type") == "post" and item["id"] in chosen:
            counter, place, cut = chosen[item["id"]]
            text = item["content"]["rendered"]
            item["content"]["rendered"] = place(text, counter.format(number * 7919))
            item["excerpt"]["rendered"] = cut(item, place(text, counter.format(number * 7919 + step)))

    made.site.fault("rewritten", change=change)


def edits(made: Crawled) -> list[tuple[Any, ...]]:
    return made.rows("SELECT wp_id, change, fields FROM observations WHERE change != 'markup_changed' ORDER BY rowid")


@pytest.mark.parametrize("step", [0, 1], ids=["the same number", "each rendering counts"])
def test_a_counter_that_comes_and_goes_is_no_edit(step: int, made: Crawled) -> None:
    """Whatever it is called, wherever it stands, however the excerpt is cut; a change of the content's markup at most."""
    made.crawl()
    count(made, step)
    made.crawl()
    made.crawl()
    made.site.mend()
    made.crawl()
    assert edits(made) == []
    assert {row[0] for row in made.rows("SELECT fields FROM observations")} == {'["content"]'}
    assert made.rows("SELECT max(n) FROM (SELECT count(*) AS n FROM versions GROUP BY item ORDER BY item LIMIT 9)") == [
        (1,)
    ]
    assert made.equals_rebuilt()


def test_an_edit_of_a_short_article_is_told_by_its_content_alone(made: Crawled) -> None:
    """The counter beside it counts on."""
    made.crawl()
    count(made, 1)
    made.crawl()
    chosen = sorted(made.quiet)[::5]
    for number in chosen:
        made.site.edit(number, silent=True, content=SHORT.replace("late", f"on time at gate {number}"))
    made.crawl()
    assert edits(made) == [(number, "silently_edited", '["content"]') for number in chosen]


def test_an_excerpt_that_a_person_wrote_is_compared(made: Crawled) -> None:
    """Also if it took the place of an automatic one, or gave way to it."""
    one, other = sorted(made.quiet)[:2]
    made.site.edit(one, silent=True, excerpt="<p>No ferry before noon.</p>\n")
    made.crawl()
    made.site.edit(one, silent=True, excerpt="<p>No ferry before two.</p>\n")
    made.site.edit(other, silent=True, excerpt="<p>Why the ferry is late.</p>\n")
    made.crawl()
    made.site.edit(other, silent=True, excerpt=None)
    made.crawl()
    told = "silently_edited", '["excerpt"]'
    assert edits(made) == [(one, *told), (other, *told), (other, *told)]
