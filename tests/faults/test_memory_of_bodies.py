"""No body makes a crawl need more than 200 MB: bombs, a hundred megabytes, endless heads and bodies, a million values."""

import json
import subprocess
import sys
from typing import Any

import pytest
from fakewp import FAULTS, FakeWordPress, Fault
from fakewp.faults_base import touches

from wparchive.demo.http import Answer

SMALL = {"posts": 6, "pages": 2, "books": 2, "media": 2, "comments": 2, "users": 2, "terms": 6}
# The page of a hundred is the bad one; every smaller one is fine.
BAD = {"rows": (51, 100)}
CRAWL = """
import json, re, sys, threading
from pathlib import Path
from wparchive.config import Settings, SiteConfig
from wparchive.crawl.run import Options
from wparchive.events import quiet
from wparchive.fleet import crawl_all
from wparchive.store import Archive

settings = Settings(media="none", retries=0, concurrency=1)
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
    costly = {"dicts": b'{"a":{}},' * 3_300_000, "text": b'"%s",' % ("\U0001f680" * 7_000_000).encode()}
    body = b'[{"id":1,"acf":[' + costly[options["kind"]]
    body += b'0],"_links":{"self":[{"href":"http://x/wp-json/wp/v2/tags/1"}]}}]'
    return Answer(200, [("Content-Type", "application/json")], body)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")
@pytest.mark.parametrize(
    "faults",
    [
        {"bomb": {"route": "/wp/v2/posts", "size": 1 << 30}, "huge": {"route": "/wp/v2/pages", "size": 100_000_000}},
        {"endless-headers": {"route": "/wp/v2/posts"}, "endless-body": {"route": "/wp/v2/pages"}},
        {"values": {"route": "/wp/v2/posts", "kind": "dicts"}, "long-header": {"route": "/wp/v2/pages"}},
        {"values": {"route": "/wp/v2/posts", "kind": "text"}},
    ],
    ids=lambda faults: " ".join(faults),
)
def test_no_body_takes_more_than_200_mb(faults: dict[str, Any], tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole crawl and the index, in a process of its own, under the limits that are set by default."""
    monkeypatch.setitem(FAULTS, "values", Fault(says="", before=many_values))
    with FakeWordPress(**SMALL) as site:
        for name, options in faults.items():
            site.fault(name, **BAD, **options)
        command = [sys.executable, "-c", CRAWL, site.url, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    peak, code, held = json.loads(done.stdout)
    print(list(faults), peak)
    assert (code, held["post"], held["page"]) == (0, 6, 2)
    assert peak < 200, f"{peak:.0f} MB"
