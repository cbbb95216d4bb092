"""What the report says of what a run never came to, of a site that closed, and of a request that can't be meant."""

from pathlib import Path

import frugal
import pytest
from crawlkit import SMALL, invoke
from fakewp import FakeWordPress


def test_a_listing_that_the_run_had_no_time_for_was_not_asked(tmp_path: Path) -> None:
    """It didn't fail: nothing is known of it."""
    with FakeWordPress(**SMALL) as site:
        said = invoke(
            "crawl", site.url, "-a", tmp_path, *frugal.OPTIONS, "--full", "--max-requests", "9", code=3
        ).stdout
        listings = [line for line in said.splitlines() if "/wp/v2/users " in line]
        assert [line.split(maxsplit=5)[5] for line in listings] == ["not asked: stopped at --max-requests"]
        assert "not asked: stopped at --max-requests" in invoke("status", "-a", tmp_path).stdout
        assert "complete" in invoke("crawl", site.url, "-a", tmp_path, *frugal.OPTIONS).stdout


def test_status_says_why_the_last_run_ended(tmp_path: Path) -> None:
    """A site whose every list asks for a login is closed, and says so in a line."""
    with FakeWordPress(**SMALL) as site:
        invoke("crawl", site.url, "-a", tmp_path, *frugal.OPTIONS)
        site.fault("closed-401")
        invoke("crawl", site.url, "-a", tmp_path, *frugal.OPTIONS, code=7)
    said = invoke("status", "-a", tmp_path).stdout
    assert "state closed" in said
    assert "refuses strangers" in said


@pytest.mark.parametrize("where", ["/wp-json/", "/?rest_route=/", "/wp-json/wp/v2/posts", "/?rest_route=/wp/v2/pages"])
def test_one_post_that_no_address_of_can_be_is_refused_before_the_network_is_used(where: str, tmp_path: Path) -> None:
    """A REST root and a list name no item; nothing was started, and nothing is left behind."""
    with FakeWordPress(**SMALL) as site:
        asked = len(site.requests)
        said = invoke("crawl", site.url.rstrip("/") + where, "-a", tmp_path / "new", "--scope", "post", code=2)
        assert "needs the URL of one article or REST item" in said.stderr + said.stdout
        assert len(site.requests) == asked
    assert not list((tmp_path / "new").glob("*/warc/*"))
