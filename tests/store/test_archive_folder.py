"""Names, order and locks of the archive's folders."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from storekit import filled, open_store

from wparchive.errors import DamagedError, LockedError, StorageError
from wparchive.naming import folded, name_fault, site_key, site_name
from wparchive.store import Archive, SiteFolder
from wparchive.store.warc.fields import fields_block, parse_block


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/", "example.org"),
        ("http://EXAMPLE.org:80", "example.org"),
        ("https://example.org/blog/", "example.org_blog"),
        ("https://example.org:8443/a/b", "example.org_8443_a_b"),
        ("http://127.0.0.1:8081/", "127.0.0.1_8081"),
        ("http://[::1]:8081/", "1_8081__07db0783294f98e75bb6"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://example.org/../../etc/", "example.org_etc"),
        ("https://example.org/%2e%2e/a%2Fb/", "example.org_a-b__12f151ec531c514195cf"),
        ("https://example.org/%D0%B1%D0%BB%D0%BE%D0%B3/", "example.org_блог"),
    ],
)
def test_a_site_is_named_after_its_url(url: str, name: str) -> None:
    assert site_name(url) == name


HOSTS = st.sampled_from(
    ["example.org", "www.example.org", "a_b.example", "example-a.org", "con.example", "nul", "seals", "archive.db-wal",
     "127.0.0.1", "[::1]", "straße.de", "strasse.de", "xn--strae-oqa.de", "a.b", "a-b", "site"]
)  # fmt: skip
SEGMENTS = st.one_of(
    st.sampled_from(
        ["a", "A", "b", "a_b", "a-b", "a+b", "a.", ".a", "a%20", "a%2Fb", "a%5Cb", "8443", "80", "блог", "БЛОГ", "é",
         "e\u0301", "%ff", "%fe", "..", "%2e", "", "nul", "a__b", "x" * 130, "y" * 130, "x" * 129 + "z"]
    ),
    st.text(max_size=4),
)  # fmt: skip
ADDRESSES = st.builds(
    lambda scheme, host, port, segments, end: f"{scheme}://{host}{port}/{'/'.join(segments)}{end}",
    st.sampled_from(["http", "https"]),
    HOSTS,
    st.sampled_from(["", ":80", ":443", ":8443", ":8080"]),
    st.lists(SEGMENTS, max_size=3),
    st.sampled_from(["", "/", "//", "?x=y", "#z"]),
)


@settings(max_examples=400)
@given(st.lists(ADDRESSES, min_size=2, max_size=12))
def test_two_addresses_have_two_names_or_are_equal(addresses: list[str]) -> None:
    """On every file system: without case, with one spelling of each letter, without dots and spaces at the end."""
    keys: dict[str, str] = {}
    for address in addresses:
        for apart in (False, True):
            name = site_name(address, apart=apart)
            key = site_key(address) or address
            assert keys.setdefault(folded(name).rstrip(". "), key) == key, (address, name)
            assert name_fault(name) == ""
            assert "/" not in name and 0 < len(f"wparchive-{name}-20260101000000-00000.warc.gz.open".encode()) <= 255


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a/b/", "https://example.org/a_b/"),
        ("https://example.org/a+b/", "https://example.org/a-b/"),
        ("https://example.org/a/", "https://example.org/a./"),
        ("https://example.org/Blog/", "https://example.org/blog/"),
        ("https://example.org:8443/", "https://example.org/8443/"),
        ("http://[::1]/", "http://1/"),
        ("https://straße.de/", "https://strasse.de/"),
        ("https://example.org/a%2Fb/", "https://example.org/a/b/"),
        ("https://example.org/" + "a" * 300, "https://example.org/" + "a" * 299 + "b"),
        # One that spells the other's name, which anyone can work out.
        ("https://example.org/a_b/", "https://example.org/a/b//be1c3d98e13fbc138321"),
    ],
)
def test_these_two_are_two_sites(one: str, other: str) -> None:
    assert site_key(one) != site_key(other)
    assert folded(site_name(one)) != folded(site_name(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.org", "https://www.EXAMPLE.org.:443/?a=b#c"),
        ("https://straße.de/", "https://xn--strae-oqa.de"),
        ("https://example.org/%62log/./x/..", "https://example.org/blog//"),
        ("http://0x7f.1:8081/", "http://127.0.0.1:8081/"),
    ],
)
def test_these_two_are_one_site(one: str, other: str) -> None:
    assert site_key(one) == site_key(other)


def test_a_name_that_another_site_has_is_made_another(tmp_path: Path) -> None:
    """By rules of before, `/a_b/` lies in a folder that is now that of `/a/b/`; both are found again."""
    archive = Archive(tmp_path)
    with open_store(tmp_path) as store:
        store.begin({})
        store.fact("site", {"home": "https://example.org/a_b/", "root": "https://example.org/a_b/wp-json/"})
    (tmp_path / "example.org").rename(tmp_path / "example.org_a_b")
    assert archive.name_for("https://example.org/a_b/") == "example.org_a_b"
    assert archive.name_for("https://example.org/a/b/") == site_name("https://example.org/a/b/", apart=True)


def test_files_are_ordered_by_run_then_public_before_private_then_serial(tmp_path: Path) -> None:
    folder = SiteFolder(tmp_path / "s").create()
    folder.private.mkdir()
    names = [
        "warc/imported.warc.gz",
        "warc/wparchive-s-20260101000000-00000.warc.gz",
        "warc/wparchive-s-20260101000000-00001.warc.gz",
        "warc/private/wparchive-s-20260101000000-00000.warc.gz",
        "warc/wparchive-s-20260102000000-00000.warc.gz.open",
    ]
    for name in [*reversed(names), "warc/wparchive-s-20260101000000-00001.warc.gz.torn"]:
        (folder.path / name).write_bytes(b"x")
    assert [path.relative_to(folder.path).as_posix() for path in folder.warcs()] == names


def test_a_held_site_names_the_process_that_holds_it(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    with archive.lock("s"):
        with pytest.raises(LockedError, match=f"s: another run .pid {os.getpid()}."):
            archive.lock("s")
        with archive.lock("other"):
            pass
    archive.lock("s").release()


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from wparchive.store import Archive; lock = Archive(pathlib.Path(sys.argv[1])).lock('s');"
        "print(flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(LockedError, match=str(process.pid)):
            Archive(tmp_path).lock("s")
        process.kill()
        process.wait()
        Archive(tmp_path).lock("s").release()


def test_the_index_lock_waits_as_long_as_it_is_told(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    with archive.index_lock(), pytest.raises(LockedError, match="still indexing"):
        archive.index_lock(timeout=0.1)
    archive.index_lock(timeout=0).release()


def test_an_unwritable_place_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for attempt in (lambda a: a.lock("s"), lambda a: a.site("s").create(), lambda a: a.index_lock()):
        with pytest.raises(StorageError, match="run again"):
            attempt(Archive(tmp_path / "file"))


def test_sites_are_the_folders_that_hold_warcs(tmp_path: Path) -> None:
    assert Archive(tmp_path / "none").sites() == []
    filled(tmp_path, 1)
    (tmp_path / "other").mkdir()
    assert [site.name for site in Archive(tmp_path).sites()] == ["example.org"]


def test_a_site_that_no_text_can_name_is_refused(tmp_path: Path) -> None:
    """A file system takes any bytes as a name; SQLite and WARC take UTF-8."""
    (tmp_path / os.fsdecode(b"caf\xe9") / "warc").mkdir(parents=True)
    with pytest.raises(DamagedError, match="isn't UTF-8"):
        Archive(tmp_path).sites()


def test_the_longest_prefix_names_the_site_whatever_the_scheme(tmp_path: Path) -> None:
    for name, home, aliases in (
        ("main", "https://example.org/", ["http://www.example.org"]),
        ("blog", "https://example.org/blog/", [None, "https://[bad"]),
    ):
        with open_store(tmp_path) as store:
            store.begin({})
            store.fact("site", {"home": home, "root": f"{home}wp-json/", "aliases": aliases})
        (tmp_path / "example.org").rename(tmp_path / name)
    find = Archive(tmp_path).find_site
    assert find("http://example.org/blog/2026/x?y=z") == "blog"
    assert find("https://example.org/blogger/") == "main"
    assert find("https://EXAMPLE.org") == "main"
    assert find("https://www.example.org:443/a") == "main"
    assert find("https://example.org:8443/") is None


def test_a_renamed_site_can_still_be_read(tmp_path: Path) -> None:
    archive = filled(tmp_path, 3)
    (tmp_path / "example.org").rename(tmp_path / "renamed")
    (path,) = archive.site("renamed").warcs()
    assert archive.path("renamed/warc/" + path.name) == path
    with pytest.raises(DamagedError, match="missing"):
        archive.path("example.org/warc/" + path.name)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z-]{0,10}", fullmatch=True), st.text(st.characters(codec=None))))
def test_any_value_comes_back_from_the_metadata_record(fields: dict[str, str]) -> None:
    kept = {name: value for name, value in fields.items() if not name.startswith("via")}
    assert parse_block(fields_block(kept)) == kept
