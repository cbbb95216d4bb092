"""Files at signed addresses: another one each time that the site is asked, and the same file by its place."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crawlkit import crawl
from mediakit import ORIGINALS, FileSite, Static, png, sha256

from wparchive.index import index, logical_dump
from wparchive.wordpress.files.signed import file_key, unsigned

PLAIN = "https://files.example/a.jpg"


@pytest.mark.parametrize(
    ("query", "same"),
    [
        ("X-Amz-Algorithm=A&X-Amz-Date=1&X-Amz-Expires=900&X-Amz-Signature=ab", True),
        ("Expires=1&Signature=2&Key-Pair-Id=K", True),
        ("sv=2020&se=2026&sp=r&sig=abc", True),
        ("token=a&expires=9", True),
        ("token=a&amp;expires=9", True),
        ("expires=9&#038;token=a", True),
        ("w=300", False),
        ("v=2&token=a", False),
        ("w=3&s=abcd", False),
        ("expires=9", False),
    ],
)
def test_which_queries_are_signatures(query: str, same: bool) -> None:
    assert (unsigned(f"{PLAIN}?{query}") == PLAIN) is same
    assert (file_key(f"HTTPS://FILES.EXAMPLE/a.jpg?{query}") == PLAIN) is (same and "#" not in query)  # HTML is no URL


@pytest.fixture
def site() -> Iterator[FileSite]:
    """A site that signs the addresses of its files, in the fields of media and in content."""
    with FileSite() as site:

        def sign(item: dict[str, Any], number: int, alone: bool) -> None:
            query = f"?X-Amz-Expires=900&X-Amz-Signature={number:032x}"
            if "source_url" in item:
                item["source_url"] += query
                item["media_details"] = {
                    "width": 40,
                    "file": "2025/01/a.png",
                    "sizes": {"full": {"source_url": item["source_url"]}},
                }
            elif item.get("type") == "post":
                item["content"]["rendered"] += (
                    f'<img src="/wp-content/uploads/2025/01/a.png{query.replace("&", "&#038;")}">'
                )

        site.fault("rewritten", change=sign)
        yield site


def test_a_signed_address_costs_no_download_and_is_no_change(site: FileSite, tmp_path: Path) -> None:
    """By its validators it is known to be the same; only another file at the place is an edit."""
    play = Static(png(1))
    number = site.attach("a.png", play)
    for full in (False, True, False, True):
        crawled = crawl(tmp_path / "archive", site.url, settings=ORIGINALS, full=full)
    assert play.sent == len(play.data)
    assert crawled.rows("SELECT type, wp_id, change FROM observations") == []
    assert crawled.rows(
        "SELECT count(*), count(DISTINCT wp_id) FROM versions WHERE type IN ('attachment', 'post')"
    ) == [(4, 4)]
    ((url, key, digest),) = crawled.rows("SELECT url, key, sha256 FROM media_files")
    assert (unsigned(url), url != key, digest) == (key, True, sha256(play.data))
    assert crawled.rows("SELECT count(*) FROM captures WHERE kind = 'file' AND url LIKE '%Signature=%'") == [(3,)]
    play.data = png(2)
    again = crawl(tmp_path / "archive", site.url, settings=ORIGINALS, full=True)
    assert again.rows("SELECT type, wp_id, change, fields FROM observations") == [
        ("attachment", number, "edited", '["file"]')
    ]
    before = list(logical_dump(again.archive.database))
    index(again.archive, rebuild=True)
    assert list(logical_dump(again.archive.database)) == before


def test_without_validators_it_is_stored_once(site: FileSite, tmp_path: Path) -> None:
    """A full run reads it again; the same bytes are a revisit, though their address is another."""
    site.attach("a.png", Static(png(1), validators=False))
    for _ in range(2):
        crawled = crawl(tmp_path / "archive", site.url, settings=ORIGINALS, full=True)
    kinds = crawled.rows("SELECT record_type FROM captures WHERE kind = 'file' ORDER BY captured_at")
    assert kinds == [("response",), ("revisit",)]
    assert crawled.rows("SELECT count(*) FROM observations") == [(0,)]


def test_pieces_of_a_file_are_joined_whatever_they_are_signed_with(site: FileSite, tmp_path: Path) -> None:
    play = Static(png(1, size=60_000), cut=[20_000])
    site.attach("a.png", play)
    crawl(tmp_path / "archive", site.url, settings=ORIGINALS)
    crawled = crawl(tmp_path / "archive", site.url, settings=ORIGINALS)
    assert crawled.rows("SELECT sha256, problem FROM media_files") == [(sha256(play.data), None)]
