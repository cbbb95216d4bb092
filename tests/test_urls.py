"""One reading of URLs for the whole program: browsers' peculiarities decided once, the forbidden never made to look allowed."""

import ipaddress
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wparchive.fetch import Guard
from wparchive.fetch.guard import public
from wparchive.urls import Fault, Place, join, origin, parse, same_host, uri, url_key
from wparchive.wordpress.php_urls import split

KEYS = [
    ("HTTP://EXAMPLE.org:80", "http://example.org/"),
    ("https://example.org.:443/", "https://example.org/"),
    ("http://example.org:/", "http://example.org/"),
    ("  https://example.org/a b \n", "https://example.org/a%20b"),
    ("https://example.org/?a b#c", "https://example.org/?a%20b"),
    ("https://example.org#c", "https://example.org/"),
    ("https://example.org/x?", "https://example.org/x"),
    # UTS 46, non-transitional: what a browser asks for.
    ("https://straße.de/", "https://xn--strae-oqa.de/"),
    ("https://XN--STRAE-OQA.de/", "https://xn--strae-oqa.de/"),
    ("https://bücher.example/é", "https://xn--bcher-kva.example/%C3%A9"),
    ("https://BÜCHER。example", "https://xn--bcher-kva.example/"),
    ("https://☃.net/", "https://xn--n3h.net/"),
    ("https://my_bücher.de/", "https://xn--my_bcher-95a.de/"),
    # What can't stand in a request is encoded, what stands there already is left as it is.
    ('https://e.org/^`{}|"<>.jpg', "https://e.org/%5E%60%7B%7D%7C%22%3C%3E.jpg"),
    ("https://e.org/100%.jpg", "https://e.org/100%.jpg"),
    ("https://e.org/%e4%BD%a0", "https://e.org/%e4%BD%a0"),
    ("https://e.org/a\ud800b", "https://e.org/a%EF%BF%BDb"),
    # Dot segments, encoded or not; a backslash in the path is a slash.
    ("https://e.org/a/./b/../c/..", "https://e.org/a/"),
    ("https://e.org/../../x", "https://e.org/x"),
    ("https://e.org/a/%2E%2e/b/%2e", "https://e.org/b/"),
    ("https://e.org/a%2fb..%2Fc", "https://e.org/a%2fb..%2Fc"),
    ("https://e.org/up\\2024\\..\\a.jpg?x\\y", "https://e.org/up/a.jpg?x%5Cy"),
    # Addresses have one spelling too.
    ("http://0x7f.1/", "http://127.0.0.1/"),
    ("http://0177.0.0.1/", "http://127.0.0.1/"),
    ("http://2130706433/", "http://127.0.0.1/"),
    ("http://127.0.0.1./", "http://127.0.0.1/"),
    ("http://１２７。0.0.1/", "http://127.0.0.1/"),
    ("http://[0:0::1]:8080/", "http://[::1]:8080/"),
    ("http://[::FFFF:10.0.0.1]/", "http://[::ffff:a00:1]/"),
]


@pytest.mark.parametrize(("written", "key"), KEYS)
def test_a_url_has_one_spelling(written: str, key: str) -> None:
    assert url_key(written) == key
    assert url_key(key) == key
    assert origin(written) == origin(key)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "not an http"),
        ("ftp://example.org/", "not an http"),
        ("//example.org/", "not an http"),
        ("http:/example.org/", "not an http"),
        ("http:///example.org/", "host name"),
        ("https://u:p@example.org/", "credentials"),
        ("https://example.org\\@evil.example/", "credentials"),
        ("https://example.org\\x", "host name"),
        ("https://ex%61mple.org/", "host name"),
        ("https://exa mple.org/", "host name"),
        ("https://example.org／evil/", "host name"),
        ("https://ex\tample.org/", "control"),
        ("https://example.org/a\r\nb", "control"),
        ("https://example.org/\x00a", "control"),
        ("http://256.1.1.1/", "host name"),
        ("http://1.2.3.4.5/", "host name"),
        ("http://09.1.1.1/", "host name"),
        ("http://example.1/", "host name"),
        ("http://[fe80::1%25eth0]/", "host name"),
        ("http://[::1/", "host name"),
        ("http://a..b/", "host name"),
        (f"http://{'a' * 64}.org/", "host name"),
        (f"http://{'a.' * 130}org/", "host name"),
        ("http://ü" + "a" * 300, "host name"),
        ("http://xn--ü-/\u200d.org/", "host name"),
        ("http://example.org:0/", "port"),
        ("http://example.org:70000/", "port"),
        ("http://example.org/" + "ü" * 3000, "longer"),
    ],
)
def test_what_two_parsers_might_read_in_two_ways_is_told_and_never_asked(written: str, reason: str) -> None:
    place = parse(written)
    assert isinstance(place, Fault)
    assert reason in place.reason
    assert url_key(written) == origin(written) == ""
    assert split(written) is None
    assert Guard().check(written)


@pytest.mark.parametrize("path", ["..%2fb", "a/%2e%2e%2Fb", "a%2f..", "a%2f%2e/b"])
def test_dot_segments_behind_encoded_slashes_lead_nowhere(path: str) -> None:
    """Some servers resolve them, some don't: neither reading is ours to choose."""
    assert url_key(f"https://e.org/{path}") == ""


@pytest.mark.parametrize(
    ("base", "reference", "absolute"),
    [
        ("https://e.org/a/b", "c", "https://e.org/a/c"),
        ("https://e.org/a/b", "/wp-json/x/../wp/v2/posts/1", "https://e.org/wp-json/wp/v2/posts/1"),
        ("https://e.org/a/b", "https://e.org/./wp-json//wp", "https://e.org/wp-json//wp"),
        ("https://e.org/a/b", "//f.org\n", "https://f.org/"),
        ("https://e.org/a/b", "?p=../1", "https://e.org/a/b?p=../1"),
        ("https://e.org/a/b", "#c", "https://e.org/a/b#c"),
        ("https://e.org/a/b", "\\c\\d", "https://e.org/c/d"),
        ("https://e.org/a/b", "\\\\evil.example/", ""),
        ("https://e.org/a/b", "/\\evil.example/", ""),
        ("https://e.org/a/b", "//f.org\\g", "https://f.org\\g/"),
        ("https://e.org/a/b", "http://[::1", ""),
        ("https://e.org/a/b", "mailto:a@b", "mailto:a@b"),
    ],
)
def test_references_are_resolved_as_browsers_do(base: str, reference: str, absolute: str) -> None:
    assert join(base, reference) == absolute


@given(st.text(), st.sampled_from(["", "/", "/../", "\\"]))
@example("0x7f.1", "/")
@example("127.0.0.1。", "")
@example("[::ffff:127.0.0.1]", "/")
@example("①②⑦.⓪.⓪.①", "/")
def test_the_spelling_never_makes_a_forbidden_address_look_allowed(host: str, rest: str) -> None:
    """What the guard lets pass is asked at the place that the guard judged, however it was written."""
    url = f"http://{host}{rest}"
    place = parse(url)
    if isinstance(place, Fault):
        return
    assert url_key(url_key(url)) == url_key(url)
    assert origin(uri(url)) == place.origin
    assert urlsplit(uri(url)).path == place.path  # where others take it apart, they find the same
    try:
        address = ipaddress.ip_address(place.host)
    except ValueError:
        return
    assert (Guard().check(url) is None) == public(address)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.example.org/a", "http://example.org", True),
        ("https://example.org:8443/", "http://example.org/", False),
        ("https://straße.de/", "https://strasse.de/", False),
        ("https://straße.de/", "http://www.xn--strae-oqa.de/", True),
        ("https://example.org/", "https://blog.example.org/", False),
        ("mailto:a", "mailto:a", False),
    ],
)
def test_hosts_are_one_whatever_scheme_and_www(one: str, other: str, same: bool) -> None:
    assert same_host(one, other) is same


def test_a_place_shows_its_parts() -> None:
    place = parse("https://[::1]:8443/a/%62?c=d?e#f")
    assert place == Place("https", "::1", 8443, "/a/%62?c=d?e")
    assert (place.authority, place.path, place.query) == ("[::1]:8443", "/a/%62", "c=d?e")
