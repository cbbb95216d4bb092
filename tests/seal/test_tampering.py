"""Whatever is done to a sealed archive is found, and called by what it is: section 8 of the design."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from archives import World
from crawlkit import invoke
from sealkit import Desk, codes, crawled, findings, seals_of, warcs
from tampering import CASES, WEAK, forge, forged_signature, refit, refit_entry, ssh_key

from wparchive.audit import Tally
from wparchive.audit.seals.trust import Trust


@pytest.mark.parametrize("name", CASES)
def test_what_was_done_is_found(copy: Path, desk: Desk, name: str) -> None:
    case = CASES[name]
    case.does(copy, desk)
    found = codes(copy, case.trust(desk))
    assert found >= case.found, found


@pytest.mark.parametrize("name", ["a19_rogue_authority", "a20_authority_of_a_trusted_name"])
def test_an_archives_own_authorities_are_its_own_word(copy: Path, desk: Desk, name: str) -> None:
    """Without the auditor's own certificates a root that was slipped in is believed, and `verify` says whose word it is."""
    CASES[name].does(copy, desk)
    tally = Tally()
    assert codes(copy, tally=tally) == set()
    assert "(certificates by the archive's own word: give --authorities)" in tally.sealed
    assert codes(copy, CASES[name].trust(desk)) == {"seal-token"}


def test_a_forgery_with_fitting_digests_is_found_by_the_seals_alone(copy: Path) -> None:
    """That is what seals are for: all that `verify` checks besides says nothing."""
    path = warcs(copy)[0]
    before = path.stat().st_size
    forge(path, b"The harbour moves", b"The harbour smoke")
    others = [one for one in findings(copy) if one.kind != "seal"]
    assert [one for one in others if not (one.kind == "short" and path.stat().st_size < before)] == []
    assert codes(copy) == {"seal-file"}


def test_all_fitted_with_key_and_authority_is_found_by_a_head_kept_elsewhere_alone(
    copy: Path, sealed: Path, desk: Desk
) -> None:
    """A15 on the newest seal, which no run names yet: whoever has the key can tell another story of what nobody kept."""
    path = warcs(copy)[-1]
    forge(path, b"The harbour moves", b"The harbour smoke")
    refit_entry(copy, path)
    refit(copy, desk, since=3, chain=True, key=desk.key, stamped=True)
    assert codes(copy, desk.trust()) == set()
    kept = seals_of(sealed).place(3) / "checkpoint"
    assert codes(copy, desk.trust(kept)) == {"seal-expect"}
    assert codes(sealed, desk.trust(kept)) == set()


def test_the_newest_seal_and_its_file_gone(copy: Path, sealed: Path, desk: Desk) -> None:
    """A16: the capture log misses the file, and a head kept elsewhere what the log lacks; nothing else can know."""
    log = copy / "seals" / "log"
    lines = log.read_bytes().splitlines(keepends=True)
    size = seals_of(copy).all()[1].checkpoint().size
    log.write_bytes(b"".join(lines[:size]))
    shutil.rmtree(seals_of(copy).place(3))
    warcs(copy)[-1].unlink()
    found = findings(copy, desk.trust())
    assert [(one.kind, one.code) for one in found] == [("missing", "")]
    kept = seals_of(sealed).place(3) / "checkpoint"
    assert codes(copy, desk.trust(kept)) == {"seal-expect"}
    for each in ("frontier.db", "frontier.db-wal", "frontier.db-shm"):
        (copy / "two.example" / each).unlink(missing_ok=True)
    assert findings(copy, desk.trust()) == []


def test_a_file_that_was_never_sealed_is_a_note(copy: Path, desk: Desk) -> None:
    """A27: the next seal takes it, so it is no finding."""
    crawled(World(copy), "one.example")
    tally = Tally()
    assert codes(copy, desk.trust(), tally) == set()
    assert [note for note in tally.notes if "aren't sealed yet" in note]
    assert desk.seal(copy).files == 1
    tally = Tally()
    assert codes(copy, desk.trust(), tally) == set()
    assert not [note for note in tally.notes if "aren't sealed yet" in note]


def test_whose_seals_were_never_signed_or_stamped_has_no_finding(world: World, desk: Desk) -> None:
    """No key and no authority are needed: then the log alone is what others can keep a head of."""
    desk.seal(world.archive.root, key=None, identity="", authorities=())
    tally = Tally()
    assert codes(world.archive.root, tally=tally) == set()
    assert tally.sealed == "1 seals of 1 WARCs; signed by nobody whom we know; not stamped"


def test_who_names_signers_and_authorities_wants_their_word(world: World, desk: Desk) -> None:
    """Otherwise whoever throws signatures and stamps away, and every line that tells of them, would pass."""
    desk.seal(world.archive.root, key=None, identity="", authorities=())
    assert codes(world.archive.root, Trust((), desk.signers(), None)) == {"seal-unsigned"}
    assert codes(world.archive.root, Trust((), None, desk.authorities.ca)) == {"seal-token"}


def test_openssh_calls_a_signature_by_a_weak_key_good_for_every_text(tmp_path: Path) -> None:
    """Which is why such keys are refused by a table: A30. An OpenSSH that refuses them itself is as well."""
    signers, signature = tmp_path / "signers", tmp_path / "text.sig"
    signers.write_text(f"desk@example.org {ssh_key(WEAK)}\n")
    signature.write_bytes(forged_signature())
    how = ["-n", "wparchive", "-f", signers, "-I", "desk@example.org", "-s", signature]
    said = [
        subprocess.run(["ssh-keygen", "-Y", "verify", *how], input=text, capture_output=True, check=False)
        for text in (b"one text", b"another")
    ]
    assert len({one.returncode for one in said}) == 1
    if said[0].returncode == 0:
        assert b"Good" in said[0].stdout


def test_the_command_says_the_codes_and_ends_with_4(copy: Path, sealed: Path, desk: Desk) -> None:
    """In JSON each finding has its code, on the terminal a line begins with it; an honest archive ends with 0."""
    head = seals_of(sealed).place(3) / "checkpoint"
    own = ["--signers", desk.signers(), "--authorities", desk.authorities.ca, "--expect", head]
    said = json.loads(invoke("verify", "-a", sealed, *own, "--json").stdout)
    assert said["findings"] == []
    assert said["sealed"].startswith("3 seals of 4 WARCs; signed by desk@example.org; last stamped 2")
    warcs(copy)[0].unlink()
    said = json.loads(invoke("verify", "-a", copy, *own, "--json", code=4).stdout)
    assert ("seal", "seal-gone") in {(one["kind"], one["code"]) for one in said["findings"]}
    assert "\nseal-gone: one.example/warc/" in invoke("verify", "-a", copy, code=4).stdout


@pytest.mark.parametrize(
    ("option", "content", "why"),
    [
        ("--expect", None, "can't be read (No such file or directory)"),
        ("--expect", b"wparchive/abc\n3\n", "no checkpoint; name a copy of a seals/NUMBER/checkpoint"),
        ("--expect", b"\xff\xfe", "no checkpoint"),
        ("--signers", None, "can't be read"),
        ("--authorities", None, "can't be read"),
    ],
)
def test_what_an_auditor_names_must_be_there(
    sealed: Path, tmp_path: Path, option: str, content: bytes | None, why: str
) -> None:
    """One line and exit 2, before any WARC is read: never passed over in silence."""
    file = tmp_path / "kept"
    if content is not None:
        file.write_bytes(content)
    said = invoke("verify", "-a", sealed, option, file, code=2).stderr
    assert why in said
    assert said.count("\n") == 1
