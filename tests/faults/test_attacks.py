"""What an attack costs and what is said of it: the attacked site something of its own at most, others nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from crawling import Crawling, fake
from fakewp import FAULTS, Fault
from fakewp.faults_base import changed
from fakewp.simulator.http import Answer

SMALL = {"posts": 5, "pages": 1, "books": 1, "media": 2, "comments": 2, "users": 2, "terms": 3}
Poison = Callable[[str | None, Answer, Any], Answer | None]


@dataclass(frozen=True)
class Attack:
    """`poison` changes answers; then `posts` of five are held, the exit code is `code`, and `words` stand in the reason of
    each gap. Links show two posts that their listing doesn't."""

    name: str
    poison: Poison
    posts: int = 5
    code: int = 0
    words: str = ""

    def __str__(self) -> str:
        return self.name


def items(route: str, change: Callable[[dict[str, Any]], None]) -> Poison:
    """`change` of the first item of the answers of `route`."""

    def poison(asked: str | None, answer: Answer, site: Any) -> Answer | None:
        if asked != route or answer.status != 200:
            return None
        return changed(site, answer, lambda n, item: change(item) if n == 0 else None)

    return poison


def sent(route: str, answer: Callable[[], Answer]) -> Poison:
    return lambda asked, _answer, _site: answer() if asked == route else None


def replaced(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda item: item.update({name: value})


INSIDE = ("Location", "http://127.0.0.1:1/")
JSON = ("Content-Type", "application/json")
POSTS, TYPES = "/wp/v2/posts", "/wp/v2/types"
ATTACKS = [
    Attack("a link of half a character", items(POSTS, replaced("_links", {"author": [{"href": "\ud800"}]}))),
    Attack("a date in year 1", items(POSTS, replaced("date_gmt", "0001-01-01T00:00:00"))),
    Attack("a number that is none", items(POSTS, replaced("author", 10**400))),
    Attack("a title of another shape", items(POSTS, replaced("title", [{"rendered": 1}]))),
    Attack("links into the cloud", items(POSTS, replaced("link", "http://169.254.169.254/"))),
    Attack("types that are a list", sent(TYPES, lambda: Answer(200, [JSON], b"[1, 2]"))),
    Attack("a listing sent to loopback", sent(POSTS, lambda: Answer(302, [INSIDE])), 2, 3, "redirected to another"),
    Attack("a listing that is a bomb of brackets", sent(POSTS, lambda: Answer(200, [JSON], b"[" * 200_000)), 2, 3, "too-deep"),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_an_attack_costs_nobody_else_anything(
    attack: Attack, crawling: Crawling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other site of the archive is held whole, and so is all of the attacker's that the poison doesn't stand in."""

    def after(site: Any, _options: Any, _request: Any, route: str | None, answer: Answer) -> Answer | None:
        return attack.poison(route, answer, site)

    monkeypatch.setitem(FAULTS, "attack", Fault(says="", after=after))
    with fake(**SMALL) as evil, fake(**SMALL) as good:
        evil.fault("attack")
        ended = crawling(evil.url)
        other = crawling(good.url)
    by_site = dict(other.rows("SELECT site, count(*) FROM posts WHERE type = 'post' GROUP BY site"))
    assert (ended.code, by_site.get(ended.report.site, 0)) == (attack.code, attack.posts), ended.report
    assert (other.code, by_site[other.report.site]) == (0, 5)
    assert other.rows("SELECT count(*) FROM comments WHERE site = ?", ended.report.site) == [(2,)]
    said = [reason for (reason,) in other.rows("SELECT reason FROM gaps WHERE site = ?", ended.report.site)]
    assert all(attack.words in reason for reason in said) and bool(said) == bool(attack.words), said
