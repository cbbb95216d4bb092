"""What a page and a stylesheet are shown with: everything that a browser would load, each once, nothing that it wouldn't."""

from collections.abc import Iterable
from itertools import cycle, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wparchive.wordpress.pages.css_urls import css_urls
from wparchive.wordpress.pages.page_requisites import of_page, of_stylesheet, page_text

HOME = "https://news.example/2025/a-post/"
TAGS = [
    "<link rel=stylesheet href='",
    '<img srcset="',
    "<style>@import '",
    "<script src=",
    "<base href='",
    "<!--",
    "-->",
    "'",
    '"',
]
CSS = [
    "@import ",
    "url(",
    ")",
    "'",
    '"',
    "{",
    "}",
    "/*",
    "*/",
    "\\",
    ";",
    "image-set(",
    "a.png",
    "data:x",
    "(",
    "@font-face",
    "\n",
]


def named(html: str, url: str = HOME) -> dict[str, str]:
    """Path (or URL elsewhere) to role, without the icon that every browser asks for."""
    found = {one.url.removeprefix("https://news.example"): one.role for one in of_page(html, url)}
    return {path: role for path, role in found.items() if path != "/favicon.ico"}


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ('<link rel="stylesheet" href="/a.css?ver=1&#038;x=2">', {"/a.css?ver=1&x=2": "stylesheet"}),
        ("<LINK REL='alternate StyleSheet' HREF=a.css>", {"/2025/a-post/a.css": "stylesheet"}),
        (
            "<link rel=preload as=font href=/f.woff2><link rel=manifest href=/m.json>",
            {"/f.woff2": "preload", "/m.json": "manifest"},
        ),
        ("<link rel='alternate' href=/feed/><link rel=canonical href=/x/><a href=/y/>", {}),
        ("<script src='//cdn.example/j.js' defer></script>", {"https://cdn.example/j.js": "script"}),
        ('<script type=importmap>{"imports": {"a": "/a.js", "b/": "/b/"}}</script>', {"/a.js": "script"}),
        (
            '<script>var s = {"concatemoji":"https:\\/\\/news.example\\/e.js?ver=6"};</script>',
            {"/e.js?ver=6": "script"},
        ),
        ("<img src=/a.png srcset='/a.png 1x, /b.png 2x'>", {"/a.png": "image", "/b.png": "image"}),
        ("<picture><source srcset='/a.webp 300w,/b.webp 600w'></picture>", {"/a.webp": "image", "/b.webp": "image"}),
        ("<img data-src=/late.png src='data:image/gif;base64,R0lGOD'>", {"/late.png": "image"}),
        ("<video poster=/p.jpg src=/v.mp4></video><audio src=/a.mp3>", {"/p.jpg": "image"}),
        ("<iframe src=https://www.youtube.com/embed/x></iframe>", {}),
        ('<div style="background: url(&quot;/bg.png&quot;)">', {"/bg.png": "image"}),
        (
            "<style>@font-face { src: url('/f.woff2') } b { background: url( /b.png ) }</style>",
            {"/f.woff2": "font", "/b.png": "image"},
        ),
        ("<!-- <img src=/no.png> --><textarea><img src=/no.png></textarea>", {}),
        ("<script>document.write('<img src=/no.png>')</script>", {}),
        ("<base href=/base/><base href=/other/><img src=a.png>", {"/base/a.png": "image"}),
        ("<svg><use href='/sprite.svg#one'/><use href='#two'/></svg>", {"/sprite.svg": "image"}),
        ("<link rel='icon' href='/i.png' sizes=32x32>", {"/i.png": "icon"}),
        ("<img src='ftp://a/b.png'><img src='javascript:x'><img src='http://'><img src=''>", {}),
    ],
)
def test_what_a_browser_loads_is_named(html: str, wanted: dict[str, str]) -> None:
    assert named(html) == wanted


def test_a_page_without_an_icon_is_asked_for_the_usual_one() -> None:
    """As browsers do; of a page that names one, not."""
    assert [one.url for one in of_page("<p>", HOME)] == ["https://news.example/favicon.ico"]
    assert [one.url for one in of_page("<link rel='shortcut icon' href=/i.ico>", HOME)] == [
        "https://news.example/i.ico"
    ]


@pytest.mark.parametrize(
    ("css", "wanted"),
    [
        ("@import 'a.css'; @import url(b.css) print; @import url('c.css') layer(x);", ["a.css", "b.css", "c.css"]),
        ("a { background: url( 'b.png' ) } c { content: 'url(no.png)' } /* url(no.png) */", ["b.png"]),
        ("a { background: image-set('b.png' 1x, url(c.png) 2x) }", ["b.png", "c.png"]),
        ("a { background: \\75 rl(b.png) }", ["b.png"]),
        ("a { background: url(data:image/png;base64,AA==); mask: url(#m) }", []),
        ("@media print { @supports (a: b) { a { background: url(b.png) } } }", ["b.png"]),
        ("a { background: url(b.png", ["b.png"]),
    ],
)
def test_what_a_stylesheet_loads_is_named(css: str, wanted: list[str]) -> None:
    assert [url for url, _ in css_urls(css)] == wanted


def test_addresses_in_a_stylesheet_are_relative_to_it() -> None:
    """Not to the page."""
    found = [one.url for one in of_stylesheet("a { src: url(../f.woff2) }", "https://cdn.example/t/css/a.css")]
    assert found == ["https://cdn.example/t/f.woff2"]


@pytest.mark.parametrize(
    ("body", "stated", "text"),
    [
        ("<p>é".encode(), "text/html; charset=UTF-8", "<p>é"),
        ("<p>é".encode("latin-1"), "text/html; charset=iso-8859-1", "<p>é"),
        ("<meta charset=windows-1251><p>да".encode("cp1251"), "text/html", "<meta charset=windows-1251><p>да"),
        ("\ufeff<p>é".encode(), "text/html; charset=latin-1", "<p>é"),
        (b"<p>\xff", "text/html", "<p>\ufffd"),
        (b"<p>x", "text/html; charset=rot13", "<p>x"),
        (b"<p>x", "text/html; charset=\x00", "<p>x"),
    ],
)
def test_a_page_is_read_in_its_characters(body: bytes, stated: str, text: str) -> None:
    """The header counts before the page's own word, a byte order mark before both, and only what browsers know."""
    assert page_text(body, stated) == text


@given(st.lists(st.one_of(st.sampled_from(TAGS), st.text(max_size=8)), max_size=30).map("".join))
def test_no_page_fails_and_only_addresses_of_the_web_are_named(html: str) -> None:
    found = [*of_page(html, HOME)]
    assert all(one.url.startswith(("http://", "https://")) and "#" not in one.url for one in found)
    assert len(found) == len(set(found))


@given(st.lists(st.one_of(st.sampled_from(CSS), st.text(max_size=6)), max_size=40).map("".join))
def test_no_stylesheet_fails(css: str) -> None:
    assert all(one.url.startswith(("http://", "https://")) for one in of_stylesheet(css, HOME))


def endless(parts: Iterable[str], size: int = 1 << 20) -> str:
    """These parts again and again, so many characters long."""
    return "".join(islice(cycle(parts), size // max(1, sum(map(len, parts)) // 2)))[:size]


@pytest.mark.parametrize(
    "html",
    [
        endless(["<img srcset='a 1x, "]),
        "<img srcset='" + endless(["a 1x, "]),
        endless(["<a "]),
        endless(["<!--"]),
        endless(["<script"]),
        endless(["<style>a{"]),
        "<style>" + endless(["url("]),
        "<img style='" + endless(["\\"]),
        "<p " + endless(["a=b "]),
        endless(['<link rel="stylesheet" href="'], 1 << 18),
    ],
    ids=lambda html: html[:20],
)
@pytest.mark.usefixtures("must_end")
def test_a_page_made_to_be_slow_isnt(html: str) -> None:
    assert sum(1 for _ in of_page(html, HOME)) < 200_000


@pytest.mark.parametrize("part", ["{", "(", "url(", "@import '", "\\", "/*", "a{b:url(c)}", "image-set(", "'\n"])
@pytest.mark.usefixtures("must_end")
def test_a_stylesheet_made_to_be_slow_isnt(part: str) -> None:
    assert sum(1 for _ in of_stylesheet(endless([part]), HOME)) < 200_000


def test_a_srcset_of_ten_thousand_is_cut() -> None:
    """A hundred sizes of one picture are more than any theme has."""
    html = "<img srcset='" + ", ".join(f"/{one}.png {one}w" for one in range(10_000)) + "'>"
    assert len(named(html)) == 100
