"""Records the two sites of `wparchive demo` anew from the simulator, into the package:

    python tests/demo/record.py

Recorded is what a crawl asks for, what the items' `_links` lead to, their pages, and every size of their pictures.
The same simulator and the same crawler give the same lines.
"""

import gzip
import json
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fakewp.simulator.content import load  # noqa: E402 - the path comes first, so that it runs from anywhere
from fakewp.simulator.core import Core  # noqa: E402 - as above
from fakewp.simulator.http import Answer, Request  # noqa: E402 - as above
from fakewp.simulator.server import serve  # noqa: E402 - as above

from wparchive.config import Settings, SiteConfig  # noqa: E402 - as above
from wparchive.crawl.run import Options  # noqa: E402 - as above
from wparchive.demo.recording import FORMS, RECORDED_HOST, key_of  # noqa: E402 - as above
from wparchive.errors import ExitCode  # noqa: E402 - as above
from wparchive.events import quiet  # noqa: E402 - as above
from wparchive.fleet.local import crawl_all  # noqa: E402 - as above
from wparchive.store import Archive  # noqa: E402 - as above

__all__ = ["crawled", "path_of", "recorded"]


def path_of(form: str) -> Path:
    """Where the package keeps the recording."""
    return ROOT / "wparchive" / "demo" / f"{form}.jsonl.gz"


def crawled(url: str, settings: Settings, folder: Path | None = None) -> list[ExitCode]:
    """Crawl a site into `folder`, or one that is thrown away; gives how that ended."""
    with TemporaryDirectory() as spare:
        sites = [SiteConfig(url=url, name="site", settings=settings)]
        archive, stop = Archive(folder or Path(spare)), threading.Event()
        results = crawl_all(archive, sites, Options(), index=True, stop=stop, emit=quiet)
    return [result.report.exit_code for result in results]


def recorded(form: str) -> str:
    """The recording of a site: one answer a line, in the order of their targets."""
    with serve(form) as site:
        crawled(site.url, Settings(media="all"))
        wanted = sorted(one.target.replace(urlsplit(site.url).netloc, RECORDED_HOST) for one in site.requests)
    core = Core(load(), f"http://{RECORDED_HOST}", form=form)
    lines: dict[str, str] = {}
    seen = set()
    while wanted:
        target = wanted.pop()
        if key_of(form, target) in seen:
            continue
        seen.add(key_of(form, target))
        answer = core.answer(Request.of("GET", target, {}))
        lines[target] = _line(target, answer)
        wanted += sorted(_targets(answer.document))
    return "".join(lines[target] for target in sorted(lines))


def _line(target: str, answer: Answer) -> str:
    image = (answer.header("Content-Type") or "").startswith(("image/", "application/pdf"))
    body = {"base64": b64encode(answer.body).decode()} if image else {"text": answer.body.decode()}
    return json.dumps({"target": target, "status": answer.status, "headers": answer.headers, **body}) + "\n"


def _targets(document: Any) -> Iterator[str]:
    """The targets on this site that a REST answer's links, permalinks and files name."""
    for part in document if isinstance(document, list) else [document]:
        if isinstance(part, dict):
            found = [link for links in part.get("_links", {}).values() for link in links]
            urls = [link["href"] for link in found if isinstance(link, dict) and not link.get("templated")]
            urls += [part[name] for name in ("link", "source_url") if name in part]
            urls += [size["source_url"] for size in part.get("media_details", {}).get("sizes", {}).values()]
            for url in urls:
                if (split := urlsplit(url)).netloc == RECORDED_HOST:
                    yield (split.path or "/") + (f"?{split.query}" if split.query else "")


if __name__ == "__main__":
    for name in FORMS:
        path_of(name).write_bytes(gzip.compress(recorded(name).encode(), 9, mtime=0))
        print(f"{path_of(name).relative_to(ROOT)}: {path_of(name).stat().st_size} bytes")
