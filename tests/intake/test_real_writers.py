"""What real programs wrote of a site is taken whole: every answer of its API, each body as it was served."""

from pathlib import Path

import pytest
from crawlkit import Crawled, crawl
from fakewp import FakeWordPress
from intakekit import bodies_in, rows, take, unsound
from realwriters import WRITERS, served, targets

from wparchive.index import index
from wparchive.store import Archive

ITEMS = "SELECT type, wp_id, payload_sha256, title, text FROM posts ORDER BY 1, 2"


@pytest.fixture(scope="module")
def crawled(fake: FakeWordPress, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return crawl(tmp_path_factory.mktemp("crawled") / "archive", fake.url)


@pytest.fixture(scope="module", params=sorted(WRITERS))
def written(
    request: pytest.FixtureRequest, fake: FakeWordPress, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    """The files that one program wrote of the site."""
    return WRITERS[request.param](targets(fake.url), tmp_path_factory.mktemp("writer"))


def test_every_answer_is_taken_as_it_was_served(
    written: list[Path], fake: FakeWordPress, crawled: Crawled, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    result = take(archive, *written)
    assert result.code == 0
    assert bodies_in(archive) == set(served(targets(fake.url)).items())
    assert unsound(archive) == []
    # The same items as a crawl of ours finds, as far as they were asked for.
    held = set(rows(archive, ITEMS))
    assert held <= set(crawled.rows(ITEMS))
    assert len(held) == len({(kind, wp_id) for kind, wp_id, *_ in held}) == 8

    before = rows(archive, "SELECT * FROM captures ORDER BY capture")
    again = take(archive, *written)
    assert sum(site.answers for site in again.sites) == 0
    index(Archive(archive), rebuild=True)
    assert rows(archive, "SELECT * FROM captures ORDER BY capture") == before
