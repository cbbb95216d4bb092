"""Fetching a target: retries, redirects, patience, the breaker; each attempt and hop an exchange of its own."""

import threading

import pytest
from patience import PATIENCE
from scripted import Peer, Scripted, answering

from wparchive.fetch import Credentials, Fetcher, FetchPolicy, Guard, Politeness
from wparchive.model import Privilege, Target, Verdict


def answer(status: int, body: bytes = b"[]", **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Bench:
    """A fetcher on a clock of its own, which never really sleeps."""

    def __init__(self, wire, guard: Guard, *, stop: threading.Event | None = None, policy=None, **options) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.politeness = Politeness(clock=lambda: self.now, sleep=self.sleep)
        self.stop = stop or threading.Event()
        self.fetcher = Fetcher(
            FetchPolicy(**(policy or {})),
            wire,
            self.politeness,
            guard,
            clock=lambda: self.now,
            sleep=self.sleep,
            stop=self.stop,
            **options,
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def get(self, url: str, **options):
        return self.fetcher.fetch(Target(url=url, key=url, kind="item", **options))


@pytest.fixture
def bench(make_wire):
    def make(*servers, policy=None, stop=None, origins=(), guard=None, **options) -> Bench:
        guard = guard or Guard([*(server.origin for server in servers), *origins])
        return Bench(make_wire(guard=guard), guard, policy=policy, stop=stop, **options)

    return make


def statuses(fetched) -> list[int | None]:
    return [exchange.status for exchange in fetched.exchanges]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 522, 527, 530])
def test_a_passing_trouble_is_retried_and_every_attempt_kept(status, bench):
    with Scripted(answering(answer(status), answer(status), answer(200, b"[1]"))) as server:
        fetched = bench(server).get(server.origin)
    assert fetched.verdict is Verdict.ANSWERED
    assert statuses(fetched) == [status, status, 200]
    assert [exchange.attempt for exchange in fetched.exchanges] == [1, 2, 3]
    assert fetched.last.body == b"[1]"


@pytest.mark.parametrize("status", [200, 201, 204, 304, 400, 401, 403, 404, 410, 418, 451, 501, 505])
def test_an_answer_is_an_answer_at_once(status, bench):
    with Scripted(answering(answer(status, b""))) as server:
        fetched = bench(server).get(server.origin)
    assert (fetched.verdict, statuses(fetched)) == (Verdict.ANSWERED, [status])


def test_of_several_answers_only_the_last_ones_body_is_held(bench):
    """Each may have megabytes, and all of them have been written down by then."""
    with Scripted(
        answering(answer(500), answer(302, b"moved", Location="/b"), answer(503), answer(200, b"[1]"))
    ) as server:
        fetched = bench(server).get(server.origin, hops=1)
    assert statuses(fetched) == [500, 302, 503, 200]
    assert [exchange.body for exchange in fetched.exchanges] == [None, None, None, b"[1]"]
    assert all(exchange.block for exchange in fetched.exchanges)


def test_what_fails_in_each_attempt_has_failed(bench):
    with Scripted(answering(*[answer(500)] * 9)) as server:
        patient = bench(server)
        fetched = patient.get(server.origin)
    assert fetched.verdict is Verdict.FAILED
    assert fetched.reason == "HTTP 500 in each attempt"
    assert statuses(fetched) == [500] * 5
    assert len(patient.slept) == 4
    assert patient.slept == sorted(patient.slept)
    assert 1 <= patient.slept[0] < 2.1
    assert 8 <= patient.slept[3] < 9.1


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_a_target_may_have_its_own_number_of_retries(retries, bench):
    with Scripted(answering(*[answer(500)] * 9)) as server:
        fetched = bench(server).get(server.origin, retries=retries)
    assert len(fetched.exchanges) == retries + 1


def test_being_throttled_does_not_use_up_a_targets_own_retries(bench):
    with Scripted(answering(answer(429), answer(429), answer(200))) as server:
        fetched = bench(server).get(server.origin, retries=0)
    assert fetched.verdict is Verdict.ANSWERED


def test_transport_errors_are_retried(bench):
    def cut(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")

    def reset(peer: Peer) -> None:
        peer.request()
        peer.reset()

    with Scripted(cut, reset, answering(answer(200))) as server:
        fetched = bench(server).get(server.origin)
    assert fetched.verdict is Verdict.ANSWERED
    assert [exchange.truncated for exchange in fetched.exchanges] == ["disconnect", None, None]
    assert fetched.exchanges[0].block.read().endswith(b"half")
    assert fetched.exchanges[1].block is None


def test_a_connection_that_died_in_the_pool_is_retried_without_waiting(bench):
    def once(peer: Peer) -> None:
        peer.request()
        peer.send(answer(200))
        peer.request()

    with Scripted(once, answering(answer(200))) as server:
        patient = bench(server)
        patient.get(server.origin)
        fetched = patient.get(server.origin)
    assert statuses(fetched) == [None, 200]
    assert patient.slept == [0.0]


def test_a_connection_that_died_in_the_pool_costs_a_target_without_retries_nothing(bench):
    def once(peer: Peer) -> None:
        peer.request()
        peer.send(answer(200))
        peer.request()

    with Scripted(once, answering(answer(500))) as server:
        patient = bench(server)
        patient.get(server.origin)
        fetched = patient.get(server.origin, retries=0)
    assert statuses(fetched) == [None, 500]


def test_retry_after_is_waited_for_by_everyone_on_that_host(bench):
    with Scripted(answering(answer(429, Retry_After="40"), answer(200), answer(200))) as server:
        patient = bench(server)
        fetched = patient.get(server.origin)
        assert fetched.verdict is Verdict.ANSWERED
        assert patient.slept[0] == 40
        assert patient.now >= 40


def test_a_date_in_retry_after_counts_from_the_servers_own_clock(bench):
    dates = {"Date": "Thu, 02 Jan 2025 03:00:00 GMT", "Retry_After": "Thu, 02 Jan 2025 03:00:33 GMT"}
    with Scripted(answering(answer(503, **dates), answer(200))) as server:
        patient = bench(server)
        patient.get(server.origin)
    assert patient.slept[0] == 33


@pytest.mark.parametrize(
    ("status", "headers", "verdict"),
    [
        (429, {}, Verdict.THROTTLED),
        (503, {"Retry_After": "5"}, Verdict.THROTTLED),
        (503, {}, Verdict.FAILED),
        (429, {"Retry_After": "86400"}, Verdict.THROTTLED),
    ],
)
def test_a_host_that_only_throttles_ends_our_patience(status, headers, verdict, bench):
    with Scripted(answering(*[answer(status, **headers)] * 9)) as server:
        patient = bench(server)
        fetched = patient.get(server.origin)
    assert fetched.verdict is verdict
    assert patient.now <= 900
    assert len(fetched.exchanges) == (1 if headers.get("Retry_After") == "86400" else 5)


def test_a_bot_wall_is_not_retried(bench):
    wall = answer(503, b"<title>Just a moment...</title>", Retry_After="5")
    with Scripted(answering(wall)) as server:
        walled = bench(server, is_challenge=lambda head, body: head.status == 503 and b"Just a moment" in body)
        fetched = walled.get(server.origin)
    assert (fetched.verdict, statuses(fetched)) == (Verdict.ANSWERED, [503])


def test_what_another_attempt_will_not_change_is_not_retried(bench):
    with Scripted(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + b"x" * 5000)) as server:
        fetched = bench(server).get(server.origin, max_body=2000)
    assert (fetched.verdict, len(fetched.exchanges)) == (Verdict.FAILED, 1)
    assert fetched.last.truncated == "length"


def test_redirects_are_followed_hop_by_hop_and_kept(bench):
    with Scripted(answering(answer(200, b"there"))) as there:
        hops = [
            answer(301, b"", Location="/b?x=1#y"),
            answer(302, b"", Location="c"),
            answer(308, b"", Location=f"{there.origin}/d"),
        ]
        with Scripted(answering(*hops)) as here:
            fetched = bench(here, there).get(f"{here.origin}/a/a", method="HEAD", hops=1)
    assert statuses(fetched) == [301, 302, 308, 200]
    urls = [exchange.url for exchange in fetched.exchanges]
    assert urls == [f"{here.origin}/a/a", f"{here.origin}/b?x=1", f"{here.origin}/c", f"{there.origin}/d"]
    assert [exchange.hop for exchange in fetched.exchanges] == [0, 1, 2, 3]
    assert there.requests[0].startswith(b"HEAD /d ")


def test_a_location_in_utf8_is_understood(bench):
    with Scripted(
        answering(b"HTTP/1.1 301 X\r\nLocation: /\xc3\xa9\r\nContent-Length: 0\r\n\r\n", answer(200))
    ) as server:
        fetched = bench(server).get(server.origin)
    assert fetched.last.url == f"{server.origin}/%C3%A9"


@pytest.mark.parametrize("headers", [{}, {"Location": ""}, {"Location": "http://[::1"}])
def test_a_redirect_that_leads_nowhere_is_an_answer(headers, bench):
    with Scripted(answering(answer(302, **headers))) as server:
        fetched = bench(server).get(server.origin)
    assert (fetched.verdict, statuses(fetched)) == (Verdict.ANSWERED, [302])


def test_redirects_end_somewhere(bench):
    with Scripted(answering(*[answer(302, Location=f"/{n}") for n in range(20)])) as server:
        fetched = bench(server).get(server.origin)
    assert (fetched.verdict, fetched.reason) == (Verdict.GUARDED, "more than 5 redirects")
    assert len(fetched.exchanges) == 6


def test_a_circle_of_redirects_is_left(bench):
    with Scripted(answering(answer(302, Location="/b"), answer(302, Location="/a"))) as server:
        fetched = bench(server).get(f"{server.origin}/a")
    assert (fetched.verdict, fetched.reason) == (Verdict.GUARDED, "redirected in a circle")
    assert len(fetched.exchanges) == 2


@pytest.mark.parametrize(
    "where", ["origin", "file:///etc/passwd", "http://169.254.169.254/latest/", "http://user@x.example/"]
)
def test_a_redirect_to_a_refused_place_is_kept_and_nothing_is_sent_there(where, bench):
    with Scripted(answering(answer(200))) as canary:
        aim = canary.origin if where == "origin" else where
        with Scripted(answering(answer(301, b"moved", Location=aim))) as server:
            fetched = bench(server).get(server.origin)
        assert canary.connections == 0
    assert fetched.verdict is Verdict.GUARDED
    assert fetched.last.block.read().endswith(b"moved")
    assert fetched.reason


def test_a_redirect_to_a_name_of_a_private_address_is_refused(bench):
    with Scripted(answering(answer(200))) as canary:
        aim = f"http://localhost:{canary.port}/"
        with Scripted(answering(answer(302, Location=aim))) as server:
            fetched = bench(server).get(server.origin)
        assert canary.connections == 0
    assert (fetched.verdict, statuses(fetched)) == (Verdict.GUARDED, [302])
    assert "isn't a public address" in fetched.reason


def test_a_refused_target_is_sent_nothing(bench):
    fetched = bench().get("http://127.0.0.1:1/")
    assert (fetched.verdict, fetched.exchanges) == (Verdict.GUARDED, ())


def test_robots_are_asked_at_each_hop(bench):
    with Scripted(answering(answer(301, Location="/private/"))) as server:
        fetched = bench(server, robots=lambda target: "/private/" not in target.url).get(server.origin)
    assert (fetched.verdict, statuses(fetched)) == (Verdict.ROBOTS, [301])
    assert len(server.requests) == 1


def test_the_secret_goes_to_its_api_and_not_along_with_a_redirect(bench):
    with Scripted(answering(answer(200))) as elsewhere:
        hops = [answer(301, Location="/wp-json/wp/v2/posts/"), answer(301, Location=f"{elsewhere.origin}/wp-json/")]
        with Scripted(answering(*hops)) as server:
            credentials = Credentials("u", "s3cret", f"{server.origin}/wp-json/")
            fetched = bench(server, elsewhere, credentials=credentials).get(
                f"{server.origin}/wp-json/wp/v2/posts", privilege=Privilege.AUTHENTICATED
            )
    assert [b"Authorization: Basic" in request for request in server.requests] == [True, True]
    assert b"Authorization" not in elsewhere.requests[0]
    assert {exchange.privilege for exchange in fetched.exchanges} == {Privilege.AUTHENTICATED}
    assert all(b"czNjcmV0" not in exchange.request for exchange in fetched.exchanges)


def test_an_anonymous_target_never_carries_the_secret(bench):
    with Scripted(answering(answer(200))) as server:
        credentials = Credentials("u", "s3cret", f"{server.origin}/wp-json/")
        bench(server, credentials=credentials).get(f"{server.origin}/wp-json/")
    assert b"Authorization" not in server.requests[0]


def test_a_host_that_does_not_answer_is_left_alone_for_a_while(bench):
    with Scripted(lambda peer: None) as server:
        impatient = bench(server, policy={"retries": 0, "breaker": 3, "cool_down": 60})
        for _ in range(3):
            assert impatient.get(server.origin).exchanges
        skipped = impatient.get(server.origin)
        assert (skipped.verdict, skipped.exchanges) == (Verdict.FAILED, ())
        assert skipped.reason.startswith("circuit open")
        impatient.now += 61
        assert impatient.get(server.origin).exchanges


def test_a_route_that_always_gives_500_does_not_open_the_circuit(bench):
    with Scripted(answering(*[answer(500)] * 20)) as server:
        steady = bench(server, policy={"retries": 0, "breaker": 3})
        for _ in range(10):
            assert statuses(steady.get(server.origin)) == [500]


def test_a_stopped_run_fetches_nothing_more(bench):
    stop = threading.Event()
    stop.set()
    with Scripted(answering(answer(200))) as server:
        fetched = bench(server, stop=stop).get(server.origin)
        assert server.connections == 0
    assert (fetched.verdict, fetched.exchanges) == (Verdict.STOPPED, ())


def test_a_stop_between_two_attempts_keeps_the_first(bench):
    stop = threading.Event()

    def play(peer: Peer) -> None:
        peer.request()
        stop.set()
        peer.send(answer(500))
        peer.hold()

    with Scripted(play) as server:
        fetched = bench(server, stop=stop).get(server.origin)
    assert fetched.verdict is Verdict.STOPPED
    assert len(fetched.exchanges) == 1


def test_a_stop_ends_a_long_wait(make_wire):
    """With the real clock: a Retry-After of an hour is left at once."""
    stop = threading.Event()
    with Scripted(answering(answer(429, Retry_After="600"))) as server:
        guard = Guard([server.origin])
        fetcher = Fetcher(FetchPolicy(), make_wire(guard=guard), Politeness(), guard, stop=stop)
        timer = threading.Timer(0.2, stop.set)
        timer.start()
        fetched = fetcher.fetch(Target(url=server.origin, key="k", kind="item"))
        timer.join()
    assert fetched.verdict is Verdict.STOPPED
    assert statuses(fetched) == [429]


def test_two_threads_fetch_at_a_time_and_mix_nothing_up(bench):
    def play(peer: Peer) -> None:
        while request := peer.request():
            peer.send(answer(200, request.split()[1] * 2000))

    with Scripted(play) as server:
        shared = bench(server)
        wrong: list[str] = []

        def work(start: int) -> None:
            for n in range(start, 200, 2):
                fetched = shared.get(f"{server.origin}/{n}/")
                if fetched.last.body != f"/{n}/".encode() * 2000:
                    wrong.append(fetched.last.url)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert server.connections == 2
    assert wrong == []
    assert len(server.requests) == 200
