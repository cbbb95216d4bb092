"""The README's chapter "Stand up in front of others": each of its commands, as it is printed, leads to where it says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from authority import Authorities

from wparchive.store import Archive

README = Path(__file__).parents[2] / "README.md"
ITEM = "example.org/post/68908"


def blocks() -> list[str]:
    """The shell blocks of the chapter, in order."""
    text = README.read_text("utf-8")
    chapter = text.partition("## Stand up in front of others\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def desk_folder(
    authorities: Authorities, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, str], dict[str, str]]:
    """A folder with an archive and the authority's certificates; the environment, and what stands for names in the README."""
    place = tmp_path_factory.mktemp("chapter")
    shutil.copy(authorities.ca, place / "freetsa.pem")
    programs = place / "programs"
    programs.mkdir()
    program = programs / "wparchive"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wparchive "$@"\n')
    program.chmod(0o755)
    env = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(README.parent)}
    subprocess.run(["wparchive", "demo", "archive", "--silent"], cwd=place, env=env, check=True)
    site = Archive(place / "archive").sites()[0].name
    return place, env, {"https://freetsa.org/tsr": authorities.url("good"), ITEM: f"{site}/post/7"}


def run(block: str, folder: tuple[Path, dict[str, str], dict[str, str]]) -> str:
    place, env, names = folder
    for name, real in names.items():
        block = block.replace(name, real)
    done = subprocess.run(["sh", "-ec", block], cwd=place, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_chapter_leads_from_a_key_to_a_package_checked_elsewhere(
    desk_folder: tuple[Path, dict[str, str], dict[str, str]],
) -> None:
    place = desk_folder[0]
    sealing, packing, checking, exporting = blocks()
    said = run(sealing, desk_folder)
    assert "sealed 1: " in said
    assert "signed by desk@example.org" in said
    run(packing, desk_folder)
    assert (place / "item.zip").stat().st_size < 15_000
    assert '"_evidence"' in run(exporting, desk_folder)
    assert {"news.wacz", "index.cdxj"} <= {path.name for path in place.iterdir()}
    shutil.rmtree(place / "archive")  # another machine has none
    said = run(checking, desk_folder)
    assert "ALL GOOD" in said
    assert "there no later than" in said
    assert "nothing is off" in said


def test_with_a_strangers_key_the_package_is_refused(
    desk_folder: tuple[Path, dict[str, str], dict[str, str]],
) -> None:
    """After the chapter: what the other side has from you decides, not what is in the package."""
    place, env, _ = desk_folder
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / "other_key"], check=True)
    public = (place / "other_key.pub").read_text().split()
    (place / "others").write_text(f"desk@example.org {public[0]} {public[1]}\n")
    for command in (
        ["sh", "evidence/verify.sh", "others"],
        ["wparchive", "verify", "evidence.zip", "--signers", "others"],
    ):
        done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, check=False)
        assert done.returncode, done.stdout
        assert "ALL GOOD" not in done.stdout
