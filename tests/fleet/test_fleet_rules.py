"""The rules of a fleet: when a site is due again, and which network it is in."""

import pytest

from wparchive.errors import ExitCode
from wparchive.fleet.queue.fleet_file import Network
from wparchive.fleet.queue.networks import UNKNOWN, network_of, registered_domain
from wparchive.fleet.queue.rhythm import FAILURES_OF_A_DEAD_SITE, Next, next_turn, reindexed

HOUR, DAY = 3_600.0, 86_400.0


def after(code: ExitCode, **how: object) -> Next:
    usual = {
        "every": DAY,
        "every_max": 28 * DAY,
        "pace": 3 * DAY,
        "changed": False,
        "cut_short": False,
        "answered": True,
    }
    return next_turn(code, **{**usual, "failures": 0, **how})  # type: ignore[arg-type]


@pytest.mark.parametrize("code", [ExitCode.COMPLETE, ExitCode.INCOMPLETE, ExitCode.NO_API, ExitCode.FINDINGS])
def test_what_changes_is_asked_more_often(code: ExitCode) -> None:
    """By 1.5 when something changed, by 1.3 less when nothing did."""
    assert after(code, changed=True) == Next(2 * DAY, 2 * DAY)
    assert after(code) == Next(3 * DAY * 1.3, 3 * DAY * 1.3)


def test_the_pace_stays_within_its_bounds() -> None:
    """Never faster than `every`, never slower than `every_max`; both equal: fixed."""
    assert after(ExitCode.COMPLETE, pace=DAY, changed=True).pace == DAY
    assert after(ExitCode.COMPLETE, pace=27 * DAY).pace == 28 * DAY
    assert {after(ExitCode.COMPLETE, every_max=DAY, pace=DAY, changed=one).due_in for one in (True, False)} == {DAY}


@pytest.mark.parametrize("code", [ExitCode.INCOMPLETE, ExitCode.COMPLETE])
def test_a_turn_that_ran_out_of_time_goes_on_at_once(code: ExitCode) -> None:
    assert after(code, cut_short=True) == Next(0, 3 * DAY)


def test_one_that_was_stopped_goes_on_at_once() -> None:
    assert after(ExitCode.INTERRUPTED, answered=False, failures=3) == Next(0, 3 * DAY, 3)


@pytest.mark.parametrize(("asked", "rest"), [(0.0, DAY), (HOUR, DAY), (3 * DAY, 3 * DAY)])
def test_a_site_that_refuses_rests_with_its_network(asked: float, rest: float) -> None:
    """As long as it asks, and at least until it would be due."""
    assert after(ExitCode.REFUSED, retry_after=asked, answered=False) == Next(rest, 3 * DAY, 0, rest)


def test_a_site_without_an_answer_is_asked_ever_more_rarely_and_never_dropped() -> None:
    """Five times in its rhythm, but no more than hourly; then at doubled distances, up to 28 days."""
    pace, failures, waits = HOUR / 4, 0, []
    for _ in range(20):
        following = after(ExitCode.INCOMPLETE, answered=False, every=HOUR / 4, pace=pace, failures=failures)
        pace, failures = following.pace, following.failures
        waits.append(following.due_in)
    usual = FAILURES_OF_A_DEAD_SITE - 1
    assert waits[:usual] == [HOUR] * usual
    assert waits[usual : usual + 3] == [2 * HOUR, 4 * HOUR, 8 * HOUR]
    assert waits[-1] == 28 * DAY and failures == 20
    assert after(ExitCode.COMPLETE, pace=28 * DAY, failures=20, changed=True).failures == 0


@pytest.mark.parametrize("code", [ExitCode.STORAGE, ExitCode.LOCKED])
def test_our_own_troubles_are_not_the_sites(code: ExitCode) -> None:
    """A full disk makes no site a dead one, however often."""
    assert after(code, answered=False, failures=4) == Next(DAY, 3 * DAY, 4)
    assert after(code, every=60.0).due_in == HOUR


def test_a_fault_of_ours_counts_and_is_not_tried_at_once() -> None:
    assert after(ExitCode.ERROR, every=60.0, failures=1) == Next(HOUR, 3 * DAY, 2)


def test_rows_are_a_day_old_at_most() -> None:
    assert (reindexed(HOUR), reindexed(7 * DAY)) == (HOUR, DAY)


HOSTS = {
    "one.example": ["203.0.113.7"],
    "six.example": ["2001:db8:1:2:3::4"],
    "wide.example": ["198.51.100.200", "9.9.9.9"],
}
NETWORKS = (
    Network("host", hosts=("api.example", "*.pages.example"), slots=4),
    Network("front", cidr=("198.51.100.0/24", "2001:db8:ff::/48"), by="host"),
    Network("late", cidr=("198.51.0.0/16",)),
)


def look_up(host: str) -> list[str]:
    if host not in HOSTS:
        raise OSError(host)
    return HOSTS[host]


@pytest.mark.parametrize(
    ("url", "network"),
    [
        ("https://one.example/blog", "203.0.113.7"),
        ("https://203.0.113.7:8443/", "203.0.113.7"),
        ("https://six.example/", "2001:db8:1:2::/64"),
        ("https://[2001:db8:1:2:ffff::1]/", "2001:db8:1:2::/64"),
        ("https://api.example/sites/1", "host"),  # though it can't be looked up
        ("https://a.b.pages.example/", "host"),
        ("https://pages.example/", UNKNOWN),
        ("https://wide.example/", "front/wide.example"),
        ("https://198.51.100.9/", "front/198.51.100.9"),
        ("https://198.51.7.9/", "late"),
        ("https://gone.example/", UNKNOWN),
        ("not an address", UNKNOWN),
    ],
)
def test_the_network_of_a_site(url: str, network: str) -> None:
    """The first that its host or its first address fits, else that address; IPv6 by /64; unknown while it can't be looked up."""
    assert network_of(url, NETWORKS, look_up) == network


def test_an_answer_that_is_no_address_is_unknown() -> None:
    assert network_of("https://odd.example/", (), lambda host: ["fe80::1%eth0", "x"]) == UNKNOWN
    assert network_of("https://odd.example/", (), lambda host: []) == UNKNOWN


def test_ports_count_only_when_asked_for() -> None:
    assert network_of("http://127.0.0.1:81/", (), look_up, by_port=True) == "127.0.0.1:81"
    assert network_of("http://127.0.0.1:81/", (), look_up) == "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "domain"),
    [("a.b.example.co.uk", "example.co.uk"), ("me.github.io", "me.github.io"), ("localhost", "localhost")],
)
def test_behind_a_front_each_registered_domain_counts_for_itself(host: str, domain: str) -> None:
    assert registered_domain(host) == domain
