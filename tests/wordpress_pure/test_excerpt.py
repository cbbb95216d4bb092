"""An excerpt that core cut from the content carries nothing of its own, counters of plug-ins included."""

import pytest

from wparchive.wordpress.changes.digests import payload_sha256, text_sha256
from wparchive.wordpress.changes.excerpt import is_derived

LONG = "<p>" + " ".join(f"word{n}" for n in range(80)) + "</p>"
CUT = "<p>" + " ".join(f"word{n}" for n in range(55)) + " [&hellip;]</p>"


@pytest.mark.parametrize(
    ("excerpt", "content", "derived"),
    [
        (CUT, LONG, True),
        ("<p>All of it 7 views</p>", "<p>All of it</p><div class='post-views'>7 views</div>", True),
        ("<p>城市河流 [&hellip;]</p>", "<p>城市河流档案历史</p>", True),
        ("<p>One. 7 views</p>", "<p>One.</p><p>7 views</p>", True),
        ("<p>One.7 views</p>", "<p>One.</p><p>7 views</p>", True),
        ("<p>" + " ".join(f"word{n}" for n in range(20)) + "</p>", LONG, True),
        ("<p>Somebody wrote this</p>", LONG, False),
        ("<p>word1</p>", LONG, False),
        ("", LONG, False),
        ("<p>text</p>", "", False),
    ],
    ids=["cut", "whole", "no-spaces", "lines", "run-together", "unmarked", "written", "short", "empty", "no-content"],
)
def test_an_excerpt_is_derived_when_it_repeats_the_content(excerpt: str, content: str, derived: bool) -> None:
    assert is_derived(excerpt, content) is derived


LINK = "https://example.org/one/"


@pytest.mark.parametrize(
    ("end", "derived"),
    [
        ('&hellip; <a class="more-link" href="https://example.org/one/">Go on<span> One</span></a></p>\n', True),
        ('</p><p><a href="http://example.org/one/#more-1">Read <b>One</b></a></p></div>', True),
        (' <a href="https://example.org/other/">Go on</a></p>', False),
        (' <a href="https://example.org/one/">Go on</a>, or not</p>', False),
        (' <a href="https://example.org/one/">Go on</p>', False),
    ],
    ids=["a theme's", "in a paragraph", "elsewhere", "not at the end", "never closed"],
)
def test_a_theme_ends_an_excerpt_with_a_link_to_the_article(end: str, derived: bool) -> None:
    excerpt = f"<p>word0 word1 word2 {end}"
    assert is_derived(excerpt, LONG, None, LINK) is derived
    assert not is_derived(excerpt, LONG)


def test_a_number_counts_on_only_in_what_is_noise() -> None:
    content = "<p>Ten of 40 came.</p><p class='views'>1,204 views</p>"
    denoised = "<p>Ten of 40 came.</p>"
    assert is_derived("<p>Ten of 40 came. 1,205 views</p>", content, denoised)
    assert not is_derived("<p>Ten of 41 came. 1,204 views</p>", content, denoised)
    assert not is_derived("<p>Ten of 40 came. 1,205 views</p>", content)


def _post(views: int) -> dict[str, object]:
    content = f"<p>Short news.</p>\n<div class='post-views post-views-count'>{views} views</div>"
    return {"id": 1, "content": {"rendered": content}, "excerpt": {"rendered": f"<p>Short news. {views} views</p>\n"}}


def test_a_counter_that_reaches_the_excerpt_as_bare_text_is_noise() -> None:
    assert payload_sha256(_post(7)) == payload_sha256(_post(8))
    assert text_sha256(_post(7)) == text_sha256(_post(8))


def test_a_written_excerpt_counts() -> None:
    post = _post(7)
    assert text_sha256(post) != text_sha256({**post, "excerpt": {"rendered": "<p>An editor's own words</p>"}})
