"""The files of a real site: what lies in WordPress's uploads folder, what `media_files` says, and what stands in the WARCs
are one and the same, by every policy.
"""

import hashlib
import html
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from lab_site import Lab, LogLine
from public_content import MEDIA
from site_reader import walk
from third_party import check_cdxj, check_warcs

SIZE = "small"
CONTENT = ("/wp/v2/posts", "/wp/v2/pages", "/wp/v2/books", "/lab/v1/events")
UPLOADS = "/wp-content/uploads/"
_FILES = """
$out = [];
foreach (get_posts(['post_type' => 'attachment', 'numberposts' => -1, 'post_status' => 'inherit']) as $file) {
    $meta = wp_get_attachment_metadata($file->ID) ?: [];
    $shown = get_attached_file($file->ID);
    $sizes = array_map(fn($size) => dirname($shown) . '/' . $size['file'], array_values($meta['sizes'] ?? []));
    $original = wp_attachment_is_image($file->ID) ? wp_get_original_image_path($file->ID) : $shown;
    $out[$file->ID] = ['original' => $original, 'shown' => $shown, 'sizes' => $sizes];
}
echo json_encode(['base' => wp_upload_dir()['basedir'] . '/', 'files' => $out]);
"""


@dataclass(frozen=True)
class Disk:
    """What WordPress has: of each public attachment its files, by their names below the uploads folder."""

    base: Path
    originals: frozenset[str]
    shown: dict[int, str]
    every: frozenset[str]

    @classmethod
    def of(cls, lab: Lab) -> "Disk":
        said = json.loads(lab.php(_FILES))
        base, public = Path(said["base"]), lab.ids(f"SELECT file.ID {MEDIA}")
        files = {int(number): one for number, one in said["files"].items() if int(number) in public}

        def name(path: str) -> str:
            return str(Path(path).relative_to(base))

        originals = {name(one["original"]) for one in files.values()}
        every = originals | {name(path) for one in files.values() for path in (one["shown"], *one["sizes"])}
        shown = {number: name(one["shown"]) for number, one in files.items()}
        return cls(base, frozenset(originals), shown, frozenset(every))

    def digest(self, name: str) -> tuple[int, str]:
        data = (self.base / name).read_bytes()
        return len(data), hashlib.sha256(data).hexdigest()

    def there(self, names: frozenset[str]) -> set[str]:
        return {name for name in names if (self.base / name).is_file()}


def used(lab: Lab, form: str, disk: Disk) -> frozenset[str]:
    """Originals, what public content points at, and featured images in full; read without the program."""
    names = set(disk.originals)
    for route in CONTENT:
        for item in walk(lab, form, route)[1]:
            text = "".join(item[part]["rendered"] for part in ("content", "excerpt") if part in item)
            found = re.findall(rf"{UPLOADS}([^\"'\s?#)]+)", html.unescape(text))
            names |= {unquote(name) for name in found} & disk.every
            featured = disk.shown.get(item.get("featured_media", 0))
            if featured:
                names.add(featured)
    return frozenset(names)


def rows(folder: Path) -> dict[str, tuple[Any, ...]]:
    """media_files by name below the uploads folder."""
    with closing(sqlite3.connect(f"file:{folder / 'archive.db'}?mode=ro", uri=True)) as db:
        found = db.execute("SELECT url, status, problem, bytes, sha256 FROM media_files").fetchall()
    return {unquote(urlsplit(url).path).partition(UPLOADS)[2]: tuple(rest) for url, *rest in found}


def in_warcs(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Of each file what its WARC record says its payload digest is, and what it is; read with FastWARC."""
    stated, counted = {}, {}
    for path in folder.glob("*/warc/*.warc.gz"):
        for record in ArchiveIterator(str(path), WarcRecordType.response, parse_http=True):
            place = unquote(urlsplit(record.headers["WARC-Target-URI"]).path)
            if UPLOADS in place and record.http_headers.status_code == 200:
                name = place.partition(UPLOADS)[2]
                stated[name] = record.headers["WARC-Payload-Digest"].removeprefix("sha256:")
                counted[name] = hashlib.sha256(record.reader.read()).hexdigest()
    return stated, counted


def of_files(log: list[LogLine]) -> list[LogLine]:
    return [line for line in log if line.target.startswith(UPLOADS)]


@pytest.mark.parametrize(
    ("form", "policy"),
    [("pretty", policy) for policy in ("none", "originals", "used", "all")]
    + [("plain", "originals"), ("plain", "all")],
)
def test_every_policy_holds_what_lies_on_the_disk(
    small: Lab, cli: Callable[..., Any], tmp_path: Path, form: str, policy: str
) -> None:
    disk = Disk.of(small)
    wanted = {
        "none": frozenset[str](),
        "originals": disk.originals,
        "used": used(small, form, disk) if policy == "used" else frozenset[str](),
        "all": disk.every,
    }[policy]
    mark = small.log_mark()
    cli("crawl", small.url(form), "-a", tmp_path, "--media", policy, "--pages", "none", "--no-inventory")
    found = rows(tmp_path)
    assert set(found) == wanted
    there = disk.there(wanted)
    expected = {name: disk.digest(name) for name in there}
    assert {name: row[2:] for name, row in found.items() if row[1] is None} == expected
    assert {name: row[:2] for name, row in found.items() if row[1]} == dict.fromkeys(wanted - there, (404, "missing"))
    stated, counted = in_warcs(tmp_path)
    assert stated == counted == {name: digest for name, (_, digest) in expected.items()}
    assert len(of_files(small.log_since(mark))) == len(wanted)  # one request a file
    if policy != "none":
        assert wanted
        warcs = sorted(tmp_path.glob("*/warc/*.warc.gz"))
        check_warcs(warcs)
        check_cdxj(cli("export", "cdxj", "-a", tmp_path).stdout, warcs)


def test_an_unchanged_library_transfers_nothing(small: Lab, cli: Callable[..., Any], tmp_path: Path) -> None:
    """Asked for again, every file is a 304; a light run doesn't even ask."""
    cli("crawl", small.pretty, "-a", tmp_path, "--pages", "none", "--no-inventory", "--media", "all")
    before = rows(tmp_path)
    mark = small.log_mark()
    cli("crawl", small.pretty, "-a", tmp_path, "--pages", "none", "--no-inventory", "--media", "all")
    assert of_files(small.log_since(mark)) == []
    mark = small.log_mark()
    cli("crawl", small.pretty, "-a", tmp_path, "--pages", "none", "--no-inventory", "--media", "all", "--full")
    log = of_files(small.log_since(mark))
    good = sum(row[1] is None for row in before.values())
    assert len(log) == len(before)
    assert sum(line.status == 304 for line in log) == good
    assert rows(tmp_path) == before
    with closing(sqlite3.connect(tmp_path / "archive.db")) as db:
        query = (
            "SELECT coalesce(sum(payload_size), 0) FROM captures WHERE kind = 'file' AND status = 304"
            " AND run = (SELECT max(run) FROM runs)"
        )
        assert db.execute(query).fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM observations").fetchone() == (0,)


def test_a_replaced_file_is_observed(small: Lab, cli: Callable[..., Any], tmp_path: Path) -> None:
    """As plug-ins do it: other bytes at the same URL, nothing else changes."""
    disk = Disk.of(small)
    cli("crawl", small.pretty, "-a", tmp_path, "--pages", "none", "--no-inventory")
    name = sorted(disk.there(disk.originals & set(disk.shown.values())))[0]
    number = next(one for one, shown in disk.shown.items() if shown == name)
    path = disk.base / name
    old = path.read_bytes()
    try:
        path.write_bytes(old + b"\0trailer")
        cli("crawl", small.pretty, "-a", tmp_path, "--pages", "none", "--no-inventory", "--full")
    finally:
        path.write_bytes(old)
    with closing(sqlite3.connect(tmp_path / "archive.db")) as db:
        seen = db.execute("SELECT type, wp_id, change, fields FROM observations").fetchall()
    assert seen == [("attachment", number, "edited", '["file"]')]
    assert rows(tmp_path)[name][3] == hashlib.sha256(old + b"\0trailer").hexdigest()
