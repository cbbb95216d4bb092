"""What only credentials showed leaves in no package unless it is asked for; secrets and places of this machine never do."""

import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import Withheld
from wacz_archives import Exporting, Kept

from wparchive.errors import StorageError
from wparchive.store import Archive


@pytest.mark.parametrize("part", ["whole", "run", "bare"])
def test_private_captures_stay(withheld: Withheld, export: Exporting, part: str) -> None:
    """Neither files nor what the index knows from them; it is told how many stayed."""
    archive = Archive(withheld.folder)
    with closing(sqlite3.connect(withheld.folder / "archive.db")) as conn:
        (run,) = conn.execute("SELECT run FROM runs ORDER BY started_at").fetchone()
    wanted = {"whole": {}, "run": {"run": run}, "bare": {"reading": False}}[part]
    package = export(archive, **wanted)
    private = [path for site in archive.sites() for path in site.private_warcs()]
    everything = package.everything()
    assert withheld.planted.encode() not in everything
    assert not [path.name for path in private if path.read_bytes() in everything]
    assert package.made.left_out.private == len(private) > 0  # type: ignore[attr-defined]


def test_private_captures_go_when_they_are_asked_for(withheld: Withheld, export: Exporting) -> None:
    """And then the package is its owner's alone."""
    archive = Archive(withheld.folder)
    package = export(archive, private=True)
    for path in (path for site in archive.sites() for path in site.private_warcs()):
        assert package.warcs()[f"private-{path.name}"] == path.read_bytes()
    assert withheld.planted.encode() in package.everything()
    assert stat.S_IMODE(package.path.stat().st_mode) == 0o600


def test_an_item_that_was_last_read_with_credentials_is_shown_as_strangers_saw_it(
    withheld: Withheld, export: Exporting
) -> None:
    """Its public captures are in the package, so its reading copies are too."""
    archive = Archive(withheld.folder)
    with closing(sqlite3.connect(withheld.folder / "archive.db")) as conn:
        (item,) = conn.execute("SELECT item FROM posts WHERE type = 'post' ORDER BY wp_id LIMIT 1").fetchone()
    package = export(archive, item=item)
    (copy,) = package.reading()[f"https://wparchive.invalid/{item}"]
    assert "What strangers see." in copy
    assert withheld.planted.encode() not in package.everything()


@pytest.mark.parametrize("private", [False, True])
def test_no_secret_is_in_it(withheld: Withheld, export: Exporting, private: bool) -> None:
    everything = export(Archive(withheld.folder), private=private).everything()
    for form in (withheld.secret, withheld.secret.replace(" ", ""), "frontier.db"):
        assert form.encode() not in everything, form


def test_no_place_of_this_machine_is_in_it(kept: Kept, export: Exporting, tmp_path: Path) -> None:
    """Not where the archive lies, nor where the package was made."""
    everything = export(kept.archive).everything()
    for place in ("canary-folder", str(tmp_path), tmp_path.name, str(Path.home()), "made.wacz"):
        assert place.encode() not in everything, place


@pytest.mark.parametrize("reading", [True, False])
def test_a_private_file_among_the_public_ones_is_noticed(
    withheld: Withheld, export: Exporting, tmp_path: Path, cli: Callable[..., Any], reading: bool
) -> None:
    """A person may have moved it, or a copy was put together wrongly: nothing is handed over."""
    folder = Path(shutil.copytree(withheld.folder, tmp_path / "own"))
    private = min(folder.glob("*/warc/private/*.warc.gz"))
    private.rename(private.parents[1] / private.name.replace("-00000.", "-00007."))
    cli("index", "--rebuild", "-a", folder)
    with pytest.raises(StorageError, match="what only credentials showed"):
        export(Archive(folder), reading=reading)
    assert not (tmp_path / "made.wacz").exists()
