"""What tells of a site's languages: codes, plug-ins' fields, pages' heads, and first pages of lists, hostile ones too."""

from typing import Any

import pytest

from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.languages.codes import code_of, is_alike, language_of_route, list_of
from wparchive.wordpress.languages.fields import language_of, translations_of
from wparchive.wordpress.languages.heard import Heard
from wparchive.wordpress.languages.hreflang import alternates_in, language_of_page
from wparchive.wordpress.languages.signs import Signs, named_in, read_signs
from wparchive.wordpress.languages.verdict import Held, Sight, Usual, compare, some_pages_of
from wparchive.wordpress.routes import Root, RootForm, Route

HOME = "https://site.example/"
LINK = "https://site.example/hello/"


@pytest.mark.parametrize("code", ["fr", "fr_FR", "pt-br", "zh_Hant_TW", "de_DE_formal", "ast"])
def test_codes_of_languages(code: str) -> None:
    assert code_of(code) == code


@pytest.mark.parametrize("other", ["", "f", "french", "x-default", "fr/..", "fr?", "1a", None, 7, ["fr"], "fr" * 40])
def test_what_is_no_code(other: object) -> None:
    """An enum or a key may hold anything, and what is taken for a code gets into URLs."""
    assert code_of(other) == ""


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("fr", "fr_FR", True),
        ("FR", "fr", True),
        ("pt-br", "pt_BR", True),
        ("pt-br", "pt-pt", False),
        ("fr", "fry", False),
        ("", "fr", False),
    ],
)
def test_codes_of_the_same_language(one: str, other: str, alike: bool) -> None:
    assert is_alike(one, other) is is_alike(other, one) is alike


def test_pages_of_a_list_in_one_language_belong_to_it() -> None:
    """The list is the route with that parameter alone; other parameters only place a page in it."""
    route = Route.parse("/wp/v2/posts?lang=fr&page=2&per_page=100")
    assert list_of(route) == "/wp/v2/posts?lang=fr"
    assert language_of_route(route) == ("lang", "fr")
    assert list_of(Route.parse("/wp/v2/posts?lang=a/b&page=2")) == "/wp/v2/posts"


# Plug-in: an item as it shows it, with its language and translations.
FIELDS: dict[str, tuple[dict[str, Any], str, list[tuple[str, int | None, str]]]] = {
    "Polylang Pro": (
        {"id": 1, "lang": "en", "translations": {"en": 1, "fr": 2}},
        "en",
        [("fr", 2, "")],
    ),
    "Polylang's pages for the free version": (
        {
            "id": 1,
            "polylang_current_lang": "en_US",
            "polylang_translations": [{"locale": "en_US", "id": 1}, {"locale": "fr_FR", "id": 2}],
        },
        "en_US",
        [("fr_FR", 2, "")],
    ),
    "WPML's plug-in for REST": (
        {
            "id": 1,
            "wpml_current_locale": "en_US",
            "wpml_translations": [
                {"locale": "fr_FR", "id": 2, "post_title": "Bonjour", "href": "https://site.example/fr/bonjour/"}
            ],
        },
        "en_US",
        [("fr_FR", 2, "https://site.example/fr/bonjour/")],
    ),
    "WPML, by code": (
        {"id": 1, "wpml_translations": {"fr": {"id": "2", "link": "https://site.example/fr/bonjour/"}}},
        "",
        [("fr", 2, "https://site.example/fr/bonjour/")],
    ),
    "Bogo": ({"id": 1, "meta": {"_locale": "ja"}}, "ja", []),
    "Yoast's head": (
        {
            "id": 1,
            "link": LINK,
            "yoast_head": f'<link rel="alternate" hreflang="en" href="{LINK}" />\n'
            '<link rel="alternate" hreflang="fr" href="https://site.example/fr/bonjour/" />\n'
            '<link rel="alternate" hreflang="x-default" href="https://site.example/" />',
        },
        "",
        [("fr", None, "https://site.example/fr/bonjour/")],
    ),
}


@pytest.mark.parametrize("plugin", FIELDS)
def test_what_an_item_says_of_its_languages(plugin: str) -> None:
    """In the fields of each plug-in: its own language, and the others without itself."""
    item, language, others = FIELDS[plugin]
    assert language_of(item) == language
    assert [(one.language, one.wp_id, one.url) for one in translations_of(item)] == others


HOSTILE: dict[str, Any] = {
    "itself": {"fr": 1, "de": 1},
    "no ids": {"fr": None, "de": [], "it": {}, "es": {"id": {}}, "nl": {"id": -(2**70)}},
    "no codes": {"../..": 2, "": 3, "a b": 4},
    "addresses that are none": [{"locale": "fr", "href": "javascript:alert(1)"}, {"locale": "de", "href": "\x00"}],
    "a text": "fr=2",
    "a number": 10**400,
    "deep": [[[[[]]]]],
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_nothing_comes_of_nonsense(value: object) -> None:
    for name in ("translations", "polylang_translations", "wpml_translations"):
        assert translations_of({"id": 1, "link": LINK, "lang": ["fr"], name: value}) == []


def test_translations_without_end_are_cut() -> None:
    """Ten thousand languages of one item are some hundreds, and an address too long to be one is none."""
    many = [
        {"locale": f"{a}{b}-{number}", "href": f"{LINK}{'x' * (number % 2 * 10**4)}/{a}{b}{number}"}
        for a in "ab"
        for b in "cd"
        for number in range(2500)
    ]
    found = translations_of({"id": 1, "translations": many})
    assert 0 < len(found) <= 200
    assert max(len(one.url) for one in found) <= 2000


def test_languages_in_a_page_s_head() -> None:
    """Attributes in any order and quoting, entities decoded, relative addresses resolved; other links don't count."""
    html = """<!DOCTYPE html><html class="a" lang='en-GB'><head>
      <link hreflang=fr href=/fr/ rel="alternate"><link rel="ALTERNATE" hreflang="de" href="https://de.example/?a=1&amp;b=2" />
      <link rel="alternate" type="application/rss+xml" href="/feed/"><link rel="stylesheet" hreflang="it" href="/it/">
      <link rel="alternate" hreflang="es" href="mailto:x@y">"""
    assert list(alternates_in(html, HOME)) == [
        ("fr", "https://site.example/fr/"),
        ("de", "https://de.example/?a=1&b=2"),
    ]
    assert language_of_page(html) == "en-GB"


@pytest.mark.parametrize(
    "html", ["<link " * 200_000, "<link hreflang=" * 100_000, "<html " + "a " * 10**6, "<link rel='" + "'" * 10**6]
)
def test_a_hostile_head_is_read_in_no_time(html: str, must_end: None) -> None:
    """What matches backtracks nowhere, and a page's head ends somewhere."""
    assert list(alternates_in(html, HOME)) == []
    assert language_of_page(html) == ""


def _index(*codes: str, namespaces: tuple[str, ...] = ("wp/v2",), name: str = "lang") -> RestIndex:
    args = {name: {"type": "string", "enum": list(codes)}} if codes else {}
    routes = {"/wp/v2/posts": {"methods": ["GET"], "endpoints": [{"methods": ["GET"], "args": args}]}}
    found = RestIndex.parse({"namespaces": list(namespaces), "routes": routes, "name": "Site", "url": HOME})
    assert found
    return found


def _signs(
    index: RestIndex, html: str = "", items: tuple[dict[str, Any], ...] = (), known: tuple[str, ...] = ()
) -> Signs:
    return read_signs(index, ["/wp/v2/posts"], (HOME, html.encode()), items, HOME, known)


def test_no_sign_no_request() -> None:
    """A site in one language: nothing is asked for."""
    assert not _signs(_index(), '<html lang="en"><link rel="alternate" hreflang="en" href="/">')


def test_a_taxonomy_called_language_is_none() -> None:
    """A parameter `language` that takes ids chooses terms."""
    assert not _signs(_index("12", "13", name="language"))


def test_each_sign_tells() -> None:
    assert _signs(_index("en", "fr")).codes == ("en", "fr")
    assert _signs(_index(namespaces=("wp/v2", "wpml/v1"))).told == ("namespace wpml/v1",)
    heads = '<link rel="alternate" hreflang="en-US" href="/"><link rel="alternate" hreflang="fr-FR" href="/fr/">'
    assert _signs(_index(), heads).codes == ("en-US", "fr")
    assert _signs(_index(), items=({"id": 1, "lang": "en", "translations": {"fr": 2}},)).codes == ("en", "fr")


def test_an_index_that_permits_every_code_names_the_site_s_by_other_signs() -> None:
    """Of ten thousand codes those count that the home page, an item or an earlier run names; without any, the first few."""
    every = [
        f"{a}{b}{c}"
        for a in "abcdefghijklmnop"
        for b in "abcdefghijklmnopqrstuvwxyz"
        for c in "abcdefghijklmnopqrstuvwx"
    ]
    assert len(every) > 9_000
    index = _index(*every, "en", "fr")
    assert _signs(index, items=({"id": 1, "lang": "en", "translations": {"fr": 2}},)).codes == ("en", "fr")
    assert set(_signs(index, known=("fr", "en")).codes) == {"en", "fr"}
    alone = _signs(index)
    assert len(alone.codes) == 30
    assert 0 < len(alone.left) <= 300


def test_wordpress_com_tells_in_the_same_way() -> None:
    """Its root is the namespace's own index; a list in one language lies at the site's place below it."""
    root = Root("https://public-api.wordpress.com/wp/v2/sites/example.wordpress.com/", RootForm.WORDPRESS_COM)
    arguments = {"lang": {"type": "string", "enum": ["en", "fr"]}, "page": {"type": "integer"}}
    posts = {"endpoints": [{"methods": ["GET"], "args": arguments}]}
    index = RestIndex.parse({"namespace": "wp/v2", "routes": {"/wp/v2/sites/(?P<wpcom_site>[\\w.:-]+)/posts": posts}})
    assert index
    assert _signs(index).codes == ("en", "fr")
    page = root.url_for("/wp/v2/posts", (("page", "2"), ("lang", "fr")))
    assert page == "https://public-api.wordpress.com/wp/v2/sites/example.wordpress.com/posts?page=2&lang=fr"
    route = root.route_of(page)
    assert route
    assert list_of(route) == "/wp/v2/posts?lang=fr"


def test_what_a_plug_in_s_document_lists() -> None:
    assert named_in([{"slug": "en", "is_default": True}, {"slug": "fr"}, {"slug": "../"}, 7]) == (["en", "fr"], "en")
    assert named_in({"ja": {"name": "Japanese"}, "en_US": {}}) == (["ja", "en_US"], "")
    assert named_in("fr") == named_in(None) == ([], "")


FEW = Usual(frozenset({1, 2, 3}), 3, {1: "a"})
MANY = Usual(frozenset(range(1, 1001)), 1000)
PAGES = {number: tuple(range(number * 100 - 99, number * 100 + 1)) for number in range(1, 11)}
ENDS = {number: PAGES[number] for number in some_pages_of(1000, 100)}
SEEN = {
    "other items": (FEW, Sight({1: (4, 5)}, 2), Held.MORE),
    "some of the items": (FEW, Sight({1: (1,)}, 1, {1: "a"}), Held.PART),
    "the very list": (FEW, Sight({1: (1, 2, 3)}, 3, {1: "a"}), Held.SAME),
    "the same in other words": (FEW, Sight({1: (1, 2, 3)}, 3, {1: "b"}), Held.OTHER),
    "nothing": (FEW, Sight({1: ()}, 0), Held.NONE),
    "nothing of nothing": (Usual(frozenset(), 0), Sight({1: ()}, 0), Held.SAME),
    "refused": (FEW, Sight({}, None, rejected=True), Held.REJECTED),
    "no answer": (FEW, None, Held.UNKNOWN),
    "the first page of as many": (MANY, Sight({1: PAGES[1]}, 1000), Held.UNSURE),
    "the first page of fewer": (MANY, Sight({1: PAGES[1]}, 600), Held.UNSURE),
    "the first page of more": (MANY, Sight({1: PAGES[1]}, 1001), Held.UNSURE),
    "the first page without a total": (MANY, Sight({1: PAGES[1]}, None), Held.UNSURE),
    "equal totals and equal ends": (MANY, Sight(ENDS, 1000), Held.SAME),
    "equal totals, and another place": (MANY, Sight({**ENDS, 10: PAGES[9]}, 1000), Held.UNSURE),
    "all pages of fewer": (MANY, Sight({number: PAGES[number] for number in range(1, 7)}, 600), Held.PART),
}


@pytest.mark.parametrize(("usual", "seen", "held"), SEEN.values(), ids=SEEN)
def test_pages_tell_what_the_parameter_does(usual: Usual, seen: Sight | None, held: Held) -> None:
    """The same is said only of equal totals with equal pages at both ends, and a part only of what was seen whole."""
    assert compare(usual, seen) is held


def test_addresses_and_fields_of_items_tell_of_languages() -> None:
    """Folders that are called by a language count, and nothing hostile does."""
    heard = Heard()
    heard.take([{"link": "https://e.org/fr/a/"}, {"link": "https://e.org/fr/"}, {"link": 7}, 7, {"lang": "fr_FR"}])
    heard.take({"link": f"https://e.org/x{number}/a/"} for number in range(10_000))
    assert heard.below("https://e.org/fr/") == 2
    assert heard.below("https://e.org/") == heard.below("") == 0
    assert heard.saying("fr") == 1
