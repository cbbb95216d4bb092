"""How long a target is asked for again, as values: each rule by itself, over exchanges that are played."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tenacity import Retrying, retry_if_result, wait_none
from tenacity.wait import wait_fixed

from wparchive.fetch.retrying import FetchPolicy, WaitAsAsked, enough, last_exchange, may_pass, reconnecting
from wparchive.http1.message import parse_head
from wparchive.model import Exchange

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NOTHING = Exchange(url="http://x/", method="GET", began=NOW, elapsed=3600.0, request=b"", error="connection reset")
HUNG_UP = replace(NOTHING, flags=("stale-connection",))


def answer(status: int, *lines: str) -> Exchange:
    head = parse_head("\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode())
    return replace(NOTHING, head=head, error=None)


class Play:
    """Brings the exchanges given, the last one for ever, and counts how often it was asked and what was waited."""

    def __init__(self, *exchanges: Exchange) -> None:
        self.exchanges = exchanges
        self.asked = 0
        self.waited: list[float] = []

    def __call__(self) -> Exchange:
        self.asked += 1
        return self.exchanges[min(self.asked, len(self.exchanges)) - 1]

    def go(self, policy: FetchPolicy, own: int | None = None, gains: int = 0) -> Exchange:
        retrying = Retrying(
            retry=retry_if_result(may_pass),
            stop=enough(policy, own, lambda: gains, threading.Event()),
            wait=WaitAsAsked(policy.wait, lambda: NOW),
            sleep=self.waited.append,
            retry_error_callback=last_exchange,
        )
        return retrying(self)


def policy(**given: object) -> FetchPolicy:
    return FetchPolicy(**{"retries": 4, "wait": wait_none(), **given})


@pytest.mark.parametrize("own", [None, 0, 1, 7])
@pytest.mark.parametrize("wrong", [NOTHING, answer(500), answer(503)], ids=["nothing", "500", "503"])
def test_a_target_may_have_its_own_number_of_retries(wrong: Exchange, own: int | None) -> None:
    play = Play(wrong)
    play.go(policy(), own)
    assert play.asked == 1 + (4 if own is None else own)


@pytest.mark.parametrize("own", [None, 0, 1, 7])
@pytest.mark.parametrize("told", [answer(429), answer(503, "Retry-After: 0")], ids=["429", "503"])
def test_being_told_to_wait_is_no_fault_of_the_target(told: Exchange, own: int | None) -> None:
    """It is tried as often as others are, or as it says if that is more."""
    play = Play(told)
    play.go(policy(), own)
    assert play.asked == 1 + max(own or 0, 4)


def test_the_last_answer_decides_whose_number_counts() -> None:
    play = Play(answer(429), answer(429), answer(500))
    assert play.go(policy(), own=0).status == 500
    assert play.asked == 3


@pytest.mark.parametrize("gains", [0, 1, 5])
def test_an_attempt_that_gained_something_costs_nothing(gains: int) -> None:
    play = Play(NOTHING)
    play.go(policy(retries=2), gains=gains)
    assert play.asked == 3 + gains


def test_patience_is_what_is_waited_and_not_what_attempts_take() -> None:
    """Each attempt took an hour; the wait that would go beyond fifteen minutes isn't begun."""
    play = Play(NOTHING)
    play.go(policy(retries=99, patience=900.0, wait=wait_fixed(300)))
    assert play.waited == [300.0] * 3


def test_retry_after_counts_where_it_is_longer_than_our_own_wait() -> None:
    play = Play(answer(429, "Retry-After: 70"), answer(429, "Retry-After: 7"), answer(429), answer(200))
    assert play.go(policy(wait=wait_fixed(20))).status == 200
    assert play.waited == [70.0, 20.0, 20.0]


def test_a_connection_that_the_server_hung_up_is_made_anew_at_once_a_few_times() -> None:
    play = Play(HUNG_UP, HUNG_UP, answer(500))
    assert reconnecting(play.waited.append, threading.Event())(play).status == 500
    assert (play.asked, play.waited) == (3, [0.0, 0.0])
    play = Play(HUNG_UP)
    assert reconnecting(play.waited.append, threading.Event())(play) is HUNG_UP
    assert play.asked == 4
