"""What was told of a copied text stays told: how far the text spreads afterwards adds to it, and takes nothing back."""

from typing import Any

from archives import World, post
from test_copied import crawl, fresh, html, sound, told

from wparchive.kinship.candidates import COMMON

SITES = [f"s{number}.test" for number in range(6)]


def own(site: str) -> dict[str, Any]:
    """An article that no other site has."""
    return post(90, html(*fresh(750 + int(site[1])).lines))


def settle(world: World) -> None:
    """First runs of all sites, which tell nothing."""
    for site in SITES:
        crawl(world, site, own(site), index=False)


def said(world: World) -> dict[str, str]:
    """The ids of all that is told, by item."""
    return {change.item: change.id for change in told(world)}


def test_what_five_sites_print_was_told_of_the_first_four(world: World) -> None:
    """The fifth and later ones are everybody's and tell nothing; the first ones keep their ids, and say what it is by now."""
    release = fresh(31)
    settle(world)
    for number, site in enumerate(SITES):
        crawl(world, site, own(site), post(5, html(*release.lines)))
        assert [*said(world)] == [f"{one}/post/5" for one in reversed(SITES[1 : min(number, 3) + 1])]
        if number == 3:
            before = said(world)
            assert not any("by now" in change.reason for change in told(world))
    assert said(world) == before
    assert all("of what everybody prints by now: 6 like articles on 6 sites" in one.reason for one in told(world))
    sound(world)


def test_a_late_text_that_joins_two_groups_unsays_neither(world: World) -> None:
    """Six sites in one group, by an article with both texts: each text stood on three sites when it was told."""
    texts = fresh(32), fresh(33)
    settle(world)
    for number, site in enumerate(SITES):
        crawl(world, site, own(site), post(5, html(*texts[number % 2].lines)), index=False)
    world.index()
    before = said(world)
    assert len(before) == 4
    both = post(6, html(*texts[0].lines, *texts[1].lines))
    crawl(world, SITES[0], own(SITES[0]), post(5, html(*texts[0].lines)), both)
    assert world.rows("SELECT DISTINCT kind FROM clusters") == [("everybody",)]
    assert before.items() <= said(world).items()
    sound(world)


def test_an_old_article_counts_from_when_it_got_the_text(world: World) -> None:
    """A site whose article of long ago is edited into the text is the fifth then, not from its first capture on."""
    story = fresh(34)
    settle(world)
    for site in SITES[:4]:
        crawl(world, site, own(site), post(5, html(*story.lines)))
    before = said(world)
    assert len(before) == 3
    edited = post(90, html(*story.lines), modified_gmt="2026-03-03T02:04:05")
    crawl(world, SITES[4], edited)
    assert world.rows("SELECT DISTINCT kind FROM clusters") == [("everybody",)]
    assert said(world) == before
    sound(world)


def test_a_series_that_was_none_yet(world: World) -> None:
    """An article that shares a part with another site's is told; that its own site repeats it later takes nothing back."""
    story, rest = fresh(35, 6), fresh(36, 6)
    settle(world)
    crawl(world, SITES[0], own(SITES[0]), post(5, html(*story.lines, *fresh(37, 6).lines)))
    parts = [post(n, html(*rest.lines, *story.lines[:3], f"Part {n} of the same.")) for n in range(10, 16)]
    crawl(world, SITES[1], own(SITES[1]), parts[0])
    before = said(world)
    assert [*before] == ["s1.test/post/10"]
    crawl(world, SITES[1], own(SITES[1]), *parts)
    assert world.rows("SELECT DISTINCT kind FROM clusters WHERE item_site = 's1.test'") == [("series",)]
    assert before.items() <= said(world).items()
    assert "one of a series by now: 6 like articles of its site" in told(world)[-1].reason
    sound(world)


def test_what_stands_all_over_the_archive_was_told_before(world: World) -> None:
    """More than 40 articles have it: pairs of it aren't looked for any more; those that were told keep their ids."""
    release = fresh(38)
    settle(world)
    for site in SITES[:4]:
        text = html(*release.lines, *([f"Said {site}, after a talk."] if site == SITES[2] else []))
        crawl(world, site, own(site), post(5, text))
    before = {change.item: (change.id, change.kin and change.kin.share) for change in told(world)}
    assert len(before) == 3
    crawl(world, SITES[2], own(SITES[2]), post(5, html(*fresh(39).lines), modified_gmt="2026-03-03T02:04:05"))
    copies = [post(n, html(*release.lines)) for n in range(10, COMMON + 10)]
    crawl(world, SITES[5], own(SITES[5]), *copies)
    assert world.rows("SELECT count(*) FROM kinship WHERE item LIKE '%/5'") == [(0,)]
    assert {kind for (kind,) in world.rows("SELECT kind FROM clusters")} == {"common"}
    assert {change.item: (change.id, change.kin and change.kin.share) for change in told(world)} == before
    assert all("that stand all over the archive by now" in one.reason for one in told(world))
    sound(world)
    crawl(world, SITES[4], own(SITES[4]), post(5, html(*release.lines)))
    assert said(world) == {item: change for item, (change, _) in before.items()}
    sound(world)
