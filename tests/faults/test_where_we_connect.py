"""Every place from which a URL comes, every kind of address that nobody may be led to, every command: nothing is sent there.

The operator named `http://site.example/`, a public site. What it, its files' hosts, or an archive from elsewhere name is
a stranger's, on each hop.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from crawling import Hurry
from crawlkit import Crawled, invoke
from fakewp import FAULTS, FakeWordPress, Fault
from fakewp.core import FakeCore
from fakewp.faults_base import changed
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.model import Site
from fakewp.simulator.pictures import png
from fakewp.simulator.server import Handler, SimulatedSite
from internet import FORBIDDEN, HOSTS, OTHERS, SITE, TURNCOATS, Internet
from tenacity import wait_none

from wparchive.config import Settings
from wparchive.crawl.discover import find_site
from wparchive.crawl.engine.requester import Requester
from wparchive.crawl.engine.stop import Halt
from wparchive.crawl.network import Network
from wparchive.crawl.seams import Seams
from wparchive.demo.server import ReplayedSite
from wparchive.events import quiet
from wparchive.fetch import Credentials, guard, retrying
from wparchive.model import Privilege, Target, Verdict
from wparchive.urls import Fault as NoUrl
from wparchive.urls import parse
from wparchive.wordpress.relations import RELATIONS

HOME = "http://site.example/"
SMALL = {"posts": 4, "pages": 1, "books": 1, "media": 2, "comments": 2, "users": 2, "terms": 3}
KINDS = [*FORBIDDEN.values(), *TURNCOATS]
STATUSES = (301, 302, 303, 307, 308)


class Public(FakeWordPress):
    """A fake site that thinks it is at HOME."""

    def make_core(self, site: Site, home: str, **how: Any) -> FakeCore:
        return super().make_core(site, HOME.rstrip("/"), **how)


Play = Callable[[str, str, Request], Answer | None]


class Others(SimulatedSite):
    """All other hosts: `host-N.example` does what `play` says with the N-th kind; what it doesn't answer is a 404.

    `cdn.example/N/...` redirects to the N-th kind.
    """

    play: Play = staticmethod(lambda _own, _evil, _request: None)

    def respond(self, handler: Handler, request: Request) -> None:
        host = request.headers["host"]
        name, _, number = host.partition(".")[0].partition("-")
        answer = None
        if name == "cdn":
            answer = redirect(f"http://{KINDS[int(request.path.split('/')[1])]}{request.path}")
        elif number and request.path != "/robots.txt":
            answer = self.play(f"http://{host}/", f"http://{KINDS[int(number)]}/", request)
        elif number and self.play is PLACES["robots.txt redirects"]:
            answer = redirect(f"http://{KINDS[int(number)]}/robots.txt")
        handler.send(answer or Answer(404, [("Content-Type", "text/html")], b"<html>nothing</html>"))


def redirect(to: str, status: int = 302) -> Answer:
    return Answer(status, [("Location", to), ("Content-Type", "text/html")])


def page(head: str = "", **headers: str) -> Answer:
    html = f'<html><head>{head}</head><body><img src="/wp-content/a.png"></body></html>'
    more = [(name.title(), value) for name, value in headers.items()]
    return Answer(200, [("Content-Type", "text/html"), *more], html.encode())


def document(value: Any) -> Answer:
    return Answer(200, [("Content-Type", "application/json")], json.dumps(value).encode())


def at(wanted: str, answer: Callable[[str, str], Answer], front: Callable[[str, str], Answer] | None = None) -> Play:
    """`answer` for every path that begins with `wanted`; `front` for the front page."""

    def play(own: str, evil: str, request: Request) -> Answer | None:
        if request.path == "/" and front:
            return front(own, evil)
        return answer(own, evil) if request.path.startswith(wanted) else None

    return play


def number_of(evil: str) -> int:
    return KINDS.index(evil.removeprefix("http://").removesuffix("/"))


# Places of which a site has one: what it says of itself, where it sends us.
PLACES: Mapping[str, Play] = {
    "front page redirects": at("/", lambda _, evil: redirect(evil, STATUSES[number_of(evil) % len(STATUSES)])),
    "without a scheme": at("/", lambda _, evil: redirect(evil.removeprefix("http:"))),
    "second hop": at("/hop", lambda _, evil: redirect(evil), lambda own, _: redirect(f"{own}hop")),
    "hop by another host": at("/", lambda _, evil: redirect(f"http://cdn.example/{number_of(evil)}/")),
    "robots.txt redirects": at("/robots.txt", lambda _, evil: redirect(f"{evil}robots.txt")),
    "root redirects": at("/wp-json", lambda _, evil: redirect(f"{evil}wp-json/"), lambda *_: page()),
    "advertised root redirects": at(
        "/api",
        lambda _, evil: redirect(f"{evil}wp-json/"),
        lambda own, _: page(link=f'<{own}api/>; rel="https://api.w.org/"'),
    ),
    "Link header": at("/", lambda _, evil: page(link=f'<{evil}wp-json/>; rel="https://api.w.org/"')),
    "Link header, item": at(
        "/", lambda _, evil: page(link=f"<{evil}wp-json/wp/v2/posts/1>; rel=alternate; type=application/json")
    ),
    "link element": at("/", lambda _, evil: page(f'<link rel="https://api.w.org/" href="{evil}wp-json/">')),
    "oEmbed": at(
        "/", lambda _, evil: page(f'<link rel="alternate" href="{evil}wp-json/oembed/1.0/embed?url=x" type="text/xml">')
    ),
    "base": at("/", lambda _, evil: page(f'<base href="{evil}"><link rel="https://api.w.org/" href="wp-json/">')),
    "refresh": at(
        "/", lambda _, evil: page(f'<meta http-equiv="refresh" content="0;url={evil}">', refresh=f"0;{evil}")
    ),
    "RSD": at("/", lambda _, evil: page(f'<link rel="EditURI" href="{evil}xmlrpc.php?rsd">')),
    "RSD redirects": at(
        "/xmlrpc",
        lambda _, evil: redirect(f"{evil}xmlrpc.php?rsd"),
        lambda own, _: page(f'<link rel="EditURI" href="{own}xmlrpc.php?rsd">'),
    ),
    "apiLink of RSD": at(
        "/xmlrpc",
        lambda _, evil: page(f'<api name="WP-API" blogID="1" preferred="false" apiLink="{evil}wp-json/" />'),
        lambda own, _: page(f'<link rel="EditURI" href="{own}xmlrpc.php?rsd">'),
    ),
    "home and url of the index": at(
        "/wp-json",
        lambda _, evil: document({"name": "x", "home": evil, "url": evil, "namespaces": ["wp/v2"], "routes": ROUTES}),
        lambda *_: page(),
    ),
    "links of the index": at(
        "/wp-json",
        lambda own, evil: document(
            {
                "name": "x",
                "home": own,
                "url": own,
                "namespaces": ["wp/v2"],
                "routes": {"/wp/v2": {"_links": {"self": [{"href": f"{evil}wp-json/wp/v2"}]}}, **ROUTES},
                "_links": {"help": [{"href": evil}], "wp:active-theme": [{"href": evil}]},
            }
        ),
        lambda *_: page(),
    ),
}
ROUTES = {"/wp/v2/posts": {"methods": ["GET"], "endpoints": []}, "/wp/v2/types": {"methods": ["GET"], "endpoints": []}}


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    """Afterwards nobody was connected to but the public."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    found = Internet(monkeypatch)
    yield found
    assert found.strangers == set()


@pytest.fixture
def others(internet: Internet) -> Iterator[Others]:
    with Others() as found:
        internet.servers[OTHERS] = port(found)
        internet.hosts["cdn.example"] = lambda: (OTHERS,)
        for number in range(len(KINDS)):
            internet.hosts[f"host-{number}.example"] = lambda: (OTHERS,)
        yield found


@pytest.fixture
def site(internet: Internet) -> Iterator[Public]:
    with Public(**SMALL) as found:
        internet.servers[SITE] = port(found)
        yield found


def port(server: SimulatedSite) -> int:
    return int(server._server.server_port)


def connecting(url: str, hurry: Hurry, **options: Any) -> tuple[Network, Requester]:
    settings = Settings(connect_timeout=2.0, read_timeout=2.0, retries=0, concurrency=1)
    stop = Halt(threading.Event())
    network = Network(url, settings, stop=stop, seams=Seams(clock=hurry, sleep=hurry.sleep), **options)
    return network, Requester(fetcher=network.fetcher, halt=stop, emit=quiet)


@pytest.mark.parametrize("place", PLACES)
def test_what_a_site_says_of_itself_leads_nowhere(place: str, internet: Internet, others: Others, hurry: Hurry) -> None:
    """Discovery, with the robots.txt before it: each kind is refused with a reason, or not looked at at all."""
    others.play = PLACES[place]  # type: ignore[method-assign]
    for number, kind in enumerate(KINDS):
        url = f"http://host-{number}.example/"
        network, requester = connecting(url, hurry)
        with closing(network):
            get = partial(requester.get, keep=lambda _: None)
            network.read_robots(get, url)
            found = find_site(get, url)
        where = {found.address, found.root.url if found.root else "", found.home}
        assert all(one == "" or one.startswith(url) for one in where), (kind, where)
        assert found.reason or found.root, kind
    assert internet.connected


@pytest.mark.parametrize("privilege", Privilege)
@pytest.mark.parametrize("kind", ["credentials", "listing", "file", "robots"])
def test_no_request_is_led_there(
    kind: str, privilege: Privilege, internet: Internet, others: Others, hurry: Hurry
) -> None:
    """Whatever is asked for, with credentials or without: a redirect at any hop is refused, and says why."""
    for number, evil in enumerate(KINDS):
        own = f"http://host-{number}.example/"
        network, _ = connecting(own, hurry)
        network.fetcher.authorise(Credentials("editor", "abcd EFGH 1234 ijkl", root_url=f"{own}wp-json/"))
        with closing(network):
            for hops in (1, 3):
                others.play = hopping(hops)  # type: ignore[method-assign]
                path = "wp-json/wp/v2/users/me" if kind == "credentials" else "start"
                target = Target(url=f"{own}{path}?n=1", key=f"{kind} {evil}", kind=kind, privilege=privilege)
                fetched = network.fetcher.fetch(target)
                if evil not in TURNCOATS:
                    told = (fetched.verdict, bool(fetched.reason))
                    assert told in ((Verdict.GUARDED, True), (Verdict.FAILED, True)), (evil, told)
                assert len(fetched.exchanges) <= hops + 1
    assert internet.connected


def hopping(hops: int) -> Play:
    """So many redirects, the last of them to the forbidden place."""

    def play(own: str, evil: str, request: Request) -> Answer:
        hop = int(request.params["n"])
        return redirect(
            f"{evil}latest/meta-data/" if hop == hops else f"{own}hop?n={hop + 1}", STATUSES[hop % len(STATUSES)]
        )

    return play


# --- a whole site that names all of them everywhere


def poisoned(site: Any, options: Any, request: Any, route: Any, answer: Answer) -> Answer | None:
    """Every relation, every file, every header of lists: each kind of forbidden place."""
    if request.path == "/robots.txt":
        answer.body += "".join(f"Sitemap: http://{kind}/sitemap.xml\n" for kind in KINDS).encode()
    if answer.document is None and answer.status == 200:
        links = [f'<http://{kind}/wp-json/>; rel="https://api.w.org/"' for kind in KINDS if kind.isascii()]
        answer.headers = [(name, value) for name, value in answer.headers if name != "Link"]
        answer.headers += [("Link", link) for link in links]
        return answer
    if route is None or answer.status != 200:
        return None
    for kind in KINDS:
        answer.headers.append(("Link", f'<http://{kind}/wp-json{route}?page=2>; rel="next"'))
        answer.headers.append(("Content-Location", f"http://{kind}/"))
    return changed(site, answer, lambda n, item: poison(n if "/posts" in route or "/media" in route else n + 1, item))


def poison(n: int, item: dict[str, Any]) -> None:
    urls = [f"http://{kind}/wp-content/uploads/2025/01/p{number}.png" for number, kind in enumerate(KINDS)]
    hops = [f"http://cdn.example/{number}/p.png" for number in range(len(KINDS))]
    if n == 0 and isinstance(item.get("_links"), dict):
        for relation in RELATIONS:
            more = [{"href": f"http://{kind}/wp-json/wp/v2/media/{7000 + at}"} for at, kind in enumerate(KINDS)]
            item["_links"][relation] = [*item["_links"].get(relation, []), *more]
    if n == 0 and isinstance(item.get("content"), dict):
        item["content"]["rendered"] += "".join(
            f'<img src="{url}" srcset="{url}?s 2x" data-src="{url}?d"><a href="{url}?a">x</a><video src="{url}?v"></video>'
            for url in urls
        )
        item["content"]["rendered"] += "".join(f'<img src="{url}">' for url in hops)
    if "source_url" in item:
        sizes = {
            f"s{at}": {"file": "x.png", "source_url": url, "mime_type": "image/png"} for at, url in enumerate(urls)
        }
        item["source_url"] = urls[n]
        item["media_details"] = {**item["media_details"], "sizes": sizes, "original_image": urls[n + 1]}
    for name in ("link", "url", "author_url", "avatar_urls"):
        if name in item:
            item[name] = f"http://{KINDS[n]}/" if name != "avatar_urls" else {"24": f"http://{KINDS[n]}/a.png"}


@pytest.fixture
def everywhere(site: Public, others: Others, monkeypatch: pytest.MonkeyPatch) -> Public:
    monkeypatch.setitem(FAULTS, "poisoned-links", Fault(says="", after=poisoned))
    site.fault("poisoned-links")
    return site


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried at once: whether it may be asked for is decided anew each time."""
    monkeypatch.setattr(retrying, "wait_exponential_jitter", lambda **_: wait_none())


def crawled(folder: Path, *more: str, url: str = HOME) -> Crawled:
    """After a crawl with all pictures and hot links; it ends as it may, but by no fault of ours."""
    code = invoke(
        "crawl", url, "-a", folder, "--media", "all", "--linked", "--retries", "0", "--silent", *more, code=None
    ).returncode
    assert code in (0, 3)
    return Crawled(folder)


def refused(found: Crawled) -> None:
    """Every link and every file that names a forbidden place stands in a row that says how it ended."""
    links = dict(found.rows("SELECT href, outcome FROM links WHERE href LIKE '%/wp-json/wp/v2/media/70__'"))
    for number, kind in enumerate(KINDS):
        outcome = links[f"http://{kind}/wp-json/wp/v2/media/{7000 + number}"]
        assert outcome in ("outside", "skipped", "template"), (kind, outcome)
    files = found.rows("SELECT url, status, problem FROM media_files WHERE url NOT LIKE ?", f"{HOME}%")
    for number, kind in enumerate(FORBIDDEN.values()):
        direct = [about[1:] for about in files if about[0].startswith(f"http://{kind}/")]
        by_hop = [about[1:] for about in files if about[0].startswith(f"http://cdn.example/{number}/")]
        assert direct and all(status is None and problem for status, problem in direct), (kind, direct)
        assert by_hop and all(status in (None, 302) and problem for status, problem in by_hop), (kind, by_hop)


LOOKING = ("verify", "status", "status --json", "index", "index --rebuild", "show post/1", "history post/1")


def test_a_site_that_names_them_everywhere_leads_nowhere(
    everywhere: Public, internet: Internet, hurry: Hurry, tmp_path: Path
) -> None:
    """Crawled whole, again, in full and by one article, with all its pictures and hot links; traced; looked at."""
    first = min(everywhere.ids("post"))
    refused(crawled(tmp_path))
    for more in ((), ("--full",), ("--scope", "post")):
        crawled(tmp_path, *more, url=f"{HOME}?p={first}" if "post" in more else HOME)
        assert internet.strangers == set(), more
    refused(Crawled(tmp_path))
    said = json.loads(invoke("trace", f"post/{first}", "-a", tmp_path, "--json", "--silent").stdout)
    traces = {one["url"]: one["trace"] for one in said if one["trace"]}
    for kind in FORBIDDEN.values():
        found = [trace for url, trace in traces.items() if url.startswith(f"http://{kind}/")]
        assert all(one["outcome"] in ("failed", "refused") and one["reason"] for one in found), (kind, found)
    assert {found["outcome"] for found in traces.values()} >= {"failed"}
    internet.connected.clear()
    internet.asked.clear()
    for command in (*LOOKING, f"trace post/{first} --offline"):
        invoke(*command.split(), "-a", tmp_path, code=None)
    # What only looks connects to nobody and looks up no name, whatever the archive says.
    assert (internet.connected, internet.asked) == ([], [])


def test_an_archive_made_elsewhere_leads_nowhere(
    everywhere: Public, internet: Internet, hurry: Hurry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was made without a guard, inside those networks: what it holds of them isn't asked for again."""
    port = internet.servers[OTHERS]
    with monkeypatch.context() as lax:
        lax.setattr(guard, "public", lambda _address: True)
        lax.setattr(internet, "servers", Anywhere(internet.servers, port))
        lax.setattr(Others, "respond", lambda _self, handler, _request: handler.send(PICTURE))
        crawled(tmp_path)
        assert "10.0.0.1" in {host for host, _ in internet.connected}
        home = next(iter(tmp_path.glob("site.example")))
    assert internet.strangers
    internet.connected.clear()
    held = Crawled(tmp_path).number(
        "SELECT count(*) FROM media_files WHERE sha256 IS NOT NULL AND url LIKE 'http://10.0.0.1/%'"
    )
    assert held
    first = min(everywhere.ids("post"))
    with closing(sqlite3.connect(tmp_path / "archive.db")) as db:
        db.execute("UPDATE sites SET home = 'http://10.0.0.1/', root = 'http://127.0.0.1/wp-json/'")
        db.commit()
    invoke("trace", f"post/{first}", "-a", tmp_path, "--silent", code=None)
    for more in ((), ("--full",)):
        crawled(tmp_path, *more)
    (home / "frontier.db").unlink()
    crawled(tmp_path)
    assert internet.strangers == set()


class Anywhere(dict[str, int | None]):
    """Every address has the same server, but those that have their own."""

    def __init__(self, own: Mapping[str, int | None], port: int | None) -> None:
        super().__init__(own)
        self.port = port

    def __contains__(self, host: object) -> bool:
        return True

    def __missing__(self, host: str) -> int | None:
        return self.port


PICTURE = Answer(200, [("Content-Type", "image/png")], png(8, 8, 7))


# --- what the operator names


def test_what_the_operator_names_is_asked_for_there_and_nowhere_else(
    internet: Internet, hurry: Hurry, tmp_path: Path
) -> None:
    """In a configuration file, each kind by itself: an address may be anywhere, what can be read in two ways is no address."""
    for number, kind in enumerate(KINDS):
        config = tmp_path / f"{number}.toml"
        config.write_text(
            f"[[sites]]\nurl = {json.dumps(f'http://{kind}/', ensure_ascii=False)}\nretries = 0\n", "utf-8"
        )
        internet.connected.clear()
        said = invoke("crawl", "--config", config, "-a", tmp_path / "archive", "--silent", code=None)
        place = parse(f"http://{kind}/")
        if isinstance(place, NoUrl):
            assert (said.returncode, internet.connected, "\n" in said.stderr.strip()) == (2, [], False), kind
            continue
        named = internet.hosts[place.host]() if place.host in internet.hosts else (place.host,)
        tried = {ip_address(host) for host, _ in internet.connected}
        assert tried <= {ip_address(one) for one in (*named, *([OTHERS] if kind in TURNCOATS else ()))}, (kind, tried)
        assert tried, kind
        assert said.returncode in (3, 7), (kind, said.stderr)
    internet.connected.clear()


@pytest.mark.parametrize("kind", [kind for kind in FORBIDDEN.values() if kind in HOSTS and "localhost" not in kind])
def test_a_named_site_that_moves_inside_is_not_followed(
    kind: str, site: Public, internet: Internet, hurry: Hurry, tmp_path: Path
) -> None:
    """Public when it was first archived, then of each private kind: refused in a line that says what would allow it."""
    assert crawled(tmp_path).number("SELECT count(*) FROM posts") == 6
    internet.hosts["site.example"] = lambda: HOSTS[kind]
    said = invoke("crawl", HOME, "-a", tmp_path, "--retries", "0", code=3)
    assert "--allow-origin http://site.example" in said.stdout + said.stderr
    internet.hosts["site.example"] = lambda: (*HOSTS[kind], SITE)
    crawled(tmp_path)


def test_the_demo_asks_itself_alone(internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    internet.servers["127.0.0.1"] = None
    served: list[Any] = []
    enter = ReplayedSite.__enter__
    monkeypatch.setattr(ReplayedSite, "__enter__", lambda demo: (served.append(demo.server_address), enter(demo))[1])
    invoke("demo", tmp_path / "demo", "--silent")
    assert set(internet.connected) == set(served)
