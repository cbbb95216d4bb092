"""Where a page shows its REST API: Link headers, `<link>` tags, the RSD document, traces of WordPress; and what to guess.

Sources: core's `rest_output_link_header`, `rest_output_link_wp_head`, `rest_get_queried_resource_route`,
`rest_output_rsd`, `wp_oembed_add_discovery_links`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import parse_qsl, urljoin, urlsplit

from wparchive.http1.message import Head
from wparchive.urls import join
from wparchive.wordpress.php_urls import split
from wparchive.wordpress.routes import Route, split_root
from wparchive.wordpress.text import unescape

__all__ = ["Signals", "feed_links", "guessed_roots", "header_links", "read_rsd", "read_signals"]

_FEED = re.compile(r"application/(?:rss|atom)\+xml", re.IGNORECASE)
_API = re.compile(r"https?://api\.w\.org/?", re.IGNORECASE)
_READ = 1 << 20  # bytes; links are in a page's head, so no more is searched
_LINK_VALUE = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*!-]+(?:\s*=\s*(?:\"[^\"]*\"|[^\s\",;]+))?)*)")
_LINK_PARAM = re.compile(r";\s*([\w*!-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))")
_TAG = re.compile(r"<(link|meta|body|api)\b([^<>]{0,8192})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(?<![\w:-])([\w:-]++)\s*+=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_TRACE = re.compile(r"/wp-(?:content|includes)/|xmlrpc\.php\?rsd|/wp-json/|\bwp-block-", re.IGNORECASE)
_FILES = re.compile(r"/wp-(?:content|includes)/", re.IGNORECASE)
_FOLDER = re.compile(r"(https?:(?:\\?/){2}[^\s\"'<>()]{1,300}|/(?:[\w.-]+/){0,5})$", re.IGNORECASE)
_BEFORE, _MOST_FILES = 320, 2000  # characters searched backwards for the start of a URL; most URLs examined
_BODY_POST = re.compile(r"(?:^|\s)(?:postid|page-id|attachmentid)-([0-9]{1,18})(?=\s|$)")
_ID = re.compile(r"[0-9]{1,18}")
_PLAIN_ID = {"p": "posts", "page_id": "pages", "attachment_id": "media"}
_CLASSES = {"single-post": "posts", "page": "pages", "attachment": "media"}

Attributes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals found, best first. `roots` are (signal, URL of a root); `item` is the REST URL of this page.

    `guess` is its route as derived from ids in the HTML, if `item` is missing. `bases` are folders that contain
    WordPress.
    """

    roots: tuple[tuple[str, str], ...] = ()
    item: str | None = None
    guess: Route | None = None
    rsd: str | None = None
    generator: str | None = None
    wordpress: bool = False
    bases: tuple[str, ...] = ()


def read_signals(url: str, head: Head | None, body: bytes) -> Signals:
    """Return the signals of the page at `url`, most credible first."""
    text = body[:_READ].decode("utf-8", "replace")
    head = head or Head(0, "", "", ())
    tags: dict[str, list[dict[str, str]]] = {"link": [], "meta": [], "body": [], "api": []}
    for name, tag in _tags(text):
        tags[name].append(tag)
    in_header = list(header_links(url, head))
    in_html = [_absolute(url, tag) for tag in tags["link"]]
    items = [*_items("alternate-header", in_header), *_items("alternate-html", in_html)]
    roots = list(_roots(in_header, in_html, items))
    generator = _generator(tags["meta"])
    rsd = next((link["href"] for link in in_html if "edituri" in _rels(link) and link["href"]), None)
    names_wordpress = "wordpress" in (generator or "").lower()
    return Signals(
        roots=tuple({root: (name, root) for name, root in reversed(roots) if split(root)}.values())[::-1],
        item=items[0][1] if items else None,
        guess=_guess(url, tags["body"]),
        rsd=rsd,
        generator=generator,
        wordpress=any((roots, rsd, names_wordpress, head.get("x-pingback"), _TRACE.search(text))),
        bases=_bases(url, text),
    )


def _generator(metas: Sequence[Attributes]) -> str | None:
    return next((tag.get("content", "") for tag in metas if tag.get("name", "").lower() == "generator"), None)


def _items(signal: str, links: Sequence[Attributes]) -> list[tuple[str, str]]:
    """Return the REST items that `links` name as alternate forms of their page."""
    return [(signal, link["href"]) for link in links if _is_item(link)]


def _roots(
    in_header: Sequence[Attributes], in_html: Sequence[Attributes], items: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield every REST root that is named, with its signal, most reliable first."""
    named = [("link-header", link) for link in in_header] + [("html-link", link) for link in in_html]
    yield from ((signal, link["href"]) for signal, link in named if _is_root(link))
    yield from ((signal, found[0].url) for signal, href in items if (found := split_root(href)))
    yield from (("oembed", root) for link in in_html if (root := _oembed_root(link["href"])))


def read_rsd(url: str, body: bytes) -> str | None:
    """Return the REST root that the RSD document at `url` names."""
    for name, tag in _tags(body[:_READ].decode("utf-8", "replace")):
        if name == "api" and tag.get("name", "").lower() == "wp-api" and tag.get("apilink"):
            return join(url, tag["apilink"])
    return None


def feed_links(url: str, body: bytes) -> Iterator[str]:
    """Yield the URLs of the RSS and Atom feeds that the page at `url` names."""
    for name, tag in _tags(body[:_READ].decode("utf-8", "replace")):
        link = _absolute(url, tag)
        if name == "link" and link["href"] and "alternate" in _rels(link) and _FEED.search(link.get("type", "")):
            yield link["href"]


def header_links(url: str, head: Head) -> Iterator[dict[str, str]]:
    """Yield every link of every Link header (RFC 8288).

    Values may be unquoted and contain slashes, as core's `type=text/html`.
    """
    for value in head.all("link"):
        for found in _LINK_VALUE.finditer(value):
            params = {m[1].lower(): m[2] or m[3] or "" for m in _LINK_PARAM.finditer(found[2])}
            yield _absolute(url, {**params, "href": found[1].strip()})


def _tags(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    for found in _TAG.finditer(text):
        pairs = ((m[1].lower(), unescape(m[2] or m[3] or m[4] or "")) for m in _ATTRIBUTE.finditer(found[2]))
        yield found[1].lower(), dict(pairs)


def _absolute(url: str, link: dict[str, str]) -> dict[str, str]:
    return {**link, "href": join(url, link.get("href", ""))}


def _rels(link: Attributes) -> list[str]:
    return link.get("rel", "").lower().split()


def _is_root(link: Attributes) -> bool:
    return any(_API.fullmatch(rel) for rel in _rels(link))


def _is_item(link: Attributes) -> bool:
    is_json = link.get("type", "").split(";")[0].strip().lower() == "application/json"
    return is_json and "alternate" in _rels(link) and split_root(link["href"]) is not None


def _oembed_root(href: str) -> str | None:
    """Return the root before core's own oEmbed route, whatever its prefix."""
    if "oembed/1.0/embed" not in href and "oembed%2F1.0%2Fembed" not in href:
        return None
    if found := split_root(href):
        return found[0].url
    before, mark, _ = href.partition("/oembed/1.0/embed")
    parts = split(before)
    return f"{before}/" if mark and parts and parts.path.strip("/") else None


def _guess(url: str, bodies: list[dict[str, str]]) -> Route | None:
    """Return the item that this page shows, from `?p=` in its URL or core's classes on `<body>`."""
    for name, value in parse_qsl(urlsplit(url).query):
        if name in _PLAIN_ID and _ID.fullmatch(value):
            return Route.of(f"/wp/v2/{_PLAIN_ID[name]}/{value}")
    classes = bodies[0].get("class", "") if bodies else ""
    found = _BODY_POST.search(classes)
    base = next((_CLASSES[name] for name in _CLASSES if name in classes.split()), None)
    return Route.of(f"/wp/v2/{base}/{found[1]}") if found and base else None


def _bases(url: str, text: str) -> tuple[str, ...]:
    """Return folders on the page's host that contain `wp-content` or `wp-includes`."""
    here = split(url)
    found = (join(url, folder.replace("\\/", "/")) for folder in _folders(text))
    own = (base for base in found if here and (parts := split(base)) and parts.authority == here.authority)
    return tuple(dict.fromkeys(own))[:3]


def _folders(text: str) -> Iterator[str]:
    end = 0
    for found in islice(_FILES.finditer(text), _MOST_FILES):
        at = found.start() + 1
        folder = _FOLDER.search(text[max(end, at - _BEFORE) : at])
        end = found.end()
        if folder:
            yield folder[1]


# Each folder costs up to four requests, so only some are tried.
_MOST_FOLDERS = 4


def guessed_roots(page: str, signals: Signals) -> Iterator[str]:
    """Yield roots to try: a few on a page without a trace of WordPress, every spelling on one with a trace."""
    sure = signals.wordpress
    folders = list(dict.fromkeys((*signals.bases, *_folders_above(page))))
    for folder in folders:
        yield f"{folder}wp-json/"
        if sure or folder in (folders[0], folders[-1]):
            yield f"{folder}?rest_route=/"
    for folder in folders if sure else ():
        yield f"{folder}index.php/wp-json/"
        yield f"{folder}index.php?rest_route=/"
    host = urlsplit(page).hostname or ""
    if host.endswith(".wordpress.com"):
        yield f"https://public-api.wordpress.com/wp/v2/sites/{host}/"


def _folders_above(url: str) -> list[str]:
    """Return the folder of `url` and its parents, deepest first; if they are many, only some and the root."""
    path = urlsplit(url).path
    if "." in path.rpartition("/")[2]:
        path = path.rpartition("/")[0]
    parts = [part for part in path.split("/") if part]
    depths = range(len(parts), -1, -1)
    folders = [urljoin(url, "/" + "".join(f"{part}/" for part in parts[:depth])) for depth in depths]
    return [*folders[: _MOST_FOLDERS - 1], folders[-1]] if len(folders) > _MOST_FOLDERS else folders
