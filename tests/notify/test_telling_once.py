"""Each change and each event is told once to each destination: whatever fails, is killed, overlaps, or comes late."""

import json
import os
import shutil
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from crawlkit import SMALL, crawl, invoke, mounted
from fakewp import FakeWordPress
from notifykit import Telling, entries, invocation, keys_told

from wparchive.ask.change_keys import change_keys
from wparchive.ask.changes import changes
from wparchive.errors import ExitCode, LockedError
from wparchive.fleet.notify.ledger import Ledger
from wparchive.store import Archive
from wparchive.store.kept_file import KeptFile


@pytest.fixture(scope="module")
def site() -> Iterator[FakeWordPress]:
    with FakeWordPress(**SMALL) as site:
        yield site


@pytest.fixture
def telling(tmp_path: Path, site: FakeWordPress) -> Telling:
    """A configuration of one site with a command, crawled once."""
    site.mend()
    telling = Telling(tmp_path)
    telling.write(f'command = "{telling.command}"', {"example.org": site.url})
    assert invocation(telling.config).warnings == []
    assert telling.commanded() == []
    return telling


def edit(site: FakeWordPress, number: int = 0, title: str = "Edited") -> str:
    """A headline that no test had before."""
    fresh = f"{title} {time.monotonic_ns()}"
    site.edit(site.ids("post")[number], title=fresh)
    return fresh


def titles(telling: Telling) -> list[str]:
    return [change["title"] for message in telling.commanded() for change in message["changes"]]


def test_one_message_a_run_and_none_where_nothing_is_new(telling: Telling, site: FakeWordPress) -> None:
    both = {edit(site, 0), edit(site, 1)}
    for _ in range(3):
        assert invocation(telling.config).warnings == []
    assert len(telling.commanded()) == 1
    assert {*titles(telling)} == both


def test_what_was_there_before_is_not_told_to_a_new_destination(telling: Telling, site: FakeWordPress) -> None:
    """Nor to one that is added later; what comes is told to both."""
    edit(site)
    telling.crawl()
    telling.write(f'command = "{telling.command}"\natom = "changes.xml"', {"example.org": site.url})
    late = edit(site)
    assert invocation(telling.config).warnings == []
    assert [late in title for _, title in entries(telling.feed)] == [True]
    assert len(titles(telling)) == 2, "the first destination was there before the first edit"


def test_a_run_that_was_killed_is_told_of_by_the_next(telling: Telling, site: FakeWordPress) -> None:
    """Wherever it was killed: before it told anything, and between that and keeping that it did, which tells twice at worst."""

    def killed() -> None:
        raise KeyboardInterrupt

    title = edit(site)
    with pytest.raises(KeyboardInterrupt):
        invocation(telling.config, after=killed)
    assert telling.commanded() == []
    invocation(telling.config)
    assert titles(telling) == [title]


def test_who_is_told_twice_can_tell(telling: Telling, site: FakeWordPress, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between telling it and keeping that: the next run tells it with the same id, rather than never."""
    edit(site)
    telling.crawl()
    save, saved = Ledger.save, []

    def killed(ledger: Ledger) -> None:
        saved.append(save(ledger))
        if len(saved) == 1:
            monkeypatch.setattr(Ledger, "save", killed_at_once)

    def killed_at_once(_: Ledger) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context():
        monkeypatch.setattr(Ledger, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            invocation(telling.config)
    monkeypatch.setattr(Ledger, "save", save)
    invocation(telling.config)
    one, other = telling.commanded()
    assert one["id"] == other["id"]
    invocation(telling.config)
    assert len(telling.commanded()) == 2


def test_a_first_run_that_was_killed_loses_nothing(tmp_path: Path, site: FakeWordPress) -> None:
    """A new destination is known before the crawl, so that what that crawl sees is told, whoever gets to tell it."""
    telling = Telling(tmp_path)
    telling.write(f'command = "{telling.command}"', {"example.org": site.url})
    telling.crawl()
    title = edit(site)

    def killed() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        invocation(telling.config, after=killed)
    invocation(telling.config)
    assert titles(telling) == [title]


def test_it_is_kept_before_and_after_it_is_told(
    telling: Telling, site: FakeWordPress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be kept nothing is told, or it would be told by each run; one line says so."""
    edit(site)
    write = KeptFile.write

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(KeptFile, "write", full)
        ended = invocation(telling.config)
        assert ended.code is ExitCode.COMPLETE
        assert ended.warnings == [
            "nothing was sent of what is new, the next run tries again: [Errno 28] No space left on device"
        ]
    assert telling.commanded() == []
    assert KeptFile.write is write
    invocation(telling.config)
    assert len(telling.commanded()) == 1


def test_on_a_full_disk_it_is_kept_all_the_same(tmp_path: Path, site: FakeWordPress) -> None:
    """Once when the disk is full, once when that is over; the crawl's exit code is 8, and no line says more."""
    telling = Telling(tmp_path)
    telling.archive.mkdir()
    with mounted(telling.archive, "-t", "tmpfs", "-o", "size=24m", "tmpfs"):
        telling.write(f'command = "{telling.command}"', {"example.org": site.url})
        invocation(telling.config)
        edit(site)
        invocation(telling.config)
        filler = telling.archive / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(b"x" * 512)
        late = edit(site)
        for _ in range(2):
            ended = invocation(telling.config)
            assert (ended.code, ended.warnings) == (ExitCode.STORAGE, [])
        filler.unlink()
        for _ in range(2):
            assert invocation(telling.config).code is ExitCode.COMPLETE
        told = keys_told(telling.commanded())
        assert [one for one in told if "storage" in one] == [" storage ", " storage over"]
        assert len(told) == len({*told})
        assert late in titles(telling)[-1]
        assert "make room" in telling.commanded()[1]["text"]


def test_overlapping_runs_tell_it_once(telling: Telling, site: FakeWordPress) -> None:
    """Whichever comes first tells all that is there; the other finds it told."""
    edit(site)
    telling.crawl()
    threads = [
        threading.Thread(target=invocation, args=(telling.config,), kwargs={"skip_locked": True}) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys_told(telling.commanded())) == 1


def test_while_another_run_tells_nothing_waits_for_ever(telling: Telling, site: FakeWordPress) -> None:
    edit(site)
    telling.crawl()
    other = Ledger(Archive(telling.archive), timeout=0).held()
    with Ledger(Archive(telling.archive)).held(), pytest.raises(LockedError, match=f"process {os.getpid()} doesn't"):
        other.__enter__()
    invocation(telling.config)
    assert len(telling.commanded()) == 1


def test_a_rebuild_tells_nothing_again_and_a_lost_database_loses_nothing(telling: Telling, site: FakeWordPress) -> None:
    edit(site)
    invocation(telling.config)
    invoke("index", "--rebuild", "-a", telling.archive)
    invocation(telling.config)
    assert len(telling.commanded()) == 1
    title = edit(site)
    telling.write('command = "false"', {"example.org": site.url})
    invocation(telling.config)
    (telling.archive / "archive.db").unlink()
    telling.write(f'command = "{telling.command}"', {"example.org": site.url})
    invocation(telling.config)
    assert titles(telling)[-1] == title
    assert len(keys_told(telling.commanded())) == 2


def test_a_broken_database_keeps_nobody_from_hearing_of_trouble(telling: Telling, site: FakeWordPress) -> None:
    """And the changes are told when it is mended."""
    title = edit(site)
    telling.crawl()
    database = telling.archive / "archive.db"
    shutil.copy(database, telling.folder / "saved.db")
    site.fault("block")

    def broken() -> None:
        database.write_bytes(b"no database")

    ended = invocation(telling.config, after=broken)
    assert len(ended.warnings) == 1
    assert ended.warnings[0].startswith("changes are sent by a later run: ")
    assert keys_told(telling.commanded()) == ["example.org blocked "]
    shutil.copy(telling.folder / "saved.db", database)
    site.mend()
    invocation(telling.config)
    assert titles(telling) == [title]


def test_a_damaged_ledger_is_one_line_and_never_the_crawls_end(telling: Telling, site: FakeWordPress) -> None:
    edit(site)
    whole = json.loads((telling.archive / ".notify.json").read_text())
    for damage in (
        *("[]", "{", "{}", json.dumps({**whole, "changes": "abc"}), json.dumps({**whole, "events": [["x"]]})),
        *(json.dumps({**whole, "destinations": {"x": [7, 0]}}), json.dumps({**whole, "troubles": {"x": "y"}})),
    ):
        (telling.archive / ".notify.json").write_text(damage)
        ended = invocation(telling.config)
        assert ended.code is ExitCode.COMPLETE
        (line,) = ended.warnings  # it is damaged before the crawl and after it
        assert line.endswith("damaged; remove it, and all destinations get what comes from now on")
    assert telling.commanded() == []
    (telling.archive / ".notify.json").unlink()
    assert invocation(telling.config).warnings == []


def test_it_is_for_its_owner_alone_and_names_no_destination(telling: Telling, site: FakeWordPress) -> None:
    """Addresses of webhooks are secrets."""
    secret = "http://127.0.0.1:9/s3cret"
    telling.write(f'webhook = "{secret}"', {"example.org": site.url})
    edit(site)
    (line,) = invocation(telling.config).warnings
    assert "s3cret" not in line
    for path in telling.archive.glob(".notify*"):
        assert b"s3cret" not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or path.suffix == ".lock"


def test_trouble_is_told_when_it_begins_when_it_becomes_another_and_when_it_is_over(
    telling: Telling, site: FakeWordPress
) -> None:
    """Also to whom could not be told in between: in the order in which it happened."""
    telling.write(f'command = "{telling.command}"\nwebhook = "http://127.0.0.1:9/"', {"example.org": site.url})
    invocation(telling.config)
    for fault in ("block", "closed-403", None):
        site.mend()
        if fault:
            site.fault(fault)
        for _ in range(2):
            invocation(telling.config)
    expected = ["example.org blocked ", "example.org closed ", "example.org closed over"]
    assert keys_told(telling.commanded()) == expected
    text = telling.commanded()[0]["text"]
    assert "example.org: blocked, since " in text
    assert "what to do: a firewall keeps us out" in text
    ledger = Ledger(Archive(telling.archive))
    ledger.read()
    (webhook,) = [
        key for key in json.loads((telling.archive / ".notify.json").read_text())["destinations"] if "web" in key
    ]
    assert [(event.kind, event.over) for event in ledger.pending(webhook)[1]] == [
        ("blocked", False),
        ("closed", False),
        ("closed", True),
    ]


def test_a_site_that_is_not_reached_is_told_once(tmp_path: Path) -> None:
    """Whether the archive has it or not; and that it is reached again."""
    telling = Telling(tmp_path)
    with FakeWordPress(**SMALL) as up, FakeWordPress(**SMALL) as gone:
        telling.write(
            f'command = "{telling.command}"', {"up": up.url, "gone": gone.url, "never": "http://127.0.0.1:9/"}
        )
        invocation(telling.config)
        assert keys_told(telling.commanded()) == ["never not reached "]
    for _ in range(2):
        invocation(telling.config)
    assert sorted(keys_told(telling.commanded())[1:]) == ["gone not reached ", "up not reached "]


def test_a_run_cut_short_by_a_limit_says_nothing_about_trouble(telling: Telling, site: FakeWordPress) -> None:
    """Neither that it began nor that it is over."""
    site.fault("block")
    invocation(telling.config)
    site.mend()
    text = telling.config.read_text()
    telling.config.write_text(text.replace("retries = 0", "retries = 0\nmax_requests = 2"))
    invocation(telling.config)
    telling.config.write_text(text)
    assert keys_told(telling.commanded()) == ["example.org blocked "]
    invocation(telling.config)
    assert keys_told(telling.commanded()) == ["example.org blocked ", "example.org blocked over"]


def test_a_sites_table_comes_before_the_archives(tmp_path: Path) -> None:
    """Key by key: kinds, words, and where to; `false` takes a destination from a site, `events = false` the events."""
    telling = Telling(tmp_path)
    with FakeWordPress(**SMALL) as one, FakeWordPress(**SMALL) as two, FakeWordPress(**SMALL) as three:
        other = f"sh -c 'cat >> {tmp_path}/other'"
        more = (
            '[sites.notify]\nkinds = ["edited"]\nwords = ["harbour quay", "ferry"]\n'  # of three
            f'[[sites]]\nname = "silent"\nurl = "{two.url}"\n[sites.notify]\ncommand = false\n'
        )
        notify = f'command = "{telling.command}"\nkinds = ["deleted"]\nevents = false\natom = "changes.xml"'
        telling.write(notify, {"all": one.url, "some": three.url}, more)
        text = telling.config.read_text().replace(
            f'url = "{one.url}"\n', f'url = "{one.url}"\n[sites.notify]\ncommand = "{other}"\n'
        )
        telling.config.write_text(text)
        assert invocation(telling.config).warnings == []
        for site in (one, two, three):
            site.edit(site.ids("post")[0], title="The HARBOUR and its quay")
            site.edit(site.ids("post")[1], title="Other news")
            site.edit(site.ids("post")[2], content="<p>A ferry comes.</p>")
            site.delete(site.ids("post")[3])
        assert invocation(telling.config).warnings == []
    assert sorted(change["kind"] for change in telling.commanded()[0]["changes"]) == ["edited", "edited"]
    told = [json.loads(line) for line in (tmp_path / "other").read_text().splitlines()]
    assert {(change["site"], change["kind"]) for change in told[0]["changes"]} == {("all", "deleted")}
    feed = [title for _, title in entries(telling.feed)]
    assert sum(title.startswith("edited: ") for title in feed) == 2
    assert len({title for title in feed if title.startswith("deleted: ")}) >= 1
    before = len(feed)
    invocation(telling.config)  # nobody is there any more
    assert len([*entries(telling.feed)]) == before


def test_sites_that_are_not_in_the_configuration_are_told_of_too(telling: Telling, site: FakeWordPress) -> None:
    """An archive's table is for all that the archive has: what is imported or crawled by hand as well."""
    with FakeWordPress(**SMALL) as by_hand:
        crawl(telling.archive, by_hand.url)
        by_hand.edit(by_hand.ids("post")[0], title="By hand")
        crawl(telling.archive, by_hand.url)
    invocation(telling.config)
    assert titles(telling) == ["By hand"]


def test_many_changes_make_one_message_of_bounded_size(tmp_path: Path) -> None:
    """The weightiest are shown, the others counted, with the command that shows them; none is told later."""
    telling = Telling(tmp_path)
    with FakeWordPress(**{**SMALL, "posts": 130}) as site:
        telling.write(f'command = "{telling.command}"', {"example.org": site.url})
        invocation(telling.config)
        first, *rest = site.ids("post")
        for number in rest:
            site.edit(
                number, title=f"Title {number}", content=f"<p>{' '.join(f'{number}-{n}' for n in range(200))}</p>"
            )
        site.delete(first)
        for _ in range(2):
            invocation(telling.config)
        (message,) = telling.commanded()
        assert message["changes"][0]["kind"] == "deleted"
        assert len(message["changes"]) == 100
        noticed = [*changes(telling.archive / "archive.db")]
        assert message["more"] == len(noticed) - 100
        assert f"and {message['more']:,} more: " in message["text"]
        command = message["text"].partition("more: ")[2].splitlines()[0].split()[1:]
        assert len(json.loads(invoke(*command, "--json").stdout)) == len(noticed)
        assert len(json.dumps(message)) < 1_000_000
        assert len({*change_keys(telling.archive / "archive.db")}) == len(noticed)


def test_a_site_without_a_name_in_the_configuration_is_known_by_its_address(tmp_path: Path) -> None:
    """Its own table counts for it, and its trouble is told under the name of its folder."""
    telling = Telling(tmp_path)
    with FakeWordPress(**SMALL) as site:
        telling.write("", {"x": site.url})
        text = telling.config.read_text().replace('name = "x"\n', "")
        telling.config.write_text(f'{text}[sites.notify]\ncommand = "{telling.command}"\n')
        invocation(telling.config)
        title = edit(site)
        invocation(telling.config)
    invocation(telling.config)
    name = site.url.removeprefix("http://").rstrip("/").replace(":", "_")
    assert titles(telling) == [title]
    assert [event["site"] for message in telling.commanded() for event in message["events"]] == [name]
