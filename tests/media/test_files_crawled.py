"""Media files in a crawl: by policy, once each, unchanged ones for the price of a head, and right in every table."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from crawlkit import Crawled, crawl, mounted, sound
from fakewp import canary
from fakewp.simulator.http import Answer
from mediakit import ORIGINALS, FileSite, Static, files, jpeg, payloads, png, sha256

from wparchive.config import Settings
from wparchive.crawl.seams import Seams
from wparchive.errors import ExitCode
from wparchive.index import index, logical_dump
from wparchive.store import Archive

ALL = replace(ORIGINALS, media="all")
USED = replace(ORIGINALS, media="used")


@pytest.fixture
def site() -> Iterator[FileSite]:
    with FileSite() as site:
        yield site


def big(site: FileSite, name: str = "big") -> dict[str, bytes]:
    """An image with a scaled copy and two sizes; gives its files."""
    served = {
        f"{name}.png": png(1, 300, 200),
        f"{name}-scaled.png": png(2, 200, 150),
        f"{name}-150x150.png": png(3, 150, 150),
        f"{name}-100x50.png": png(4, 100, 50),
    }
    sizes = {
        label: {"file": f"{name}-{shape}.png", "width": 1, "height": 1, "mime_type": "image/png"}
        for label, shape in (("thumbnail", "150x150"), ("small", "100x50"))
    }
    details = {"width": 200, "height": 150, "original_image": f"{name}.png", "sizes": sizes}
    for served_name, data in served.items():
        site.plays[f"2025/01/{served_name}"] = Static(data)
    site.attach(f"{name}-scaled.png", None, details=details)
    return served


def held(crawled: Crawled) -> set[str]:
    return {name for name, row in files(crawled.folder).items() if row[1] is None}


# --- policies


@pytest.mark.parametrize(
    ("media", "names"),
    [
        ("none", set()),
        ("originals", {"big.png", "plain.png"}),
        ("used", {"big.png", "plain.png", "big-150x150.png"}),
        ("all", {"big.png", "big-scaled.png", "big-150x150.png", "big-100x50.png", "plain.png"}),
    ],
)
def test_each_policy_holds_its_files_to_the_byte(site: FileSite, tmp_path: Path, media: str, names: set[str]) -> None:
    """Rows, WARC payloads and what the server has are one and the same; every file costs one request."""
    served = big(site) | {"plain.png": png(5)}
    site.attach("plain.png", served["plain.png"])
    site.write(f'<p><img src="{site.upload("2025/01/big-150x150.png")}" /></p>')
    crawled = crawl(tmp_path, site.url, settings=replace(ORIGINALS, media=media))

    assert crawled.code is ExitCode.COMPLETE
    rows = files(tmp_path)
    assert set(rows) == names
    for name in names:
        assert rows[name] == (200, None, len(served[name]), sha256(served[name]))
    assert {url.rpartition("/")[2]: digest for url, digest in payloads(tmp_path).items()} == {
        name: sha256(served[name]) for name in names
    }
    assert sum(one.target.startswith("/wp-content/") for one in site.requests) == len(names)
    assert list(sound(tmp_path)) == []


def test_a_featured_image_counts_as_used_in_full(site: FileSite, tmp_path: Path) -> None:
    big(site)
    site.write("<p>text</p>", featured=max(site.ids("attachment")))
    assert held(crawl(tmp_path, site.url, settings=USED)) == {"big.png", "big-scaled.png"}


def test_a_size_behind_an_image_proxy_or_another_spelling_is_used(site: FileSite, tmp_path: Path) -> None:
    big(site)
    site.attach("фото.png", png(6))
    place = site.upload("2025/01/big-100x50.png").partition("://")[2]
    site.write(
        f'<img src="https://i0.wp.com/{place}?w=10" /><img srcset="{site.upload("2025/01/big-150x150.png")}?v=2 2x">'
    )
    assert held(crawl(tmp_path, site.url, settings=USED)) == {
        "big.png",
        "big-100x50.png",
        "big-150x150.png",
        "фото.png",
    }


def test_rows_name_attachment_role_type_and_size(site: FileSite, tmp_path: Path) -> None:
    big(site)
    number = max(site.ids("attachment"))
    site.attach("p.jpg", jpeg(70, 50), mime="image/jpeg")
    crawl(tmp_path, site.url, settings=ALL)
    rows = files(tmp_path, "media, role, mime, detected, width, height")
    assert rows["big.png"] == (number, "original", "image/png", "image/png", 300, 200)
    assert rows["big-scaled.png"] == (number, "full", "image/png", "image/png", 200, 150)
    assert rows["big-150x150.png"] == (number, "size:thumbnail", "image/png", "image/png", 150, 150)
    assert rows["p.jpg"] == (number + 1, "original", "image/jpeg", "image/jpeg", 70, 50)


def test_names_of_any_script_keep_their_spelling(site: FileSite, tmp_path: Path) -> None:
    """So that `media.source_url` and `media_files.url` can be joined."""
    site.attach("照片 1.png", png(1))
    crawled = crawl(tmp_path, site.url, settings=ORIGINALS)
    assert crawled.rows(
        "SELECT m.wp_id FROM media m JOIN media_files f ON f.url = m.source_url AND f.problem IS NULL"
    ) == [(max(site.ids("attachment")),)]


def test_credit_and_copyright_are_columns(site: FileSite, tmp_path: Path) -> None:
    meta = {"credit": "A. Writer", "copyright": "(c) Someone", "caption": "x"}
    site.attach("a.png", png(1), details={"width": 1, "height": 1, "image_meta": meta}, alt="An alt text")
    crawled = crawl(tmp_path, site.url, settings=ORIGINALS)
    assert crawled.rows("SELECT credit, copyright, alt_text FROM media") == [
        ("A. Writer", "(c) Someone", "An alt text")
    ]


# --- again


def test_an_unchanged_library_costs_heads_only(site: FileSite, tmp_path: Path) -> None:
    """--full asks for every file again; each answer is a 304, and no row of a file is new or different but in `last_seen`."""
    big(site)
    crawl(tmp_path, site.url, settings=ALL)
    before, asked = files(tmp_path), len(site.requests)
    again = crawl(tmp_path, site.url, settings=ALL, full=True)
    of_files = [one for one in site.requests[asked:] if one.target.startswith("/wp-content/")]
    assert again.code is ExitCode.COMPLETE
    assert len(of_files) == 4
    assert all("if-none-match" in one.headers for one in of_files)
    assert (
        again.rows(
            "SELECT status, payload_size FROM captures WHERE kind = 'file' AND run = (SELECT max(run) FROM runs)"
        )
        == [(304, 0)] * 4
    )
    assert files(tmp_path) == before
    assert again.rows("SELECT * FROM observations") == []
    assert again.number("SELECT count(*) FROM media_files WHERE last_seen > first_seen") == 4


def test_a_light_run_leaves_files_alone_that_were_looked_at_lately(site: FileSite, tmp_path: Path) -> None:
    big(site)
    crawl(tmp_path, site.url, settings=ALL)
    asked = len(site.requests)
    again = crawl(tmp_path, site.url, settings=ALL)
    assert again.result.report.mode == "incremental"
    assert not [one for one in site.requests[asked:] if one.target.startswith("/wp-content/")]


def test_a_light_run_fetches_the_files_of_what_is_new_or_changed(site: FileSite, tmp_path: Path) -> None:
    site.attach("old.png", png(1))
    number = site.attach("edited.png", png(2))
    crawl(tmp_path, site.url, settings=ORIGINALS)
    site.attach("new.png", png(3))
    site.now = "2027-01-01T00:00:00"
    site.edit(number, title="Another")
    asked = len(site.requests)
    again = crawl(tmp_path, site.url, settings=ORIGINALS)
    of_files = {one.target.rpartition("/")[2] for one in site.requests[asked:] if one.target.startswith("/wp-content/")}
    assert of_files == {"new.png", "edited.png"}
    assert held(again) == {"old.png", "edited.png", "new.png"}


def test_all_files_are_asked_for_again_when_a_sweep_is_due(site: FileSite, tmp_path: Path) -> None:
    big(site)
    crawl(tmp_path, site.url, settings=ALL)
    crawl(tmp_path, site.url, settings=replace(ALL, sweep_every=0.0))
    assert len(site.asked_for("2025/01/big.png")) == 2


def test_a_wider_policy_fetches_what_is_missing_and_nothing_else(site: FileSite, tmp_path: Path) -> None:
    served = big(site)
    crawl(tmp_path, site.url, settings=ORIGINALS)
    again = crawl(tmp_path, site.url, settings=ALL)
    assert held(again) == set(served)
    assert len(site.asked_for("2025/01/big.png")) == 1


def test_a_file_that_could_not_be_had_is_asked_for_in_the_next_run(site: FileSite, tmp_path: Path) -> None:
    data = png(1, size=40_000)
    site.attach("a.png", Static(data, cut=[1000]))
    first = crawl(tmp_path, site.url, settings=ORIGINALS)
    assert first.code is ExitCode.INCOMPLETE
    assert files(tmp_path)["a.png"] == (200, "truncated", 1000, None)
    assert first.rows("SELECT route, first_position FROM gaps") == [(site.upload("2025/01/a.png"), None)]
    again = crawl(tmp_path, site.url, settings=ORIGINALS)
    assert again.code is ExitCode.COMPLETE
    assert files(tmp_path)["a.png"] == (200, None, len(data), sha256(data))


def test_without_validators_equal_bytes_become_a_revisit(site: FileSite, tmp_path: Path) -> None:
    site.attach("a.png", Static(png(1), validators=False))
    crawl(tmp_path, site.url, settings=ORIGINALS)
    before = files(tmp_path)
    again = crawl(tmp_path, site.url, settings=ORIGINALS, full=True)
    assert again.rows("SELECT record_type FROM captures WHERE kind = 'file' ORDER BY captured_at") == [
        ("response",),
        ("revisit",),
    ]
    assert files(tmp_path) == before


def test_without_validators_a_light_look_compares_lengths(site: FileSite, tmp_path: Path) -> None:
    site.attach("a.png", Static(png(1), validators=False))
    number = site.attach("b.png", Static(png(2), validators=False))
    crawl(tmp_path, site.url, settings=ORIGINALS)
    site.plays["2025/01/b.png"] = Static(png(2, size=3000), validators=False)
    again = crawl(tmp_path, site.url, settings=replace(ORIGINALS, sweep_every=0.0))
    assert [one.method for one in site.asked_for("2025/01/a.png")] == ["GET", "HEAD"]
    assert [one.method for one in site.asked_for("2025/01/b.png")] == ["GET", "HEAD", "GET", "GET"]
    assert files(tmp_path)["b.png"][3] == sha256(png(2, size=3000))
    assert again.rows("SELECT type, wp_id, change, fields FROM observations") == [
        ("attachment", number, "edited", '["file"]')
    ]


def test_a_file_replaced_at_its_url_is_an_observation(site: FileSite, tmp_path: Path) -> None:
    """With the captures of both; the row shows the new one, and the old bytes are still there."""
    number = site.attach("a.png", png(1))
    crawl(tmp_path, site.url, settings=ORIGINALS)
    (old,) = files(tmp_path, "capture").values()
    site.plays["2025/01/a.png"] = Static(png(2))
    again = crawl(tmp_path, site.url, settings=ORIGINALS, full=True)
    (new,) = files(tmp_path, "capture").values()
    query = "SELECT type, wp_id, change, fields, before, after FROM observations"
    assert again.rows(query) == [("attachment", number, "edited", '["file"]', *old, *new)]
    assert files(tmp_path)["a.png"] == (200, None, len(png(2)), sha256(png(2)))
    for capture, data in ((old, png(1)), (new, png(2))):
        found = again.rows("SELECT payload_digest FROM captures WHERE capture = ?", *capture)
        assert found == [(f"sha256:{sha256(data)}",)]


def test_a_file_that_is_gone_keeps_its_good_capture(site: FileSite, tmp_path: Path) -> None:
    """A later 404, or HTML in its place, is noted beside the row; the file is still what it was when it was held."""
    site.attach("a.png", png(1))
    site.attach("b.png", png(2))
    crawl(tmp_path, site.url, settings=ORIGINALS)
    before = files(tmp_path, "status, problem, sha256, capture")
    del site.plays["2025/01/a.png"]
    site.site.posts[max(site.ids("attachment")) - 1].file = "2025/01/elsewhere.png"
    site.plays["2025/01/b.png"] = Static(b"<!DOCTYPE html><title>Sorry</title>", "text/html")
    number = max(site.ids("attachment")) - 1
    site.site.posts[number].file = "2025/01/a.png"
    site.plays["2025/01/a.png"] = lambda handler, request: handler.send(site.core.pages.missing())
    again = crawl(tmp_path, site.url, settings=ORIGINALS, full=True)
    assert again.code is ExitCode.COMPLETE
    assert files(tmp_path, "status, problem, sha256, capture") == before
    assert {name: row[0] for name, row in files(tmp_path, "gone").items()} == {"a.png": "missing", "b.png": "soft-404"}
    site.plays |= {"2025/01/a.png": Static(png(1)), "2025/01/b.png": Static(png(2))}
    crawl(tmp_path, site.url, settings=ORIGINALS, full=True)
    assert {row[0] for row in files(tmp_path, "gone").values()} == {None}
    assert files(tmp_path, "status, problem, sha256, capture") == before


def test_a_missing_file_is_an_answer(site: FileSite, tmp_path: Path) -> None:
    site.attach("a.png", lambda handler, request: handler.send(site.core.pages.missing()))
    crawled = crawl(tmp_path, site.url, settings=ORIGINALS)
    assert crawled.code is ExitCode.COMPLETE
    assert files(tmp_path)["a.png"][:2] == (404, "missing")
    assert files(tmp_path)["a.png"][3] is None


def test_a_file_that_is_still_missing_changes_no_row_but_in_its_latest_answer(site: FileSite, tmp_path: Path) -> None:
    site.attach("a.png", lambda handler, request: handler.send(site.core.pages.missing()))
    crawl(tmp_path, site.url, settings=ORIGINALS)
    columns = "status, problem, bytes, capture, first_seen, last_seen"
    before, (first,) = files(tmp_path, columns), files(tmp_path, "latest").values()
    crawl(tmp_path, site.url, settings=ORIGINALS, full=True)
    assert files(tmp_path, columns) == before
    assert files(tmp_path, "latest")["a.png"] != first


def test_every_table_comes_back_from_the_warcs(site: FileSite, tmp_path: Path) -> None:
    big(site)
    site.attach("a.png", png(1))
    site.attach("cut.png", Static(png(7, size=9000), cut=[100, 100]))
    site.write('<img src="http://10.0.0.1/wp-content/uploads/2020/01/x-150x150.png">')
    linked = replace(ALL, linked=True)
    crawl(tmp_path, site.url, settings=linked)
    site.plays["2025/01/a.png"] = Static(png(9))
    crawl(tmp_path, site.url, settings=linked, full=True)
    again = crawl(tmp_path, site.url, settings=linked)
    dump = again.dump()
    index(Archive(tmp_path), rebuild=True)
    assert list(logical_dump(tmp_path / "archive.db")) == dump
    (tmp_path / "archive.db").unlink()
    index(Archive(tmp_path))
    assert list(logical_dump(tmp_path / "archive.db")) == dump


# --- robots, limits, other hosts


def test_robots_txt_is_obeyed_and_a_refused_file_is_an_answer(site: FileSite, tmp_path: Path) -> None:
    site.robots = "User-agent: *\nDisallow: /wp-content/uploads/2025/01/secret\n"
    site.attach("secret.png", png(1))
    site.attach("open.png", png(2))
    crawled = crawl(tmp_path, site.url, settings=ORIGINALS)
    assert crawled.code is ExitCode.COMPLETE
    assert site.asked_for("2025/01/secret.png") == []
    assert files(tmp_path)["secret.png"] == (None, "robots", None, None)
    ignoring = crawl(tmp_path, site.url, settings=replace(ORIGINALS, ignore_robots=True), full=True)
    assert files(ignoring.folder)["secret.png"][1] is None


def test_linked_files_are_what_content_embeds_and_no_attachment_has(site: FileSite, tmp_path: Path) -> None:
    site.attach("own.png", png(1))
    urls = [site.also(path, png(n)) for n, path in enumerate(("theme/a.png", "theme/b.png", "theme/bg.png"), 2)]
    site.also("theme/page.html", b"<html></html>", "text/html")
    site.also("theme/doc.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")
    site.also("theme/wide.png", png(8))
    site.write(
        f'<img src="{site.upload("2025/01/own.png")}"><img src="{urls[0]}" srcset="{site.upload("theme/wide.png")} 2x">'
        f'<video poster="{urls[1]}"></video><div style="background:url({urls[2]})"></div>'
        f'<a href="{site.upload("theme/doc.pdf")}">d</a><a href="{site.upload("theme/page.html")}">p</a>'
    )
    crawl(tmp_path, site.url, settings=replace(ORIGINALS, linked=True))
    rows = files(tmp_path, "role, media, problem")
    assert set(rows) == {"own.png", "a.png", "b.png", "bg.png", "doc.pdf"}
    assert rows["own.png"][0] == "original"
    assert {rows[name] for name in ("a.png", "b.png", "bg.png", "doc.pdf")} == {("linked", None, None)}


def test_hot_linked_hosts_are_asked_when_they_may_be(site: FileSite, tmp_path: Path) -> None:
    """Another origin on loopback only when the operator named it; its robots.txt first; the parent's name in `outbound`."""
    picture = png(5)
    with canary(body=picture, kind="image/png") as named, canary() as unnamed:
        path = "wp-content/uploads/2024/05/harbour-150x150.png"
        site.write(f'<img src="{named.url}{path}"><img src="{unnamed.url}x.png">')
        settings = replace(ORIGINALS, linked=True, allow_origin=(named.url.rstrip("/"),))
        crawled = crawl(tmp_path, site.url, settings=settings)
        assert [one.target for one in named.requests] == ["/robots.txt", f"/{path}"]
        assert not any("authorization" in one.headers or "cookie" in one.headers for one in named.requests)
        assert unnamed.requests == []
    assert crawled.code is ExitCode.COMPLETE
    assert files(tmp_path)["harbour-150x150.png"] == (200, None, len(picture), sha256(picture))
    assert files(tmp_path)["x.png"] == (None, "guarded", None, None)
    query = "SELECT upload FROM outbound WHERE url LIKE '%harbour%'"
    assert crawled.rows(query) == [("harbour.png",)]


def test_the_number_of_linked_files_from_one_host_is_limited(site: FileSite, tmp_path: Path) -> None:
    with canary(body=png(5), kind="image/png") as other:
        site.write("".join(f'<img src="{other.url}{n}.png">' for n in range(9)))
        settings = replace(ORIGINALS, linked=True, linked_per_host=4, allow_origin=(other.url.rstrip("/"),))
        crawled = crawl(tmp_path, site.url, settings=settings)
        assert len(other.requests) == 1 + 4
    assert crawled.code is ExitCode.COMPLETE
    assert crawled.result.report.files["limited"] == 5


def test_a_host_that_throttles_linked_files_does_not_end_the_run(site: FileSite, tmp_path: Path) -> None:
    def busy(handler: object, request: object) -> None:
        from fakewp.simulator.http import Answer

        handler.send(Answer(429))  # type: ignore[attr-defined]

    with FileSite() as other:
        url = other.also("x.png", busy)
        site.attach("own.png", png(1))
        site.write(f'<img src="{url}">')
        settings = replace(ORIGINALS, linked=True, patience=0.0, allow_origin=(other.url.rstrip("/"),))
        crawled = crawl(tmp_path, site.url, settings=settings)
    assert crawled.code is ExitCode.INCOMPLETE
    assert files(tmp_path)["own.png"][1] is None
    assert files(tmp_path)["x.png"][:2] == (429, "throttled")


def test_plain_permalinks_have_the_same_files(tmp_path: Path) -> None:
    with FileSite("plain") as site:
        served = big(site)
        crawl(tmp_path, site.url, settings=ALL)
        assert {name: row[3] for name, row in files(tmp_path).items()} == {
            n: sha256(data) for n, data in served.items()
        }


def test_the_default_policy_is_originals() -> None:
    assert Settings().media == "originals"


def test_a_host_whose_robots_txt_cannot_be_had_is_a_gap(site: FileSite, tmp_path: Path) -> None:
    """Nothing is asked of it for now (RFC 9309, 2.3.1.4), and that is no answer for good."""
    with canary() as other:
        other.respond = lambda handler, request: handler.send(Answer(503))  # type: ignore[method-assign]
        site.write(f'<img src="{other.url}x.png">')
        settings = replace(ORIGINALS, linked=True, patience=0.0, allow_origin=(other.url.rstrip("/"),))
        crawled = crawl(tmp_path, site.url, settings=settings)
        assert {one.target for one in other.requests} == {"/robots.txt"}
    assert crawled.code is ExitCode.INCOMPLETE
    assert files(tmp_path)["x.png"][1] == "no-answer"


@pytest.mark.parametrize(("code", "exit_code"), [("EAI_NONAME", ExitCode.COMPLETE), ("EAI_AGAIN", ExitCode.INCOMPLETE)])
def test_a_host_that_is_no_more_has_given_its_answer(
    site: FileSite, tmp_path: Path, code: str, exit_code: ExitCode
) -> None:
    """No run will ever find what hung there, robots.txt included; a name server that is down for now is another matter.

    One look tells for all of its files.
    """
    looks = []

    def look_up(host: str, *rest: object, **named: object) -> list[object]:
        if host == "gone.example.org":
            looks.append(host)
            number = getattr(socket, code)
            raise socket.gaierror(number, "Temporary failure" if code == "EAI_AGAIN" else "Name or service not known")
        return socket.getaddrinfo(host, *rest, **named)  # type: ignore[arg-type]

    site.write("".join(f'<img src="https://gone.example.org/{number}.png">' for number in range(12)))
    done = crawl(tmp_path, site.url, settings=replace(ORIGINALS, linked=True), seams=Seams(look_up=look_up))
    assert done.code is exit_code
    problem = "no-address" if exit_code is ExitCode.COMPLETE else "no-answer"
    assert files(tmp_path) == {f"{number}.png": (None, problem, None, None) for number in range(12)}
    assert len(looks) == 1
    dump = done.dump()
    index(Archive(tmp_path), rebuild=True)
    assert list(logical_dump(tmp_path / "archive.db")) == dump


def test_a_very_large_file_needs_its_size_on_disk_once(site: FileSite, tmp_path: Path) -> None:
    """Its download becomes the WARC, so a disk that has no room for both holds it, on record and whole."""
    data = png(1, size=70 << 20)
    site.attach("map.png", data)
    with mounted(tmp_path, "-t", "tmpfs", "-o", "size=100m", "tmpfs"):
        done = crawl(tmp_path / "archive", site.url, settings=ORIGINALS)
        assert done.code is ExitCode.COMPLETE
        assert files(done.folder)["map.png"] == (200, None, len(data), sha256(data))
        assert list(sound(done.folder)) == []
