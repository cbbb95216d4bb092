"""Languages that lie in folders with REST roots of their own on the same host: sites of their own, which are named.

Such a root has ids of its own (a network of sites, one for each language), or shows the same items in other words
(TranslatePress): in either case its items are another site's. One request to each tells whether it is one: a root that
redirects to the site's own, or shows the very same text, is none.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from wparchive.crawl.context import Context
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.links.follow_links import LinkFollower
from wparchive.model import Target, Verdict
from wparchive.urls import same_host
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.languages.signs import sample_text
from wparchive.wordpress.payload.document import items
from wparchive.wordpress.routes import Root, RootForm

__all__ = ["look_for_sisters", "on_other_hosts"]

_POSTS = "/wp/v2/posts"


def look_for_sisters(
    follower: LinkFollower,
    entries: Sequence[dict[str, Any]],
    sample: Callable[[], Mapping[str, Any] | None],
    held: Container[str],
) -> None:
    """Request one post of each language in `entries` that has a home (`url`) of its own, and say in it what was found.

    `how` becomes `site` for a site of its own on this host; other hosts are not asked. A root that doesn't answer is a
    gap: its entry becomes `silent`, and the next run looks again, or it stays `site` if its language is in `held`, the
    languages whose sites earlier runs found. `sample` returns an item of this site.
    """
    root = follower.context.root
    for entry in entries:
        home = entry.get("url")
        if isinstance(home, str) and same_host(home, root.url) and (there := _root_at(home, root)):
            entry.update(_look(follower.context, there, sample()))
            if entry["how"] == "silent":
                follower.fail(home, f"a site of its own in {entry['language']}, perhaps: {entry['reason']}")
                entry["how"] = "site" if entry["language"] in held else "silent"


def on_other_hosts(homes: Iterable[tuple[str, str]], root: str) -> list[dict[str, Any]]:
    """Return an entry for each language whose home page is on another host than `root`."""
    reason = "on another host: crawl it as a site of its own"
    return [
        {"language": code, "how": "elsewhere", "url": url, "reason": reason}
        for code, url in homes
        if not same_host(url, root)
    ]


def _root_at(home: str, own: Root) -> Root | None:
    """Return the root that a site at `home` has if it spells its URLs as this one does; None if that is this one."""
    base = urlsplit(own.base)
    place = urlsplit(home)
    if place.query or place.path.rstrip("/") == base.path.rstrip("/") or own.form is RootForm.WORDPRESS_COM:
        return None
    path = own.url.removeprefix(own.base) if own.url.startswith(own.base) else "wp-json/"
    url = f"{base.scheme}://{base.netloc}{place.path.rstrip('/')}/{path}"
    try:
        return Root(url, own.form)
    except ValueError:
        return None


def _is_silent(reply: Reply) -> bool:
    """Return whether a response says nothing of what is there: it may say more another time."""
    if reply.verdict in (Verdict.ROBOTS, Verdict.GUARDED):
        return False
    answer = reply.judgement
    unheard = reply.verdict is not Verdict.ANSWERED or reply.truncated is not None
    return unheard or answer.walled or answer.meaning in (Meaning.SERVER_ERROR, Meaning.NOTHING)


def _look(context: Context, root: Root, sample: Mapping[str, Any] | None) -> dict[str, Any]:
    wanted = sample.get("id") if sample else None
    params = (("include", str(wanted)),) if isinstance(wanted, int) else (("per_page", "1"),)
    url = root.url_for(_POSTS, params)
    # Without a route: what it shows is not this site's.
    reply = context.engine.get(Target(url=url, key=f"language {url}", kind="language", hops=1))
    seen = {"capture": reply.capture_id}
    if _is_silent(reply):
        return {**seen, "how": "silent", "reason": reply.reason or reply.judgement.reason or "no answer"}
    if reply.judgement.meaning is Meaning.REFUSED:
        return {**seen, "how": "closed", "reason": f"its REST API refuses strangers: {reply.judgement.reason}"}
    if reply.verdict is not Verdict.ANSWERED or not reply.judgement.ok or not reply.page.answer.ok:
        return {**seen, "reason": f"no REST list there: {reply.reason or reply.judgement.reason or 'no answer'}"}
    if not reply.url.startswith(root.base):
        return {**seen, "reason": "its REST root redirects to that of this site"}
    texts = {item.id: sample_text(item.value) for item in items(reply.document)}
    if sample and texts.get(wanted) == sample_text(sample):
        return {**seen, "reason": "its REST root shows the same texts as this site's"}
    return {**seen, "how": "site", "reason": ""}
