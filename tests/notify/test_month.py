"""A month of cron over 20 sites, on a clock that is passed in: whatever happens is told once, to each of four channels.

Runs are three days apart, and one day while the webhook is down; nearer ones with WPARCHIVE_MONTH_HOURS=6 or the like.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from crawlkit import invoke, mounted, sound, wait_for_requests
from fakewp import FakeWordPress
from mailserver import MailServer
from notifykit import Ended, Telling, entries, invocation, keys_told, moment
from webhooks import Webhooks

from wparchive.ask.changes import changes
from wparchive.errors import ExitCode

BEGIN, DAYS = moment("2026-03-01"), 30
SITES = [f"news{number:02}.example" for number in range(20)]
SIZES = {"posts": 3, "pages": 0, "books": 0, "media": 0, "comments": 0, "users": 1, "terms": 3}
DISK = "the archive's disk"
DEAD = (10.0, 12.0)  # days on which the webhook doesn't take anything


class Month:
    """What happens on which day, and when cron starts a run."""

    def __init__(self, folder: Path, hooks: Webhooks, mail: MailServer, every: float) -> None:
        self.telling = Telling(folder)
        self.hooks = hooks
        self.mail = mail
        self.sites: dict[str, FakeWordPress] = {}
        self.failed: list[tuple[float, str]] = []
        self.codes: Counter[ExitCode] = Counter()
        self.late: list[tuple[float, str]] = []
        dense = (DEAD[0] + day for day in range(int(DEAD[1] - DEAD[0])))
        self.runs = sorted({*(every / 24 * step for step in range(int(DAYS * 24 / every) + 1)), *dense})
        self.happens = [
            (2, self.edits),
            (4, self.silently),
            (6, self.deletes),
            (8, lambda: self.sites[SITES[4]].fault("closed-403")),
            (10, lambda: self.post(5, title="While the webhook is down")),
            (10, lambda: self.sites[SITES[6]].fault("block")),
            (11, lambda: self.sites[SITES[6]].mend()),
            (14, lambda: self.sites[SITES[4]].mend()),
            (16, self.reboots),
            (20, self.disk_fills),
            (22, self.makes_room),
            (25, lambda: invoke("index", "--rebuild", "-a", self.telling.archive)),
            (26, lambda: self.post(9, title="After the rebuild")),
        ]

    def post(self, number: int, *, silent: bool = False, **fields: str) -> None:
        site = self.sites[SITES[number]]
        site.edit(site.ids("post")[0], silent=silent, **fields)

    def edits(self) -> None:
        self.post(0, title="The harbour moves", content="<p>The harbour moves to the new quay in May.</p>")
        self.post(1, title="Fewer trains", content="<p>The council runs fewer trains.</p>")

    def silently(self) -> None:
        self.post(2, silent=True, content="<p>Nobody was to notice this.</p>")

    def deletes(self) -> None:
        site = self.sites[SITES[3]]
        site.delete(site.ids("post")[0])

    def reboots(self) -> None:
        """The machine goes down in the middle of a run, that has seen one edit already."""
        self.post(7, title="Just before the reboot")
        last = self.sites[SITES[15]]
        script = [sys.executable, str(Path(__file__).with_name("notifykit.py")), str(self.telling.config)]
        paths = os.pathsep.join(sys.path)
        asked = len(last.requests)
        env = {**os.environ, "PYTHONPATH": paths}
        with subprocess.Popen([*script, (BEGIN + timedelta(days=15.9)).isoformat()[:19]], env=env) as process:
            assert wait_for_requests(last, asked + 3, process), "it ended before it could be killed"
            process.kill()

    def disk_fills(self) -> None:
        self.post(8, title="While the disk is full")
        with suppress(OSError), (self.telling.archive / "filler").open("wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass

    def makes_room(self) -> None:
        (self.telling.archive / "filler").unlink()

    def run(self) -> None:
        events = iter([*self.happens, (1e9, lambda: None)])
        day, happens = next(events)
        for at in self.runs:
            while day <= at:
                happens()
                day, happens = next(events)
            now = BEGIN + timedelta(days=at)
            self.set_clocks(now)
            self.hooks.down = DEAD[0] <= at < DEAD[1]
            self.note(at, invocation(self.telling.config, now))

    def set_clocks(self, now: datetime) -> None:
        for site in self.sites.values():
            site.now = (now + timedelta(hours=1)).isoformat()[:19]  # they are in Lagos

    def note(self, at: float, ended: Ended) -> None:
        self.codes[ended.code] += 1
        self.failed += [(at, warning) for warning in ended.warnings]


def few_requests(site: FakeWordPress) -> FakeWordPress:
    """A site with posts and categories alone, so that a month of runs takes no hour."""
    for slug in [*site.site.types]:
        if slug != "post":
            site.drop(slug)
    for slug in [*site.site.taxonomies]:
        if slug != "category":
            del site.site.taxonomies[slug]
    return site


@contextmanager
def month(folder: Path, every: float) -> Iterator[Month]:
    """A month of runs `every` so many hours, the archive on a small disk of its own."""
    with ExitStack() as stack:
        made = Month(folder, stack.enter_context(Webhooks()), stack.enter_context(MailServer()), every)
        made.sites = {name: stack.enter_context(few_requests(FakeWordPress(**SIZES))) for name in SITES}
        telling = made.telling
        notify = f'command = "{telling.command}"\nwebhook = "{made.hooks.url}"\natom = "changes.xml"\n'
        notify += '[notify.mail]\nto = "desk@example.org"\nfrom = "Archive <archive@example.org>"\n'
        notify += f'smtp = "127.0.0.1:{made.mail.port}"\n'
        telling.write(notify, {name: site.url for name, site in made.sites.items()})
        telling.archive.mkdir()
        stack.enter_context(mounted(telling.archive, "-t", "tmpfs", "-o", f"size={64 + 5 * len(made.runs)}m", "tmpfs"))
        made.run()
        yield made


def check(made: Month) -> None:
    telling = made.telling
    noticed = {change.id: change for change in changes(telling.archive / "archive.db")}
    kinds = {(change.site, change.kind) for change in noticed.values() if change.type == "post"}
    assert kinds >= {
        *((SITES[number], "edited") for number in (0, 1, 5, 7, 8, 9)),
        (SITES[2], "silently_edited"),
        (SITES[3], "deleted"),
    }
    events = {f"{SITES[4]} closed", f"{SITES[6]} blocked", " storage"}
    expected = Counter([*noticed, *(f"{one} " for one in events), *(f"{one} over" for one in events)])
    posted = [one.message for one in made.hooks.taken]
    assert Counter(keys_told(telling.commanded())) == expected
    assert Counter(keys_told(posted)) == expected
    in_feed = Counter(ident for ident, _ in entries(telling.feed))
    assert in_feed.total() == expected.total()
    assert {*in_feed} >= {*noticed}
    assert {*in_feed.values()} == {1}
    mailed = "".join(one.text for one in made.mail.received)
    for change in noticed.values():
        assert mailed.count(f"{change.kind.replace('_', ' ')}: {change.title or change.item}\n  {change.item}\n") == 1
    for event in expected:
        if event not in noticed:
            site, *kind = event.split(" ")
            words = "full, or not to be written" if "storage" in kind else kind[0]
            title = f"{site or DISK}: {'no longer ' * ('over' in kind)}{words}"
            assert mailed.count(f"{title}, ") == 1, title
    assert len(made.mail.received) == len({one.letter["Message-ID"] for one in made.mail.received})
    # What could not be told is said in one line, by each run on those days and by no other.
    down = [at for at in made.runs if DEAD[0] <= at < DEAD[1]]
    late = [at for at, warning in made.failed if "webhook 127.0.0.1: HTTP 503" in warning]
    assert 0 < len(late) == len(made.failed)
    assert {*late} <= {*down}
    assert made.codes[ExitCode.STORAGE]
    assert [finding for finding in sound(telling.archive) if "filler" not in finding] == []


@pytest.mark.slow
def test_a_month_of_cron_tells_everything_once_to_each(tmp_path: Path) -> None:
    with month(tmp_path, every=float(os.environ.get("WPARCHIVE_MONTH_HOURS", 72))) as made:
        check(made)
