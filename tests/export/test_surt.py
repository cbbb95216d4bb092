"""Keys of URLs: those that other programs compute, so that they find what our index names."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from wparchive.export.surt import surt

# A program apart, called and never read.
reference: Any = pytest.importorskip("surt").surt

ID32 = "0123456789abcdef0123456789ABCDEF"
ID24 = "4hqa0555fwsecu455xqckv45"
KEYS = {
    # host: in reverse, without www, user and the scheme's own port
    "http://example.org": "org,example)/",
    "https://WWW.Example.co.uk/": "uk,co,example)/",
    "http://www2.example.org/a": "org,example)/a",
    "http://wwwx.example.org/": "org,example,wwwx)/",
    "http://www.www.example.org/": "org,example,www)/",
    "http://www.com/": "com)/",
    "http://www/": "www)/",
    "http://example.org./": "org,example)/",
    "http://example.org:80/": "org,example)/",
    "https://example.org:443/": "org,example)/",
    "https://example.org:80/": "org,example:80)/",
    "http://example.org:08080/a": "org,example:8080)/a",
    "http://example.org:/a": "org,example)/a",
    "http://user:pw@example.org/a": "org,example)/a",
    "http://b\u00fccher.example/": "example,xn--bcher-kva)/",
    "http://b%C3%BCcher.example/": "example,xn--bcher-kva)/",
    "http://%77ww.ex%61mple.org/": "org,example)/",
    "http://127.0.0.1:8080/": "1,0,0,127:8080)/",
    "http://127.1/": "1,0,0,127)/",
    "http://2130706433/": "1,0,0,127)/",
    "http://1.2.3.4.5/": "5,4,3,2,1)/",
    "http://[2001:db8::1]:8080/a": "2001:db8::1:8080)/a",
    # scheme: what is missing, doubled or spelled otherwise
    "example.org/a": "org,example)/a",
    "//example.org/a": "org,example)/a",
    "http:/example.org/a": "org,example)/a",
    "http://https://www.example.org/a": "org,example)/a",
    "ftp://www.example.org:21/a": "org,example:21)/a",
    # path: unescaped until nothing changes, dot segments, slashes, case, fragment
    "http://example.org//A//b///": "org,example)/a/b",
    "http://example.org/a/../b/./c": "org,example)/b/c",
    "http://example.org/../../a": "org,example)/a",
    "http://example.org/a%2F..%2Fb": "org,example)/b",
    "http://example.org/%25257Efoo": "org,example)/~foo",
    "http://example.org/100%": "org,example)/100%25",
    "http://example.org/%zz": "org,example)/%25zz",
    "http://example.org/\u00c4 b": "org,example)/%c3%84%20b",
    "http://example.org/%E4": "org,example)/%e4",
    "http://example.org/a#b?c": "org,example)/a",
    " http://example.org/a\n": "org,example)/a",
    # query: sorted by name, then value; an empty one is none
    "http://example.org/?": "org,example)/",
    "http://example.org/A/?C=D&a=b": "org,example)/a?a=b&c=d",
    "http://example.org/?rest_route=%2Fwp%2Fv2%2Fposts&per_page=100": (
        "org,example)/?per_page=100&rest_route=/wp/v2/posts"
    ),
    "http://example.org/a?a.b=1&a=2&a": "org,example)/a?a&a=2&a.b=1",
    "http://example.org/a?x=a%26b=c": "org,example)/a?b=c&x=a",
    "http://example.org/a?&&a=1": "org,example)/a?&&a=1",
    # sessions
    f"http://example.org/a?jsessionid={ID32}&x=y": "org,example)/a?x=y",
    f"http://example.org/a?x=1&PHPSESSID={ID32}&y=2": "org,example)/a?x=1&y=2",
    f"http://example.org/a?sid={ID32}": "org,example)/a",
    f"http://example.org/a?sid={ID32}0": f"org,example)/a?sid={ID32.lower()}0",
    f"http://example.org/a?x=y&ASPSESSIONIDAQBSDSRT={'A' * 24}": "org,example)/a?&x=y",
    "http://example.org/a?CFID=1&CFTOKEN=4-8&x=y": "org,example)/a?x=y",
    "http://example.org/a?cfid=1&x=1&cftoken=9": "org,example)/a?cfid=1&cftoken=9&x=1",
    f"http://example.org/b/({ID24})/c/page.aspx?x": "org,example)/b/c/page.aspx?x",
    f"http://example.org/(a({ID24})S({ID24}))/x.aspx": "org,example)/x.aspx",
    f"http://example.org/({ID24})/page.html": f"org,example)/({ID24})/page.html",
    # what has no host
    "urn:wparchive:run:R:listing:/wp/v2/posts": "urn:wparchive:run:R:listing:/wp/v2/posts".lower(),
    "dns:example.org": "dns:example.org",
    "urn:x:a//b/../C D?b=1&a=2#f": "urn:x:a//b/../c%20d?a=2&b=1",
}
PIECES = (
    *(
        "a",
        "B",
        "..",
        ".",
        "/",
        "//",
        "%2F",
        "%2e",
        "%25",
        "%",
        "\u00e9",
        "%C3%A9",
        "%E9",
        " ",
        "+",
        "~",
        ";",
        "=",
        "&",
    ),
    *("?", ":", "@", "$", "'", "(", ")", "*", ",", "[", "]", '"', "<", "\\", "^", "`", "{", "|", "-", "0", "www."),
    *("sid=", ID32, "jsessionid=", "PHPSESSID=", "cfid=1", "&cftoken=2", f"(S({ID24}))", f"({ID24})", ".aspx"),
    *("index.php", "%26", "%3D", "%23", "%3F", "%00", "%0A", "\u2028", "\U0001f600", "\u00df", "%252F"),
)
HOSTS = [
    "example.org",
    "WWW.Example.org",
    "www3.a.co.uk",
    "127.0.0.1",
    "b\u00fccher.de",
    "a_b.c",
    "user@localhost",
    "[::1]",
]


@pytest.mark.parametrize("url", KEYS)
def test_each_rule_gives_the_key_that_replay_programs_look_for(url: str) -> None:
    assert surt(url) == KEYS[url] == reference(url)


@settings(max_examples=300)
@given(
    scheme=some.sampled_from(["http://", "https://", "HTTP://", ""]),
    host=some.sampled_from(HOSTS),
    port=some.sampled_from(["", "", ":80", ":443", ":8080"]),
    path=some.lists(some.sampled_from(PIECES), max_size=8),
    query=some.none() | some.lists(some.sampled_from(PIECES), max_size=8),
)
def test_web_addresses_of_any_shape_have_the_key_of_other_programs(
    scheme: str, host: str, port: str, path: list[str], query: list[str] | None
) -> None:
    if not scheme and port:
        return  # `example.org:80/` is an address of the scheme `example.org`
    url = f"{scheme}{host}{port}/{''.join(path)}" + ("" if query is None else f"?{''.join(query)}")
    assert surt(url) == reference(url)


@given(some.text())
def test_any_text_has_a_key_that_fits_into_a_line(text: str) -> None:
    """It neither breaks the line nor ends the field before its time."""
    for url in (text, f"http://{text}", f"http://example.org/{text}"):
        key = surt(url)
        assert key
        assert key.isascii()
        assert not any(character.isspace() or not character.isprintable() for character in key)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://a.b/?" + "cfid=" * 200_000,
            "http://a.b" + f"/(s({ID24}))/" * 30_000,
            "http://a.b/%" + "25" * 500_000,
        ),
        *(
            "http://" * 150_000,
            "http://" + "\u00e4." * 500_000,
            "http://a.b/?" + "a&" * 500_000,
            "http://a.b" + "/.." * 300_000,
        ),
    ],
    ids=lambda url: url[:20],
)
@pytest.mark.usefixtures("must_end")
def test_a_long_address_takes_no_longer_than_its_length(url: str) -> None:
    """A site chooses its URLs; none may hold an export up."""
    assert surt(url)
