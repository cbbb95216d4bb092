"""Whose captures these are: the address that answered decides, never what a body claims alone."""

import json
from pathlib import Path

import pytest
from intakekit import answers_in, rows, take, unsound
from writers import answer, exchange, http, info, post, record, write

from wparchive.store import Archive

AT = "2020-03-01T00:00:00Z"
LIST = "/wp-json/wp/v2/posts"


def folders(root: Path) -> list[str]:
    return [site.name for site in Archive(root).sites()]


def index_at(home: str, says: str) -> bytes:
    value = {"name": "N", "home": says, "url": says, "namespaces": ["wp/v2"], "routes": {}}
    return answer("/wp-json/", value, AT, home=home)


def test_three_sites_two_schemes_and_all_forms_of_addresses_find_their_folders(tmp_path: Path) -> None:
    com = "https://public-api.wordpress.com"
    records = [
        answer(LIST, [post(1, "A")], AT, home="https://a.example"),
        answer(f"{LIST}?page=2", [post(2, "A2")], AT, home="http://a.example"),
        answer("/?rest_route=/wp/v2/posts/3", post(3, "A3"), AT, home="https://www.a.example"),
        answer("/index.php/wp-json/wp/v2/posts/4", post(4, "A4"), AT, home="https://a.example"),
        answer(LIST, [post(1, "B")], AT, home="https://a.example/blog"),
        answer("/wp/v2/sites/c.example/posts", [post(1, "C")], AT, home=com),
        answer(LIST, [post(2, "C2")], AT, home="https://c.example"),
    ]
    take(tmp_path / "archive", write(tmp_path, "many", [info(), *records]))
    assert folders(tmp_path / "archive") == ["a.example", "a.example_blog", "c.example"]
    held = rows(tmp_path / "archive", "SELECT site, count(*) FROM posts GROUP BY 1")
    assert held == [("a.example", 4), ("a.example_blog", 1), ("c.example", 2)]
    assert unsound(tmp_path / "archive") == []


def test_one_side_alone_joins_nothing(tmp_path: Path) -> None:
    """Whoever names another's home in his own index doesn't get into that one's folder."""
    records = [
        index_at("https://evil.example", "https://good.example"),
        answer(LIST, [post(1, "Evil")], AT, home="https://evil.example"),
        index_at("https://good.example", "https://good.example"),
        answer(LIST, [post(1, "Good")], AT, home="https://good.example"),
    ]
    take(tmp_path / "archive", write(tmp_path, "two", [info(), *records]))
    assert rows(tmp_path / "archive", "SELECT site, title FROM posts ORDER BY 1") == [
        ("evil.example", "Evil"),
        ("good.example", "Good"),
    ]


def test_two_addresses_that_name_each_other_are_one_site(tmp_path: Path) -> None:
    moved = http(301, b"", [("Location", "https://new.example/wp-json/")])
    records = [
        record("response", "https://old.example/wp-json/", "2021-03-01T00:00:00Z", moved),
        answer(LIST, [post(1, "Old")], AT, home="https://old.example"),
        answer(LIST, [post(1, "New", "2021-02-01T00:00:00", home="https://old.example")], "2021-04-01T00:00:00Z",
               home="https://new.example"),
    ]  # fmt: skip
    take(tmp_path / "archive", write(tmp_path, "moved", [info(), *records]))
    assert len(folders(tmp_path / "archive")) == 1
    assert rows(tmp_path / "archive", "SELECT change FROM observations") == [("edited",)]


def test_only_the_sites_that_are_named_are_taken(tmp_path: Path) -> None:
    records = [answer(LIST, [post(1, host)], AT, home=f"https://{host}.example") for host in "ab"]
    take(tmp_path / "archive", write(tmp_path, "two", [info(), *records]), sites=["http://www.b.example/"])
    assert folders(tmp_path / "archive") == ["b.example"]


@pytest.mark.parametrize("named", ["https://old.example", "https://new.example/"])
def test_a_site_of_two_addresses_is_taken_by_either(tmp_path: Path, named: str) -> None:
    old, new = "https://old.example", "https://new.example"
    records = [
        index_at(old, new),
        index_at(new, old),
        answer(LIST, [post(1, "A"), post(2, "B")], AT, home=new),
        answer(LIST, [post(1, "C")], AT, home="https://c.example"),
    ]
    take(tmp_path / "archive", write(tmp_path, "two", [info(), *records]), sites=[named])
    assert rows(tmp_path / "archive", "SELECT DISTINCT site FROM posts") == [("new.example",)]


def test_the_same_answer_under_both_schemes_is_kept_once_with_the_other_address(tmp_path: Path) -> None:
    records = [answer(LIST, [post(1, "A")], AT, home=f"{scheme}://a.example") for scheme in ("https", "http")]
    take(tmp_path / "archive", write(tmp_path, "schemes", [info(), *records]))
    assert rows(tmp_path / "archive", "SELECT url, also FROM captures") == [
        ("https://a.example/wp-json/wp/v2/posts", "http://a.example/wp-json/wp/v2/posts")
    ]


@pytest.mark.parametrize(
    "secret", ["Authorization: Basic abc", "X-WP-Nonce: 123", "Cookie: wordpress_logged_in_1=x", "context"]
)
def test_what_was_read_with_credentials_goes_to_the_private_folder(tmp_path: Path, secret: str) -> None:
    path = f"{LIST}?context=edit" if secret == "context" else LIST
    ask = [] if secret == "context" else [secret]
    mixed = [*exchange(path, [post(1, "Secret")], AT, ask=ask), answer(f"{LIST}/2", post(2, "Open"), AT)]
    take(tmp_path / "archive", write(tmp_path, "mixed", [info(), *mixed]))
    private = Archive(tmp_path / "archive").sites()[0].private_warcs()
    assert [path.stat().st_mode & 0o777 for path in private] == [0o600]
    held = rows(tmp_path / "archive", "SELECT wp_id, privilege FROM posts ORDER BY 1")
    assert held == [(1, "authenticated"), (2, "anonymous")]
    assert unsound(tmp_path / "archive") == []


def test_every_exchange_says_where_it_comes_from(tmp_path: Path) -> None:
    path = write(tmp_path, "named", [info(operator="Ann", isPartOf="crawl-7"), *exchange(LIST, [post(1, "A")], AT)])
    take(tmp_path / "archive", path)
    (stored,) = answers_in(tmp_path / "archive")
    offset, length = int(stored.metadata["source-offset"]), int(stored.metadata["source-length"])
    member = path.read_bytes()[offset : offset + length]
    assert b"".join(stored.members()).startswith(member)
    wanted = {"source-name": "named.warc.gz", "source-software": "other/1.0", "source-operator": "Ann"}
    assert wanted.items() <= stored.metadata.items()
    (row,) = rows(tmp_path / "archive", "SELECT name, software, operator, part_of, records, taken, damage FROM sources")
    assert row == ("named.warc.gz", "other/1.0", "Ann", "crawl-7", 3, 1, "[]")
    assert stored.request.startswith(b"GET ")


def test_what_is_no_answer_of_the_api_is_not_taken_and_counted(tmp_path: Path) -> None:
    page = b"<!doctype html><title>A page</title>"
    html = [("Content-Type", "text/html")]
    records = [
        answer(LIST, page, AT, headers=html),
        answer("/wp-json/oembed/1.0/embed?url=x", {"title": "x"}, AT),
        *exchange("/wp-json/wp/v2/posts/9", post(9, "Posted"), AT, method="POST"),
        answer(f"{LIST}/8", post(8, "Undated"), "yesterday"),
        answer(f"{LIST}/7", post(7, "Future"), "2999-01-01T00:00:00Z"),
        answer(f"{LIST}/6", post(6, "Held"), AT),
        answer("/an-article/", page, AT, headers=html),
        answer("/feed/", b"<rss/>", AT, headers=[("Content-Type", "application/rss+xml")]),
        answer("/wp-sitemap.xml", b"<urlset/>", AT, headers=[("Content-Type", "application/xml")]),
    ]
    result = take(tmp_path / "archive", write(tmp_path, "mixed", [info(), *records]))
    (file,) = result.files
    assert file.skipped == {"html": 1, "no-items": 1, "undated": 1, "future": 1, "method": 1}
    assert result.sites[0].beside == {"page": 1, "feed": 1, "sitemap": 1}
    assert rows(tmp_path / "archive", "SELECT wp_id FROM posts") == [(6,)]
    assert json.loads(rows(tmp_path / "archive", "SELECT skipped FROM sources")[0][0]) == file.skipped
