"""Elements that go are cut to their end, whatever else is broken; what stays of tags says something."""

from hypothesis import given
from hypothesis import strategies as st

from wparchive.wordpress.changes.levelling import Tags, level_tags


def without(html: str, *names: str) -> str:
    """`html` without the elements that have one of the classes or ids `names`."""
    tags = Tags(lambda token: "" if token in names else None, lambda _: False, lambda _: False)
    return level_tags(html, tags)


def test_blocks_are_cut_to_their_balanced_end() -> None:
    html = '<p>a</p><div class="x sharedaddy"><div>in<div>ner</div></div></div><p>b</p>'
    assert without(html, "sharedaddy") == "<p>a</p><p>b</p>"


def test_block_that_never_ends_is_left() -> None:
    html = '<p>a</p><div class="sharedaddy"><div>in</div><p>b</p>'
    assert without(html, "sharedaddy") == html


def test_void_and_nested_blocks() -> None:
    html = '<img class="x"/>a<div class="x"><span class="x">b</span></div>c<br id="x">'
    assert without(html, "x") == "ac"


def test_block_is_cut_in_the_midst_of_text_and_tags() -> None:
    html = 'a<div class="x"><a href="1">b</a>c<i id="x">d</i></div>e<a href="2">f</a><DIV CLASS=x>g</DIV>h'
    assert without(html, "x") == 'ae<a href="2">f</a>h'


@given(st.text(alphabet=st.sampled_from("<>/!-\"'=& abp;#1scriptyle\n"), max_size=80))
def test_any_text_is_read_and_nothing_but_attributes_and_what_shows_nothing_is_touched(text: str) -> None:
    bare = text.replace("<", "")
    assert without(bare) == bare
    without(text, "a", "b")
