"""What the tests of exports share: the demo's archive, and one that holds what only an application password showed."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakewp import FakeWordPress

for _folder in ("crawl", "store"):
    sys.path.insert(0, str(Path(__file__).parents[1] / _folder))

from evidence_archives import evidence, packing  # noqa: E402 - crawlkit's folder comes first
from wacz_archives import export, kept, programs  # noqa: E402

__all__ = ["PLANTED", "Withheld", "demo", "evidence", "export", "kept", "packing", "programs", "withheld"]

PLANTED = "PLANTED-SECRET"


@dataclass(frozen=True, slots=True)
class Withheld:
    """The archive in `folder`; `planted` stands in what only the password `secret` showed."""

    folder: Path
    secret: str
    planted: str = PLANTED


@pytest.fixture(scope="session")
def demo(cli: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `wparchive demo DIR` leaves; only looked at."""
    folder = tmp_path_factory.mktemp("exported") / "demo"
    cli("demo", folder)
    return folder


@pytest.fixture(scope="session")
def withheld(tmp_path_factory: pytest.TempPathFactory) -> Withheld:
    """A site crawled twice as its editor, whose posts have revisions that strangers aren't shown; only looked at."""
    folder = tmp_path_factory.mktemp("exported") / "withheld"
    with FakeWordPress(posts=6, pages=1, books=0, media=2, comments=3, users=2, terms=4) as site:
        for wp_id in site.ids("post")[:3]:
            site.edit(wp_id, content=f"<p>{PLANTED} in a revision.</p>")
            site.edit(wp_id, content="<p>What strangers see.</p>")
        secret = site.account("editor")
        command = [sys.executable, "-m", "wparchive", "crawl", site.url, "-a", str(folder), "--silent", "--full"]
        kept = folder.with_name("password-of-editor")
        kept.write_text(secret)
        kept.chmod(0o600)
        for _ in range(2):
            subprocess.run([*command, "--user", "editor", "--password-file", str(kept)], check=True)
            site.edit(site.ids("post")[4], silent=True, content="<p>Changed.</p>")
    return Withheld(folder, secret)
