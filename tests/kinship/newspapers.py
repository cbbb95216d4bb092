"""Twelve sites that take from each other, with titles that try to break a page."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from archives import World, post
from invented_articles import LANGUAGES, Story, Writer

__all__ = ["HOSTILE", "SITES", "html", "newspapers"]

HOSTILE = "</title></svg><script>document.title='broken'</script><img src=x onerror=alert(1)>\u202egnp"
SITES = tuple(
    f"{name}.test"
    for name in [
        "ahoy",
        "bell",
        "city",
        "dawn",
        "echo",
        "flag",
        "gate",
        "harbour-and-county-advertiser",
        "iris",
        "jade",
        "kite",
        "lamp",
    ]
)


def html(story: Story, count: int = 9) -> str:
    """The first paragraphs of a story."""
    return "".join(f"<p>{line}</p>" for line in story.lines[:count])


def newspapers(folder: Path) -> World:
    """Each site has a story of its own; days later the next three have it, whole or in part, and some put the date back."""
    world = World(folder)
    writers = [Writer(LANGUAGES[at % len(LANGUAGES)], 800 + at) for at in range(len(SITES))]
    stories = [writer.story(writer.topic(), 5) for writer in writers]
    start = world.clock.now
    for day in range(4):
        world.clock.now = max(world.clock.now, start + timedelta(days=day))
        for at, site in enumerate(SITES):
            held = [
                _post(site, at - back, stories[at - back], start + timedelta(days=back, hours=-1), back)
                for back in range(day + 1)
            ]
            run = world.run(site).site(
                home=f"https://{site}/", root=f"https://{site}/wp-json/", aliases=[f"https://{site}/"]
            )
            listing = run.get("/wp/v2/posts", held)
            run.proof("/wp/v2/posts", "post", listing, stated=len(held), held=len(held))
            run.end()
    world.index()
    return world


def _post(site: str, whose: int, story: Story, when: Any, back: int) -> dict[str, Any]:
    wp_id = len(SITES) - whose  # as WordPress counts: what comes later has a higher one
    date = f"{when - timedelta(days=30 if back == 3 else 0):%Y-%m-%dT%H:%M:%S}"
    title = HOSTILE if whose == 0 else f"{story.lines[0][:60]}"
    return post(
        wp_id,
        html(story, 5 - back),
        title={"rendered": title.replace("<", "&lt;")},
        link=f"https://{site}/{wp_id}/",
        guid={"rendered": f"https://{site}/?p={wp_id}"},
        **dict.fromkeys(("date", "date_gmt", "modified", "modified_gmt"), date),
    )
