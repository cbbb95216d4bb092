"""What a stranger sends costs its size, not its square: inputs at which a square would take far longer than `must_end` waits."""

import tracemalloc
from collections.abc import Callable

import pytest

from wparchive.http1.message import Head
from wparchive.wordpress.changes.noise import NOISE
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.discovery.signals import read_signals
from wparchive.wordpress.files.attachment_files import unwrapped, upload_of
from wparchive.wordpress.judgement import Judgement, Meaning
from wparchive.wordpress.kinds import collections
from wparchive.wordpress.links.link_shapes import LinkShapes
from wparchive.wordpress.payload.document import skims
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.routes import Root, RootForm, root_at
from wparchive.wordpress.text import visible_text

M = 1 << 20
HIDDEN = b'x"[' + b"{}," * (4 * M) + b'"]'  # values, once what stands before them is left out
BODIES: dict[str, Callable[[], bytes]] = {
    "lists behind junk that hold a string without an end": lambda: b"x " + b'["' * 24 + b"a" * (12 * M),
    "numbers without an end": lambda: b"x " + b"[" * 24 + b"1" * (8 * M),
    "numbers to be mended behind junk": lambda: b"x " + b"[NaN," * 24 + b'"a",' * 10**5,
    "control characters in strings behind junk": lambda: b"x " + b'["\x01' * 24 + b"a\x01" * (6 * M),
    "control characters": lambda: b'["' + b"\x01" * (12 * M) + b'"]',
    "more of them than are mended": lambda: b'["' + b"\x01" * M + b'"]',
    "a string whose quotes are escaped, without an end": lambda: b'["' + b'a\\"' * (5 * M) + b"\x01",
    "marks of order": lambda: b" \xef\xbb\xbf" * (3 * M),
    "values in what seemed a string": lambda: HIDDEN,
    "numbers before what is broken": lambda: b"[" + b"1," * 390_000 + b"x]",
    "objects that are no items behind what is broken": lambda: b"[{x," + b'{"id":1},' * 190_000 + b"]",
    "objects before what is broken": lambda: b"[" + b'{"a":1},' * 190_000 + b"x]",
    "items within items": lambda: b"[{x," + b'{"id":1,"b":"' * 300 + b'","a":' * 300 + b"]",
    "lists within lists": lambda: b"[" * 190_000 + b"]" * 190_000,
}


@pytest.mark.parametrize("what", BODIES)
@pytest.mark.usefixtures("must_end")
def test_no_body_costs_more_than_its_size(what: str) -> None:
    skims(read(BODIES[what]()))


@pytest.mark.parametrize("what", [what for what in BODIES if "character" in what or "string" in what])
@pytest.mark.usefixtures("must_end")
def test_no_body_takes_many_times_its_size(what: str) -> None:
    """Some copies of it."""
    body = BODIES[what]()
    tracemalloc.start()
    read(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 130 * M, f"{peak / M:.0f} MB"


def test_values_are_counted_from_where_they_are_read() -> None:
    """What stands in a string as long as one reads from the beginning of the junk isn't read as ten million values."""
    assert not read(HIDDEN).ok
    assert read(b'PHP said: "x" [' + b'{"a":1},' * 1000 + b'{"a":"[,,{"}]').ok


def test_what_is_not_mended_says_so() -> None:
    """Raw control characters are put right up to some 200,000."""
    for count, flags in ((100, ("control",)), (300_000, ("too-many-values", "not-json"))):
        assert read(b'["' + b"\x01" * count + b'"]').flags == flags


@pytest.mark.parametrize(
    "url",
    [
        "https://a.res.cloudinary.com/" + "/fetch" * 100_000,
        "https://x.test/" + "/cdn-cgi/image" * 100_000,
        "https://x.test/" + "/files" * 100_000,
        "https://x.test/wp-content/uploads/" + "-1x1" * 200_000 + "\n",
        "https://x.test/wp-content/uploads/" + "a-" * 300_000 + ".jpg",
    ],
)
@pytest.mark.usefixtures("must_end")
def test_no_url_costs_more_than_its_length(url: str) -> None:
    """Addresses of megabytes stand in content, too."""
    assert unwrapped(url)
    found = upload_of(url)
    assert found is None or found.slugs


@pytest.mark.parametrize("between", [" ", "\n", "\t ", "=", "a ", "a=", "'", '"', "/"])
@pytest.mark.parametrize("tag", ["<a ", "<img src=x ", "<p class='gallery-icon' ", "<script "])
@pytest.mark.usefixtures("must_end")
def test_no_tag_costs_more_than_its_length(tag: str, between: str) -> None:
    NOISE.denoised(f"<p>{tag}{between * (300_000 // len(between))}>")
    NOISE.denoised(f"<p>{tag}{between * (300_000 // len(between))}")


@pytest.mark.parametrize(
    "piece",
    ["https://", "https:\\/\\/", "/", "/a", "/wp-content/", "a/wp-includes/", "<link ", "<link a=", "<body class='"],
)
@pytest.mark.usefixtures("must_end")
def test_no_front_page_costs_more_than_its_length(piece: str) -> None:
    head = Head(
        200, "", "HTTP/1.1", (("Link", "<" * 60_000), ("Link", "<x>" + "; a=" * 30_000), ("Link", "<x>;a " * 20_000))
    )
    read_signals("http://x.test/", head, (piece * (2 * M // len(piece))).encode())


def test_where_wordpress_lies_is_told_by_its_files() -> None:
    """By their whole address, by a path, with escaped slashes; each folder once, none of another host."""
    page = (
        '<link href="http://x.test/blog/wp-content/a.css"><script src="/news/wp-includes/b.js"></script>'
        '"http:\\/\\/x.test\\/shop\\/wp-content/c" <img src="http://y.test/wp-content/d.png"> url(/news/wp-content/e.png)'
    )
    found = read_signals("http://x.test/", None, page.encode()).bases
    assert found == ("http://x.test/blog/", "http://x.test/news/", "http://x.test/shop/")


@pytest.mark.usefixtures("must_end")
def test_long_shapes_of_links_make_no_expression() -> None:
    """Nor do they stay in memory."""
    links = '{"self":[' + ",".join(f'{{"href":"http://x/{n}/1"}}' for n in range(5_000)) + "]}"
    shapes = LinkShapes(Root("http://x.test/wp-json/", RootForm.PRETTY))
    tracemalloc.start()
    for n in range(30):
        shape, numbers = shapes.take_apart(links.replace("http", f"http{'s' * (n % 2)}"))
        assert len(shape.pieces) == len(numbers) + 1
        del shape, numbers
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 2 * M


@pytest.mark.usefixtures("must_end")
def test_a_site_of_a_hundred_thousand_types_is_walked_in_part() -> None:
    """Each would be some requests: the others are left alone, and that is said of each."""
    index = RestIndex.parse(
        {"namespaces": ["wp/v2"], "routes": {f"/wp/v2/t{n}/(?P<id>[\\d]+)": {} for n in range(50_000)}}
    )
    types = {f"t{n}": {"slug": f"t{n}", "rest_base": f"t{n}"} for n in range(100_000)}
    root = root_at("http://x.test/wp-json/")
    assert index is not None
    assert root is not None
    found = collections(index, types, {}, root)
    assert len(found) > len(types)
    assert sum(one.skipped is None for one in found) < 1100
    assert {one.skipped for one in found} == {None, "the site names more than 1,000 collections"}
    for one in found[:100]:
        index.has(one.route)


@pytest.mark.usefixtures("must_end")
@pytest.mark.parametrize("piece", ["<img>", "a<br>", "&ab", "a\n", "&amp;"])
def test_text_of_many_megabytes_takes_some_copies_of_it(piece: str) -> None:
    html = piece * (4 * M // len(piece))
    tracemalloc.start()
    visible_text(html)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 80 * M, f"{peak / M:.0f} MB"


@pytest.mark.parametrize(
    "code", ["cannot_read_" * 100_000 + "!", "cannot_view" * 100_000 + "!", "rest_forbidden_" * 100_000 + "!"]
)
@pytest.mark.usefixtures("must_end")
def test_no_code_of_an_error_costs_more_than_its_length(code: str) -> None:
    assert Judgement(Meaning.REFUSED, 403, code).gone != "unpublished"


def test_what_says_that_an_item_is_not_for_everyone() -> None:
    """The codes of core, with whatever follows them as a word."""
    said = [
        "rest_forbidden",
        "rest_forbidden_context",
        "rest_cannot_read",
        "rest_user_cannot_view",
        "rest_cannot_read_post",
    ]
    assert {Judgement(Meaning.REFUSED, 403, code).gone for code in said} == {"unpublished"}
    others = ["rest_forbidden_", "rest_forbiddenx", "rest_cannot_edit", "rest_cannot_reader", "rest cannot_read", ""]
    assert "unpublished" not in {Judgement(Meaning.REFUSED, 403, code).gone for code in others}
