"""Several sites at the same time: limits on hosts, addresses, requests and time hold for all of them together."""

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import frugal
import pytest
from crawlkit import PLAIN, SMALL, Crawled, end, launch, sound, wait_for_requests
from fakewp import FakeWordPress
from fakewp.simulator.http import Request
from fakewp.simulator.server import Handler
from patience import PATIENCE

from wparchive.config import Settings, SiteConfig
from wparchive.crawl.run import Options
from wparchive.crawl.seams import MACHINE, Seams
from wparchive.errors import ExitCode
from wparchive.fleet.jobs import in_turn
from wparchive.fleet.left_out import LeftOut
from wparchive.fleet.local import Limits, crawl_all
from wparchive.fleet.results import SiteResult
from wparchive.index import index, logical_dump
from wparchive.store import Archive


class Watched(FakeWordPress):
    """A site that counts, with the others of its `crowd`, how many requests are answered at the same time."""

    crowd: "Crowd"

    def respond(self, handler: Handler, request: Request) -> None:
        with self.crowd.one(self):
            pass  # over before the answer is sent: after that the next request may come at once
        super().respond(handler, request)


class Crowd:
    """What is seen of several sites at once.

    With `meet`, requests wait until that many sites are asked; with `linger`, so many seconds for another to come.
    """

    def __init__(self, meet: int = 0, linger: float = 0.0) -> None:
        self.linger = linger
        self.changed = threading.Condition()
        self.running: list[FakeWordPress] = []
        self.most = 0
        self.order: list[str] = []
        self.meet, self.met = meet, meet == 0

    @contextmanager
    def one(self, site: FakeWordPress) -> Iterator[None]:
        with self.changed:
            self.running.append(site)
            self.most = max(self.most, len(self.running))
            if site.url not in self.order:
                self.order.append(site.url)
            self.met = self.met or len({id(one) for one in self.running}) >= self.meet
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: self.met, PATIENCE), "the others never came"
            self.changed.wait_for(lambda: len(self.running) > 1, self.linger)
        yield
        with self.changed:
            self.running.remove(site)


@contextmanager
def sites(crowd: Crowd, addresses: Sequence[str], **sizes: int) -> Iterator[list[Watched]]:
    with ExitStack() as stack:
        found = []
        for address in addresses:
            site = Watched(address=address, **{**SMALL, **sizes})
            site.crowd = crowd
            found.append(stack.enter_context(site))
        yield found


def crawl(
    folder: Path,
    urls: Sequence[str],
    *,
    jobs: int,
    limits: Limits = Limits(),  # noqa: B008 - a frozen value
    settings: Settings = PLAIN,
    seams: Seams = MACHINE,
    each: Any = lambda _result, _ended, _of: None,
    emit: Any = lambda _event, _fields: None,
) -> list[SiteResult]:
    return crawl_all(
        Archive(folder),
        [SiteConfig(url=url, settings=settings) for url in urls],
        Options(debug=True),
        index=True,
        stop=threading.Event(),
        emit=emit,
        limits=limits,
        jobs=jobs,
        each=each,
        seams=seams,
    )


def test_sites_of_different_hosts_are_crawled_at_the_same_time(tmp_path: Path) -> None:
    """Three that answer only once all three are asked; each ends in the one database, as a rebuild has it."""
    ended: list[tuple[int, int]] = []
    with sites(Crowd(meet=3), ("127.0.0.2", "127.0.0.3", "127.0.0.4")) as found:
        urls = [site.url for site in found]
        results = crawl(tmp_path / "archive", urls, jobs=4, each=lambda _, number, of: ended.append((number, of)))
    assert [result.report.exit_code for result in results] == [ExitCode.COMPLETE] * 3
    assert [result.held["post"] for result in results] == [7] * 3
    assert [result.report.site.split("_")[0] for result in results] == ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
    assert ended == [(1, 3), (2, 3), (3, 3)]
    archive = Archive(tmp_path / "archive")
    assert list(sound(archive.root)) == []
    before = list(logical_dump(archive.database))
    index(archive, rebuild=True)
    assert list(logical_dump(archive.database)) == before


def test_two_entries_of_one_host_run_one_after_the_other(tmp_path: Path) -> None:
    """Whatever their ports; meanwhile others run."""
    crowd = Crowd()
    with sites(crowd, ("127.0.0.2", "127.0.0.2", "127.0.0.2")) as found:
        overlaps: list[int] = []
        running: set[str] = set()

        def emit(event: str, fields: Any) -> None:
            if event == "site-begun":
                running.add(fields["url"])
                overlaps.append(len(running))
            elif event == "site-ended":
                running.discard(fields["url"])

        results = crawl(tmp_path / "archive", [site.url for site in found], jobs=3, emit=emit)
    assert [result.report.exit_code for result in results] == [ExitCode.COMPLETE] * 3
    assert overlaps == [1, 1, 1]


def test_the_limit_of_an_address_holds_for_all_hosts_at_it(tmp_path: Path) -> None:
    """Two names that lead to one address, crawled together, are never asked at the same time with a concurrency of 1."""
    crowd = Crowd(linger=0.02)
    with sites(crowd, ("127.0.0.9", "127.0.0.9"), posts=120) as found:
        ports = [site.url.rstrip("/").rpartition(":")[2] for site in found]

        def look_up(host: str, port: int, **how: Any) -> list[Any]:
            return socket.getaddrinfo("127.0.0.9" if host.endswith(".test") else host, port, **how)

        urls = [f"http://{name}.test:{port}/" for name, port in zip(("one", "two"), ports, strict=True)]
        settings = replace(PLAIN, concurrency=1, allow_origin=tuple(site.url.rstrip("/") for site in found))
        both = threading.Barrier(2, timeout=PATIENCE)

        def emit(event: str, _fields: Any) -> None:
            if event == "site-begun":
                both.wait()

        crawl(tmp_path / "archive", urls, jobs=2, settings=settings, seams=replace(MACHINE, look_up=look_up), emit=emit)
    assert min(len(site.requests) for site in found) > 5
    assert crowd.most == 1


def test_a_limit_on_requests_is_one_for_all_sites(tmp_path: Path) -> None:
    """However many run at the same time; what wasn't begun begins first next time, and is no longer left out then."""
    folder = tmp_path / "archive"
    addresses = [f"127.0.0.{n}" for n in range(2, 8)]
    crowd = Crowd()
    with sites(crowd, addresses) as found:
        urls = [site.url for site in found]
        results = crawl(folder, urls, jobs=2, limits=Limits(requests=30))
        assert sum(len(site.requests) for site in found) == 30
        assert sum(result.report.tally.requests for result in results) == 30
        late = [result.report.site for result in results if result.left_out]
        assert 2 <= len(late) <= 4
        assert all("--max-requests was used up" in result.report.reason for result in results if result.left_out)
        assert not any(result.needs_a_person for result in results)
        crowd.order.clear()
        again = crawl(folder, urls, jobs=2)
        assert {url.split("/")[2].replace(":", "_") for url in crowd.order[: len(late)]} == set(late)
        assert [result.report.exit_code for result in again] == [ExitCode.COMPLETE] * 6
    assert not (folder / ".left-out.json").exists()


def test_a_limit_on_time_is_one_for_all_sites(tmp_path: Path) -> None:
    """Those that run when it is up are cut short, the others aren't begun; a site's own limit stays its own."""
    now = [0.0]
    crowd = Crowd()
    with sites(crowd, ("127.0.0.2", "127.0.0.3", "127.0.0.4")) as found:

        def emit(event: str, _fields: Any) -> None:
            if event == "fetched":
                now[0] += 1.0

        results = crawl(
            tmp_path / "archive",
            [site.url for site in found],
            jobs=2,
            limits=Limits(seconds=12),
            seams=replace(MACHINE, clock=lambda: now[0]),
            emit=emit,
        )
    assert [result.left_out for result in results] == [False, False, True]
    assert [result.report.cut_short for result in results] == [True, True, False]
    assert {result.report.exit_code for result in results} == {ExitCode.INCOMPLETE}
    assert found[2].requests == []


def test_two_targets_that_turn_out_to_be_one_site(tmp_path: Path) -> None:
    """The second one waits until the first has ended, instead of being turned away by it."""
    with sites(Crowd(), ("127.0.0.2",)) as (site,):
        port = site.url.rstrip("/").rpartition(":")[2]

        def look_up(host: str, port: int, **how: Any) -> list[Any]:
            return socket.getaddrinfo("127.0.0.2" if host.endswith(".test") else host, port, **how)

        names = (SiteConfig(url=f"http://{name}.test:{port}/", name="one", joins=True, settings=PLAIN) for name in "ab")
        one, two = names
        archive = Archive(tmp_path / "archive")
        seams = replace(MACHINE, look_up=look_up)
        crawl_all(archive, [one], Options(), index=True, stop=threading.Event(), emit=lambda *_: None, seams=seams)
        # Two entries of the config can't have one name: the second finds the folder by its address.
        again = [
            replace(one, name=None, joins=False),
            replace(two, url=one.url.replace("a.test", "127.0.0.2"), name=None),
        ]
        results = crawl_all(
            archive, again, Options(), index=True, stop=threading.Event(), emit=lambda *_: None, jobs=2, seams=seams
        )
    assert ExitCode.LOCKED not in {result.report.exit_code for result in results}


def test_a_signal_ends_all_that_run(tmp_path: Path) -> None:
    """Each stops cleanly and can be resumed, the others aren't begun, and the exit code says so."""
    with sites(Crowd(), ("127.0.0.2", "127.0.0.3", "127.0.0.4")) as found:
        urls = [site.url for site in found]
        folder = tmp_path / "archive"
        process = launch("crawl", *urls, "-a", folder, *frugal.OPTIONS, "--delay", "0.2", "--jobs", "2")
        assert wait_for_requests(found[0], 6, process)
        assert wait_for_requests(found[1], 3, process)
        code, out, _err = end(process)
        assert code == ExitCode.INTERRUPTED
        assert out.count("interrupted") >= 2
        assert found[2].requests == []
        assert list(sound(folder)) == []
        results = crawl(folder, urls, jobs=2)
        assert [result.report.exit_code for result in results] == [ExitCode.COMPLETE] * 3
    assert Crawled(folder).number("SELECT count(*) FROM posts WHERE type = 'post'") == 21


def test_work_is_begun_in_order_and_never_twice_in_one_group() -> None:
    """A group that is busy is passed over; the next free item of the order comes first."""
    gate, begun, lock = threading.Event(), [], threading.Lock()

    def work(item: str) -> None:
        with lock:
            begun.append(item)
            if len(begun) >= 3:
                gate.set()
        if item == "a1":
            assert gate.wait(PATIENCE)

    in_turn(["a1", "a2", "b1", "c1", "a3"], lambda item: item[0], work, 2)
    assert begun == ["a1", "b1", "c1", "a2", "a3"]


def test_what_fails_ends_the_rest_and_is_raised() -> None:
    """Nothing more is begun then."""
    done: list[int] = []

    def work(item: int) -> None:
        if item == 0:
            raise ValueError("broken")
        done.append(item)

    with pytest.raises(ValueError, match="broken"):
        in_turn([0, *[1] * 5], str, work, 1)
    assert done == []


@pytest.mark.parametrize("held", [b"", b"[", b"{}", b"[1, null]", b"\xff", b"9" * 5000])
def test_a_list_of_what_was_left_out_that_is_no_such_list_is_none(held: bytes, tmp_path: Path) -> None:
    """It is a hint, and may be lost: the order is then that of the config."""
    path = tmp_path / ".left-out.json"
    path.write_bytes(held)
    some = [SiteConfig(url=f"https://{name}.example/") for name in "abc"]
    assert LeftOut(tmp_path).first(some) == [0, 1, 2]
    LeftOut(tmp_path).keep(some, some[1:2])
    assert json.loads(path.read_bytes()) == ["b.example"]
    assert LeftOut(tmp_path).first(some) == [1, 0, 2]
    LeftOut(tmp_path).keep(some[:1], some[:1])
    assert LeftOut(tmp_path).first(some) == [0, 1, 2], "the others that were left out still are"
    LeftOut(tmp_path).keep(some, [])
    assert not path.exists()
