"""An article's HTML on our own pages: it looks as it did, leads into the archive alone, and does nothing."""

import html.parser

import pytest
from attacks import ATTACKS, EVIL
from hypothesis import given, settings
from hypothesis import strategies as st

from wparchive.ask.presenting.clean import Cleaned, Places, clean
from wparchive.wordpress.text import visible_text

BASE = "https://example.org/2026/11/ferry/"
PLACES = Places(link=lambda url: f"/url?u={url}", picture=lambda url: f"/file?u={url}", base=BASE)


def cleaned(content: str, *, as_sent: bool = False) -> Cleaned:
    return clean(content, PLACES, as_sent=as_sent)


def shown(content: str) -> str:
    return cleaned(content).html


class Parsed(html.parser.HTMLParser):
    """The tags and attributes of some HTML."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def test_prose_stays_as_it_is() -> None:
    content = (
        "<h2>What is known</h2><p>It was <em>foggy</em>, said <q>Ines</q>.</p><ul><li>one</li></ul>"
        '<table><tbody><tr><th>Year</th><td colspan="2">14</td></tr></tbody></table><blockquote>So.</blockquote>'
        '<p dir="rtl" lang="ar">مرحبا</p><ol start="3"><li>x</li></ol>'
    )
    assert shown(content) == content


def test_links_and_pictures_lead_into_the_archive() -> None:
    """Relative addresses count from the article."""
    assert shown('<a href="../quay/">x</a>') == '<a href="/url?u=https://example.org/2026/11/quay/">x</a>'
    assert shown('<a href="//canary.example/">x</a>') == '<a href="/url?u=https://canary.example/">x</a>'
    assert shown('<img src="/a.jpg" alt="The &quot;quay&quot;">') == (
        '<img src="/file?u=https://example.org/a.jpg" alt="The &quot;quay&quot;">'
    )
    for address in (
        "mailto:a@b.example",
        "javascript:alert(1)",
        "JaVa\tScript:alert(1)",
        "data:text/html,x",
        "ftp://x/",
        "\\\\evil",
    ):
        assert shown(f'<a href="{address}">x</a>') == "<a>x</a>", address


@pytest.mark.parametrize(
    "answer", ["http://canary.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "x", ""]
)
def test_an_address_that_leads_out_is_not_written(answer: str) -> None:
    """Whoever asks for the rewriting may be wrong about an address; the page still leads nowhere."""
    wrong = Places(link=lambda url: answer, picture=lambda url: answer, base=BASE)
    assert clean('<a href="/a">x</a><img src="/b" alt="y">', wrong).html == '<a>x</a><img alt="y">'


def test_pages_that_are_read_without_a_network_keep_web_addresses() -> None:
    """With `outside` a link may lead to where it led, and still nowhere but to the web."""
    outside = Places(link=lambda url: url, picture=lambda url: url, base=BASE, outside=True)
    html = '<a href="../quay/">x</a><img src="//img.example/b.png"><a href="javascript:alert(1)">y</a>'
    assert clean(html, outside).html == (
        '<a href="https://example.org/2026/11/quay/">x</a><img src="https://img.example/b.png" alt=""><a>y</a>'
    )
    wrong = Places(link=lambda url: "//evil.example", picture=lambda url: "javascript:x", base=BASE, outside=True)
    assert clean('<a href="/a">x</a><img src="/b" alt="y">', wrong).html == '<a>x</a><img alt="y">'


def test_footnotes_lead_to_each_other() -> None:
    """Their ids are none that our page could have."""
    assert shown('<a href="#fn1">1</a><p id="fn1">Note</p>') == '<a href="#a-fn1">1</a><p id="a-fn1">Note</p>'


def test_a_page_has_one_heading_of_the_first_rank_and_one_main_part_and_both_are_ours() -> None:
    assert shown("<main><header><h1>Ferry</h1></header></main>") == "<div><div><h2>Ferry</h2></div></div>"


@pytest.mark.parametrize(
    ("content", "link"),
    [
        ('<iframe src="https://tube.example/v/1" title="A film"></iframe>', "[frame: A film, tube.example]"),
        ('<iframe data-src="https://tube.example/v/1"></iframe>', "[frame: tube.example]"),
        ('<video controls src="/film.mp4"></video>', "[video]"),
        ('<audio><source src="https://sound.example/a.mp3"><source src="b.ogg"></audio>', "[audio: sound.example]"),
        ('<object data="https://o.example/x.swf"><param name="a"></object>', "[frame: o.example]"),
        ('<embed src="https://e.example/x">', "[frame: e.example]"),
    ],
)
def test_what_plays_becomes_a_link(content: str, link: str) -> None:
    found = cleaned(f"<p>{content}</p>")
    assert found.html.count(link) == 1
    assert found.html.count("<a href=") == 1
    assert sum(found.left_out.values()) == 1


def test_pictures_that_a_script_would_load_are_shown_and_counters_are_not() -> None:
    lazy = '<img src="data:image/gif;base64,R0" data-src="/a.jpg" alt="x">'
    assert shown(lazy) == '<img src="/file?u=https://example.org/a.jpg" alt="x">'
    assert shown('<img srcset="/s.jpg 300w, /l.jpg 900w">') == '<img src="/file?u=https://example.org/s.jpg" alt="">'
    found = cleaned(f'<p>a<img src="{EVIL}" width="1" height="1"></p>')
    assert (found.html, found.left_out) == ("<p>a</p>", {"counter": 1})


def test_what_was_left_out_is_counted() -> None:
    found = cleaned(
        "<script>a</script><script src=x></script><style>b</style><svg><path></svg><form><input><button>Go</button></form>"
        "<p>Text</p>"
    )
    assert found.left_out == {"script": 2, "style": 1, "drawing": 1, "form": 1, "form field": 2}
    assert found.html == "<div>Go</div><p>Text</p>"
    assert cleaned("<p>Text</p>").left_out == {}


def test_as_sent_keeps_its_looks_but_loads_nothing() -> None:
    kept = cleaned('<p class="lead" style="color:red">x</p>', as_sent=True).html
    assert kept == '<p class="lead" style="color:red">x</p>'
    for style in (
        f"background:url({EVIL})",
        f"background:u\\72l({EVIL})",
        f"background:image-set('{EVIL}')",
        f"BACKGROUND:URL({EVIL})",
    ):
        assert cleaned(f'<p style="{style}">x</p>', as_sent=True).html == "<p>x</p>"
    assert cleaned('<p class="lead" style="color:red">x</p>').html == "<p>x</p>"


NAMES = "href src alt title dir lang id cite datetime colspan rowspan scope start reversed value"
ALLOWED = frozenset(NAMES.split())
FORBIDDEN = "script style svg math iframe form input link meta base object h1"
KEPT = ALLOWED | {"style", "class", "width", "height", "align"}


def check(content: str, *, as_sent: bool = False) -> None:
    """No tag, attribute or address but those that are allowed."""
    parsed = Parsed(cleaned(content, as_sent=as_sent).html)
    assert not {*parsed.tags} & {*FORBIDDEN.split()}
    for name, value in parsed.attributes:
        assert name in (KEPT if as_sent else ALLOWED)
        assert name not in ("href", "src", "cite") or value.startswith(("/url?u=http", "/file?u=http", "#a-"))
        assert name != "id" or value.startswith("a-")
        assert name != "style" or EVIL not in value


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize(
    "around", ["{}", "<p>a</p>{}<p>b</p>", "<table><tr><td>{}</table>", "<a href='{}'>x</a>", '<p title="{}">']
)
def test_hostile_content_is_only_text(attack: str, around: str) -> None:
    for as_sent in (False, True):
        check(around.replace("{}", attack), as_sent=as_sent)


@settings(deadline=None)
@given(st.lists(st.one_of(st.sampled_from(ATTACKS), st.text(max_size=5)), max_size=6).map("".join))
def test_any_mixture_of_them_is_only_text(content: str) -> None:
    check(content)


def test_no_word_is_lost() -> None:
    """What a reader sees in the stored content is what the page shows."""
    content = (
        "<section><p>One</p><center>two</center><font>three</font><blink>four</blink><p>five<own>six</own></section>"
    )
    assert visible_text(shown(content)).split() == visible_text(content).split()


MANY = {
    "open elements": "<div>" * 100_000 + "x",
    "ends of what was never open": "<div>" * 1_000 + "</div>" * 100_000 + "</p>" * 50_000,
    "formats that are open in each paragraph": "".join(f"<b class=x{n}><p>y" for n in range(20_000)),
    "formats of every kind": "<b><i><u><s><font size=1><code><em><strong>" * 20_000 + "<p>x" * 20_000,
    "links": "".join(f"<a href=/{n}><p>x" for n in range(20_000)),
    "tables in tables": "<table><tr><td>" * 30_000,
    "formats in tables": "<table><b><tr><i>" * 30_000,
    "lists": "<ul><li>" * 50_000,
    "open tags": "<p title='" * 200_000,
    "brackets": "<" * 2_000_000,
    "comments": "<!--" * 500_000,
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">x",
}


@pytest.mark.parametrize("what", MANY)
@pytest.mark.usefixtures("must_end")
def test_what_nests_without_end_is_cleaned_in_time(what: str) -> None:
    """A parser of HTML looks through what is open at every tag, and opens formats again in each paragraph."""
    for as_sent in (False, True):
        assert len(cleaned(MANY[what], as_sent=as_sent).html) < 40 * len(MANY[what])
