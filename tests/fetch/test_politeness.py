"""Politeness: slots, intervals, pauses, slowing down by ourselves; all on a clock of our own."""

import threading
from datetime import UTC, datetime

import pytest
from patience import PATIENCE

from wparchive.fetch import Hosts, Politeness, Robots
from wparchive.fetch.politeness import Breaker, Stopped, retry_after
from wparchive.http1.message import parse_head

NOW = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds


def polite(**options):
    clock = Clock()
    return Politeness(clock=clock, sleep=clock.sleep, **options), clock


def paced(**options):
    """A politeness, and what returns the slots that a host has and the seconds added between two starts."""
    hosts = Hosts()

    def pace(host):
        return hosts.known[host].slots, hosts.known[host].penalty

    return Politeness(hosts=hosts, **options), pace


def test_two_requests_to_a_host_start_at_least_the_delay_apart():
    politeness, clock = polite(delay=1.5)
    for _ in range(3):
        with politeness.slot("a.example"):
            clock.now += 0.5
    with politeness.slot("b.example"):
        pass
    assert clock.slept == [1.0, 1.0]


def test_no_more_requests_than_slots_run_at_a_time():
    politeness = Politeness(concurrency=2)
    running, most, lock = [0], [0], threading.Lock()
    gate = threading.Barrier(2)

    def work():
        with politeness.slot("a.example"):
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            gate.wait(PATIENCE)
            with lock:
                running[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert most == [2]


def test_a_pause_holds_everyone_off_that_host_only():
    politeness, clock = polite()
    politeness.pause("a.example", 30)
    with politeness.slot("b.example"):
        assert clock.slept == []
    with politeness.slot("a.example"):
        assert clock.slept == [30.0]


@pytest.mark.parametrize("status", [429, 503])
def test_a_struggling_host_gets_less_and_slowly_more_again(status):
    politeness, pace = paced(concurrency=4)
    politeness.note("a.example", status=status, seconds=0.1)
    assert pace("a.example") == (2, 0.5)
    politeness.note("a.example", status=status, seconds=0.1)
    assert pace("a.example") == (1, 1.0)
    paces = set()
    for _ in range(200):
        politeness.note("a.example", status=200, seconds=0.1)
        paces.add(pace("a.example"))
    assert pace("a.example") == (4, 0.0)
    assert len(paces) > 3


def test_a_host_whose_median_grows_is_eased_and_one_slow_answer_changes_nothing():
    politeness, pace = paced(concurrency=2)
    for seconds in [0.5] * 20 + [30.0] + [0.5] * 20:
        politeness.note("a.example", status=200, seconds=seconds)
    assert pace("a.example") == (2, 0.0)
    for _ in range(5):
        politeness.note("a.example", status=200, seconds=4.0)
    slots, delay = pace("a.example")
    assert slots == 1
    assert delay == 1.0


def test_a_fast_host_may_get_several_times_slower_without_being_eased():
    politeness, pace = paced()
    for seconds in [0.01] * 20 + [0.9] * 20:
        politeness.note("a.example", status=200, seconds=seconds)
    assert pace("a.example") == (2, 0.0)


def test_waiting_for_a_slot_ends_with_the_run():
    politeness, stop = Politeness(concurrency=1), threading.Event()
    with politeness.slot("a.example"):
        threading.Timer(0.05, stop.set).start()
        with pytest.raises(Stopped), politeness.slot("a.example", stop):
            pass


def test_waiting_out_a_pause_ends_with_the_run():
    politeness, stop = Politeness(), threading.Event()
    politeness.pause("a.example", 3600)
    threading.Timer(0.05, stop.set).start()
    with pytest.raises(Stopped), politeness.slot("a.example", stop):
        pass


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ("Retry-After: 7", 7.0),
        ("Retry-After: 0", 0.0),
        ("Retry-After: 2.5", 2.5),
        ("retry-after: Thu, 02 Jan 2025 03:05:05 GMT", 60.0),
        ("Retry-After: Thu, 02 Jan 2025 03:00:00 GMT", 0.0),
        ("Date: Thu, 02 Jan 2025 09:00:00 GMT\r\nRetry-After: Thu, 02 Jan 2025 09:00:20 GMT", 20.0),
        ("Date: nonsense\r\nRetry-After: Thu, 02 Jan 2025 03:04:06 GMT", 1.0),
        ("Retry-After: soon", None),
        ("Retry-After: -5", None),
        ("Retry-After: 1e9", None),
        ("Retry-After:", None),
        ("X: y", None),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(headers, seconds):
    head = parse_head(f"HTTP/1.1 429 Too Many\r\n{headers}\r\n\r\n".encode())
    assert retry_after(head, NOW) == seconds


def test_the_breaker_opens_after_failures_in_a_row_and_lets_one_through_after_the_cool_down():
    clock = Clock()
    breaker = Breaker(most=3, cool_down=60, clock=clock)
    for answered in (False, False, True, False, False):
        breaker.note("a.example", answered=answered)
    assert breaker.admits("a.example")
    breaker.note("a.example", answered=False)
    assert not breaker.admits("a.example")
    assert breaker.admits("b.example")
    clock.now += 61
    assert breaker.admits("a.example")
    assert not breaker.admits("a.example")
    breaker.note("a.example", answered=True)
    assert breaker.admits("a.example")
    assert breaker.admits("a.example")


AGENT = "wparchive/1.0 (+me@example.org)"


def test_robots_rules_are_obeyed_for_our_agent_and_for_all():
    body = b"\xef\xbb\xbfUser-agent: *\nDisallow: /wp-json/\nDisallow: /?rest_route=\nAllow: /wp-json/open\n"
    robots = Robots.parse(body, 200, "wparchive")
    assert not robots.allowed("https://example.org/wp-json/wp/v2/posts", AGENT)
    assert robots.allowed("https://example.org/wp-json/open", AGENT)
    assert robots.allowed("https://example.org/", AGENT)
    spellings = [
        "https://example.org/index.php?rest_route=/wp/v2/posts",
        "https://example.org/?rest_route=/wp/v2/posts",
    ]
    assert robots.allowed(spellings[0], AGENT)
    assert not all(robots.allowed(one, AGENT) for one in spellings)
    ours = Robots.parse(b"User-agent: wparchive\nDisallow: /\n\nUser-agent: *\nDisallow:\n", 200, "wparchive")
    assert not ours.allowed("https://example.org/", AGENT)
    assert ours.allowed("https://example.org/", "Mozilla/5.0")


@pytest.mark.parametrize("status", [301, 401, 403, 404, 410])
def test_a_robots_txt_that_is_not_there_allows_everything(status):
    robots = Robots.parse(b"User-agent: *\nDisallow: /\n", status, "wparchive")
    assert robots.allowed("https://example.org/", AGENT)
    assert robots.reachable


@pytest.mark.parametrize("status", [429, 500, 503, None])
def test_a_robots_txt_that_cannot_be_had_allows_nothing_for_now(status):
    robots = Robots.parse(b"", status, "wparchive")
    assert not robots.allowed("https://example.org/", AGENT)
    assert not robots.reachable


@pytest.mark.parametrize(
    "body", [b"", b"<!DOCTYPE html><p>Disallow: nothing", b"\xff\xfe\x00", b"Disallow: /" + b"*a" * 300_000]
)
def test_an_odd_robots_txt_is_read_as_far_as_it_goes(body):
    robots = Robots.parse(body, 200, "wparchive")
    assert robots.allowed("https://example.org/wp-json/" + "a" * 500, AGENT)


@pytest.mark.usefixtures("must_end")
def test_rules_for_others_cost_nothing():
    """56 kB of agents and rules would make millions of rules, were each agent given each."""
    names = "".join(f"User-agent: a{n}\n" for n in range(4_000))
    body = f"{names}User-agent: *\n" + "".join(f"Disallow: /{n}\n" for n in range(4_000))
    robots = Robots.parse(body.encode(), 200, "wparchive")
    assert len(robots.rules._user_agents) == 2
    assert not robots.allowed("https://example.org/3999", AGENT)
    assert robots.allowed("https://example.org/other", AGENT)


@pytest.mark.parametrize(
    "name", ["User-agent: wparchive", "user-agent:WPARCHIVE # us", "User agent wparchive", "Useragent: wparch*"]
)
def test_every_spelling_of_our_name_is_ours(name):
    body = f"User-agent: Googlebot\nAllow: /\n\n{name}\nUser-agent: other\nDisallow: /\n\nUser-agent: *\nAllow: /\n"
    assert not Robots.parse(body.encode(), 200, AGENT).allowed("https://example.org/", AGENT)


@pytest.mark.parametrize(
    ("body", "by_path"),
    [
        (b"User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\nSitemap: https://x/?a=1", True),
        (b"User-agent: *\nDisallow: /*?", False),
        (b"User-agent: *\nDisallow: /?rest_route=", False),
        (b"User-agent: *\nDissallow: /a$", False),
        (b"User-agent: *\nDisallow: /a%3Fb", False),
    ],
)
def test_whether_rules_look_at_what_is_behind_the_path(body, by_path):
    """Only then may the answer for one page of a listing stand for the next."""
    assert Robots.parse(body, 200, "wparchive").by_path is by_path


def test_runs_that_share_hosts_keep_their_limits_together():
    """The least time between two requests, and how many run at a time: by the stricter one, whoever asked first."""
    clock, hosts = Clock(), Hosts()
    one, two = (Politeness(concurrency=n, delay=1.5, clock=clock, sleep=clock.sleep, hosts=hosts) for n in (1, 2))
    for politeness in (one, two, one):
        with politeness.slot("a.example"):
            pass
    assert clock.slept == [1.5, 1.5]
    stop = threading.Event()
    quick = Politeness(concurrency=1, hosts=hosts), Politeness(concurrency=2, hosts=hosts)
    with quick[1].slot("b.example"):
        stop.set()
        with pytest.raises(Stopped), quick[0].slot("b.example", stop):
            pass


def test_an_address_has_so_many_requests_at_a_time_whatever_the_host():
    """Also when it is written as IPv6 writes one of IPv4; what waits for it ends with the run."""
    hosts, stop = Hosts(), threading.Event()
    one, two = Politeness(concurrency=1, hosts=hosts), Politeness(concurrency=2, hosts=hosts)
    leave = one.at_address("192.0.2.1")
    one.at_address("192.0.2.2")()
    also = two.at_address("::ffff:192.0.2.1")
    taken = threading.Event()

    def work():
        one.at_address("192.0.2.1")()
        taken.set()

    thread = threading.Thread(target=work)
    thread.start()
    stop.set()
    with pytest.raises(Stopped):
        two.at_address("192.0.2.1", stop)
    assert not taken.is_set()
    also()
    leave()
    thread.join(PATIENCE)
    assert taken.is_set()


def test_long_waits_that_nobody_ordered_are_reported():
    """Those of a host that struggles, once: of a pause, whoever made it has told already. The operator's delay is no news."""
    told = []
    politeness, _ = polite(delay=5, backs_off=lambda host, seconds: told.append((host, seconds)))
    for _ in range(2):
        with politeness.slot("a.example"):
            pass
    assert told == []
    politeness.pause("a.example", 30)
    with politeness.slot("a.example"):
        pass
    assert told == []
    politeness.note("a.example", status=429, seconds=0.1)
    for _ in range(2):
        with politeness.slot("a.example"):
            pass
    assert told == [("a.example", 5.5)]
