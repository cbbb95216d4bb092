"""Objects are made once and swapped by whoever read the last version, in a bucket and in a folder alike."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

import pytest
from loopback import serving
from s3server import AT_ONCE, BUCKET, S3Server

from wparchive.errors import MissingError, RemoteError, SwappedError, TakenError, UsageError
from wparchive.fleet.objects.object_store import ObjectStore


def test_what_was_put_is_read_whole_and_by_ranges(objects: ObjectStore, tmp_path: Path) -> None:
    data = os.urandom(700_000)
    (tmp_path / "one").write_bytes(data)
    objects.put_new("site/warc/one", tmp_path / "one")
    assert objects.get("site/warc/one") is not None
    assert objects.get("site/warc/one")[0] == data  # type: ignore[index]
    assert objects.read_range("site/warc/one", 699_000, 1000) == data[699_000:]
    objects.fetch("site/warc/one", tmp_path / "two")
    assert (tmp_path / "two").read_bytes() == data
    assert [*objects.list("site")] == [("site/warc/one", 700_000)]
    assert objects.get("site/none") is None


def test_an_object_is_never_overwritten(objects: ObjectStore, tmp_path: Path) -> None:
    objects.put_new("key", b"one")
    with pytest.raises(TakenError, match="key: another object"):
        objects.put_new("key", b"two")
    (tmp_path / "three").write_bytes(b"three")
    with pytest.raises(TakenError):
        objects.put_new("key", tmp_path / "three")
    assert objects.get("key")[0] == b"one"  # type: ignore[index]


def test_the_same_content_again_is_the_success_of_an_earlier_try(objects: ObjectStore, tmp_path: Path) -> None:
    """A request whose response got lost is made again."""
    (tmp_path / "empty").write_bytes(b"")
    for source in (b"one", tmp_path / "empty"):
        key = uuid4().hex
        assert objects.put_new(key, source) == objects.put_new(key, source)
    etag = objects.swap("swapped", b"1", None)
    assert objects.swap("swapped", b"1", None) == etag
    later = objects.swap("swapped", b"2", etag)
    assert objects.swap("swapped", b"2", etag) == later


def test_only_who_read_the_last_version_replaces_it(objects: ObjectStore) -> None:
    first = objects.swap("HEAD.json", b"1", None)
    second = objects.swap("HEAD.json", b"2", first)
    for stale in (None, first):
        with pytest.raises(SwappedError, match="HEAD"):
            objects.swap("HEAD.json", b"3", stale)
    assert objects.get("HEAD.json") == (b"2", second)
    objects.delete("HEAD.json")
    objects.delete("HEAD.json")
    with pytest.raises(SwappedError):
        objects.swap("HEAD.json", b"3", second)


def test_of_many_that_swap_at_once_one_wins(objects: ObjectStore) -> None:
    etag = objects.swap("HEAD.json", b"0", None)
    won: list[int] = []

    def swap(number: int) -> None:
        try:
            objects.swap("HEAD.json", b"%d" % number, etag)
        except SwappedError:
            return
        won.append(number)

    threads = [threading.Thread(target=swap, args=(number,)) for number in range(1, 9)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [b"%d" % number for number in won] == [objects.get("HEAD.json")[0]]  # type: ignore[index]


def test_the_check_finds_a_sound_store_and_leaves_nothing(objects: ObjectStore) -> None:
    objects.check()
    assert [*objects.list()] == []


def test_the_check_refuses_a_store_that_overwrites(objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some stores accept the conditions and ignore them."""
    real = objects._backend

    def overwrite(key: str, data: bytes, *_: object) -> str:
        real.delete(key)
        return real.create(key, data)

    class Careless:
        get, delete, read_range = real.get, real.delete, real.read_range
        create = replace = staticmethod(overwrite)

    monkeypatch.setattr(objects, "_backend", Careless)
    with pytest.raises(RemoteError, match="a second create of an object is accepted"):
        objects.check()
    assert [*real.list("")] == []


def test_less_than_was_asked_for_is_an_error(objects: ObjectStore) -> None:
    objects.put_new("short", b"0123456789")
    with pytest.raises(RemoteError, match="short: 4 bytes instead of 20 from offset 6"):
        objects.read_range("short", 6, 20)
    with pytest.raises(RemoteError, match="short"):
        objects.read_range("short", 60, 20)
    with pytest.raises(MissingError, match="none: missing"):
        objects.read_range("none", 0, 1)


def test_a_file_that_cannot_be_fetched_leaves_nothing(objects: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(MissingError):
        objects.fetch("none", tmp_path / "there" / "file")
    assert [*(tmp_path / "there").iterdir()] == []


@pytest.mark.parametrize(
    "url", ["", "s3://", "ftp://host/x", "file:///", "file://elsewhere/x", "/tmp/x", "s3://b/x?y", "s3://k:s@b/x"]
)
def test_what_is_no_store_is_refused_without_telling_secrets(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        ObjectStore(url)
    assert "k:s" not in str(refused.value)


@pytest.mark.parametrize("key", ["../x", "a//b", "/a", "a/../../b", ".hidden"])
def test_no_key_leads_out_of_the_folder(key: str, tmp_path: Path) -> None:
    with pytest.raises(RemoteError, match="can't be the name"):
        ObjectStore((tmp_path / "objects").as_uri(), tries=AT_ONCE).put_new(key, b"x")


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects" / "site").symlink_to(tmp_path)
    (tmp_path / "objects" / "key").symlink_to(tmp_path / "outside")
    (tmp_path / "outside").write_bytes(b"secret")
    store = ObjectStore((tmp_path / "objects").as_uri(), tries=AT_ONCE)
    for key in ("site/outside", "key"):
        with pytest.raises(RemoteError, match="can't be the name"):
            store.get(key)


def test_a_bucket_that_is_not_there_is_no_empty_one(s3: S3Server) -> None:
    """Otherwise each site would be taken for a new one."""
    store = ObjectStore("s3://nobodys/prefix", tries=AT_ONCE)
    for request in (lambda: store.get("HEAD.json"), lambda: store.put_new("x", b"x"), store.check):
        with pytest.raises(RemoteError, match="there is no such bucket"):
            request()


def test_a_store_that_is_down_is_named_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://someone:hidden@127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    store = ObjectStore(f"s3://{BUCKET}/prefix", tries=AT_ONCE)
    with pytest.raises(RemoteError) as down:
        store.get("site/HEAD.json")
    said = str(down.value)
    assert down.value.passing
    assert f"s3://{BUCKET}/prefix/site/HEAD.json" in said
    assert "hidden" not in said and "\n" not in said


class Saying(BaseHTTPRequestHandler):
    """Answers each write with the next of `answers`: a status and S3's code for it."""

    answers: ClassVar[list[tuple[int, str]]] = []

    def do_PUT(self) -> None:
        status, code = self.answers.pop(0)
        self.rfile.read(int(self.headers["Content-Length"]))
        body = f"<Error><Code>{code}</Code><Message>for tester</Message></Error>".encode() if code else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"etag"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def saying(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """A store that answers as `Saying.answers` says."""
    with serving(HTTPServer(("127.0.0.1", 0), Saying)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
        yield ObjectStore(f"s3://{BUCKET}/prefix", tries=AT_ONCE)


def test_a_refused_write_names_the_credentials(saying: ObjectStore) -> None:
    Saying.answers = [(403, "AccessDenied")]
    with pytest.raises(RemoteError, match=r"refuses it \(AccessDenied\); mend the credentials") as refused:
        saying.put_new("x", b"x")
    assert not refused.value.passing
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "code"), [(409, "ConditionalRequestConflict"), (503, "SlowDown"), (500, "InternalError")]
)
def test_what_a_store_says_for_a_moment_decides_nothing(saying: ObjectStore, status: int, code: str) -> None:
    """Another write of the object may be under way and fail yet; whoever took that for a refusal would give up a turn."""
    for write in (lambda: saying.put_new("x", b"x"), lambda: saying.swap("x", b"x", '"old"')):
        Saying.answers = [(status, code), (200, "")]
        assert write() == '"etag"'
        Saying.answers = [(status, code)] * 3
        with pytest.raises(RemoteError) as tried:
            write()
        assert tried.value.passing
        assert Saying.answers == []


def test_a_full_disk_leaves_no_half_object(tmp_path: Path) -> None:
    import resource
    import signal

    store = ObjectStore((tmp_path / "objects").as_uri(), tries=AT_ONCE)
    store.put_new("first", b"x")
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limits[1]))
    try:
        with pytest.raises(RemoteError, match="second: can't be written"):
            store.put_new("second", bytes(1 << 17))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert sorted(path.name for path in (tmp_path / "objects").iterdir() if path.name != ".lock") == ["first"]


def test_without_obstore_a_folder_works_and_a_bucket_says_what_to_install(tmp_path: Path) -> None:
    """In a process of its own, in which it can't be imported."""
    said = """
import sys
sys.modules["obstore"] = None
from wparchive.errors import UsageError
from wparchive.fleet.objects import ObjectStore
ObjectStore(sys.argv[1]).check()
try:
    ObjectStore("s3://bucket/prefix")
except UsageError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", said, tmp_path.as_uri()], capture_output=True, text=True, check=True)
    assert done.stdout == "s3://bucket/prefix: an object store needs obstore: pip install 'wparchive[fleet]'\n"
