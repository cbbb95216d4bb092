"""Articles of an invented newsroom, and pages of them as themes of three makes write them. All texts are invented."""

from collections.abc import Mapping
from typing import Any

from wparchive.http1.message import Head
from wparchive.wordpress.changes.noise import NOISE
from wparchive.wordpress.pages.article import Article, article_of
from wparchive.wordpress.pages.page_audit import Answer, Audited, audit_page

URL = "https://herald.example/2031/04/harbour/"
TITLE = "The harbour moves to the new quay"
LEAD = "The harbour of Sallow Bay will move to the new quay in May, the council decided on Monday evening by nine votes to four."
COST = "The move costs 12 million crowns, of which the province pays a third and the fishermen's guild a tenth."
GUILD = "Ingrid Holm, who speaks for the guild, called the decision “a day that our grandchildren will remember”."
PROTEST = "Some residents of the old town fear for their shops, and have asked the court in Vester to stop the work."
END = "The court will hear them on the third of March, two weeks before the first pile is to be driven."
TEXTS = (LEAD, COST, GUILD, PROTEST, END)


def p(*texts: str) -> str:
    return "".join(f"<p>{text}</p>\n" for text in texts)


def item(content: str = p(*TEXTS), title: str = TITLE, *, protected: bool = False) -> dict[str, Any]:
    rendered = {"rendered": content, "protected": protected}
    return {"id": 7, "type": "post", "link": URL, "title": {"rendered": title}, "content": rendered}


HEAD = (
    '<!doctype html><html lang="en"><head><title>{title} – The Herald</title><meta charset="utf-8">'
    f'<link rel="canonical" href="{URL}">'
    "<style>.x{{color:red}}</style><script>var words = 1;</script>{head}</head>"
)
LIST = (
    '<aside class="sidebar"><h2>Recent</h2><ul><li><a href="/a">Fog on the strait for a third day running</a></li>'
    '<li><a href="/b">The library of Vester opens on Sundays</a></li></ul></aside>'
)
FOOTER = "<footer><p>The Herald of Sallow Bay is printed on Tuesdays and Fridays at the old mill.</p></footer>"
NAV = '<a class="skip-link screen-reader-text" href="#c">Skip to content</a><nav><ul><li><a href="/">Home</a></li></ul></nav>'


def classic(content: str = p(*TEXTS), title: str = TITLE, head: str = "", after: str = "", body: str = "") -> str:
    return (
        HEAD.format(title=title, head=head) + f'<body class="post-template-default single single-post postid-7 {body}">'
        f'<div id="page" class="site"><header>{NAV}</header>'
        '<main id="main" class="site-main"><article id="post-7" class="post-7 post type-post status-publish hentry">'
        f'<header class="entry-header"><h1 class="entry-title">{title}</h1>'
        '<div class="entry-meta">By Anna on 3 April 2031</div></header>'
        f'<div class="entry-content">{content}</div>'
        '<footer class="entry-footer">Posted in <a href="/c">Sea</a></footer></article>'
        f"{after}</main>{LIST}{FOOTER}</div></body></html>"
    )


def block(content: str = p(*TEXTS), title: str = TITLE, head: str = "", after: str = "") -> str:
    return (
        HEAD.format(title=title, head=head) + f'<body class="single single-post postid-7"><div class="wp-site-blocks">'
        f'<header class="wp-block-template-part">{NAV}</header>'
        f'<main class="wp-block-group"><h2 class="wp-block-post-title">{title}</h2>'
        f'<div class="entry-content wp-block-post-content is-layout-constrained">{content}</div>'
        '<div class="wp-block-post-comments"><p>Be the first to comment on what is said here, dear reader.</p></div></main>'
        f"{after}{FOOTER}</div></body></html>"
    )


def homemade(content: str = p(*TEXTS), title: str = TITLE, head: str = "", after: str = "") -> str:
    """A theme that names nothing as others do."""
    return (
        HEAD.format(title=title, head=head)
        + f"<body class='postid-7'><div class='top'>{NAV}</div><div class='b7'><div class='b7-h'><h1>{title}</h1></div>"
        f"<div class='b7-t'><span class='date'>3.4.</span>{content}</div>"
        "<div class='b7-u'><p>Write to us about the sea, the bay and "
        f"all the boats that you saw there in summer.</p></div></div>{after}{LIST}{FOOTER}</body></html>"
    )


def answer(
    html: str | bytes,
    status: int = 200,
    final: str = URL,
    mime: str = "text/html; charset=UTF-8",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    given = {"Content-Type": mime, **(headers or {})}
    body = html.encode() if isinstance(html, str) else html
    return Answer(URL, final, Head(status, "", "HTTP/1.1", tuple(given.items())), body)


def article(content: str = p(*TEXTS), title: str = TITLE, *, protected: bool = False) -> Article:
    return article_of(item(content, title, protected=protected), NOISE)


def audited(page: Answer | str, of: Article | None = None, older: tuple[tuple[str, Article], ...] = ()) -> Audited:
    return audit_page(answer(page) if isinstance(page, str) else page, of or article(), NOISE, older)


def told(found: Audited) -> list[str]:
    """What differs, one line each: `changed: 12 > 19`."""
    return [f"{one.kind}: {one.sign}" for one in found.differences]
