"""A real WordPress for the tests of this folder: the lab that runs, or one brought up for the session.

By hand: `bash tests/wordpress/lab/up.sh`. With WPARCHIVE_REQUIRE_WORDPRESS=1 (as in CI) a lab that can't be had is a
failure; otherwise these tests are skipped, with the reason.
"""

import fcntl
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_site import SCRIPTS, Lab

NO_PACKAGES = 3  # up.sh's exit code when Debian's packages are missing and can't be installed


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder is marked `wordpress`."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("wordpress")


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab, up and filled; stopped again at the end unless it was up before."""
    lab = Lab.from_environment()
    lab.folder.mkdir(exist_ok=True)
    with (lab.folder / "lock").open("w") as lock:
        # One test run at a time: each fills the site as it needs it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield from _brought_up(lab)


def _brought_up(lab: Lab) -> Iterator[Lab]:
    was_up = lab.is_up
    up = subprocess.run(["bash", SCRIPTS / "up.sh"], capture_output=True, text=True, timeout=900, check=False)
    if up.returncode == NO_PACKAGES and os.environ.get("WPARCHIVE_REQUIRE_WORDPRESS") != "1":
        pytest.skip(f"no WordPress here: run `bash tests/wordpress/lab/up.sh` as root ({up.stderr.strip()})")
    assert up.returncode == 0, f"the lab does not come up: {up.stdout}\n{up.stderr}"
    yield lab
    if not was_up:
        subprocess.run(["bash", SCRIPTS / "down.sh"], timeout=120, check=False)


@pytest.fixture
def small(lab: Lab) -> Lab:
    """The lab with the `small` content as it was made."""
    lab.seed("small")
    return lab


@pytest.fixture
def tiny(lab: Lab) -> Lab:
    """The lab with the `tiny` content as it was made."""
    lab.seed("tiny")
    return lab
