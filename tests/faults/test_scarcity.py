"""Where something runs out every command ends with exit 8 and one line, loses nothing, and goes on once there is enough.

A few amounts of each here; `python tests/faults/scarcity.py` tries all.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakewp import FakeWordPress
from scarcity import COMMANDS, MEANS, SIZES, World, wrong

AMOUNTS = {
    "file size": (245_760,),  # between what its log and what its WARC or database needs
    "disk": (131_072,),
    "names": (2,),
    "open files": (9,),
    "read-only": (0,),
}
# Each of a kind; `resume`, `full` and `rebuild` write as these do.
WRITING = ("crawl", "crawl next", "index", "trace", "export wacz")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with FakeWordPress(**SIZES) as site:
        yield World(site, tmp_path_factory.mktemp("world"))


def mounts() -> bool:
    """Whether this machine lets us mount."""
    return (
        os.geteuid() == 0
        and subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
    )


CASES = [(name, means, amount) for name in WRITING for means, amounts in AMOUNTS.items() for amount in amounts]
CASES += [(name, "open files", 9) for name in COMMANDS if name not in WRITING]  # what only reads needs little else


@pytest.mark.parametrize(("name", "means", "amount"), CASES)
def test_scarcity(world: World, tmp_path: Path, name: str, means: str, amount: int) -> None:
    """How it ends, what it says, and what stands afterwards: see `wrong`."""
    if means not in ("file size", "open files") and not mounts():
        pytest.skip("needs to mount, which takes root")
    assert means in MEANS
    assert wrong(world, name, means, amount, tmp_path / "place")[1] == []
