"""No body makes a crawl need more than 200 MB: bombs, a hundred megabytes, endless heads and bodies, a million values."""

import json
import subprocess
import sys
from typing import Any

import pytest
from fakewp import FAULTS, FakeWordPress, Fault
from fakewp.faults_base import touches
from fakewp.simulator.http import Answer

SMALL = {"posts": 6, "pages": 2, "books": 2, "media": 2, "comments": 2, "users": 2, "terms": 6}
# The page of a hundred is the bad one; every smaller one is fine.
BAD = {"rows": (51, 100)}
CRAWL = """
import json, re, sys, threading
from pathlib import Path
from wparchive.config import Settings, SiteConfig
from wparchive.crawl.run import Options
from wparchive.events import quiet
from wparchive.fleet.local import crawl_all
from wparchive.store import Archive

settings = Settings(media="none", pages="none", inventory=False, retries=0, concurrency=1)
(result,) = crawl_all(
    Archive(Path(sys.argv[2])), [SiteConfig(url=sys.argv[1], settings=settings)], Options(debug=True),
    index=True, stop=threading.Event(), emit=quiet,
)
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]
print(json.dumps([int(peak) / 1024, int(result.report.exit_code), result.held]))
"""


def many_values(site: Any, options: Any, request: Any, route: Any) -> Answer | None:
    """30 MB whose values are as costly to hold as can be."""
    if not touches(options, request, route):
        return None
    body = b'[{"id":1,"acf":[' + b'{"a":{}},' * 3_300_000
    body += b'0],"_links":{"self":[{"href":"http://x/wp-json/wp/v2/tags/1"}]}}]'
    return Answer(200, [("Content-Type", "application/json")], body)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")
def test_no_body_takes_more_than_200_mb(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole crawl and the index, in a process of its own, one hostile body after the other, under the default limits."""
    monkeypatch.setitem(FAULTS, "values", Fault(says="", before=many_values))
    with FakeWordPress(**SMALL) as site:
        site.fault("bomb", route="/wp/v2/posts", size=1 << 30, **BAD)
        site.fault("huge", route="/wp/v2/pages", size=100_000_000, **BAD)
        site.fault("endless-headers", route="/wp/v2/media", **BAD)
        site.fault("long-header", route="/wp/v2/users", **BAD)
        site.fault("endless-body", route="/library/v1/books", **BAD)
        site.fault("values", route="/wp/v2/tags", **BAD)
        command = [sys.executable, "-c", CRAWL, site.url, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
        pages = [one.target for one in site.requests if "per_page=100&page=1" in one.target]
    peak, code, held = json.loads(done.stdout)
    assert len(pages) >= 10
    assert (code, held["post"], held["page"], held["book"], held["user"]) == (0, 6, 2, 2, 2)
    assert peak < 200, f"{peak:.0f} MB"
