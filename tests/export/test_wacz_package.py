"""`export wacz`: a package that others' validators accept, whose WARCs are those of the archive to the byte."""

import hashlib
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from wacz_archives import NOW, Exporting, Kept
from wacz_reading import Wacz

from wparchive.store import Archive

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


def finished(archive: Archive) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for site in archive.sites() for path in site.warcs()}


def test_py_wacz_accepts_every_form(cli: Cli, kept: Kept, demo: Path, export: Exporting, programs: Path) -> None:
    """`wacz validate` reads the whole, one site, one run, one item, and what has no reading copies; our own `verify` too."""
    item = f"{kept.site}/post/{kept.edited}"
    made = [
        export(Archive(demo), name="demo.wacz"),
        export(Archive(demo), name="site.wacz", sites=("ledger-plain",)),
        export(kept.archive, name="run.wacz", run=kept.runs[-1]),
        export(kept.archive, name="item.wacz", item=item),
        export(kept.archive, name="bare.wacz", reading=False),
    ]
    for package in made:
        done = subprocess.run(
            [programs / "wacz", "validate", "-f", package.path], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{package.path.name}: {done.stdout}{done.stderr}"
        assert "Validation succeeded" in done.stdout
        cli("verify", package.path)


def test_warcs_are_in_it_to_the_byte(demo: Path, kept: Kept, export: Exporting) -> None:
    """Every finished WARC, and beside them only the reading copies."""
    for archive in (Archive(demo), kept.archive):
        warcs = export(archive).warcs()
        assert {name: data for name, data in warcs.items() if name != "reading.warc.gz"} == finished(archive)


def test_what_is_compressed_is_stored_and_the_rest_deflated(kept: Kept, export: Exporting) -> None:
    """Viewers read records out of the middle of stored files; names stand once, times and rights tell nothing."""
    package = export(kept.archive)
    assert len(package.names) == len(set(package.names))
    for name, info in package.infos.items():
        stored = name.endswith(".gz")
        assert info.compress_type == (zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED), name
        assert info.date_time == (1980, 1, 1, 0, 0, 0)
        assert info.external_attr >> 16 == 0o100644
    data = package.path.read_bytes()
    assert all(warc in data for warc in finished(kept.archive).values())


def test_the_datapackage_lists_each_file_with_its_digest(kept: Kept, export: Exporting) -> None:
    package = export(kept.archive)
    listed = {one["path"]: one for one in package.package["resources"]}
    own = {"datapackage.json", "datapackage-digest.json"}
    assert listed.keys() == package.files.keys() - own
    for path, one in listed.items():
        assert one["hash"] == f"sha256:{hashlib.sha256(package.files[path]).hexdigest()}"
        assert one["bytes"] == len(package.files[path])
        assert one["name"] == path.rpartition("/")[2].lower()
    about = package.package
    assert (about["profile"], about["wacz_version"]) == ("data-package", "1.1.1")
    assert about["created"] == about["modified"] == "2026-11-27T12:00:30Z"
    assert about["mainPageUrl"] == "https://wparchive.invalid/"
    assert about["mainPageDate"] == package.pages[0]["ts"]
    digest = hashlib.sha256(package.files["datapackage.json"]).hexdigest()
    assert package.digest == {"path": "datapackage.json", "hash": f"sha256:{digest}"}


def test_the_index_leads_to_every_capture(kept: Kept, export: Exporting, programs: Path) -> None:
    """Sorted, each with its place; the same captures as an indexer of others writes, but for answers that say "not modified"."""
    package = export(kept.archive)
    lines = package.lines()
    assert [(key, stamp) for key, stamp, _ in lines] == sorted((key, stamp) for key, stamp, _ in lines)
    starts = {(record.file, record.offset): record for record in package.records()}
    for _, _, fields in lines:
        assert starts[fields["filename"], int(fields["offset"])].url == fields["url"]
    unchanged = {one.offset for one in starts.values() if one.kind == "response" and b" 304 " in one.block[:20]}
    assert unchanged
    warcs = [path for site in kept.archive.sites() for path in site.warcs()]
    done = subprocess.run([programs / "cdxj-indexer", "-s", *warcs], capture_output=True, text=True, check=True)
    stated = (line.split(" ", 2) for line in done.stdout.splitlines())
    theirs = {
        (key, stamp, json.loads(about)["offset"]) for key, stamp, about in stated if '"status": "304"' not in about
    }
    assert theirs == {
        (key, stamp, fields["offset"]) for key, stamp, fields in lines if "reading" not in fields["filename"]
    }


def test_the_same_archive_gives_the_same_bytes(kept: Kept, export: Exporting) -> None:
    """At another time only what states when the package was made differs."""
    one, same, later = (
        export(kept.archive, name=name, now=now)
        for name, now in (("a.wacz", NOW), ("b.wacz", NOW), ("c.wacz", NOW + timedelta(days=1)))
    )
    assert one.path.read_bytes() == same.path.read_bytes()
    differing = {name for name in one.files if one.files[name] != later.files[name]}
    assert differing == {"datapackage.json", "datapackage-digest.json"}


def test_one_run_brings_what_its_revisits_refer_to(kept: Kept, export: Exporting) -> None:
    """Its files whole, other records cut out to the byte; nothing that is referred to is missing."""
    package = export(kept.archive, run=kept.runs[-1])
    whole = finished(kept.archive)
    (own,) = {name for name in package.warcs() if name in whole}
    assert package.warcs()[own] == whole[own]
    records = list(package.records())
    ids = {record.id for record in records}
    revisits = [record for record in records if record.kind == "revisit"]
    assert revisits
    assert {record.refers_to for record in revisits} <= ids
    is_cut_of(package, whole)


def test_one_item_brings_its_captures_alone(kept: Kept, export: Exporting) -> None:
    """Each version that was seen, gapless and to the byte; no file stands in it whole."""
    item = f"{kept.site}/post/{kept.edited}"
    package = export(kept.archive, item=item)
    assert package.warcs().keys() == {"records.warc.gz", "reading.warc.gz"}
    wanted = {row[0] for row in kept.rows("SELECT capture FROM versions WHERE item = ?", item)}
    held = {record.id.strip("<>") for record in package.records("records.warc.gz")}
    assert len(wanted) == 3
    assert wanted <= held
    is_cut_of(package, finished(kept.archive))
    copies = package.reading()[f"https://wparchive.invalid/{item}"]
    assert ["Eleven" in copies[1], "Fourteen" in copies[2]] == [True, True]
    (own,) = {row[0] for row in kept.rows("SELECT final_url FROM pages WHERE item = ?", item)}
    assert {page["url"] for page in package.pages[1:]} == {f"https://wparchive.invalid/{item}", own}
    assert all(page["title"].endswith("(the page itself)") for page in package.pages[1:] if page["url"] == own)


def is_cut_of(package: Wacz, whole: dict[str, bytes]) -> None:
    """Every member of records.warc.gz stands somewhere in the archive, and the members are all there is in it."""
    records, data = list(package.records("records.warc.gz")), package.warcs()["records.warc.gz"]
    starts = [record.offset for record in records]
    assert starts[0] == 0
    for begin, end in zip(starts, [*starts[1:], len(data)], strict=True):
        assert any(data[begin:end] in other for other in whole.values())
    assert len({record.id for record in records}) == len(records)


def test_an_attachment_brings_its_file(kept: Kept, export: Exporting) -> None:
    ((item, url),) = kept.rows(
        "SELECT media_item, url FROM media_files WHERE sha256 IS NOT NULL AND role = 'original' LIMIT 1"
    )
    package = export(kept.archive, item=item)
    assert url in {record.url for record in package.records("records.warc.gz") if record.kind == "response"}


def test_evidence_is_the_seals_without_what_is_for_their_owner(kept: Kept, export: Exporting, tmp_path: Path) -> None:
    """The files of the seals, flat and to the byte; settings, hidden lines and what links lead to stay here."""

    folder = Path(shutil.copytree(kept.folder, tmp_path / "own"))
    seals = folder / "seals"
    shutil.rmtree(seals, ignore_errors=True)
    outside = tmp_path / "outside"
    outside.write_bytes(b"PLANTED-OUTSIDE")
    public = {
        "log": b'{"type":"log"}\n',
        "allowed_signers": b"a",
        "000001/checkpoint": b"one",
        "000001/checkpoint.sig": b"sig",
        "000001/freetsa.tsr": b"\x30\x00",
        "authorities/freetsa.pem": b"pem",
    }
    private = {
        "settings.toml": b"PLANTED-SETTINGS",
        "private/entries": b"PLANTED-ENTRY",
        ".lock": b"PLANTED-LOCK",
        "000002.new/checkpoint": b"PLANTED-UNFINISHED",
    }
    for name, data in {**public, **private}.items():
        (seals / name).parent.mkdir(parents=True, exist_ok=True)
        (seals / name).write_bytes(data)
    (seals / "linked").symlink_to(outside)
    (seals / "000003").symlink_to(tmp_path)
    package = export(Archive(folder))
    evidence = {name: data for name, data in package.files.items() if name.startswith("evidence/")}
    assert evidence == {
        "evidence/log.txt": public["log"],
        "evidence/allowed_signers.txt": public["allowed_signers"],
        "evidence/000001-checkpoint.txt": public["000001/checkpoint"],
        "evidence/000001-checkpoint.sig": public["000001/checkpoint.sig"],
        "evidence/000001-freetsa.tsr": public["000001/freetsa.tsr"],
        "evidence/authorities-freetsa.pem": public["authorities/freetsa.pem"],
    }
    for word in (*private.values(), outside.read_bytes()):
        assert word not in package.everything()
