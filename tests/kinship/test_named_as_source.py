"""Whoever names the other's article or site in its own text isn't said to have been first; nor is the other for that alone."""

from datetime import timedelta

import pytest
from archives import World
from test_false_firsts import MADE, STORY, TAKEN, TEXT, article, crawl, filler, orders

from wparchive.kinship.precedence import Order, Standing

STATED = f"https://{MADE}/story/"
FIRST, LATE = f"{TAKEN}/post/9", f"{MADE}/post/38"


def published_anew(world: World, *texts: str, late: str = TEXT, **fields: object) -> Order:
    """The one that credits is held first; the other's article was deleted before we looked, and is published anew."""
    dates = "2026-11-22T02:00:00", "2026-11-22T03:10:00"
    for text in texts:
        crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, *dates, text))
    crawl(world, MADE, filler(MADE))
    day = 24 + len(texts)
    about = {"link": STATED, "guid": {"rendered": f"https://{MADE}/?p=38"}, **fields}
    again = article(MADE, 38, f"2026-11-{day}T01:00:00", f"2026-11-{day}T02:00:00", late, **about)
    crawl(world, MADE, filler(MADE), again)
    (order,) = orders(world, LATE)
    return order


def test_without_a_word_on_the_other_captures_prove(world: World) -> None:
    """What the cases below differ from."""
    order = published_anew(world, TEXT + '<p>More on <a href="https://else.test/story/">the harbour</a>.</p>')
    assert (order.first, order.standing) == (FIRST, Standing.PROVEN)


@pytest.mark.parametrize(
    "words",
    [
        f'<p>Source: <a href="{STATED}">Made</a></p>',
        f'<p>Source: <a href="http://www.{MADE}/story?utm_source=feed#top">Made</a></p>',
        f'<p>Source: <a href="https://{MADE}/?p=38">Made</a></p>',
        f'<p>Source: <a href="https://{MADE}/story/amp/">Made</a></p>',
        f'<p>Source: <a href="https://{MADE}/an-address-of-before/">Made</a></p>',
        f'<p>Source: <a href="https://{MADE}/">Made</a></p>',
        f'<p>Source: <a href="//{MADE}">Made</a></p>',
        f'<p>Source: <a href="https://web.archive.org/web/2026/{STATED}">Made</a></p>',
        f'<p>Source: <a href="https://go.test/?u=https%3A%2F%2F{MADE}%2Fstory%2F">Made</a></p>',
        f"<p>Source: {MADE}</p>",
        f"<p>Source: www.{MADE.upper()}/story</p>",
        f'<figure><img src="https://{MADE}/wp-content/uploads/2026/11/boat.jpg"></figure>',
    ],
)
def test_a_text_that_names_the_other_is_not_the_first(world: World, words: str) -> None:
    """Its article in any spelling, its site, a file of it: linked or written out. It is told, and decides nothing else."""
    order = published_anew(world, TEXT + words)
    assert (order.first, order.standing) == (None, Standing.UNDECIDABLE)
    assert any(one.item == FIRST and "text" in one.text and MADE in one.text for one in order.reasons)


@pytest.mark.parametrize("turned", [False, True])
def test_it_counts_in_whatever_version_it_stood(world: World, *, turned: bool) -> None:
    """A credit that was added when somebody complained, or that was taken out again."""
    texts = [TEXT, TEXT + f'<p>Source: <a href="{STATED}">Made</a></p>']
    assert published_anew(world, *(reversed(texts) if turned else texts)).first is None


@pytest.mark.parametrize(
    "words",
    [
        f"<p>Write to news@{MADE} or see un{MADE}, {MADE}.example and my-{MADE}.</p>",
        f'<p>As <a href="https://{MADE}/1/">they told</a> last year.</p>',
        f'<p>Share: <a href="https://share.test/?u=https%3A%2F%2F{TAKEN}%2F9%2F">here</a></p>',
        f'<!-- <a href="{STATED}">Made</a> -->',
    ],
)
def test_what_names_another_thing_takes_nothing_from_a_proof(world: World, words: str) -> None:
    """An address to write to, another article of the other, its own address, what nobody sees."""
    order = published_anew(world, TEXT + words)
    assert (order.first, order.standing) == (FIRST, Standing.PROVEN)


def test_a_link_that_stands_in_both_was_taken_with_the_text(world: World) -> None:
    """The other links to its own earlier article; that the text has this link too says where it was written."""
    inside = f'<p>{STORY.lines[0]} <a href="https://{MADE}/1/">Earlier</a></p>' + TEXT
    assert published_anew(world, inside, late=inside).first is None


def test_a_site_that_is_written_of_may_take_the_article(world: World) -> None:
    """The article is about the other, and links to it; the other's copy names the article as where it is from."""
    late = TEXT + f'<p>First in <a href="https://{TAKEN}/9/">Taken</a>.</p>'
    order = published_anew(world, TEXT + f'<p>See <a href="https://{MADE}/">Made</a>.</p>', late=late)
    assert (order.first, order.standing) == (FIRST, Standing.PROVEN)


def test_a_link_alone_makes_nobody_the_source(world: World) -> None:
    """Neither of two that were seen once, on one day: whoever was copied says so, and links to it."""
    link = f'<p>See <a href="https://{MADE}/36/">this</a>.</p>'
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00"))
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2025-01-02T12:00:00", content=TEXT + link))
    (order,) = orders(world, f"{MADE}/post/36")
    assert order.first is None


def test_a_link_of_who_came_second_takes_nothing_from_the_first(world: World) -> None:
    """A copy that names its source, after the source was held, as most do."""
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00"))
    crawl(world, TAKEN, filler(TAKEN))
    credited = TEXT + f'<p>From <a href="https://{MADE}/36/">Made</a>.</p>'
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2026-11-25T01:00:00", content=credited))
    (order,) = orders(world, f"{MADE}/post/36")
    assert (order.first, order.standing) == (f"{MADE}/post/36", Standing.PROVEN)


def test_dates_do_not_make_first_who_names_the_other(world: World) -> None:
    """What the sites state is weaker than what captures prove."""
    credited = TEXT + f'<p>Source: <a href="https://{MADE}/36/">Made</a>.</p>'
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2025-01-02T10:00:00", content=credited))
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-03-02T10:00:00"))
    (order,) = orders(world, f"{MADE}/post/36")
    assert order.first is None


@pytest.mark.parametrize("field", ["yoast_head_json", "aioseo_head_json"])
def test_a_canonical_link_by_a_plug_in_is_a_pointer(world: World, field: str) -> None:
    """Two of them state it in the REST API, each under its own name; with `www.` or not is one host."""
    name = {"yoast_head_json": "canonical", "aioseo_head_json": "canonical_url"}[field]
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00"))
    head = {field: {name: f"https://www.{MADE}/36/"}}
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2025-01-02T12:00:00", **head))
    (order,) = orders(world, f"{MADE}/post/36")
    assert (order.first, order.standing) == (f"{MADE}/post/36", Standing.INDICATED)


def test_an_article_whose_own_address_is_the_others_points_to_it(world: World) -> None:
    """Some aggregators link each headline to where it is from, and so does their REST API."""
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00"))
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2025-01-02T12:00:00", link=f"https://{MADE}/36/"))
    (order,) = orders(world, f"{MADE}/post/36")
    assert (order.first, order.standing) == (f"{MADE}/post/36", Standing.INDICATED)


@pytest.mark.parametrize("linked", [False, True])
def test_a_host_without_a_dot_is_a_word(world: World, *, linked: bool) -> None:
    """A site on a machine called `harbour` isn't named by each text about one; a link to it is one."""
    link = '<p><a href="http://harbour/">Source</a></p>' if linked else ""
    words = f"<p>Out in the harbour there is news.</p>{link}"
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2026-11-22T10:00:00", content=TEXT + words))
    for held in ([], [article("harbour", 36, "2026-11-25T02:00:00", link="http://harbour/36/")]):
        world.clock.now += timedelta(days=1)
        run = world.run("harbour").site(home="http://harbour/", root="http://harbour/wp-json/", aliases=[])
        listing = run.get("/wp/v2/posts", held)
        run.proof("/wp/v2/posts", "post", listing, stated=len(held), held=len(held))
        run.end()
    (order,) = orders(world, "harbour/post/36")
    assert order.first == (None if linked else FIRST)


def test_a_text_of_links_alone_costs_no_more_than_others(world: World) -> None:
    """Thousands of links to articles that are held, and one to the article itself behind them."""
    many = "".join(f'<a href="https://{MADE}/1/?n={n}">n</a> ' for n in range(5_000))
    order = published_anew(world, TEXT + f"<p>{many}</p>")
    assert order.first is None
