"""Hot-linked is an image, audio or video file of another site that an item shows: in whatever way, and nothing else."""

import pytest

from wparchive.index.items.outbound import outbound

OTHER = "https://other.test/"


def shown(html: str) -> dict[str, tuple[str, bool, str]]:
    """By URL what `outbound` says of it: the element, whether it shows a file, and whose that is."""
    row = {"content": html, "excerpt": None, "link": "https://example.org/a/"}
    return {url: (element, shows, origin) for url, _, element, shows, origin, _ in outbound("posts", row)}


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://other.test/x.jpg">',
        '<img src="https://other.test/picture.php?id=5">',
        '<img src="data:image/gif;base64,AA" data-src="https://other.test/x.jpg">',
        '<img src="/blank.gif" data-lazy-src="https://other.test/x.jpg">',
        '<img data-original="https://other.test/x.jpg">',
        '<img src="https://example.org/y.jpg" srcset="https://other.test/x.jpg 2x">',
        '<img data-srcset="https://other.test/x.jpg 2x">',
        '<noscript><img src="https://other.test/x.jpg"></noscript>',
        '<picture><source srcset="https://other.test/x.webp 1x"><img src="/y.jpg"></picture>',
        '<video src="https://other.test/x.mp4"></video>',
        '<video poster="https://other.test/x.jpg"></video>',
        '<video data-src="https://other.test/x.mp4"></video>',
        '<audio><source src="https://other.test/x.mp3"></audio>',
        '<amp-video src="https://other.test/x.mp4"></amp-video>',
        '<embed src="https://other.test/x.mp4">',
        '<object data="https://other.test/x.svg"></object>',
        '<iframe src="https://other.test/x.mp4"></iframe>',
        '<input type="image" src="https://other.test/x.png">',
        "<div style=\"background-image:url('https://other.test/x.jpg')\">x</div>",
        '<div style="background:url(&quot;https://other.test/x.jpg&quot;)">x</div>',
        '<div data-bg="https://other.test/x.jpg">x</div>',
        '<div data-bg="url(https://other.test/x.jpg)">x</div>',
        '<a href="https://other.test/x.jpg"><img src="https://other.test/x.jpg"></a>',
        '<img width="1" height="400" src="https://other.test/line.png">',
        '<img src="//other.test/x.jpg">',
        '<!--[if !mso]><!--><img src="https://other.test/x.jpg"><!--<![endif]-->',
        '<!--><img src="https://other.test/x.jpg"><!---->',
    ],
)
def test_a_file_of_another_site_that_is_shown(html: str) -> None:
    found = {url: of for url, of in shown(html).items() if url.startswith(OTHER)}
    assert [shows for _, shows, _ in found.values()] == [True]
    assert {origin for _, _, origin in found.values()} == {"other.test"}


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://other.test/x.jpg">x</a>',
        '<iframe src="https://www.youtube.com/embed/x"></iframe>',
        '<iframe src="https://www.youtube-nocookie.com/embed/x?feature=oembed"></iframe>',
        '<iframe data-src="https://player.vimeo.com/video/1"></iframe>',
        '<iframe src="https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/x.mp3"></iframe>',
        '<iframe src="https://www.google.com/maps/embed?pb=x"></iframe>',
        '<embed src="https://other.test/player">',
        '<object data="https://other.test/movie.swf"></object>',
        '<video><track src="https://other.test/x.vtt"></video>',
        '<img class="emoji" src="https://s.w.org/images/core/emoji/15.0.3/72x72/1f600.png" alt="x">',
        '<img src="https://s0.wp.com/latex.php?latex=x" alt="x">',
        '<img src="https://twemoji.maxcdn.com/v/twemoji/72x72/1f600.png" alt="x">',
        '<img class="avatar" src="https://secure.gravatar.com/avatar/0?s=48" alt="x">',
        '<img src="https://0.gravatar.com/avatar/0" srcset="https://0.gravatar.com/avatar/0?s=96 2x" alt="x">',
        '<img src="https://count.example/p.gif" width="1" height="1" alt="">',
        "<img src=https://count.example/p.gif width=0 height=0>",
    ],
)
def test_what_shows_no_file_of_another_site(html: str) -> None:
    found = shown(html)
    assert found
    assert not any(shows for _, shows, _ in found.values())


@pytest.mark.parametrize(
    "url",
    [
        "https://i0.wp.com/example.org/wp-content/uploads/x.jpg?w=9&#038;ssl=1",
        "https://i3.wp.com/www.example.org/x.jpg",
        "https://wsrv.nl/?url=example.org/x.jpg",
        "https://res.cloudinary.com/a/image/fetch/w_9/https://example.org/x.jpg",
        "https://example.org/cdn-cgi/image/width=9/https://example.org/x.jpg",
    ],
)
def test_a_proxy_of_the_sites_own_file_is_the_sites_own(url: str) -> None:
    ((_, shows, origin),) = shown(f'<img src="{url}">').values()
    assert shows
    assert origin.removeprefix("www.") == "example.org"


def test_a_proxy_of_anothers_file_is_the_others() -> None:
    ((_, shows, origin),) = shown('<img src="https://i0.wp.com/other.test/x.jpg">').values()
    assert (shows, origin) == (True, "other.test")


@pytest.mark.parametrize(
    "html",
    [
        '<!-- <img src="https://other.test/x.jpg"> -->',
        '<!-- <img src="/y.jpg"> --!><!--[if mso]><img src="https://other.test/x.jpg"><![endif]-->',
        '<!-- <video src="https://other.test/x.mp4"> - never ends',
    ],
)
def test_what_is_commented_out_shows_nothing(html: str) -> None:
    assert shown(html) == {}
