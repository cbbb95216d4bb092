"""What an auditor names must be borne out: that nothing contradicts it is not enough, and an index must lead where it says."""

import gzip
import hashlib
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from crawlkit import invoke

from wparchive.audit.finding import Tally
from wparchive.audit.packages.verify_packages import verify_package
from wparchive.audit.seals.trust import Trust
from wparchive.audit.verify import verify
from wparchive.store import Archive


class Audited:
    """A sealed archive, a WACZ and a package of it, and the files of an auditor."""

    def __init__(self, folder: Path) -> None:
        key = folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        self.archive = folder / "archive"
        invoke("demo", self.archive, "--silent")
        invoke("seal", "-a", self.archive, "--key", key, "--identity", "desk@example.org", "--silent")
        kind, public, *_ = key.with_suffix(".pub").read_text().split()
        (folder / "signers").write_text(f"desk@example.org {kind} {public}\n")
        (folder / "ca.pem").write_text("")
        self.signers, self.authorities = Trust(signers=folder / "signers"), Trust(authorities=folder / "ca.pem")
        self.wacz, self.package = folder / "archive.wacz", folder / "item.zip"
        invoke("export", "wacz", "-a", self.archive, "-o", self.wacz, "--silent")
        site = Archive(self.archive).sites()[0].name
        invoke("export", "--item", f"{site}/post/7", "-a", self.archive, "-o", self.package, "--silent")


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    return Audited(tmp_path_factory.mktemp("audited"))


def codes(path: Path, trust: Trust, tally: Tally | None = None) -> set[str]:
    return {finding.code for finding in verify_package(path, tally or Tally(), trust)}


def refitted(wacz: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Copy a WACZ with other files, and with lists and digests that fit them."""
    with zipfile.ZipFile(wacz) as source:
        held = {name: source.read(name) for name in source.namelist()}
    change(held)
    package = json.loads(held["datapackage.json"])
    package["resources"] = [
        {
            "name": name.rpartition("/")[2],
            "path": name,
            "bytes": len(data),
            "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
        }
        for name, data in held.items()
        if not name.startswith("datapackage")
    ]
    held["datapackage.json"] = json.dumps(package).encode()
    digest = hashlib.sha256(held["datapackage.json"]).hexdigest()
    held["datapackage-digest.json"] = json.dumps({"path": "datapackage.json", "hash": f"sha256:{digest}"}).encode()
    with zipfile.ZipFile(target, "w") as made:
        for name, data in held.items():
            made.writestr(name, data)
    return target


def without_seals(held: dict[str, bytes]) -> None:
    for name in [one for one in held if one.startswith("evidence/")]:
        del held[name]


def with_an_unsealed_warc(held: dict[str, bytes]) -> None:
    name, other = (
        next(one for one in held if one.startswith("archive/wparchive-")),
        "wparchive-more-20260301120000-00000.warc.gz",
    )
    held[f"archive/{other}"] = held[name]
    lines = gzip.decompress(held["indexes/index.cdx.gz"])
    own = name.partition("/")[2].encode()
    more = [line.replace(own, other.encode()) for line in lines.splitlines() if own in line]
    held["indexes/index.cdx.gz"] = gzip.compress(lines + b"\n".join(more) + b"\n")


def with_two_places_swapped(held: dict[str, bytes]) -> None:
    lines = gzip.decompress(held["indexes/index.cdx.gz"]).splitlines()
    first, second = lines[:2]
    one, other = (json.loads(line[line.index(b"{") :]) for line in (first, second))
    one["url"], other["url"] = other["url"], one["url"]
    lines[:2] = [
        line[: line.index(b"{")] + json.dumps(value).encode() for line, value in ((first, one), (second, other))
    ]
    held["indexes/index.cdx.gz"] = gzip.compress(b"\n".join(lines) + b"\n")


CASES: Mapping[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "without seals": (without_seals, "package-seal"),
    "with a WARC that no seal names": (with_an_unsealed_warc, "package-warc"),
    "with an index that leads elsewhere": (with_two_places_swapped, "package-index"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wacz_is_refused_where_a_signer_was_named(case: str, audited: Audited, tmp_path: Path) -> None:
    change, code = CASES[case]
    assert code in codes(refitted(audited.wacz, tmp_path / "made.wacz", change), audited.signers)


def test_an_honest_wacz_and_an_honest_package_are_not(audited: Audited) -> None:
    assert codes(audited.wacz, audited.signers) == set()
    assert codes(audited.package, audited.signers) == set()


def test_what_nobody_stamped_is_refused_where_an_authority_was_named(audited: Audited, tmp_path: Path) -> None:
    """By both programs."""
    assert "package-token" in codes(audited.package, audited.authorities)
    shutil.unpack_archive(audited.package, tmp_path / "package")
    script, ca = tmp_path / "package" / "verify.sh", audited.authorities.authorities
    done = subprocess.run(["sh", script, audited.signers.signers, ca], capture_output=True, text=True, check=False)
    assert done.returncode
    assert "none of your authorities" in done.stderr


def test_a_head_that_cannot_be_compared_bears_nothing_out(audited: Audited, tmp_path: Path) -> None:
    """A second history of the same name would pass otherwise: the package has another size than the head that was kept."""
    invoke("seal", "--note", "later", "-a", audited.archive, "--silent")
    head = tmp_path / "head"
    shutil.copy(audited.archive / "seals" / "000002" / "checkpoint", head)
    assert "package-expect" in codes(audited.package, Trust(expect=(head,)))


def test_another_script_than_ours_is_told(audited: Audited, tmp_path: Path) -> None:
    shutil.unpack_archive(audited.package, tmp_path / "package")
    (tmp_path / "package" / "verify.sh").write_text("echo ALL GOOD\n")
    tally = Tally()
    codes(tmp_path / "package", Trust(), tally)
    assert any("read it before you run it" in note for note in tally.notes)


def test_an_archive_without_seals_is_nobodys_word(audited: Audited, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(audited.archive, tmp_path / "archive"))
    shutil.rmtree(folder / "seals")
    assert "seal-missing" in {one.code for one in verify(Archive(folder), Tally(), audited.signers)}
    assert list(verify(Archive(folder), Tally())) == []


def test_a_removal_is_told_to_the_auditor(audited: Audited, tmp_path: Path) -> None:
    """That a story was taken out shows wherever the rest is called sound: when, how much, why."""
    folder = Path(shutil.copytree(audited.archive, tmp_path / "archive"))
    site = Archive(folder).sites()[0].name
    invoke("remove", f"{site}/post/7", "--reason", "a court's ruling", "--yes", "-a", folder, "--silent")
    tally = Tally()
    list(verify(Archive(folder), tally))
    assert any("records were removed" in note and "a court's ruling" in note for note in tally.notes)
