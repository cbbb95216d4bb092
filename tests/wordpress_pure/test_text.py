"""HTML of articles: what is seen, where it points, what plug-ins put in."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wparchive.wordpress.text import Reference, decoded, plain, references, visible_text


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<p>One</p>\n\n<p>two &amp; &#8220;three&#8221;</p>", "One\ntwo & “three”"),
        ("a<br>b<br/>c<BR />d", "a\nb\nc\nd"),
        ("in<b>li</b>ne", "inline"),
        ("<!-- a > b --><p>x</p><!-- open", "x"),
        ("<!--><p>x</p>-->y", "y"),
        ("<script>if (a < b) alert('</p>')</script >x<style>p{}</style>", "x"),
        ("<script>never closed <p>x</p>", ""),
        ("<noscript><img src=x></noscript>x", "x"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ('<p title="a > b">x</p>', "x"),
        ("<p title='a > b' class=x>x</p>", "x"),
        ("<p it's>x</p>", "x"),
        ('<p title="never closed>x</p>', ""),
        ("<p", ""),
        ("a&nbsp;\u00a0 b\tc", "a b c"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1\n2"),
        ("<!DOCTYPE html><?php x ?>y</>z", "yz"),
        ("&lt;b&gt;", "<b>"),
        ("<custom-tag>x</custom-tag>", "x"),
    ],
)
def test_visible_text(html: str, seen: str) -> None:
    assert visible_text(html) == seen
    assert plain(html) == seen.replace("\n", " ")


@given(st.text(alphabet=st.sampled_from("<>/!-\"'=& abp;#1scriptyle\n"), max_size=80))
def test_any_text_is_read_and_what_has_no_mark_stays(text: str) -> None:
    visible_text(text)
    list(references(text, "http://x.test/"))
    bare = text.replace("<", "").replace("&", "")
    assert plain(bare) == " ".join(bare.split())


@given(st.text(alphabet=st.sampled_from("&#xX;ampltgcopy0389 <\u00e9"), max_size=40))
def test_entities_are_decoded_as_html_does(text: str) -> None:
    assert decoded(text) == unescape(text)


HTML = """
<p><a href="https://a.test/x?a=1&amp;b=2">a</a> <a href='/rel'>r</a> <a href="#here">h</a> <a href="javascript:void(0)">j</a>
<a href="mailto:a@b.test">m</a> <a data-href="https://no.test/">n</a> <A HREF=https://b.test/unquoted>u</A></p>
<img src="https://i.test/1.jpg" srcset="https://i.test/1-300x200.jpg 300w, https://i.test/1,x.jpg 2x"
data-src="//i.test/lazy.jpg">
<iframe src="https://v.test/embed"></iframe><video src="https://v.test/a.mp4" poster="https://v.test/p.jpg"></video>
<audio><source src="https://v.test/a.mp3"></audio><object data="https://v.test/o.swf"></object><embed src="https://v.test/e">
<div style="background: url('https://i.test/bg.png')">x</div><a href="https://a.test/x?a=1&amp;b=2">again</a>
<a href="ftp://f.test/">f</a><a href="http://[broken/">b</a><img src="data:image/png;base64,AAAA,BBBB">
"""


@pytest.mark.parametrize("empty", ["url()", "url(&quot;&quot;)", "url('')", "url( )"])
def test_an_empty_background_names_no_file(empty: str) -> None:
    """Page builders leave `url("")` behind: it refers to nothing, and costs none of the item's other references."""
    html = f'<p style="background:{empty}">a</p><p data-bg="{empty}">b</p><img src="https://i.test/1.jpg">'
    assert list(references(html, "https://a.test/")) == [Reference("https://i.test/1.jpg", "img", "src")]


def test_references_of_every_kind_once_each_and_http_only() -> None:
    found = list(references(HTML, "https://a.test/post/"))
    assert found == [
        Reference("https://a.test/x?a=1&b=2", "a", "href"),
        Reference("https://a.test/rel", "a", "href"),
        Reference("https://b.test/unquoted", "a", "href"),
        Reference("https://i.test/1.jpg", "img", "src"),
        Reference("https://i.test/1-300x200.jpg", "img", "srcset"),
        Reference("https://i.test/1,x.jpg", "img", "srcset"),
        Reference("https://i.test/lazy.jpg", "img", "data-src"),
        Reference("https://v.test/embed", "iframe", "src"),
        Reference("https://v.test/a.mp4", "video", "src"),
        Reference("https://v.test/p.jpg", "video", "poster"),
        Reference("https://v.test/a.mp3", "source", "src"),
        Reference("https://v.test/o.swf", "object", "data"),
        Reference("https://v.test/e", "embed", "src"),
        Reference("http://[broken/", "a", "href"),
        Reference("https://i.test/bg.png", "style", "style"),
    ]


def test_fragments_of_the_page_itself_are_no_references() -> None:
    assert list(references('<a href="#top">x</a>', "https://a.test/")) == []


def test_relative_urls_need_a_base() -> None:
    assert list(references('<a href="/x">x</a>')) == []


@pytest.mark.parametrize(
    "reference", ["&#" + "9" * 5000 + ";", "&#" + "9" * 5000, "&#" + "0" * 5000 + "65;", "&#xffffffffff;"]
)
def test_a_reference_of_any_length_costs_its_character(reference: str) -> None:
    assert plain(f"Before {reference} behind").split()[0] == "Before"
    assert "behind" in plain(f"<p>Before {reference} behind</p>")
