"""What files hold of a site beside its REST API: its pages, sitemaps and feeds are taken, those of no other site."""

from pathlib import Path

import pytest
from intakekit import dump, rows, take, unsound
from writers import answer, exchange, info, post, record, write

from wparchive.index import index
from wparchive.store import Archive

AT = "2020-01-01T00:00:0{}Z"
HTML = [("Content-Type", "text/html; charset=UTF-8")]
XML = [("Content-Type", "application/xml")]
PAGE = b"<!doctype html><html><head><title>One</title></head><body><article><h1>One</h1><p>The text.</p></article></body></html>"
SITEMAP = (
    b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    b"<url><loc>https://example.org/post-1/</loc></url><url><loc>https://example.org/lost/</loc></url></urlset>"
)
FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><item><title>One</title><link>https://example.org/post-1/</link>'
    b"</item></channel></rss>"
)
REST = "/wp-json/wp/v2/posts?per_page=10"


def asked(path: str, said: bytes, *lines: str) -> bytes:
    """The request that an answer names."""
    named = said.split(b"WARC-Record-ID: ")[1].split(b"\r\n")[0].decode()
    head = "".join(f"{line}\r\n" for line in (f"GET {path} HTTP/1.1", "Host: example.org", *lines))
    uri = f"https://example.org{path}"
    return record("request", uri, AT.format(0), f"{head}\r\n".encode(), {"WARC-Concurrent-To": named})


def page(path: str, number: int, body: bytes = PAGE, status: int = 200, **more: str) -> bytes:
    return answer(path, body, AT.format(number), status, headers=HTML, **more)


def records() -> list[bytes]:
    """The pages stand before the answer that shows whose they are."""
    one = page("/post-1/", 1)
    return [
        info(),
        one,
        asked("/post-1/", one),
        page("/post-1/", 2, home="https://elsewhere.example"),
        page("/gone/", 2, status=404),
        page("/wp-admin/index.php", 2),
        answer("/image.png", b"\x89PNG", AT.format(2), headers=[("Content-Type", "image/png")]),
        answer("/post-sitemap.xml", SITEMAP, AT.format(3), headers=XML),
        answer("/feed/", FEED, AT.format(4), headers=[("Content-Type", "application/rss+xml")]),
        answer("/sitemap.xml", b"<html>Not here</html>", AT.format(4), headers=HTML),
        *exchange(REST, [post(1, "One")], AT.format(5)),
    ]


@pytest.fixture(scope="module", params=["gzip", "plain", "zstd"])
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("beside")
    take(folder / "archive", write(folder, "crawl", records(), request.param))
    return folder / "archive"


def test_the_sites_own_pages_sitemaps_and_feeds_are_taken_and_nothing_else(archive: Path) -> None:
    taken = rows(archive, "SELECT kind, url FROM captures WHERE route IS NULL ORDER BY captured_at")
    base = "https://example.org"
    assert taken == [("page", f"{base}/post-1/"), ("sitemap", f"{base}/post-sitemap.xml"), ("feed", f"{base}/feed/")]
    assert rows(archive, "SELECT url, status FROM pages") == [(f"{base}/post-1/", 200)]
    assert unsound(archive) == []


def test_what_sitemaps_name_is_in_the_inventory_and_known_by_its_item(archive: Path) -> None:
    named = rows(archive, "SELECT url, source, item FROM inventory ORDER BY url, source")
    base = "https://example.org"
    item = "example.org/post/1"
    assert named == [
        (f"{base}/lost/", "sitemap", None),
        *[(f"{base}/post-1/", one, item) for one in ("feed", "sitemap")],
    ]


def test_it_is_one_run_and_a_second_import_adds_nothing(archive: Path, tmp_path: Path) -> None:
    before = dump(archive)
    assert len(before["runs"]) == 1
    result = take(archive, write(tmp_path, "crawl", records()))
    assert (result.sites[0].answers, result.sites[0].beside) == (0, {})
    index(Archive(archive), rebuild=True)
    after = dump(archive)
    assert {name: value for name, value in after.items() if name != "sources"} == {
        name: value for name, value in before.items() if name != "sources"
    }


def test_a_page_that_somebody_saw_who_was_logged_in_is_private(tmp_path: Path) -> None:
    one = page("/post-1/", 1)
    cookie = asked("/post-1/", one, "Cookie: wordpress_logged_in_1=x")
    take(
        tmp_path / "archive",
        write(tmp_path, "own", [info(), one, cookie, *exchange(REST, [post(1, "One")], AT.format(5))]),
    )
    assert rows(
        tmp_path / "archive", "SELECT privilege, warc LIKE '%/warc/private/%' FROM captures WHERE kind = 'page'"
    ) == [("authenticated", 1)]
    assert rows(tmp_path / "archive", "SELECT * FROM pages") == []


def test_a_page_again_is_a_row_and_no_new_run(tmp_path: Path) -> None:
    """Each rendering of a page differs: that is no change that a run could hide."""
    pages = [page("/post-1/", n, PAGE.replace(b"text", b"text %d" % n)) for n in (1, 2)]
    where = {"WARC-Refers-To-Target-URI": "https://example.org/post-1/", "WARC-Refers-To-Date": AT.format(2)}
    again = record(
        "revisit",
        "https://example.org/post-1/",
        AT.format(3),
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
        where,
    )
    take(
        tmp_path / "archive",
        write(tmp_path, "own", [info(), *pages, again, *exchange(REST, [post(1, "One")], AT.format(5))]),
    )
    assert len(rows(tmp_path / "archive", "SELECT * FROM runs")) == 1
    assert rows(tmp_path / "archive", "SELECT record_type FROM captures WHERE kind = 'page' ORDER BY captured_at") == [
        ("response",),
        ("response",),
        ("revisit",),
    ]
    texts = rows(tmp_path / "archive", "SELECT text_sha256 FROM pages ORDER BY captured_at")
    assert texts[0] != texts[1] == texts[2]
    assert unsound(tmp_path / "archive") == []


def test_an_older_sitemap_that_comes_later_overrules_nothing(tmp_path: Path) -> None:
    """It tells since when a URL was named; what is named now the newest says. What a user was shown says nothing."""
    folder = tmp_path / "archive"
    files: list[Path] = []
    for body, at in ((SITEMAP.replace(b"lost", b"past"), 2), (SITEMAP, 4)):
        private = answer("/feed/", FEED, AT.format(at), headers=XML)
        cookie = asked("/feed/", private, "Cookie: wordpress_logged_in_1=x")
        told = [answer("/post-sitemap.xml", body, AT.format(at), headers=XML), private, cookie]
        files.append(write(tmp_path, f"file{at}", [info(), *told, *exchange(REST, [post(1, "One")], AT.format(at))]))
    for path in reversed(files):
        take(folder, path)
    base = "https://example.org"
    assert rows(folder, "SELECT url, source, first_seen, last_seen FROM inventory ORDER BY url") == [
        (f"{base}/lost/", "sitemap", AT.format(4), AT.format(4)),
        (f"{base}/past/", "sitemap", AT.format(2), AT.format(2)),
        (f"{base}/post-1/", "sitemap", AT.format(2), AT.format(4)),
    ]
    assert rows(folder, "SELECT url FROM uncovered") == [(f"{base}/lost/",)]
    assert unsound(folder) == []


TIED = "SELECT url, type, wp_id, payload_sha256 IS NOT NULL, agrees FROM pages ORDER BY captured_at"


def shown(text: str) -> bytes:
    """The page of an article with this text."""
    return (
        f"<!doctype html><body class='single postid-1'><article><h1>One</h1><div>{text}</div></article></body>".encode()
    )


def test_a_page_belongs_to_the_item_at_its_address_and_is_compared_only_with_what_stood_then(tmp_path: Path) -> None:
    """Between two readings of one version; before, after, and between two versions nobody knows what stood."""
    text = f"<p>{'The ferry struck the breakwater of the harbour in thick fog on Sunday evening. ' * 4}</p>"
    said = post(1, "One") | {"content": {"rendered": text, "protected": False}}
    pages = [page("/post-1/", n, shown(text)) for n in (1, 3, 5)]
    other = page("/of-nobody/", 3, shown(text))
    read = [exchange(REST, [said], AT.format(n)) for n in (2, 4)]
    take(tmp_path / "same", write(tmp_path, "same", [info(), *pages, other, *read[0], *read[1]]))
    base = "https://example.org"
    tied = (f"{base}/post-1/", "post", 1)
    found = rows(tmp_path / "same", TIED)
    assert sorted(found, key=str) == sorted(
        [(*tied, 0, None), (*tied, 1, 1), (*tied, 0, None), (f"{base}/of-nobody/", None, None, 0, None)], key=str
    )
    assert unsound(tmp_path / "same") == []
    later = exchange(REST, [said | {"content": {"rendered": "<p>Other.</p>", "protected": False}}], AT.format(4))
    take(tmp_path / "changed", write(tmp_path, "changed", [info(), *pages, *read[0], *later]))
    assert set(rows(tmp_path / "changed", TIED)) == {(*tied, 0, None)}
    assert unsound(tmp_path / "changed") == []


def test_a_page_is_tied_to_an_item_that_comes_in_a_later_run(tmp_path: Path) -> None:
    """Whether the item comes in the same import or a later one, from a file: the page is its, and isn't compared."""
    first = [info(), page("/post-1/", 1), page("/of-nobody/", 1), *exchange(REST, [post(2, "Two")], AT.format(2))]
    years = exchange(REST, [post(1, "One"), post(2, "Two")], "2023-05-01T00:00:00Z")
    files = [write(tmp_path, "first", first), write(tmp_path, "later", [info(), *years])]
    take(tmp_path / "together", *files)
    for path in files:
        take(tmp_path / "apart", path)
    base = "https://example.org"
    for folder in (tmp_path / "together", tmp_path / "apart"):
        assert len(rows(folder, "SELECT run FROM runs")) == 2
        assert sorted(rows(folder, TIED), key=str) == [
            (f"{base}/of-nobody/", None, None, 0, None),
            (f"{base}/post-1/", "post", 1, 0, None),
        ]
        assert unsound(folder) == []


def test_one_page_of_a_file_is_no_observation(tmp_path: Path) -> None:
    """That it differs is told after a second look alone."""
    said = post(1, "One") | {"content": {"rendered": f"<p>{'What the API says of it. ' * 20}</p>", "protected": False}}
    read = [exchange(REST, [said], AT.format(n)) for n in (2, 4)]
    cloaked = page("/post-1/", 3, shown(f"<p>{'Quite another text for readers. ' * 20}</p>"))
    take(tmp_path / "archive", write(tmp_path, "own", [info(), cloaked, *read[0], *read[1]]))
    assert rows(tmp_path / "archive", TIED) == [("https://example.org/post-1/", "post", 1, 1, None)]
    assert rows(tmp_path / "archive", "SELECT change FROM observations WHERE change = 'page_differs'") == []
    assert unsound(tmp_path / "archive") == []
