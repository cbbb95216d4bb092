"""A site that attacks: nothing that it says is obeyed, nothing is sent where it points, no secret leaves its origin."""

import base64
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from crawling import POSTS, Crawling, Hurry, fake
from fakewp import FAULTS, Fault, canary
from fakewp.faults_base import changed
from fakewp.faults_links import HOSTILE
from fakewp.simulator.http import Answer

from wparchive.fetch import connection

METADATA = "http://169.254.169.254/latest/meta-data/"
NAMES = {"metadata.example": "169.254.169.254", "intranet.example": "10.0.0.1", "mapped.example": "::ffff:127.0.0.1"}
SMALL = {"posts": 35, "pages": 2, "books": 2, "media": 6, "comments": 6, "users": 2, "terms": 6}
# What makes WordPress write, run or fetch, in whatever spelling.
FORBIDDEN = ("_method", "_envelope", "/batch", "/run", "/export", "/settings", "/proxy", "users/me", "..", "X-Injected")


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch, crawling: Crawling) -> list[tuple[str, int]]:
    """Every address that the crawler connects to; public-looking names resolve to where they shouldn't."""
    seen: list[tuple[str, int]] = []
    connect = connection.connect

    def watched(addresses: Any, **how: Any) -> Any:
        seen.extend(address.sockaddr[:2] for address in addresses)
        return connect(addresses, **how)

    def resolve(host: Any, *rest: Any, **how: Any) -> Any:
        return socket.getaddrinfo(NAMES.get(host, host), *rest, **how)

    monkeypatch.setattr(connection, "connect", watched)
    crawling.seams = replace(crawling.seams, look_up=resolve)
    return seen


@pytest.fixture
def safe(connected: list[tuple[str, int]]) -> Iterator[Any]:
    """A site and a canary; afterwards the canary has heard nothing, and nobody but the site was connected to."""
    with canary() as other, fake(**SMALL) as site:
        yield site, other
        assert other.requests == []
        assert {host for host, _ in connected} == {"127.0.0.1"}
        assert int(other.url.rstrip("/").rpartition(":")[2]) not in {port for _, port in connected}
        assert {request.method for request in site.requests} <= {"GET", "HEAD"}
        assert [one for one in site.requests for word in FORBIDDEN if word in one.target] == []
        assert [one for one in site.requests if {"cookie", "authorization"} & one.headers.keys()] == []


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_link_is_never_followed(name: str, safe: Any, crawling: Crawling) -> None:
    """One of each kind: it ends accounted for, and everything else is held."""
    site, other = safe
    site.fault(f"link-{name}", to=other.url)
    report = crawling(site.url, index=False).report
    assert (report.exit_code, report.state) == (0, "ok")
    assert [proof.held for proof in report.proofs if proof.route == POSTS] == [35]
    assert report.links.keys() & {"captured", "failed"} == set()


def test_all_hostile_links_at_once(safe: Any, crawling: Crawling) -> None:
    """Outside, skipped, template, refused, or of this root and not there: none captured."""
    site, other = safe
    site.fault("hostile-links", to=other.url)
    ended = crawling(site.url)
    assert (ended.code, ended.posts) == (0, 35)
    assert ended.links.keys() == {"covered", "missing", "outside", "refused", "skipped", "template"}
    bad = "href LIKE '%/run' OR href LIKE '%/batch/v1' OR href LIKE '%_method%' OR href LIKE '%/export'"
    assert {row[0] for row in ended.rows(f"SELECT DISTINCT outcome FROM links WHERE {bad}")} == {"skipped"}


@pytest.mark.parametrize("branches", [2, 100])
def test_links_that_lead_on_for_ever_are_left_at_some_point(branches: int, safe: Any, crawling: Crawling) -> None:
    """The report names how many weren't asked for, exit 3; whatever else there is, is held."""
    site, _ = safe
    site.fault("links-endless", branches=branches)
    ended = crawling(site.url, linked_items=120)
    assert (ended.code, ended.posts, ended.outcome()) == (3, 35, "complete")
    assert ended.requests < 200
    assert [one for one in ended.report.failures if "no listing shows weren't asked for" in one]


@pytest.mark.parametrize("form", ["rooted", "hostless", "dots", "encoded dots"])
def test_links_of_this_root_are_its_own_however_they_are_written(
    form: str, safe: Any, crawling: Crawling, hurry: Hurry, tmp_path: Path
) -> None:
    """Without a host, without a scheme, with dot segments: the account of links is that of links written out."""
    site, _ = safe
    plain = Crawling(tmp_path / "plain", hurry)(site.url)
    site.fault("links-respelled", form=form)
    ended = crawling(site.url)
    assert (ended.code, ended.requests, ended.links) == (0, plain.requests, plain.links)
    assert dict(ended.report.links) == dict(plain.report.links) == plain.links


@pytest.mark.parametrize("where", ["canary", "http://metadata.example/", "http://intranet.example/", METADATA, "self"])
@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_into_a_private_network_is_not_followed(
    where: str, status: int, safe: Any, crawling: Crawling
) -> None:
    """Every hop is judged by the address that its name has: state moved (or broken, in a circle), exit 3."""
    site, other = safe
    site.fault("moved", to={"canary": other.url, "self": site.url}.get(where, where), status=status)
    ended = crawling(site.url)
    assert (ended.code, ended.state) == (3, "broken" if where == "self" else "moved")


def test_links_under_a_foreign_host_lead_home(safe: Any, crawling: Crawling) -> None:
    """A site whose every address names another origin is read at the root that answered; that origin is never asked."""
    site, other = safe
    site.fault("other-host", host=other.url)
    ended = crawling(site.url)
    assert (ended.code, ended.posts) == (0, 35)
    assert "outside" not in ended.links


@pytest.mark.parametrize("where", ["canary", "http://metadata.example/wp-json/", METADATA])
def test_a_page_that_names_a_foreign_root_is_not_believed(
    where: str, safe: Any, crawling: Crawling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Link header, `<link>` and RSD may say what they like: the guard decides, and the site's own root is found."""
    site, other = safe
    root = other.url + "wp-json/" if where == "canary" else where

    def after(site: Any, options: Any, request: Any, route: Any, answer: Answer) -> Answer:
        if answer.document is None and answer.status == 200:
            answer.replace("Link", f'<{root}>; rel="https://api.w.org/"')
            answer.body = answer.body.replace(site.root.encode(), root.encode())
        return answer

    monkeypatch.setitem(FAULTS, "foreign-root", Fault(says="", after=after))
    site.fault("foreign-root")
    ended = crawling(site.url)
    assert (ended.code, ended.state, ended.posts) == (0, "ok", 35)


@pytest.mark.parametrize("where", ["canary", "http://metadata.example/x.png", METADATA, "http://mapped.example/x.png"])
def test_files_lead_nowhere_else(where: str, safe: Any, crawling: Crawling, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redirected pictures, sizes and pictures in content that lie in a private network are refused, with --linked too."""
    site, other = safe
    target = other.url + "x.png" if where == "canary" else where

    def change(n: int, item: dict[str, Any]) -> None:
        if isinstance(item.get("content"), dict):
            item["content"]["rendered"] += f'<img src="{target}" srcset="{target} 2x"><a href="{target}">x</a>'
        if n == 1 and "source_url" in item:
            item["source_url"] = target

    def after(site: Any, options: Any, request: Any, route: Any, answer: Answer) -> Answer | None:
        return changed(site, answer, change) if answer.document is not None and route != "/" else None

    monkeypatch.setitem(FAULTS, "foreign-files", Fault(says="", after=after))
    site.fault("foreign-files")
    site.fault("file-redirect", to=target)
    ended = crawling(site.url, media="all", linked=True)
    assert ended.posts == 35
    # A refusal is an answer; only what lies on the open network, which no test has, could not be had.
    assert [one for one in ended.report.failures if "example.net" not in one] == []


def test_no_secret_leaves_its_origin(crawling: Crawling, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials go to the API's own origin alone; none of its redirects leads to another, allowed or not; cookies to nobody."""
    monkeypatch.setenv("FAULTS_PASSWORD", "abcd EFGH 1234 ijkl MNOP 5678")
    with canary(body=b"[]", kind="application/json") as other, fake(**SMALL) as site:
        site.account("editor")
        site.fault("cookies")

        def before(site: Any, options: Any, request: Any, route: Any) -> Answer | None:
            elsewhere = "/revisions" in (route or "") or "/wp/v2/tags" in (route or "")
            return Answer(302, [("Location", other.url), ("Set-Cookie", "a=b")]) if elsewhere else None

        monkeypatch.setitem(FAULTS, "some-elsewhere", Fault(says="", before=before))
        site.fault("some-elsewhere")
        crawling(site.url, user="editor", password_env="FAULTS_PASSWORD", allow_origin=(other.url.rstrip("/"),))
        assert [one for one in site.requests if "authorization" in one.headers]
        assert other.requests == []
        assert [one for one in site.requests if "cookie" in one.headers] == []
    secret = base64.b64encode(b"editor:abcd EFGH 1234 ijkl MNOP 5678")
    for path in crawling.archive.root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"ijkl MNOP" not in data
            assert secret not in data
