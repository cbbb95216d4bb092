"""What a page is and how it stands to what the API says, in fifty cases: each right, and each with its reason."""

from dataclasses import replace

import pytest
from newsroom_pages import (
    COST,
    END,
    GUILD,
    LEAD,
    LIST,
    PROTEST,
    TEXTS,
    TITLE,
    URL,
    answer,
    article,
    audited,
    block,
    classic,
    homemade,
    p,
    told,
)

from wparchive.wordpress.changes.noise import NOISE
from wparchive.wordpress.pages.article import Article
from wparchive.wordpress.pages.page_audit import Answer, audit_page
from wparchive.wordpress.pages.settling import signs_of, steady, without_signs

FOG = "Fog lay on the strait for a third day, and no ferry has left the island of Holm since Sunday at noon."
LIBRARY = "The library of Vester opens on Sundays from now on, which cost the town two new posts and much patience."
MEDICINE = "Buy the pills of Doctor Ferrum at once, for they cure the cough of horses and of men within a single day."
LATIN = (
    "The café “À la Mère Édouard” will keep its terrace until the évêque has blessed the new quay — naïve, said some."
)
SHORT = "Short of breath, the mayor left early."
TEASER = p(LEAD)
PAYWALL = '<div class="herald-paywall"><p>Subscribe to continue reading this story.</p><a href="/plans">See the plans</a></div>'
NOT_FREE = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": "False"}</script>'
BANNER = '<div id="cookie-notice" role="dialog">We use cookies, and so do our 214 partners. <button>Accept all</button></div>'
SPRING = p(LEAD.replace("in May", "in spring"), COST, GUILD, PROTEST, END)
TWEET = '<blockquote class="twitter-tweet"><p>The harbour moves, at last, after forty years of talk about it!</p></blockquote>'
SCRIPTED = p(*TEXTS[1:]).replace("/", "\\/").replace("\n", "\\n")
JAPANESE = (
    "港湾局は月曜日の夜、サロー湾の港を五月に新しい埠頭へ移すことを決めた。",
    "費用は十二億円で、三分の一を県が負担する。",
)
THAI = ("สภาเมืองตัดสินใจย้ายท่าเรือไปยังท่าใหม่ในเดือนพฤษภาคม", "ค่าใช้จ่ายสิบสองล้านบาท จังหวัดจ่ายหนึ่งในสาม")
ARABIC = (
    "قرر المجلس مساء الاثنين نقل الميناء إلى الرصيف الجديد في شهر مايو المقبل",
    "تبلغ التكلفة 12 مليون كرونة تدفع المقاطعة ثلثها",
)


def elsewhere(html: str, final: str) -> Answer:
    return answer(html, final=final)


SMALL = "<html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"

# The page, its item (None: the usual one), the verdict, the standing, what differs.
CASES: dict[str, tuple[Answer | str, Article | None, str, str, list[str]]] = {
    # --- the same
    "a classic theme": (classic(), None, "ok", "same", []),
    "a block theme": (block(), None, "ok", "same", []),
    "a theme that names nothing as others do": (homemade(), None, "ok", "same", []),
    "typography of the page alone": (
        classic(p('It\'s 10x20 -- "wide"... he said, and left the old quay for good')),
        article(p("It&#8217;s 10&#215;20 &#8211; &#8220;wide&#8221;&hellip; he said, and left the old quay for good")),
        "ok",
        "same",
        [],
    ),
    "entities, soft hyphens and a drop cap": (
        classic(
            p(
                '<span class="dropcap">T</span>he har&shy;bour of Sallow&nbsp;Bay &amp; its new quay will be opened by the king'
            )
        ),
        article(p("The harbour of Sallow Bay &#038; its new quay will be opened by the king")),
        "ok",
        "same",
        [],
    ),
    "footnotes that only the page has": (
        classic(p(LEAD + "<sup><a href='#1'>[1]</a></sup>", *TEXTS[1:])),
        None,
        "ok",
        "same",
        [],
    ),
    "an address hidden from robots": (
        classic(
            p(
                LEAD,
                'Write to <a href="/cdn-cgi/l/email-protection" class="__cf_email__" data-cfemail="5b3a1b39753832">'
                "[email protected]</a> today",
            )
        ),
        article(p(LEAD, "Write to a@b.ci today")),
        "ok",
        "same",
        [],
    ),
    "lazily loaded pictures": (
        classic(
            p(LEAD) + '<figure><img src="data:image/gif;base64,R0" data-src="/quay.jpg" class="lazyload"><noscript>'
            '<img src="/quay.jpg"></noscript><figcaption>The new quay in the evening light</figcaption></figure>'
            + p(*TEXTS[1:])
        ),
        article(
            p(LEAD)
            + '<figure><img src="/quay.jpg"><figcaption>The new quay in the evening light</figcaption></figure>'
            + p(*TEXTS[1:])
        ),
        "ok",
        "same",
        [],
    ),
    "a shortcode that only the page replaces": (
        classic(
            p(LEAD)
            + "<div class='map'><p>Map of the bay with all its quays, its light, its mill and the road to the town</p></div>"
            + p(END)
        ),
        article(p(LEAD) + "<p>[bay_map zoom=&#8221;3&#8243;]</p>" + p(END)),
        "ok",
        "same",
        [],
    ),
    "a shortcode within a sentence": (
        classic(p(f"{SHORT} It is 7 degrees. {END}")),
        article(p(f"{SHORT} [degrees] {END}")),
        "ok",
        "same",
        [],
    ),
    "a gallery that the page shows as slides": (
        classic(p(LEAD) + '<div class="slideshow-x"><div>1 / 2</div></div>' + p(END)),
        article(
            p(LEAD) + '<div id="gallery-3" class="gallery"><figure>'
            "<figcaption>The quay by night in a long winter</figcaption></figure></div>" + p(END)
        ),
        "ok",
        "same",
        [],
    ),
    "something embedded that the page shows in a frame": (
        classic(p(LEAD) + '<iframe src="https://t.example/1"></iframe>' + p(END)),
        article(p(LEAD) + TWEET + p(END)),
        "ok",
        "same",
        [],
    ),
    "an address that the page makes a player": (
        classic(p(LEAD) + '<iframe src="https://v.example/1"></iframe>' + p(END)),
        article(p(LEAD, "https://v.example/watch?v=1", END)),
        "ok",
        "same",
        [],
    ),
    "related articles put in by a plug-in": (
        classic(
            p(LEAD, COST)
            + f'<div class="yarpp yarpp-related"><h3>Read on</h3><p>{FOG}</p></div>'
            + p(GUILD, PROTEST, END)
        ),
        None,
        "ok",
        "same",
        [],
    ),
    "a box that is named as nothing": (
        homemade(p(LEAD, COST) + f'<div class="zz9"><p>{FOG}</p></div>' + p(GUILD, PROTEST, END)),
        None,
        "ok",
        "same",
        [],
    ),
    "links to other articles between the paragraphs": (
        classic(
            p(
                LEAD,
                '<a href="/fog">Fog lies on the strait for a third day running, and no ferry leaves</a>',
                *TEXTS[1:],
            )
        ),
        None,
        "ok",
        "same",
        [],
    ),
    "contents, sharing, author, newsletter": (
        classic(
            '<div id="toc_container"><ul><li><a href="#a">What the move costs the town</a></li></ul></div>'
            + p(LEAD)
            + '<div class="sharedaddy">Share this with all whom you know, near and far, if you like it</div>'
            + p(*TEXTS[1:])
            + '<div class="author-box"><p>Anna has written about boats and about the sea since the day she could write</p></div>'
            + '<div class="newsletter-x">'
            "<p>Have the news of the bay in your letter box each morning before the boats leave</p></div>"
        ),
        None,
        "ok",
        "same",
        [],
    ),
    "other articles below, as a reader scrolls": (
        classic(
            after=f'<article id="post-8" class="post-8 hentry"><h1 class="entry-title">Fog</h1>'
            f'<div class="entry-content">{p(FOG, LIBRARY)}</div></article>'
        ),
        None,
        "ok",
        "same",
        [],
    ),
    "a banner about cookies that hides nothing": (classic(after=BANNER), None, "ok", "same", []),
    "an overlay over a text that is there": (
        classic(after='<div class="cookie-wall" role="dialog"><p>Accept all cookies to continue</p></div>'),
        None,
        "ok",
        "same",
        [],
    ),
    "a heading that the page leaves out": (
        classic(title="").replace('<h1 class="entry-title"></h1>', ""),
        None,
        "ok",
        "same",
        [],
    ),
    "a title and nothing else": (classic(""), article(""), "ok", "same", []),
    "a picture and nothing else": (
        classic('<figure><img src="/q.jpg" alt="The quay"></figure>', title=""),
        article('<figure><img src="/q.jpg" alt="The quay"></figure>', title=""),
        "ok",
        "unknown",
        [],
    ),
    "the first of two pages": (
        classic(p(LEAD, COST, GUILD) + '<div class="page-links">Pages: 1 <a href="2/">2</a></div>'),
        article(p(LEAD, COST, GUILD) + "\n<!--nextpage-->\n" + p(PROTEST, END)),
        "ok",
        "same",
        [],
    ),
    "the first of two pages, whose mark a plug-in took out": (
        classic(p(LEAD, COST, GUILD) + '<div class="page-links">Pages: 1 <a href="2/">2</a></div>'),
        None,
        "ok",
        "unknown",
        [],
    ),
    "Japanese, its lines broken otherwise": (classic(p("".join(JAPANESE))), article(p(*JAPANESE)), "ok", "same", []),
    "Thai": (block(p(*THAI)), article(p(*THAI)), "ok", "same", []),
    "Arabic with marks of direction": (
        classic(p(f"\u200f{ARABIC[0]}\u200f", f"\u202b{ARABIC[1]}\u202c")),
        article(p(*ARABIC)),
        "ok",
        "same",
        [],
    ),
    "Latin-1 under a header without a charset": (
        answer(
            classic(p("Der Hafen zieht im Mai an den neuen Kai für alle Boote, größer und schöner als der alte"))
            .replace("utf-8", "iso-8859-1")
            .replace("–", "-")
            .encode("latin-1"),
            mime="text/html",
        ),
        article(p("Der Hafen zieht im Mai an den neuen Kai für alle Boote, größer und schöner als der alte")),
        "ok",
        "same",
        [],
    ),
    "the form for phones": (
        elsewhere(classic().replace('<html lang="en">', '<html amp lang="en">'), f"{URL}amp/"),
        None,
        "ok",
        "same",
        [],
    ),
    "https, www and a slash": (
        elsewhere(classic(), "http://www.herald.example/2031/04/harbour"),
        None,
        "ok",
        "same",
        [],
    ),
    "tags that never end": (
        f"<html><head><title>x</title><body class='postid-7'><div class=entry-content><p hidden>Gone<p>"
        f"{'<p>'.join(TEXTS)}<ul><li hidden>no<li>yes",
        None,
        "ok",
        "same",
        [],
    ),
    # --- there, but not at once
    "a passage behind a click": (
        classic(
            p(LEAD, COST)
            + f'<details><summary>More</summary><p>{GUILD}</p></details><div style="display: none">{p(PROTEST)}</div>'
            + p(END)
        ),
        None,
        "ok",
        "unknown",
        [],
    ),
    "a text that a script loads": (
        classic(p(LEAD) + '<div class="lazy-content" data-part="2"></div>'),
        None,
        "ok",
        "unknown",
        [],
    ),
    "a text that only a script holds": (
        classic(p(LEAD) + f'<div id="rest"></div><script>fill("rest", "{SCRIPTED}")</script>'),
        None,
        "ok",
        "unknown",
        [],
    ),
    "a page that is a script": (
        '<html><body><div id="root"></div><script src="/app.js"></script>'
        "<noscript>Switch on scripts, please</noscript></body></html>",
        None,
        "unknown",
        "unknown",
        [],
    ),
    # --- it differs
    "one number": (classic(p(LEAD, COST.replace("12", "19"), *TEXTS[2:])), None, "ok", "differs", ["changed: 12 > 19"]),
    "one word that turns the sense": (
        block(p(LEAD.replace("will move", "will not move"), *TEXTS[1:])),
        None,
        "ok",
        "differs",
        ["changed: > not"],
    ),
    "a paragraph for another": (
        classic(p(LEAD, MEDICINE, GUILD, PROTEST, END)),
        None,
        "ok",
        "differs",
        [
            "missing: the move costs 12 million crowns of which the province pays a third and the fishermen's guild a tenth",
            "added: buy the pills of doctor ferrum at once for they cure the cough of horses and of men within a single day",
        ],
    ),
    "a paragraph left out": (
        homemade(p(LEAD, COST, GUILD, END)),
        None,
        "ok",
        "differs",
        [
            "missing: some residents of the old town fear for their shops and have asked the court in vester to stop the work"
        ],
    ),
    "a paragraph hidden, and another shown for it": (
        classic(p(LEAD) + f'<p style="display:none">{COST}</p>' + p(MEDICINE, GUILD, PROTEST, END)),
        None,
        "ok",
        "differs",
        [
            "added: buy the pills of doctor ferrum at once for they cure the cough of horses and of men within a single day"
        ],
    ),
    "another text altogether": (classic(p(MEDICINE, FOG)), article(p(LEAD, END)), "ok", "differs", ["?"]),
    "only the beginning": (classic(p(LEAD, COST)), None, "ok", "differs", ["?"]),
    "more than the API shows": (
        classic(),
        article(p(LEAD, COST, GUILD)),
        "ok",
        "differs",
        [
            "added: some residents of the old town fear for their shops and have asked the court in vester to stop the work",
            "added: the court will hear them on the third of march two weeks before the first pile is to be driven",
        ],
    ),
    "another heading": (
        classic(title="Council drowns the old harbour"),
        None,
        "ok",
        "differs",
        ["title: the harbour moves to the new quay > council drowns the old harbour"],
    ),
    "one sign in Japanese": (
        classic(p(JAPANESE[0], JAPANESE[1].replace("十二", "十九"))),
        article(p(*JAPANESE)),
        "ok",
        "differs",
        ["changed: 二 > 九"],
    ),
    # --- it isn't the article
    "a paywall, named so": (classic(TEASER + PAYWALL), None, "paywall", "unknown", []),
    "a paywall in German": (
        classic(TEASER + "<p>Jetzt abonnieren und weiterlesen</p>"),
        None,
        "paywall",
        "unknown",
        [],
    ),
    "a paywall that says so in its data": (classic(TEASER, head=NOT_FREE), None, "paywall", "unknown", []),
    "a paywall over a text that is there": (classic(head=NOT_FREE), None, "paywall", "same", []),
    "payment required": (answer(SMALL.format("Plans", "Choose one"), 402), None, "paywall", "unknown", []),
    "a wall of consent at another host": (
        elsewhere(SMALL.format("Before you continue", "We and our partners"), "https://consent.herald.example/?u=1"),
        None,
        "consent",
        "unknown",
        [],
    ),
    "a wall of consent in its place": (
        SMALL.format("Your choice", "Accept all cookies to continue"),
        None,
        "consent",
        "unknown",
        [],
    ),
    "a bot wall": (
        answer(
            SMALL.format("Just a moment...", "Checking your browser before"), 403, headers={"cf-mitigated": "challenge"}
        ),
        None,
        "challenge",
        "unknown",
        [],
    ),
    "a form to log in": (
        elsewhere(
            SMALL.format("Log in", "<form><input type=password></form>"),
            "https://herald.example/wp-login.php?redirect_to=x",
        ),
        None,
        "login",
        "unknown",
        [],
    ),
    "refused, with a form": (
        answer(SMALL.format("Members", "<input type='password'>"), 401),
        None,
        "login",
        "unknown",
        [],
    ),
    "a word to members": (SMALL.format(TITLE, "You must be logged in to see this"), None, "login", "unknown", []),
    "the form for an item's password": (
        classic(
            '<form class="post-password-form" method="post"><p>This content is password protected.</p>'
            '<input type="password"></form>'
        ),
        article("", protected=True),
        "protected",
        "unknown",
        [],
    ),
    "not found, said with 200": (
        SMALL.format("Page not found", "Nothing was found here."),
        None,
        "soft-404",
        "unknown",
        [],
    ),
    "not found, by its body's class": (
        classic(p("Try a search."), body="error404").replace("postid-7", ""),
        None,
        "soft-404",
        "unknown",
        [],
    ),
    "the home page": (
        elsewhere(
            "<html><body class='home blog'><h1>The Herald</h1><ul><li>Fog</li></ul></body></html>",
            "https://herald.example/",
        ),
        None,
        "redirect",
        "unknown",
        [],
    ),
    "another article": (
        elsewhere(classic(p(FOG, LIBRARY)).replace("postid-7", "postid-8"), "https://herald.example/2031/04/fog/"),
        None,
        "redirect",
        "unknown",
        [],
    ),
    "another language under the same address": (
        classic(
            p("Der Hafen zieht im Mai um, beschloss der Rat."),
            head='<link rel="alternate" hreflang="de" href="/de/hafen/">',
        ).replace('lang="en"', 'lang="de"'),
        None,
        "redirect",
        "unknown",
        [],
    ),
    "a full cloak in a head that names the home page of its language": (
        classic(
            p(*[MEDICINE] * 4),
            head='<link rel="alternate" hreflang="en" href="/"><link rel="alternate" hreflang="de" href="/de/">',
        ),
        None,
        "ok",
        "differs",
        ["?"],
    ),
    "a full cloak in a head that names the front page of each language": (
        classic(p(*[MEDICINE] * 4), head='<link rel="alternate" hreflang="en" href="/en/?lang=en">'),
        None,
        "ok",
        "differs",
        ["?"],
    ),
    "a full cloak in the item's own language": (
        classic(p(*[MEDICINE] * 4), head='<link rel="alternate" hreflang="en" href="/en/harbour/">'),
        replace(article(), language="en_GB"),
        "ok",
        "differs",
        ["?"],
    ),
    "a full cloak at an address that is this language's": (
        classic(
            p(*[MEDICINE] * 4),
            head='<link rel="alternate" hreflang="en-GB" href="/uk/harbour/">'
            f'<link rel="alternate" hreflang="en-US" href="{URL}">',
        ),
        None,
        "ok",
        "differs",
        ["?"],
    ),
    "another language than the item states": (
        classic(
            p("Der Hafen zieht im Mai um, beschloss der Rat."),
            head='<link rel="alternate" hreflang="de-DE" href="/de/hafen/">',
        ).replace('lang="en"', 'lang="de"'),
        replace(article(), language="en"),
        "redirect",
        "unknown",
        [],
    ),
    "the text in a frame of the site's own": (
        classic('<iframe class="story" src="/story/7/"></iframe>'),
        None,
        "ok",
        "unknown",
        [],
    ),
    "the text in a frame's own document": (classic("<iframe srcdoc='&lt;p&gt;x'></iframe>"), None, "ok", "unknown", []),
    "a full cloak above a frame of another site": (
        classic(p(*[MEDICINE] * 4) + '<iframe src="https://video.example/embed/7"></iframe>'),
        None,
        "ok",
        "differs",
        ["?"],
    ),
    "another number above a frame of the site's own": (
        classic(p(LEAD, COST.replace("12", "19"), GUILD, PROTEST, END) + '<iframe src="/story/7/"></iframe>'),
        None,
        "ok",
        "differs",
        ["changed: 12 > 19"],
    ),
    "Latin-1 that nothing declares": (
        answer(classic(p(LATIN)).replace('<meta charset="utf-8">', "").encode("cp1252"), mime="text/html"),
        article(p(LATIN)),
        "ok",
        "same",
        [],
    ),
    "UTF-8 that nothing declares, with a byte too many": (
        answer(
            classic(p(LATIN)).replace('<meta charset="utf-8">', "").encode().replace(b"Sea</a>", b"S\xe9a</a>"),
            mime="text/html",
        ),
        article(p(LATIN)),
        "ok",
        "same",
        [],
    ),
    "an error": (
        answer(SMALL.format("Error", "Error establishing a database connection"), 500),
        None,
        "error",
        "unknown",
        [],
    ),
    "no page at all": (answer(b"%PDF-1.7", mime="application/pdf"), None, "not-html", "unknown", []),
    "nothing": (answer(b""), None, "unknown", "unknown", []),
    "not in this country": (
        SMALL.format("Sorry", "This content is not available in your country."),
        None,
        "geoblock",
        "differs",
        [],
    ),
    "not in this country, by status": (answer(SMALL.format("Sorry", "No"), 451), None, "geoblock", "differs", []),
}


@pytest.mark.parametrize("name", CASES)
def test_page_against_its_item(name: str) -> None:
    page, of, verdict, standing, differing = CASES[name]
    found = audited(page, of)
    assert (str(found.verdict.kind), str(found.standing)) == (verdict, standing), found
    assert found.verdict.reason
    assert found.reason
    if differing != ["?"]:
        assert told(found) == differing


def test_a_cut_page_says_how_much_is_there() -> None:
    assert audited(classic(p(LEAD, COST))).reason == "the page shows the beginning: 43 of 101 words"


def test_a_cache_that_lags_is_no_cloak() -> None:
    """A page that shows a version that was held before is an older version, whatever differs from the new one."""
    older = (("second", article(SPRING + p(FOG))), ("first", article(SPRING)))
    found = audited(classic(SPRING), older=older)
    assert (str(found.standing), found.version) == ("older", "first")
    assert "older version" in found.reason


def test_a_list_of_articles_beside_it_says_nothing() -> None:
    """What a page shows beside its article is the theme's: it is neither missing nor more."""
    for theme in (classic, block, homemade):
        assert str(audited(theme(after=LIST)).standing) == "same"


def test_a_page_of_no_item_has_a_verdict_too() -> None:
    assert str(audit_page(answer(classic()), None, NOISE).verdict.kind) == "ok"
    gone = audit_page(answer(SMALL.format("Page not found", "x"), final=URL), None, NOISE)
    assert str(gone.verdict.kind) == "soft-404"


def test_a_text_that_alternates_differs_once_only() -> None:
    """What only one of two readings shows (A/B texts, counters, a cache that catches up) isn't said; what both show is."""
    first, other = (
        classic(p(LEAD.replace("Monday", "Sunday"), *TEXTS[1:])),
        classic(p(LEAD.replace("Monday", "Friday"), *TEXTS[1:])),
    )
    assert steady(audited(first), audited(other)) is None
    assert steady(audited(first), audited(classic())) is None
    again = steady(
        audited(first), audited(classic(p(LEAD.replace("Monday", "Sunday"), COST.replace("12", "13"), *TEXTS[2:])))
    )
    assert again is not None
    assert told(again) == ["changed: monday > sunday"]


def test_what_many_pages_have_in_common_is_said_of_none() -> None:
    """A notice that a theme puts into every article, or a country in which the site isn't available, is nobody's cloak."""
    notice = f"{MEDICINE} It is an advertisement."
    pages = [
        audited(classic(p(*TEXTS, notice))),
        audited(classic(p(LEAD, COST, END, notice)), article(p(LEAD, COST, END))),
    ]
    blocked = [audited(answer(SMALL.format("Sorry", "No"), 451))] * 2
    for first, second in (pages, blocked):
        common = frozenset(signs_of(first) & signs_of(second))
        assert common and [without_signs(one, common) for one in (first, second)] == [None, None]
    assert without_signs(pages[0], frozenset()) is pages[0]


def test_marks_of_links_are_no_words() -> None:
    """Words that are put in, or left out, at several places alike are marks of links and notes, not another text."""
    marked = p(*(text.replace(" the ", " <a href='/x'>the (opens in a new window)</a> ", 1) for text in TEXTS))
    assert str(audited(classic(marked)).standing) == "same"


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 50_000 + "x",
        "<p hidden>" * 50_000 + "x",
        "<li>a" * 50_000,
        "</div>" * 50_000,
        "<a href='x" * 20_000,
        "<table><tr><td>" * 20_000,
        '<script type="application/ld+json">' + "[" * 50_000,
        "<!--" * 50_000,
        "\ud800\x00\x1b[31m" * 1000,
        "[x " * 50_000,
        f"<body class='{'entry-content ' * 50_000}'>",
        p(LEAD) * 2000,
    ],
    ids=lambda html: html[:12].encode("ascii", "replace").decode(),
)
def test_no_page_is_too_broken(html: str) -> None:
    """Whatever a server sends as a page is judged, and never with an exception."""
    assert audited(answer(html.encode("utf-8", "replace"))).verdict.reason
    assert audited(classic(), article(html.encode("utf-8", "replace").decode())).reason
