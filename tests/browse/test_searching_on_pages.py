"""The search of the reading room: whatever is typed is answered, words of every script are found, limits are said."""

from urllib.parse import quote

import pytest
from attacks import ATTACKS
from reading import PREFIX, Page, Reading

TYPED = [
    *(
        '"',
        '""',
        "'",
        "''",
        "(",
        ")",
        "*",
        "-",
        "--",
        "^",
        ":",
        "+",
        "~",
        "\\",
        "%",
        "_",
        "?",
        "!",
        "{}",
        "[]",
        "a*",
        "*a",
    ),
    *(
        "NOT",
        "AND",
        "OR",
        "NEAR",
        "NEAR(a b, 2)",
        "a AND",
        "OR a",
        "NOT a",
        "a NOT b",
        "(a OR",
        "a)",
        "title:",
        ":a",
        "a:b",
    ),
    *(
        "title:ferry",
        "text:ferry",
        "rowid:1",
        "posts_fts:1",
        "rank:1",
        '"a',
        'a"',
        '"a" "b',
        '"a b"',
        '- "a"',
        '-"a b"',
    ),
    *(
        "-ferry",
        "--ferry",
        "-",
        "- ferry",
        "ferry -ferry",
        "ferry*",
        "fer*",
        "*",
        "**",
        "a**",
        '"fer*"',
        "-fer*",
        "-港务",
    ),
    *(
        "港务",
        "港",
        "港务局 -雾",
        "霧信号",
        "北岸壁",
        "ประกาศ",
        "العبّارة",
        "ι",
        "ﬁ",
        "É",
        "e\u0301",
        "\u200b",
        "\u202e",
        "\ufeff",
    ),
    *(
        "\x00",
        "a\x00b",
        "\ud7ff",
        "\U0010ffff",
        "😀",
        "0",
        "1.5",
        "-1",
        "1e9",
        "' OR 1=1 --",
        "; DROP TABLE posts",
        "%00",
    ),
    *(
        "a " * 500,
        "a" * 5000,
        '"' * 999,
        "(" * 999,
        "-" * 999,
        "*" * 999,
        "a-b-c",
        "a_b",
        "a.b",
        "a/b",
        "a\tb",
        "a\nb",
        " ",
        "",
    ),
    *("http://", "https://", "http://a b", "https://[", "http://%", "HTTP://A", "https://example.org/" + "a" * 4000),
]


@pytest.mark.parametrize("place", ["", "past", "comments", "media"])
def test_whatever_is_typed_is_answered(room: Reading, place: str) -> None:
    """Never a fault, never an error of the search's own language; what leads to an address leads there."""
    for typed in [*TYPED, *ATTACKS] if not place else TYPED[::3]:
        answer = room.get(f"{PREFIX}/search?q={quote(typed)}&in={place}")
        assert answer.status_code in (200, 302), (typed, answer.text[:2000])
        if answer.status_code == 302:
            assert typed.strip().lower().startswith(("http://", "https://"))
            followed = room.get(answer.headers["location"])
            assert followed.status_code == 200, typed
        else:
            assert "fts5" not in answer.text.lower().replace(quote(typed).lower(), ""), typed


@pytest.mark.parametrize(
    "query",
    ["offset=-1", "offset=x", "offset=99999999999", "sort=x", "year=x", "site=x&type=y", "author='", "in=x", "gone=2"],
)
def test_nonsense_beside_the_words_is_a_sentence_or_nothing(room: Reading, query: str) -> None:
    assert room.get(f"{PREFIX}/search?q=ferry&{query}").status_code in (200, 400)


def hits(page: Page) -> list[str]:
    """The items that were found, in order."""
    return [link.partition("/item/")[2] for link in page.links if "/item/" in link]


def test_words_are_found_with_their_surroundings(room: Reading) -> None:
    """Marked where they stand; a phrase, a word left out, a headline, a beginning."""
    page = room.page("/search?q=breakwater")
    assert page.all("mark")
    assert f"{len(set(hits(page)))} articles with" in page.text
    assert room.page("/search?q=%22reduced+service%22").all("mark")
    assert len(hits(room.page("/search?q=breakwater+-commuters"))) < len(hits(page))
    assert "Mayor" in room.page("/search?q=title:cable").text
    assert hits(room.page("/search?q=break*")) == hits(page)


def test_words_without_spaces_are_found_by_their_parts(room: Reading) -> None:
    """Chinese of two signs, and one that only former versions have."""
    chinese = room.one("SELECT item FROM posts WHERE title LIKE '港务局%'")
    assert hits(room.page("/search?q=港务")) == [chinese]
    assert hits(room.page("/search?q=检查员")) == [chinese]
    assert hits(room.page("/search?q=拒绝&in=")) == []
    assert hits(room.page("/search?q=拒绝&in=past"))[0].startswith(chinese)


def test_what_was_removed_is_found_in_the_version_that_said_it(room: Reading) -> None:
    """The page counts it beside the articles, and the link leads to that very version, in which the words stand."""
    page = room.page('/search?q="normally at the time"')
    assert "Removed text 2" in page.text
    past = room.page('/search?q="normally at the time"&in=past')
    link = past.link("?v=")
    assert "working normally at the time" in room.page(link).text
    assert "working normally at the time" not in room.page(link.partition("?")[0]).text


def test_filters_narrow_down_and_are_taken_away_again(room: Reading) -> None:
    page = room.page("/search?q=ferry")
    chosen = room.page(page.link("site=coast-wire"))
    assert {item.partition("/")[0] for item in hits(chosen)} == {"coast-wire"}
    gone = room.page("/search?q=the&gone=1")
    assert hits(gone)
    assert all(room.one("SELECT gone FROM items JOIN posts USING (item) WHERE item = ?", one) for one in hits(gone))
    silent = room.page("/search?q=ferry&changed=1")
    assert hits(silent) == [room.one("SELECT item FROM observations WHERE change = 'silently_edited'")]


def test_what_is_not_ranked_is_said(room: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that very many articles have is ranked among the newest, and the page says how many those are."""
    from wparchive.browse.queries import search

    assert "are ranked" not in room.page("/search?q=the").text
    monkeypatch.setattr(search, "RANKED", 3)
    assert "only the 3 that came into the archive last are ranked" in room.page("/search?q=the").text


def test_an_address_leads_to_what_is_known_of_it(room: Reading) -> None:
    link = room.one("SELECT link FROM posts WHERE title LIKE 'Inquiry%'")
    answer = room.get(f"{PREFIX}/search?q={quote(link)}")
    page = room.page(answer.headers["location"])
    assert "Inquiry into the ferry opens" in page.text
    out = [given for given in page.all("a") if (given["href"] or "").startswith("http")]
    assert [given["rel"] for given in out] == ["noopener noreferrer nofollow external"] * 2
