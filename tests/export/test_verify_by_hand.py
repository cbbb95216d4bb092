"""VERIFY.txt followed to the letter: each command of it, in a plain shell, with nothing but the package."""

import re
import subprocess
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

from evidence_archives import Evidence

from wparchive.seal.proof.checkpoint import Proof, to_base64
from wparchive.seal.proof.tree import leaf_hash

Packing = Callable[..., Path]


def followed(place: Path, values: dict[str, str]) -> str:
    """What the commands of VERIFY.txt print, with the names that the package has; none may fail."""
    text = (place / "VERIFY.txt").read_text()
    lines = [
        line[5:]
        for line in text.splitlines()
        if re.match(r" {5}\S", line) and not re.match(r" {5}(if|else|in both)\b", line)
    ]
    commands = [re.sub(r" {3,}\(.*\)$", "", line) for line in lines]
    for name, value in values.items():
        commands = [re.sub(rf"(^|[ ;]){name}=[^\s;$]+(?=[\s;]|$)", rf"\g<1>{name}={value}", line) for line in commands]
    script = "set -eu\n" + "\n".join(commands) + "\n"
    done = subprocess.run(["sh", "-c", script], cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_a_person_comes_to_the_same_answer(packing: Packing, evidence: Evidence, tmp_path: Path) -> None:
    """Signatures, stamp, the leaf of an entry and of a record, a text at its place; and nothing is left in the package."""
    place = packing(f"post/{evidence.fresh}", tmp_path / "package")
    before = sorted(place.rglob("*"))
    (commitment,) = (path for path in (place / "commitments").iterdir() if path.suffix == "")
    names = {"SEAL": "seals/000002", "NAME": "one", "K": "5", "N": "4"} | {"C": f"commitments/{commitment.name}"}
    said = followed(place, names)
    assert said.count('Good "wparchive-package" signature for desk@example.org') == 1
    assert said.count('Good "wparchive" signature for desk@example.org') == 1
    assert "Verification: OK" in said or "GMT" in said
    entry = (place / "entries" / "5").read_bytes()
    assert f"\n{to_base64(leaf_hash(entry))}\n" in said
    proof = Proof.parse((place / "proofs" / "4").read_bytes())
    leaves = re.findall(r"^[A-Za-z0-9+/]{43}=$", said, re.MULTILINE)
    held = Proof.parse(commitment.with_name(f"{commitment.name}.tlog-proof").read_bytes())
    assert any(held.holds(b64decode(leaf)) for leaf in leaves)
    assert any(proof.holds(b64decode(leaf)) for leaf in leaves)
    assert f'{{"id":{evidence.fresh},' in said
    assert sorted(place.rglob("*")) == before


def test_one_item_alone_too(packing: Packing, evidence: Evidence, tmp_path: Path) -> None:
    """Of the item without its page."""
    place = packing(f"post/{evidence.fresh}", tmp_path / "package", alone=True)
    said = followed(place, {"SEAL": "seals/000002", "NAME": "one"})
    assert said.count("signature for desk@example.org") == 2
    proof = Proof.parse((place / "commitment.tlog-proof").read_bytes())
    assert proof.holds(leaf_hash((place / "commitment").read_bytes()))
    assert to_base64(leaf_hash((place / "commitment").read_bytes())) in said
