"""Evidence packages: what `verify.sh` and `wparchive verify PACKAGE` say of honest ones, and of those that were tampered with.

Each case is tried as it was done, when the list of files refuses it, and with that list fitted and signed by the archive's
own key, when what lies behind it must.
"""

import re
import shutil
import warnings
import zipfile
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest
from evidence_archives import NAMESPACES, Evidence
from package_tampering import CASES, Case, Package, run_shell

from wparchive.audit import Tally
from wparchive.audit.packages.verify_packages import verify_package
from wparchive.audit.seals.trust import OWN_WORD, Trust

Packing = Callable[..., Path]


@pytest.fixture
def trusted(evidence: Evidence) -> tuple[Path, Path]:
    """An auditor's own allowed signers and certificates."""
    return evidence.desk.signers(options=NAMESPACES), evidence.desk.authorities.ca


@pytest.fixture
def packaged(evidence: Evidence, packing: Packing, tmp_path: Path) -> Callable[..., Package]:
    """`packaged("fresh")`: a package of that post of the archive, to be altered."""

    def made(kind: str = "fresh", **options: bool) -> Package:
        key = f"post/{getattr(evidence, kind)}"
        return Package(packing(key, tmp_path / f"package {len(list(tmp_path.iterdir()))}", **options), evidence)

    return made


def codes(package: Package, trust: Trust = OWN_WORD) -> set[str]:
    """The codes of what `wparchive verify PACKAGE` finds."""
    return {one.code for one in verify_package(package.place, Tally(), trust)}


def refused(package: Package, *trusted: Path) -> str:
    """Why `verify.sh` refuses a package; it must."""
    done = run_shell(package, *trusted)
    assert done.returncode == 1, f"{done.stdout}\n{done.stderr}"
    assert "ALL GOOD" not in done.stdout
    last = done.stderr.splitlines()[-1]
    assert last.startswith("REFUSED"), done.stderr
    return last


def passed(package: Package, *trusted: Path, shell: str = "dash") -> str:
    """The last line of what `verify.sh` says of a good package."""
    done = run_shell(package, *trusted, shell=shell)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stderr == ""
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("name", CASES)
def test_the_list_of_files_shows_any_change(name: str, packaged: Callable[..., Package]) -> None:
    """As it was done, without a word in SHA256SUMS: something is other than listed."""
    package = packaged(CASES[name].kind)
    CASES[name].does(package)
    found = refused(package)
    assert re.search("not as SHA256SUMS says|other files than SHA256SUMS lists", found), found
    if name in ("p01_text", "p07_readable_text", "p20_vanishing_left_out", "q06_file_added"):
        assert codes(package) & {"package-files", "package-sums"}


@pytest.mark.parametrize("name", CASES)
def test_the_proofs_answer_when_the_list_fits(
    name: str, packaged: Callable[..., Package], trusted: tuple[Path, Path]
) -> None:
    """With the list fitted and signed by the archive's own key; of the exporter's choice what to show nothing speaks."""
    case: Case = CASES[name]
    package = packaged(case.kind)
    case.does(package)
    package.refit()
    signers, ca = trusted
    if not case.shell:
        assert passed(package, *trusted).startswith("ALL GOOD")
        assert codes(package, Trust((), signers, ca)) == set()
        return
    assert case.shell in refused(package, *trusted)
    assert case.code in codes(package, Trust((), signers, ca) if case.own else OWN_WORD)


@pytest.mark.parametrize("name", ["p20_vanishing_left_out", "p21_packed_anew"])
def test_what_to_show_is_the_makers_word_alone(
    name: str, packaged: Callable[..., Package], trusted: tuple[Path, Path]
) -> None:
    """A list that was fitted isn't what the maker signed; without a signature it is nobody's, and that is said."""
    case = CASES[name]
    package = packaged(case.kind)
    case.does(package)
    package.sums()
    assert "SHA256SUMS.sig: " in refused(package)
    assert codes(package) == {"package-signature"}
    (package.place / "SHA256SUMS.sig").unlink()
    assert "SHA256SUMS isn't signed" in passed(package)
    assert "SHA256SUMS: nobody signed it" in refused(package, *trusted)
    assert codes(package, Trust((), trusted[0])) == {"package-signature"}


@pytest.mark.parametrize("kind", ["edited", "deleted", "fresh", "revised"])
def test_an_honest_package_passes(kind: str, packaged: Callable[..., Package], trusted: tuple[Path, Path]) -> None:
    """With an auditor's own files there is no reservation; the program says the same."""
    package = packaged(kind)
    count = len(package.rows())
    assert passed(package, *trusted) == f"ALL GOOD: {count} records as they were sealed"
    tally = Tally()
    assert list(verify_package(package.place, tally, Trust((), *trusted))) == []
    assert tally.records == count


@pytest.mark.parametrize("shell", ["dash", "busybox sh", "bash"])
def test_every_shell_gives_the_same_answer(shell: str, packaged: Callable[..., Package]) -> None:
    """From another folder than its own, in a place with a space in its name."""
    package = packaged()
    assert " " in str(package.place)
    assert passed(package, shell=shell) == "ALL GOOD: 8 records as they were sealed"
    CASES["p01_text"].does(package)
    package.refit()
    done = run_shell(package, shell=shell)
    assert (done.returncode, done.stderr) == (1, "REFUSED: proofs/4: it doesn't lead to its root\n")


def test_an_auditors_own_files_are_what_counts(
    packaged: Callable[..., Package], evidence: Evidence, trusted: tuple[Path, Path]
) -> None:
    """Others' keys and others' certificates refuse an honest package."""
    package, (signers, ca) = packaged(), trusted
    for_git = evidence.desk.signers(options='namespaces="git"')
    rogue = evidence.desk.authorities.signers["rogue"].root
    past = evidence.desk.signers(options=f'{NAMESPACES},valid-before="20200101"')
    assert "SHA256SUMS.sig: " in refused(package, for_git, ca)
    assert "SHA256SUMS.sig: " in refused(package, past, ca)
    assert "not a good time stamp" in refused(package, signers, rogue)
    assert codes(package, Trust((), for_git, ca)) == {"package-signature"}
    assert codes(package, Trust((), signers, rogue)) == {"package-token"}
    assert "no such file" in refused(package, Path("/nowhere"), ca)


# What `verify.sh` reads, and what may stand there.
INJECTED = "a[$(touch PWNED)]"
HOSTILE = (
    *(
        "$(touch PWNED)",
        "`touch PWNED`",
        "1;touch PWNED",
        "../../PWNED",
        "/etc/passwd",
        "*",
        "-e",
        "-",
        "",
        "07",
        "0x10",
    ),
    *("-1", "9" * 15, "9" * 40, "1\n2", "x" * 70_000),
)


def bare(package: Package) -> None:
    """Take the signatures and stamps away, which take most of the time to check."""
    for name in ("SHA256SUMS.sig", "seals/000002/checkpoint.sig", "seals/000002/one.tsr"):
        (package.place / name).unlink()


def test_no_field_of_a_table_is_run_or_followed(packaged: Callable[..., Package], tmp_path: Path) -> None:
    """Each field is a plain number or the name of a file that is listed; anything else is refused, and nothing happens."""
    package, values = packaged(), cycle(HOSTILE)
    bare(package)
    package.with_body()
    for table in ("records.tsv", "bodies.tsv", "items.tsv"):
        held, rows = package.read(table), package.rows(table)
        for column in range(len(rows[0])):
            for value in (INJECTED, next(values), next(values)):
                row = [*rows[0][:column], value, *rows[0][column + 1 :]]
                package.write(table, "".join("\t".join(one) + "\n" for one in (row, *rows[1:])).encode())
                package.sums()
                refused(package)
                assert codes(package), f"{table} {column} {value[:20]!r}"
        package.write(table, held)
    assert not [*tmp_path.rglob("*PWNED*"), *Path("/").glob("*PWNED*")]


def test_no_line_of_a_proof_is_run(packaged: Callable[..., Package], tmp_path: Path) -> None:
    """Index, path, size and root."""
    package, values = packaged(), cycle(one for one in HOSTILE if one)
    bare(package)
    lines = package.read("proofs/1").split(b"\n")
    for at in (1, 2, len(lines) - 3, len(lines) - 2):
        for value in (INJECTED, next(values), next(values)):
            prefix = b"index " if at == 1 else b""
            package.write("proofs/1", b"\n".join([*lines[:at], prefix + value.encode(), *lines[at + 1 :]]))
            package.sums()
            refused(package)
            assert "package-proof" in codes(package), (at, value)
    assert not [*tmp_path.rglob("*PWNED*"), *Path("/").glob("*PWNED*")]


@pytest.mark.parametrize("name", ["a b", "$(touch PWNED)", "x\n./item.json", "über"])
def test_odd_names_are_refused(name: str, packaged: Callable[..., Package]) -> None:
    """No file of a package is called so; a name of two lines could hide behind two others."""
    package = packaged()
    package.write(f"seals/000002/{name}", b"")
    package.refit()
    assert re.search("odd name|other files|no file", refused(package))
    assert codes(package)


@pytest.mark.parametrize("line", ["item.json", "SHA256 (item.json) = " + "0" * 64, "0" * 64 + " *item.json"])
def test_a_list_has_digests_alone(line: str, packaged: Callable[..., Package]) -> None:
    """`sha256sum -c` passes over lines that it can't read, and takes other forms."""
    package = packaged()
    package.swap("item.json", b"It came later.", b"It came sooner")
    lines = package.read("SHA256SUMS").decode().splitlines()
    package.write("SHA256SUMS", "".join(f"{line if one.endswith('  item.json') else one}\n" for one in lines).encode())
    (package.place / "SHA256SUMS.sig").unlink()
    assert refused(package) == "REFUSED: SHA256SUMS: a line of it names no file"
    assert "package-files" in codes(package)


def test_symbolic_links_are_refused(packaged: Callable[..., Package], tmp_path: Path) -> None:
    """Even one to the same bytes."""
    package = packaged()
    elsewhere = tmp_path / "elsewhere.json"
    (package.place / "item.json").rename(elsewhere)
    (package.place / "item.json").symlink_to(elsewhere)
    assert "no plain file" in refused(package)
    assert "package-files" in codes(package)


def test_each_file_is_needed_and_none_may_be_empty(packaged: Callable[..., Package]) -> None:
    """With the list fitted; without a signature or a stamp, that it lacks one is said."""
    package = packaged()
    bare(package)
    (commitment,) = (path for path in (package.place / "commitments").iterdir() if path.suffix == "")
    committed = f"commitments/{commitment.name}"
    tables = ("records.warc.gz", "records.tsv", "items.tsv", "item.json", committed, f"{committed}.tlog-proof")
    for name in (*tables, "proofs/1", "entries/5", "entries/5.tlog-proof", "seals/000002/checkpoint"):
        held = package.read(name)
        (package.place / name).unlink()
        package.sums()
        refused(package)
        package.write(name, b"")
        package.sums()
        assert codes(package), name
        refused(package)
        package.write(name, held)
    package.sums()
    for lacking in ("SHA256SUMS isn't signed", "seals/000002 isn't stamped", "seals/000002/checkpoint isn't signed"):
        assert lacking in passed(package)


def test_terminals_get_plain_letters_alone(packaged: Callable[..., Package]) -> None:
    """Names in the package's own list of signers may have any bytes in them."""
    package = packaged()
    package.swap("allowed_signers", b"desk@example.org", b"desk\\033[31m\x1b[2J@example.org")
    package.refit()
    done = run_shell(package)
    assert "\x1b" not in done.stdout + done.stderr


def test_a_zip_is_the_same_package(evidence: Evidence, tmp_path: Path, packaged: Callable[..., Package]) -> None:
    """Unpacked it has the same files; what was put into the zip besides is found."""
    place = evidence.package(tmp_path / "p.zip", f"post/{evidence.fresh}")
    assert {one.code for one in verify_package(place, Tally())} == set()
    with zipfile.ZipFile(place) as packed:
        names = {name for name in packed.namelist() if not name.endswith("/")}
        packed.extractall(tmp_path / "unpacked")
    folder = packaged().place
    assert names == {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert passed(Package(tmp_path / "unpacked", evidence)).startswith("ALL GOOD")
    for name in ("more.txt", "item.json", "../outside"):
        more = tmp_path / "more.zip"
        shutil.copy(place, more)
        with warnings.catch_warnings(), zipfile.ZipFile(more, "a") as packed:
            warnings.simplefilter("ignore")
            packed.writestr(name, b"{}")
        assert "package-files" in {one.code for one in verify_package(more, Tally())}, name
