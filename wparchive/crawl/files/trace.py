"""Trace a hot-linked upload to its origin: the REST API of its host is asked, on explicit request only.

The exchanges are stored in the WARCs of the site that embeds the picture, and the outcome as a fact of the run.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from typing import Any

from wparchive.config import Settings
from wparchive.crawl.discover import find_site
from wparchive.crawl.engine.engine import Engine
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.engine.requester import Requester
from wparchive.crawl.engine.stop import Halt
from wparchive.crawl.network import Network
from wparchive.crawl.report import Tally, start_fact
from wparchive.crawl.seams import MACHINE, Seams
from wparchive.errors import ExitCode, Interrupted, RefusedError
from wparchive.events import Emit
from wparchive.http1.message import is_success
from wparchive.model import Target, timestamp
from wparchive.store import Archive, SiteStore
from wparchive.urls import url_key
from wparchive.wordpress.discovery.discovery import Discovery
from wparchive.wordpress.discovery.site_state import SiteState
from wparchive.wordpress.files.attachment_files import File, Upload, files_of, place, unwrapped, upload_of
from wparchive.wordpress.payload.document import items
from wparchive.wordpress.routes import Root
from wparchive.wordpress.text import plain
from wparchive.wordpress.values import integer, mapping, members, string, text_of

__all__ = ["Embedding", "Trace", "trace"]

_MOST_HITS = 20
_MEDIA = "/wp/v2/media"
_ARTICLES = ("/wp/v2/posts", "/wp/v2/pages")
# The outcome for a host whose API root wasn't found, by the host's state.
_WITHOUT_API = {
    SiteState.CLOSED: "closed",
    SiteState.BLOCKED: "closed",
    SiteState.MOVED: "refused",
    SiteState.BROKEN: "failed",
    SiteState.NOT_WORDPRESS: "no-api",
    SiteState.NO_CONTENT_API: "no-api",
}


@dataclass(frozen=True, slots=True)
class Embedding:
    """The item whose content embeds the URL to trace."""

    site: str
    type: str
    wp_id: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What is known about the origin of `url`.

    `outcome` is found, unnamed (the host's API lists no such file), closed, no-api, refused, failed, or no-upload (the
    URL isn't that of a WordPress upload). `upload` is the name of the uploaded file that the URL is a size of;
    `capture` is the response that proves the outcome, `article_capture` that with the article.
    """

    type: str
    wp_id: int
    url: str
    outcome: str
    reason: str = ""
    host: str = ""
    upload: str = ""
    media: int | None = None
    media_link: str = ""
    media_url: str = ""
    media_date: str = ""
    credit: str = ""
    article: int | None = None
    article_type: str = ""
    article_link: str = ""
    article_title: str = ""
    article_date: str = ""
    capture: str | None = None
    article_capture: str | None = None
    traced_at: str = ""


def trace(
    archive: Archive,
    found: Sequence[Embedding],
    home: str,
    settings: Settings,
    *,
    stop: threading.Event,
    emit: Emit,
    seams: Seams = MACHINE,
) -> list[Trace]:
    """Ask the hosts of the uploads that one site embeds about them; `home` is the embedding site's address.

    Raises LockedError while a run holds that site, Interrupted, StorageError.
    """
    site = found[0].site
    with ExitStack() as stack:
        stack.enter_context(archive.lock(site))
        halt = Halt(stop, max_requests=settings.max_requests, clock=seams.clock)
        # The home comes from an archive, which may be a stranger's.
        network = stack.enter_context(closing(Network(home, settings, stop=halt, seams=seams, claimed=True, emit=emit)))
        info = {"http-header-user-agent": network.user_agent, "robots": network.robots_policy}
        store = stack.enter_context(
            closing(SiteStore.open(archive, site, clock=seams.now, info=info, rotate_at=settings.rotate))
        )
        before = store.unfinished()
        store.begin(start_fact("trace", home, network.user_agent), crawl=before.crawl if before else None)
        requester = Requester(fetcher=network.fetcher, halt=halt, emit=emit)
        engine = stack.enter_context(closing(Engine(requester, store, workers=1, clock=seams.clock)))
        # A crawl that was waiting to be resumed still is; a trace is simply repeated.
        resumable = {"resumable": True} if before else {}
        try:
            results = list(_Tracer(engine, network, store, seams).run(found))
        except Interrupted as error:
            store.finish({**_end(error.exit_code, requester.tally), **resumable})
            raise
        store.finish({**_end(ExitCode.COMPLETE, requester.tally), **resumable})
        return results


def _end(code: ExitCode, tally: Tally) -> dict[str, Any]:
    return {"outcome": code.name.lower(), "exit_code": int(code), **asdict(tally), "gaps": 0}


class _Tracer:
    """Asks each host once what it is, and then for the files."""

    def __init__(self, engine: Engine, network: Network, store: SiteStore, seams: Seams) -> None:
        self._seams = seams
        self._engine = engine
        self._network = network
        self._store = store
        self._hosts: dict[str, Discovery | str] = {}

    def run(self, found: Sequence[Embedding]) -> Iterator[Trace]:
        """Trace each embedding, and record the outcome."""
        for one in found:
            result = replace(self._trace(one), traced_at=timestamp(self._seams.now()))
            self._store.fact(f"trace:{one.type}/{one.wp_id}:{one.url}", asdict(result))
            yield result

    def _trace(self, one: Embedding) -> Trace:
        upload = upload_of(one.url)
        result = Trace(type=one.type, wp_id=one.wp_id, url=one.url, outcome="no-upload")
        if upload is None:
            return result
        result = replace(result, host=upload.host, upload=upload.parent)
        try:
            host = self._host(upload)
            if isinstance(host, str):
                return replace(result, outcome="failed", reason=host)
            if host.root is None or host.index is None:
                proof = next(reversed(host.evidence), None)
                return replace(result, outcome=_WITHOUT_API[host.state], reason=host.reason, capture=proof)
            return self._ask(result, upload, host.root)
        except RefusedError as error:
            return replace(result, outcome="refused", reason=str(error))

    def _host(self, upload: Upload) -> Discovery | str:
        """Discover the site at the home of `upload`; returns why that failed, as a string."""
        if upload.home not in self._hosts:
            # Each host has rules of its own.
            self._network.read_robots(self._engine.get, upload.home)
            try:
                self._hosts[upload.home] = find_site(self._engine.get, upload.home)
            except RefusedError as error:
                self._hosts[upload.home] = str(error)
        return self._hosts[upload.home]

    def _ask(self, result: Trace, upload: Upload, root: Root) -> Trace:
        """Look for the attachment by its possible slugs, then by its name."""
        stem = upload.parent.rpartition(".")[0] or upload.parent
        trouble = ""
        for name, value in [*(("slug", slug) for slug in upload.slugs), ("search", stem)]:
            reply = self._get(root, _MEDIA, ((name, value), ("per_page", str(_MOST_HITS))))
            result = replace(result, capture=reply.capture_id or result.capture)
            if reply.status in (401, 403):
                return replace(result, outcome="closed", reason=f"HTTP {reply.status} for its media")
            if not is_success(reply.status):
                trouble = reply.reason or f"HTTP {reply.status} for its media"
            if attachment := _attachment(reply, result.url):
                return self._article(_of_attachment(replace(result, outcome="found"), attachment), attachment, root)
        unnamed = "no attachment that its API finds by name has this file"
        return replace(result, outcome="failed" if trouble else "unnamed", reason=trouble or unnamed)

    def _article(self, result: Trace, item: Mapping[str, Any], root: Root) -> Trace:
        """Add the article that the attachment belongs to, if it names one."""
        parent = integer(item.get("post"))
        for route in self._routes_of(item, parent, root) if parent else ():
            reply = self._get(root, route, ())
            for article in items(reply.document):
                if is_success(reply.status) and article.id == parent:
                    shown = _of_article(result, article.value)
                    return replace(shown, article=parent, article_capture=reply.capture_id)
        return replace(result, article=parent)

    def _routes_of(self, item: Mapping[str, Any], parent: int, root: Root) -> Iterator[str]:
        base = root.url_for(_MEDIA)
        for link in members(mapping(item.get("_links")).get("wp:attached-to"), dict):
            route = root.route_to(str(link.get("href")), base)
            if route and route.path.startswith("/") and route.path.endswith(f"/{parent}"):
                # Without a usable link, the parent may be of either of core's public types.
                yield route.path
        yield from (f"{collection}/{parent}" for collection in _ARTICLES)

    def _get(self, root: Root, route: str, params: tuple[tuple[str, str], ...]) -> Reply:
        url = root.url_for(route, params)
        # The host isn't the archived site, so it gets few requests.
        return self._engine.get(Target(url=url, key=f"trace {url}", kind="trace", hops=2, retries=1, max_body=1 << 23))


def _attachment(reply: Reply, url: str) -> Mapping[str, Any] | None:
    """Return the attachment in a list that has the file at `url`; None if none does."""
    return next((item.value for item in items(reply.document) if _names(item.value, url)), None)


def _names(item: Mapping[str, Any], url: str) -> bool:
    """Whether the attachment has the file at `url`, in whatever size or spelling."""
    wanted, uploaded = place(unwrapped(url)), upload_of(url)
    return any(place(file.url) == wanted or _is_original(file, uploaded) for file in files_of(item))


def _is_original(file: File, uploaded: Upload | None) -> bool:
    """Whether `file` is the uploaded file itself, of which another size was embedded."""
    if uploaded is None or file.role != "original":
        return False
    own = upload_of(file.url)
    return own is not None and (own.folder, own.parent) == (uploaded.folder, uploaded.parent)


def _of_attachment(result: Trace, item: Mapping[str, Any]) -> Trace:
    meta = mapping(mapping(item.get("media_details")).get("image_meta"))
    return replace(
        result,
        media=integer(item.get("id")),
        media_link=string(item.get("link")),
        media_url=string(item.get("source_url")) if url_key(string(item.get("source_url"))) else "",
        media_date=string(item.get("date_gmt")),
        credit=string(meta.get("credit")),
    )


def _of_article(result: Trace, item: Mapping[str, Any]) -> Trace:
    return replace(
        result,
        article_type=string(item.get("type")),
        article_link=string(item.get("link")),
        article_title=plain(text_of(item.get("title"))),
        article_date=string(item.get("date_gmt")),
    )
