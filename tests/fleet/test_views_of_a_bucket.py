"""What reads a store reads a bucket as it reads a folder: gathering, checking and Parquet on S3's own protocol."""

from pathlib import Path
from typing import Any

import frugal
from crawlkit import SMALL, invoke
from fakewp import FakeWordPress
from fleetrows import add_site
from stocking import put_database, put_site

from wparchive.audit import verify
from wparchive.fleet.checking.adopting import adopt
from wparchive.fleet.checking.heads_check import Checked, check
from wparchive.fleet.joining.gather import gather
from wparchive.fleet.joining.parquet import TABLES_TOLD, write_parquet
from wparchive.fleet.objects import ObjectStore
from wparchive.store import Archive

SITES = ("a.example", "a.example-shop")  # one's keys are between the other's in some orders


def test_a_bucket_is_gathered_checked_and_told(bucket: ObjectStore, conn: Any, tmp_path: Path) -> None:
    """Sites whose names begin alike stay apart; a WARC that no HEAD lists is found and adopted."""
    archive = Archive(tmp_path / "crawled")
    with FakeWordPress(**SMALL) as site:
        for name in SITES:
            invoke("crawl", site.url, "-a", archive.root, *frugal.OPTIONS, "--site-name", name, "--no-seal")
            put_site(bucket, archive, name, url=site.url)
            put_database(bucket, archive, name, tmp_path / "alone")
            add_site(conn, name, generation=1, epoch=1)
        done = Checked()
        assert list(check(conn, bucket, None, done)) == [] and done.sites == 2
        invoke("crawl", site.url, "-a", archive.root, *frugal.OPTIONS, "--site-name", SITES[0], "--no-seal", "--full")
    new = archive.site(SITES[0]).warcs()[-1]
    bucket.put_new(f"{SITES[0]}/warc/{new.name}", new)
    assert [one.code for one in check(conn, bucket, None, done)] == ["orphan"]
    assert adopt(conn, bucket, None, done.orphans, lambda line: None) == 1
    gathered = Archive(tmp_path / "gathered")
    assert gather(bucket, SITES, gathered, say=lambda line: None).joined == 2
    assert list(verify(gathered)) == []
    told = ObjectStore(f"{bucket.url}/parquet")
    assert write_parquet(bucket, told, SITES).written == 2
    assert write_parquet(bucket, told, SITES).kept == 2
    assert len(list(told.list())) == 2 * len(TABLES_TOLD)
