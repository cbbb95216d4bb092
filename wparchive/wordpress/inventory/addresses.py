"""Where a WordPress site's sitemaps and feeds are: what its front page names, and where core and plug-ins put them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from wparchive.urls import same_host
from wparchive.wordpress.discovery.signals import feed_links

__all__ = ["Feeds", "feeds_of", "next_page", "sitemap_guesses"]


@dataclass(frozen=True, slots=True)
class Feeds:
    """The addresses of a site's feed of articles, and of its feed of comments."""

    posts: str
    comments: str


def sitemap_guesses(home: str, *, plain: bool) -> Iterator[str]:
    """Yield where the sitemap of the site at `home` may be, the likeliest first; `plain`: it has plain permalinks.

    Core redirects `/sitemap.xml` to its own, Yoast and RankMath `/wp-sitemap.xml` to theirs.
    """
    base = f"{home.rstrip('/')}/"
    if plain:
        yield f"{base}?sitemap=index"
    yield from (f"{base}{name}" for name in ("wp-sitemap.xml", "sitemap_index.xml", "sitemap.xml"))


def feeds_of(home: str, page: tuple[str, bytes] | None, *, plain: bool) -> Feeds:
    """Return the feeds of the site at `home`: those that its front `page` (URL and HTML) names, else core's own."""
    base = f"{home.rstrip('/')}/"
    query, pretty = (
        Feeds(f"{base}?feed=rss2", f"{base}?feed=comments-rss2"),
        Feeds(f"{base}feed/", f"{base}comments/feed/"),
    )
    core = query if plain else pretty
    named = [url for url in feed_links(*page) if same_host(url, home)] if page else []
    # A root that is spelled with a query says little of the permalinks, which the page knows.
    main = _first(named, (query.posts, pretty.posts, f"{base}index.php/feed/"), base, "")
    comments = _first(named, (query.comments, pretty.comments, f"{base}index.php/comments/feed/"), base, "comments")
    return Feeds(main or core.posts, comments or core.comments)


def _first(named: Sequence[str], usual: Iterable[str], base: str, of: str) -> str:
    """Return the first of `named` at a usual place; an article's page names the feeds of its own comments too.

    If there is none, one that core has in another form, Atom first, will do. `of`: `comments`, or "" for articles.
    """
    under, dash = (f"{of}/", f"{of}-") if of else ("", "")
    others = (
        place
        for form in ("atom", "rss2", "rss", "rdf")
        for folder in (base, f"{base}index.php/")
        for place in (f"{folder}{under}feed/{form}/", f"{folder}?feed={dash}{form}")
    )
    places = [{urlsplit(url).path.rstrip("/") + urlsplit(url).query for url in some} for some in (usual, others)]
    return next(
        (url for some in places for url in named if urlsplit(url).path.rstrip("/") + urlsplit(url).query in some), ""
    )


def next_page(feed: str, number: int) -> str:
    """Return the URL of the `number`th page of a feed."""
    return f"{feed}{'&' if '?' in feed else '?'}paged={number}"
