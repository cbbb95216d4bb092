"""Fixtures of the tests of evidence packages: sealed, signed and stamped archives that are made once, and packages of them."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import frugal
import pytest
from crawlkit import crawl
from fakewp import FakeWordPress

sys.path.insert(0, str(Path(__file__).parents[1] / "seal"))
sys.path.insert(0, str(Path(__file__).parents[1] / "index"))

from authority import Authorities
from sealkit import Desk

from wparchive.config import Settings
from wparchive.crawl.seams import Seams
from wparchive.export.evidence.alone import make_alone
from wparchive.export.evidence.evidence_package import make_package
from wparchive.export.evidence.evidence_wanted import change_wanted, item_wanted
from wparchive.store import Archive

__all__ = ["NAMESPACES", "PLANTED_IN_PRIVATE", "Evidence", "evidence", "packing"]

NAMESPACES = 'namespaces="wparchive,wparchive-package"'
PLANTED_IN_PRIVATE = "PLANTED-BEHIND-A-PASSWORD"
SECRET = "wxyz ABCD 9876 mnop QRST 1234"
_NOW = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Evidence:
    """An archive crawled and sealed four times, and posts of it.

    `edited` was edited, silently edited, and edited once more; `deleted` is gone, `fresh` came, `revised` has revisions that
    only credentials show, `scoped` is in an archive of its own and never stood in a list.
    """

    folder: Path
    desk: Desk
    edited: int
    deleted: int
    fresh: int
    revised: int

    @property
    def archive(self) -> Archive:
        """The archive, opened."""
        return Archive(self.folder)

    def package(
        self, target: Path, key: str, *, alone: bool = False, signed: bool = True, private: bool = False
    ) -> Path:
        """Make the package of an item (TYPE/ID), or of a change (its id)."""
        wanted = item_wanted(self.archive, key, private=private) if "/" in key else change_wanted(self.archive, key)
        make = make_alone if alone else make_package
        make(
            self.archive,
            target,
            wanted,
            key=self.desk.key if signed else None,
            now=datetime(2026, 11, 27, 12, tzinfo=UTC),
            private=private,
        )
        return target


@pytest.fixture(scope="session")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """The archive, its keys and its authorities; only looked at."""
    base = tmp_path_factory.mktemp("evidence")
    with Authorities(base / "authorities") as authorities:
        desk = replace(Desk.at(base / "desk", authorities))
        with FakeWordPress(posts=7, pages=1, books=0, media=1, comments=2, users=2, terms=3) as site:
            edited, deleted, revised, *_ = site.ids("post")
            fresh = 0
            site.edit(revised, content=f"<p>{PLANTED_IN_PRIVATE}</p>")
            site.edit(revised, content="<p>What strangers see.</p>")
            site.account("editor", SECRET)
            os.environ["EVIDENCE_SECRET"] = SECRET
            for day in range(4):
                if day == 1:
                    site.edit(edited, content="<p>Eleven were hurt.</p>")
                    fresh = site.add(title="Newly come", content="<p>It came later.</p>")
                if day == 2:
                    site.edit(edited, silent=True, content="<p>Fourteen were hurt.</p>")
                    site.delete(deleted)
                if day == 3:
                    site.edit(edited, title="Corrected", content="<p>Fourteen were hurt, said the harbour.</p>")
                login = {"user": "editor", "password_env": "EVIDENCE_SECRET"} if day == 0 else {}
                ticks = count()
                seams = Seams(now=lambda day=day, ticks=ticks: _NOW + timedelta(days=day, milliseconds=next(ticks)))
                crawl(base / "archive", site.url, settings=Settings(**frugal.SETTINGS, **login), seams=seams, full=True)
                assert desk.seal(base / "archive").made
        yield Evidence(base / "archive", desk, edited, deleted, fresh, revised)


@pytest.fixture(scope="module")
def packing(evidence: Evidence, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`packing(KEY, place, alone=...)`: a copy of a package that is made once for a file of tests."""
    made: dict[tuple[object, ...], Path] = {}
    base = tmp_path_factory.mktemp("packages")

    def copied(key: str, place: Path, **options: bool) -> Path:
        which = (key, *sorted(options.items()))
        if which not in made:
            made[which] = evidence.package(base / str(len(made)), key, **options)
        return Path(shutil.copytree(made[which], place))

    return copied
