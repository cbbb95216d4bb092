"""What sitemaps and feeds say, as core and plug-ins write them, and as nobody should: read in part, refused, never believed."""

import gzip
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wparchive.wordpress.inventory.addresses import feeds_of, next_page, sitemap_guesses
from wparchive.wordpress.inventory.documents import MOST_ENTRIES, Document, read_document
from wparchive.wordpress.inventory.moments import Comparison, is_later, moment_of
from wparchive.wordpress.inventory.places import comment_in, number_of, place_of, short_of
from wparchive.wordpress.inventory.xml_text import MOST_BYTES

NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
HOME = "https://example.org/"
CORE = f"""<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="{HOME}wp-sitemap.xsl" ?>
<urlset {NS}><url><loc>{HOME}one/</loc><lastmod>2024-05-06T07:08:09+00:00</lastmod></url><url><loc>{HOME}two/</loc></url></urlset>
"""
YOAST = f"""<?xml version="1.0" encoding="UTF-8"?><urlset {NS} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc>{HOME}one/</loc><lastmod>2024-05-06T09:08:09+02:00</lastmod>
<image:image><image:loc>{HOME}wp-content/uploads/a.jpg</image:loc></image:image></url></urlset><!-- by a plug-in -->"""
INDEX = f"""<sitemapindex {NS}><sitemap><loc>{HOME}post-sitemap.xml</loc><lastmod>2024-05-06</lastmod></sitemap>
<sitemap><loc> {HOME}page-sitemap.xml
</loc></sitemap></sitemapindex>"""
RSS = f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Site</title>
<atom:link href="{HOME}feed/" rel="self" /><link>{HOME}</link><lastBuildDate>Mon, 06 May 2024 07:08:09 +0000</lastBuildDate>
<item><title>One &amp; only</title><link>{HOME}one/</link><dc:creator><![CDATA[Ada]]></dc:creator>
<pubDate>Mon, 06 May 2024 07:08:09 +0000</pubDate><category><![CDATA[News]]></category>
<guid isPermaLink="false">{HOME}?p=7</guid><description><![CDATA[Short.]]></description>
<content:encoded><![CDATA[<p>Long.</p>]]></content:encoded></item></channel></rss>"""
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><id>{HOME}feed/atom/</id><updated>2024-05-06T07:08:09Z</updated>
<entry><author><name>Ada</name></author><title type="html">One</title><link rel="alternate" href="{HOME}one/"/>
<id>{HOME}?post_type=book&amp;p=7</id><updated>2024-05-07T00:00:00Z</updated><published>2024-05-06T07:08:09Z</published>
<summary>Short.</summary><content type="html">&lt;p&gt;Long.&lt;/p&gt;</content>
<link rel="replies" href="{HOME}one/#comments"/></entry></feed>"""
BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha">{}]><urlset {}><url><loc>https://example.org/&z;</loc></url></urlset>'


def read(text: str | bytes) -> Document:
    return read_document([text.encode() if isinstance(text, str) else text])


def urls(document: Document) -> list[tuple[str, str | None]]:
    return [(entry.url, entry.lastmod) for entry in document.urls]


def test_a_sitemap_of_core_and_one_of_a_plug_in_say_the_same() -> None:
    """Dates are UTC whatever zone they are written in; pictures inside an entry are no pages."""
    one = (f"{HOME}one/", "2024-05-06T07:08:09Z")
    assert urls(read(CORE)) == [one, (f"{HOME}two/", None)]
    assert urls(read(YOAST)) == [one]
    assert (read(CORE).form, read(CORE).fault, read(YOAST).fault) == ("urlset", "", "")


def test_an_index_names_sitemaps_and_no_pages() -> None:
    document = read(INDEX)
    assert [(child.url, child.lastmod) for child in document.children] == [
        (f"{HOME}post-sitemap.xml", "2024-05-06"),
        (f"{HOME}page-sitemap.xml", None),
    ]
    assert document.urls == []


def test_a_feed_is_read_in_both_languages() -> None:
    """Only what stands in an item is of that item: the channel's own link and date are not."""
    (rss,), (atom,) = read(RSS).items, read(ATOM).items
    for item in (rss, atom):
        assert (item.url, item.author, item.content, item.summary) == (f"{HOME}one/", "Ada", "<p>Long.</p>", "Short.")
        assert item.published == "2024-05-06T07:08:09Z"
    assert (rss.title, rss.categories, atom.modified) == ("One & only", ("News",), "2024-05-07T00:00:00Z")
    assert (number_of(rss.guid), number_of(atom.guid)) == ((7, "post"), (7, "book"))


def test_what_a_document_is_follows_from_its_bytes() -> None:
    """Gzip without a header that says so, other encodings, blank lines and bytes that XML forbids."""
    assert urls(read(gzip.compress(CORE.encode()))) == urls(read(CORE))
    assert urls(read(b"\n\n  " + CORE.encode())) == urls(read(CORE))
    assert urls(read(CORE.replace("one", "o\x0bne"))) == urls(read(CORE))
    assert urls(read(CORE.encode("utf-16"))) == urls(read(CORE))
    latin = CORE.replace("UTF-8", "ISO-8859-1").replace("two", "zw\xf6lf").encode("latin-1")
    assert urls(read(latin))[1] == (f"{HOME}zw\xf6lf/", None)


def test_a_list_of_urls_is_a_sitemap() -> None:
    """One URL a line, as sitemaps.org allows; lines that are none say nothing, and a text that begins otherwise is no list."""
    lines = f"\n{HOME}one/\r\n# two\n  {HOME}two/  \n{HOME}three/ and more\nftp://example.org/\n\n{HOME}four/"
    for text in (lines.encode(), b"\xef\xbb\xbf" + lines.encode(), gzip.compress(lines.encode())):
        for size in (1, 7, len(text)):
            found = read_document(text[at : at + size] for at in range(0, len(text), size))
            assert (found.form, found.fault) == ("text", "")
            assert urls(found) == [(f"{HOME}{one}/", None) for one in ("one", "two", "four")]
    assert read("User-agent: *\nSitemap: https://example.org/").form == ""
    many = read_document(f"{HOME}{number}/\n".encode() for number in range(MOST_ENTRIES + 1))
    assert (len(many.entries), "more than" in many.cut) == (MOST_ENTRIES, True)
    assert [len(entry.url) for entry in read(HOME + "a" * 100_000).urls] == [8192]


def test_a_document_cut_off_holds_what_stood_before_the_cut() -> None:
    """Nothing is lost that was sent, and what follows a whole document is no fault."""
    cut = CORE[: CORE.index("<url><loc>https://example.org/two")]
    assert urls(read(cut)) == urls(read(CORE))[:1]
    assert "broken XML" in read(cut).fault
    assert read(gzip.compress(CORE.encode())[:-12]).fault
    assert read(f"{CORE}\n<!-- cached --><p>by").fault == ""


def test_a_page_or_nothing_in_place_of_a_sitemap_is_named() -> None:
    assert read("<!DOCTYPE html><html><body>404</body></html>").fault == "HTML in place of XML"
    assert read("").fault == "empty"
    assert "<opml>" in read("<opml></opml>").fault
    assert read("no XML").fault.startswith("broken XML")


@pytest.mark.parametrize(
    "entities",
    [
        "".join(f'<!ENTITY {after} "{f"&{before};" * 100}">' for before, after in itertools.pairwise("abcdefghz")),
        '<!ENTITY z SYSTEM "file:///etc/passwd">',
        '<!ENTITY % z SYSTEM "http://127.0.0.1/"> %z;',
    ],
)
def test_entities_are_refused(entities: str) -> None:
    """Neither memory nor files nor other hosts are had with a document type."""
    document = read(BOMB.format(entities, NS))
    assert (urls(document), document.fault) == ([], "it declares entities, which are refused")


def test_ten_million_urls_take_no_more_than_the_first_fifty_thousand() -> None:
    """The reading ends at the limit, without asking for the rest; and says that it is a limit of ours."""
    given = 0

    def endless() -> Iterator[bytes]:
        nonlocal given
        yield f"<urlset {NS}>".encode()
        for number in range(10_000_000):
            given += 1
            yield f"<url><loc>{HOME}{number}/</loc></url>".encode()

    document = read_document(endless())
    assert len(document.urls) == MOST_ENTRIES
    assert given < MOST_ENTRIES + 1000
    assert document.left_out
    assert "more than 50,000 URLs" in document.fault


def test_a_gzip_bomb_is_unpacked_no_further_than_the_limit() -> None:
    packed = gzip.compress(f"<urlset {NS}>".encode() + b" " * (MOST_BYTES + (1 << 20)), 9)
    document = read_document(packed[at : at + 4096] for at in range(0, len(packed), 4096))
    assert document.left_out
    assert "more than 50 MB" in document.fault


def test_depth_has_an_end() -> None:
    assert "nested too deep" in read(f"<urlset {NS}>{'<a>' * 100_000}").fault


@given(st.binary(max_size=300), st.integers(0, len(RSS)))
def test_no_bytes_break_the_reading(noise: bytes, at: int) -> None:
    """Whatever stands in a document, reading it ends with a document; nothing is raised."""
    for text in (CORE, RSS, ATOM):
        raw = text.encode()
        read_document([raw[:at], noise, raw[at:]])


def test_dates_in_both_forms_are_utc_and_anything_else_is_none() -> None:
    assert moment_of("2024-05-06") == "2024-05-06"
    assert moment_of("2024-05-06T07:08:09-05:00") == "2024-05-06T12:08:09Z"
    assert moment_of("Mon, 06 May 2024 07:08:09 +0200") == "2024-05-06T05:08:09Z"
    for wrong in ("", "yesterday", "2024-13-01", "0000-00-00T00:00:00Z", "9" * 5000, "Mon, 99 May 2024 07:08:09 +0000"):
        assert moment_of(wrong) is None


def test_lastmod_counts_only_where_nearly_all_agree() -> None:
    """A generator that writes today's date everywhere, or its own time zone, tells nothing of what was modified."""
    held = "2024-05-06T07:08:09Z"
    honest, today, few = Comparison(), Comparison(), Comparison()
    for number in range(20):
        honest.take("2024-06-01T00:00:00Z" if number == 0 else held, held)
        today.take("2024-06-01", held)
    for _ in range(5):
        few.take(held, held)
    assert honest.reliable
    assert not today.reliable
    assert not few.reliable
    assert is_later("2024-05-07", held)
    assert not is_later("2024-05-06", held)


def test_one_page_has_one_place_however_it_is_spelled() -> None:
    same = (
        "https://www.example.org/a%C3%A4/",
        "http://example.org/aä",
        "https://example.org:443/a%c3%a4/?utm_source=x#top",
    )
    assert len({place_of(url) for url in same}) == 1
    different = (f"{HOME}a", f"{HOME}A", f"{HOME}a?p=1", f"{HOME}a#comment-3", "https://example.com/a", f"{HOME}a?p=2")
    assert len({place_of(url) for url in different}) == len(different)
    assert [place_of(url) for url in ("", "javascript:alert(1)", "mailto:a@b")] == ["", "", ""]
    assert (comment_in(f"{HOME}a/#comment-3"), comment_in(f"{HOME}a/#respond")) == (3, None)


def test_where_sitemaps_and_feeds_are_with_both_kinds_of_permalinks() -> None:
    """A front page names its feeds; those of an article's own comments aren't the site's."""
    assert next(sitemap_guesses(HOME, plain=True)) == f"{HOME}?sitemap=index"
    assert next(sitemap_guesses(HOME, plain=False)) == f"{HOME}wp-sitemap.xml"
    assert feeds_of(HOME, None, plain=True).comments == f"{HOME}?feed=comments-rss2"
    links = ("elsewhere/feed/", "feed/", "an-article/comments/feed/", "comments/feed/")
    head = "".join(f'<link rel="alternate" type="application/rss+xml" href="{HOME}{one}">' for one in links)
    named = feeds_of(HOME, (HOME, f"<html><head>{head}</head></html>".encode()), plain=True)
    assert named == feeds_of(HOME, None, plain=False)
    assert next_page(f"{HOME}?feed=rss2", 2) == f"{HOME}?feed=rss2&paged=2"
    assert next_page(f"{HOME}feed/", 2) == f"{HOME}feed/?paged=2"


def test_a_feed_in_another_form_will_do_where_no_usual_one_is_named() -> None:
    """Atom first; the feed of an article's comments is none of the site's."""
    for wanted in (f"{HOME}feed/atom/", f"{HOME}?feed=atom", f"{HOME}feed/rdf/"):
        others = [f"{HOME}one/feed/atom/", wanted, f"{HOME}comments/feed/atom/"]
        head = "".join(f'<link rel="alternate" type="application/atom+xml" href="{one}">' for one in others)
        found = feeds_of(HOME, (HOME, head.encode()), plain=False)
        assert (found.posts, found.comments) == (wanted, f"{HOME}comments/feed/atom/")
        usual = f'{head}<link rel="alternate" type="application/rss+xml" href="{HOME}feed/">'
        assert feeds_of(HOME, (HOME, usual.encode()), plain=False).posts == f"{HOME}feed/"


def test_a_short_link_is_of_the_item_with_its_number() -> None:
    """Only at the site's own home, and only if it asks for nothing else."""
    short = [
        f"{HOME}?p=8",
        f"{HOME}blog/?p=8",
        f"{HOME}?p=8&preview=true",
        f"{HOME}?page_id=9&utm_source=x",
        f"{HOME}?cat=8",
    ]
    assert [short_of(place_of(one), HOME) for one in short] == [8, None, None, 9, None]
