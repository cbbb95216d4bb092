"""Packages (WACZ): whatever is odd or wrong in one, its sound WARCs are read, and the rest is named."""

import json
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from intakekit import rows, take, unsound
from writers import answer, info, packed, post

from wparchive.errors import ExitCode

AT = "2020-03-01T00:00:00Z"


def warc(wp_id: int, how: str = "gzip") -> bytes:
    return packed([info(), answer(f"/wp-json/wp/v2/posts/{wp_id}", post(wp_id, f"T{wp_id}"), AT)], how)


def package(path: Path, members: Mapping[str, bytes], packing: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", packing) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


def ids(root: Path) -> list[int]:
    return [wp_id for (wp_id,) in rows(root, "SELECT wp_id FROM posts ORDER BY 1")]


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_package_of_packages_is_read(tmp_path: Path, packing: int) -> None:
    """A multi-WACZ that holds the ones that it names."""
    one = package(tmp_path / "one.wacz", {"archive/a.warc.gz": warc(1)}).read_bytes()
    two = package(tmp_path / "two.wacz", {"archive/b.warc": warc(2, "plain")}, zipfile.ZIP_DEFLATED).read_bytes()
    about = {"profile": "multi-wacz-package", "resources": [{"path": "one.wacz"}, {"path": "two.wacz"}]}
    every = {
        "datapackage.json": json.dumps(about).encode(),
        "one.wacz": one,
        "two.wacz": two,
        "archive/c.warc.gz": warc(3),
    }
    result = take(tmp_path / "archive", package(tmp_path / "all.wacz", every, packing))
    assert result.code is ExitCode.COMPLETE
    names = ["one.wacz#archive/a.warc.gz", "two.wacz#archive/b.warc", "archive/c.warc.gz"]
    assert [file.name for file in result.files] == [f"all.wacz#{name}" for name in names]
    assert ids(tmp_path / "archive") == [1, 2, 3]
    assert unsound(tmp_path / "archive") == []


@pytest.mark.parametrize("form", ["multi.wacz", "multi.json"])
def test_a_list_of_packages_that_lie_elsewhere_is_refused_with_their_names(tmp_path: Path, form: str) -> None:
    path = tmp_path / form
    resources = [{"path": f"https://store.example/{n}.wacz?sig=x", "hash": "sha256:0"} for n in range(7)]
    about = json.dumps({"profile": "multi-wacz-package", "resources": resources}, indent=1).encode()
    if form.endswith("json"):
        path.write_bytes(about)
    else:
        package(path, {"datapackage.json": about})
    result = take(tmp_path / "archive", path)
    assert result.code is ExitCode.USAGE
    said = result.files[0].fault
    assert "multi-WACZ" in said
    assert "https://store.example/0.wacz?sig=x" in said
    assert "2 more" in said


def test_what_is_wrong_with_one_member_keeps_no_other_from_being_read(tmp_path: Path) -> None:
    members = {
        "archive/empty.warc.gz": b"",
        "archive/page.warc.gz": b"<html>",
        "../up.warc.gz": warc(8),
        "archive/a.warc.gz": warc(1),
        "archive/b.warc.zst": warc(2, "zstd"),
    }
    result = take(tmp_path / "archive", package(tmp_path / "x.wacz", members))
    assert result.code is ExitCode.USAGE
    assert len([file for file in result.files if file.fault]) == 3
    assert ids(tmp_path / "archive") == [1, 2]


@pytest.mark.parametrize("how", ["gzip", "plain"])
@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_damage_in_a_member_is_named_and_the_others_are_read(tmp_path: Path, packing: int, how: str) -> None:
    """One bit of a member's body; the package has a checksum of each, which alone vouches for a plain WARC."""
    path = package(
        tmp_path / "x.wacz", {"a.warc": warc(1, how), "b.warc": warc(2, how), "c.warc": warc(3, how)}, packing
    )
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as made:
        start, end = made.infolist()[1].header_offset, made.infolist()[2].header_offset
    data[(start + end) // 2] ^= 0x10
    path.write_bytes(data)
    result = take(tmp_path / "archive", path)
    assert result.code is ExitCode.INCOMPLETE
    assert [bool(file.damage or file.fault) for file in result.files] == [False, True, False]
    assert {1, 3} <= set(ids(tmp_path / "archive"))


def test_a_member_whose_place_is_a_lie_is_searched_for(tmp_path: Path) -> None:
    path = package(tmp_path / "x.wacz", {"a.warc.gz": warc(1), "b.warc.gz": warc(2), "c.warc.gz": warc(3)})
    with zipfile.ZipFile(path) as made:
        second = made.infolist()[1].header_offset
    data = bytearray(path.read_bytes())
    data[second : second + 4] = b"\0\0\0\0"
    path.write_bytes(data)
    result = take(tmp_path / "archive", path)
    assert result.code is ExitCode.INCOMPLETE
    assert ids(tmp_path / "archive") == [1, 2, 3]


def test_members_that_stand_in_one_place_are_read_once(tmp_path: Path) -> None:
    """A small package could else unpack to any size."""
    path = tmp_path / "bomb.wacz"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a.warc.gz", warc(1))
        first = made.infolist()[0]
        for number in range(300):
            again = zipfile.ZipInfo(f"{number}.warc.gz")
            again.header_offset, again.CRC = first.header_offset, first.CRC
            again.file_size = again.compress_size = first.compress_size
            made.filelist.append(again)
    result = take(tmp_path / "archive", path)
    assert result.files[0].taken == 1
    assert {file.taken for file in result.files[1:]} == {0}
    assert ids(tmp_path / "archive") == [1]


def test_large_forms_and_members_of_unknown_length_are_read(tmp_path: Path) -> None:
    """zip64, and lengths behind the data, as those write who can't go back."""

    class Pipe:
        def __init__(self, path: Path) -> None:
            self._file = path.open("wb")

        def write(self, data: bytes) -> int:
            return self._file.write(data)

        def flush(self) -> None:
            self._file.flush()

        def close(self) -> None:
            self._file.close()

    path = tmp_path / "x.wacz"
    with closing(Pipe(path)) as pipe, zipfile.ZipFile(pipe, "w") as made:  # type: ignore[type-var]  # it only writes
        for number, packing in enumerate((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)):
            entry = zipfile.ZipInfo(f"{number}.warc.gz")
            entry.compress_type = packing
            with made.open(entry, "w", force_zip64=True) as member:
                member.write(warc(number + 1))
    result = take(tmp_path / "archive", path)
    assert result.code is ExitCode.COMPLETE
    assert ids(tmp_path / "archive") == [1, 2]
