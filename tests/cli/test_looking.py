"""`show`, `status` and `verify`: what came over the wire, what is held, and whether it is as it was."""

import gzip
import json
import os
import pty
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from crawlkit import SMALL, Crawled, crawl, invoke
from fakewp import FakeWordPress
from fakewp.simulator.http import Request
from fakewp.simulator.server import Handler

from wparchive.errors import ExitCode


class Overheard(FakeWordPress):
    """A site that keeps what it put on the wire, by the target that was asked for; `sent` holds every answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: dict[str, list[bytes]] = {}
        super().__init__(*args, **kwargs)

    def respond(self, handler: Handler, request: Request) -> None:
        wire, written = handler.wfile, []

        class Tee:
            def write(self, data: bytes) -> int:
                written.append(bytes(data))
                return wire.write(data)

            def __getattr__(self, name: str) -> Any:
                return getattr(wire, name)

        handler.wfile = Tee()  # type: ignore[assignment]
        try:
            super().respond(handler, request)
        finally:
            handler.wfile = wire
            self.sent.setdefault(handler.path, []).append(b"".join(written))


@pytest.fixture(scope="module")
def site() -> Iterator[Overheard]:
    """A small site whose answers are chunked and gzipped, with odd header bytes: the hardest to keep as they are."""
    with Overheard(**SMALL) as site:
        site.fault("chunked")
        site.fault("odd-reason")
        yield site


@pytest.fixture(scope="module")
def archive(site: Overheard, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """Its archive after two crawls, so that some captures are revisits."""
    folder = tmp_path_factory.mktemp("looking") / "archive"
    crawl(folder, site.url)
    return crawl(folder, site.url, full=True)


def shown(archive: Crawled, *arguments: str) -> bytes:
    """What `show` writes."""
    return invoke("show", *arguments, "-a", archive.folder).raw


def target_of(url: str) -> str:
    """Path and query of a URL."""
    return "/" + url.split("/", 3)[3]


def test_show_gives_what_was_on_the_wire(site: Overheard, archive: Crawled) -> None:
    """To the byte, chunk borders and odd reason phrase included; `--body` is the same, decoded."""
    query = "SELECT capture, url FROM captures WHERE route LIKE '/wp/v2/posts?%' AND record_type = 'response'"
    ((capture, url),) = archive.rows(query)
    raw = shown(archive, capture)
    assert raw == site.sent[target_of(url)][0]
    items = json.loads(shown(archive, capture, "--body"))
    assert [item["id"] for item in items] == site.ids("post")
    assert shown(archive, capture.removeprefix("urn:uuid:")) == raw


def test_show_follows_a_revisit(site: Overheard, archive: Crawled) -> None:
    """Equal payloads are kept once; a revisit shows the answer that it refers to."""
    rows = archive.rows("SELECT capture, refers_to FROM captures WHERE record_type = 'revisit' AND kind = 'listing'")
    assert rows
    for capture, original in rows[:2]:
        assert shown(archive, capture) == shown(archive, original)
        assert shown(archive, capture, "--body") == shown(archive, original, "--body")


def test_show_takes_an_item(site: Overheard, archive: Crawled) -> None:
    """SITE/TYPE/ID, or TYPE/ID where that is clear; what isn't there is said in one line."""
    name = archive.result.report.site
    wp_id = site.ids("comment")[0]
    body = shown(archive, f"comment/{wp_id}", "--body")
    assert json.loads(body)["id"] == wp_id
    assert shown(archive, f"{name}/comment/{wp_id}", "--body") == body
    page = shown(archive, f"comment/{wp_id}", "--body", "--page")
    assert wp_id in [item["id"] for item in json.loads(page)] and body in page
    assert shown(archive, f"comment/{wp_id}", "--page") == shown(archive, f"comment/{wp_id}")
    for key in ("post/999999", "nonsense", "a/b/c/d", "urn:uuid:0"):
        done = invoke("show", key, "-a", archive.folder, code=ExitCode.USAGE)
        assert done.stdout == "" and len(done.stderr.splitlines()) == 1


def test_show_equals_a_plain_socket(tmp_path: Path) -> None:
    """What an independent client gets for the same request is what was archived; only the clock's header may differ."""
    with FakeWordPress(**SMALL) as site:
        archive = crawl(tmp_path / "archive", site.url)
        query = "SELECT capture, url FROM captures WHERE kind IN ('listing', 'index', 'types') AND status = 200"
        for capture, url in archive.rows(query):
            request = next(one for one in site.requests if one.target == target_of(url))
            raw = fetched(site.url, request.target, request.headers)
            assert undated(shown(archive, capture)) == undated(raw)


def fetched(url: str, target: str, headers: Any) -> bytes:
    """The answer to such a request, read off the socket until its end."""
    host, _, port = url.split("/")[2].partition(":")
    lines = [f"{name}: {value}" for name, value in headers.items() if name != "connection"]
    head = "\r\n".join((f"GET {target} HTTP/1.1", *lines, "connection: close", "", "")).encode()
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def undated(raw: bytes) -> bytes:
    """The answer without what two requests need not share: its date, how the connection goes on."""
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"date:", b"connection:"))]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def test_status(archive: Crawled) -> None:
    """For people a line each, for programs one document with the same in it."""
    (status,) = json.loads(invoke("status", "--json", "-a", archive.folder).stdout)
    assert status["state"] == "ok" and status["exit_code"] == 0 and status["gaps"] == []
    assert status["items"]["post"] == 7
    assert status["last_run"] == archive.result.report.run
    assert status["finished_at"].endswith("Z")
    assert status["links"] == archive.links
    text = invoke("status", "-a", archive.folder).stdout
    assert "state ok" in text and archive.result.report.site in text
    quiet = invoke("status", "--silent", "-a", archive.folder)
    assert quiet.stdout + quiet.stderr == ""


def test_status_names_what_is_refused_now(tmp_path: Path) -> None:
    """That a collection was closed since it was archived is no gap, but nobody may take what is held for what is there today."""
    with FakeWordPress(**SMALL) as site:
        crawl(tmp_path / "archive", site.url)
        site.fault("users-closed")
        crawl(tmp_path / "archive", site.url)
    line = "refused: /wp/v2/users: 401 rest_user_cannot_view"
    assert line in invoke("status", "-a", tmp_path / "archive").stdout
    (status,) = json.loads(invoke("status", "--json", "-a", tmp_path / "archive").stdout)
    assert {
        "route": "/wp/v2/users",
        "reason": "401 rest_user_cannot_view; 2 items of it are held from before",
    } in status["refused"]
    assert status["gaps"] == [] and status["items"]["user"] > 0
    assert invoke("status", "--silent", "-a", tmp_path / "archive").stdout == ""


def test_status_of_a_site_that_holds_nothing_has_no_empty_table(tmp_path: Path) -> None:
    with FakeWordPress(faults=["not-wordpress"], **SMALL) as site:
        invoke("crawl", site.url, "-a", tmp_path / "archive", "--silent", code=ExitCode.NO_API)
    text = invoke("status", "-a", tmp_path / "archive").stdout
    assert "state not-wordpress" in text and "type" not in text


def test_status_names_gaps_and_kills(tmp_path: Path) -> None:
    """What is open is named; a site's own words can't steer the terminal."""
    with FakeWordPress(**SMALL) as site:
        site.fault("control")
        site.fault("poisoned-deep", item=site.ids("post")[4])
        crawl(tmp_path / "archive", site.url, changes={"retries": 0})
        done = invoke("status", "-a", tmp_path / "archive")
        assert "gap: /wp/v2/posts: position 5" in done.stdout
        assert not set(done.stdout) & {"\x1b", "\0", "\x07"}
        (status,) = json.loads(invoke("status", "--json", "-a", tmp_path / "archive").stdout)
        assert status["exit_code"] == ExitCode.INCOMPLETE
        assert status["gaps"][0]["first_position"] == 5
        assert "gap: " in invoke("status", "--silent", "-a", tmp_path / "archive").stdout


def test_verify(tmp_path: Path) -> None:
    """Exit 0 and one line of figures when all is as it was written, exit 4 and the record named when it isn't."""
    with FakeWordPress(**SMALL) as site:
        archive = crawl(tmp_path / "archive", site.url)
        note, line = invoke("verify", "-a", archive.folder).stdout.splitlines()
        assert note.startswith("note: 1 finished WARCs aren't sealed yet")
        assert re.match(r"1 WARCs, \d+ records, .*\d+ posts, .*\d+ versions, .* compared; 0 differ", line)
        assert invoke("verify", "--silent", "-a", archive.folder).stdout == ""
        told = json.loads(invoke("verify", "--json", "-a", archive.folder).stdout)
        assert (told["findings"], told["warcs"], told["differ"]) == ([], 1, 0)
        assert told["compared"]["posts"] == archive.rows("SELECT count(*) FROM posts")[0][0]
        (warc,) = archive.warcs()
        ((offset, length, record),) = archive.rows(
            "SELECT offset, length, capture FROM captures WHERE route LIKE '/wp/v2/posts?%'"
        )
        data = bytearray(warc.read_bytes())
        data[offset + length // 2] ^= 1
        warc.write_bytes(data)
        done = invoke("verify", "--silent", "-a", archive.folder, code=ExitCode.FINDINGS)
        assert record in done.stdout
        findings = json.loads(invoke("verify", "--json", "-a", archive.folder, code=ExitCode.FINDINGS).stdout)[
            "findings"
        ]
        assert any(one["record_id"] == record for one in findings)
        assert not gzip_is_sound(warc)


def gzip_is_sound(path: Path) -> bool:
    try:
        gzip.decompress(path.read_bytes())
    except (OSError, EOFError, ValueError):
        return False
    except Exception:  # noqa: BLE001 - zlib raises its own
        return False
    return True


def test_the_demo(tmp_path: Path, cli: Callable[..., "subprocess.CompletedProcess[str]"]) -> None:
    """One command, no network: both permalink forms archived, and what to try next; again it replaces only its own."""
    folder = tmp_path / "demo"
    done = cli("demo", folder)
    assert "wparchive status" in done.stdout
    assert done.stdout.count("complete, site state ok") == 2
    assert cli("verify", "-a", folder).stderr == ""
    assert invoke("demo", folder, "--silent").stdout == ""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("dear to me")
    invoke("demo", tmp_path / "mine", code=ExitCode.USAGE)
    assert (tmp_path / "mine" / "thesis.txt").exists()
    for name in ("thesis.txt", "ledger-pretty/warc/thesis.warc.gz", "ledger-plain/runs/thesis.txt"):
        (folder / name).write_text("dear to me")
        assert "thesis" in invoke("demo", folder, code=ExitCode.USAGE).stderr
        (folder / name).unlink()
    invoke("demo", folder, "--silent")


def on_terminal(*arguments: object, env: dict[str, str] | None = None) -> str:
    """What a command writes to a terminal of 80 columns."""
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "wparchive", *map(str, arguments)]
    given = {**os.environ, "TERM": "xterm-256color", **(env or {})}
    process = subprocess.Popen(command, stdout=child, stderr=subprocess.PIPE, env=given)
    os.close(child)
    written = b""
    with open(parent, "rb", buffering=0) as terminal:
        try:
            while piece := terminal.read(1 << 16):
                written += piece
        except OSError:  # the last writer has closed it
            pass
    assert process.wait() == 0, process.stderr and process.stderr.read()
    assert process.stderr
    process.stderr.close()
    return written.decode()


COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def test_a_terminal_is_not_steered(tmp_path: Path) -> None:
    """What goes to a file goes as it is; on a terminal a site's escape sequences are shown, not obeyed."""
    with FakeWordPress(**SMALL) as site:
        site.fault("robots", text="User-agent: *\nDisallow:\n# \x1b]0;owned\x07 \x1b[2J \x9b2J\n")
        site.fault("control")
        archive = crawl(tmp_path / "archive", site.url)
        ((robots,),) = archive.rows("SELECT capture FROM captures WHERE kind = 'robots'")
        assert b"\x1b[2J" in invoke("show", robots, "-a", archive.folder).raw
        for arguments in ((robots,), (robots, "--body"), ("post/1",), ("post/1", "--page")):
            said = on_terminal("show", *arguments, "-a", archive.folder)
            plain = COLOURS.sub("", said)
            assert ("Disallow:" in said and "owned" in said) or '"id": 1' in plain
            assert not {*plain} & {"\x1b", "\x07", "\x9b", "\x00"}


def test_show_on_a_terminal(archive: Crawled) -> None:
    """Head and readable JSON, in colours where the terminal has them; of an item that item alone."""
    said = on_terminal("show", "post/1", "-a", archive.folder)
    plain = COLOURS.sub("", said).replace("\r\n", "\n")
    head, _, body = plain.partition("\n\n")
    assert said != plain.replace("\n", "\r\n") and head.startswith("HTTP/1.1 200 ") and "Content-Type: " in head
    assert json.loads(body)["id"] == 1 and body.startswith('{\n  "id": 1,')
    page = COLOURS.sub("", on_terminal("show", "post/1", "--page", "--body", "-a", archive.folder))
    assert page.startswith("[") and len(json.loads(page)) > 1
    for given in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in on_terminal("show", "post/1", "-a", archive.folder, env=given)


def test_a_reader_that_has_had_enough(archive: Crawled) -> None:
    """`wparchive show ... | head` ends without a complaint."""
    command = f"{sys.executable} -m wparchive show post/1 --body -a {archive.folder} | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"{", b"")


@pytest.mark.parametrize("number", ["99999999999999999999", "9" * 5000, "-1", "\u00b2"])
@pytest.mark.parametrize("command", [("show",), ("history",), ("trace", "--offline"), ("find-image",)])
def test_a_number_that_no_item_has(archive: Crawled, command: tuple[str, ...], number: str) -> None:
    """Whatever its size, it is the one who named it that is wrong (exit 2), not the archive, and not the program."""
    invoke(*command, "-a", archive.folder, "--", f"post/{number}", code=2)
