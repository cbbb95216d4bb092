"""Hostile HTML costs its length: text, references and noise are read once, whatever stands in it."""

import pytest

from wparchive.wordpress.changes.digests import payload_sha256, text_sha256
from wparchive.wordpress.changes.noise import NOISE
from wparchive.wordpress.text import plain, references

_LENGTH = 1_000_000  # at which the square of it takes much longer than `must_end` waits
_MARKS = "<i class='sharedaddy gallery-icon wp-container-1 wp-elements-1'>x</i><img loading='lazy'>wpforms- cfemail cdn-cgi/l"


@pytest.mark.parametrize(
    "piece",
    [
        '<a "',
        "<a b='",
        "<a =",
        "<a b ",
        "<a",
        "<",
        "<!",
        "<!--",
        "<!-- -",
        "&",
        "&#",
        "&amp;#106;",
        "<script>",
        "<style>",
        "<noscript",
        "<noscript ",
        '<p style="url(',
        "url('",
        "url(",
        "<div class='sharedaddy'>",
        "<div class='sharedaddy' ",
        "<span class='sharedaddy'><b ",
        "<p class='gallery-icon gallery-icon ",
        "<p class=gallery-icon>",
        "wp-container-",
        "<i class='wp-container-",
        "<img srcset=",
        "<img srcset='a,'",
        "<img srcset=',",
        "<img srcset='a ,",
        "<img width=1 height=1 ",
        "<div data-bg='url(",
        "<input type=hidden ",
        ",",
        "href ",
        "mailto:%6a",
        "<a href='mailto:",
        "<a data-cfemail='00",
        "/wp-json/wp/v2/posts",
        "x" * 399 + "/wp-json/wp/v2/posts",
        "%2Fwp-json%2Fwp%2Fv2%2Fposts%3F",
        "rest_route=/wp/v2/posts&",
        "<a href='a.jpg?v=1&",
        "wpforms-1-field_1-container' ",
        "<script>nonce : nonce ",
    ],
)
@pytest.mark.usefixtures("must_end")
def test_hostile_html_costs_no_more_than_its_length(piece: str) -> None:
    root = "http://x.test/wp-json/wp/v2/posts"
    html = _MARKS + piece * (_LENGTH // len(piece))
    item = {"id": 1, "content": {"rendered": html}, "_links": {"collection": [{"href": root}]}}
    plain(html)
    for _ in references(html, "http://x.test/"):
        pass
    NOISE.without(item)
    assert payload_sha256(item)
    assert text_sha256(item)
