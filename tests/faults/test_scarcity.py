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
    "file size": (0, 65_536, 245_760, 327_680),
    "disk": (0, 131_072, 327_680),
    "names": (2, 6),
    "open files": (5, 9, 18),
    "read-only": (0,),
}
FEW = ("status", "show", "history", "status textfile", "demo")  # what hardly needs anything is tried with one amount


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


CASES = [
    (name, means, amount)
    for name in COMMANDS
    for means, amounts in AMOUNTS.items()
    for amount in (amounts[-1:] if name in FEW else amounts)
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "means", "amount"), CASES)
def test_scarcity(world: World, tmp_path: Path, name: str, means: str, amount: int) -> None:
    """How it ends, what it says, and what stands afterwards: see `wrong`."""
    if means not in ("file size", "open files") and not mounts():
        pytest.skip("needs to mount, which takes root")
    assert means in MEANS
    assert wrong(world, name, means, amount, tmp_path / "place")[1] == []
