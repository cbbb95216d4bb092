"""The Harbour Ledger, a made-up newsroom out of `site.json`, as records; and empty sites."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from fakewp.simulator.builtin import TAXONOMIES, TYPES
from fakewp.simulator.model import Comment, Post, PostType, Revision, Site, Taxonomy, Term, User

__all__ = ["blank", "load", "shifted"]


def shifted(moment: str, hours: float) -> str:
    """A WordPress time, `hours` later."""
    return (datetime.fromisoformat(moment) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S")


def blank(name: str, *, timezone: str = "", offset: float = 0) -> Site:
    """A site with the content types and taxonomies of core and nothing in it."""
    site = Site(name=name, timezone=timezone, offset=offset)
    # copies, since a site may change its own
    site.register([replace(kind) for kind in TYPES], [replace(kind) for kind in TAXONOMIES])
    return site


def load() -> Site:
    """The Harbour Ledger, each time as new."""
    data: dict[str, Any] = json.loads(files("fakewp.simulator").joinpath("site.json").read_text("utf-8"))
    site = blank(data["name"], timezone=data["timezone"], offset=data["offset"])
    site.description = data["description"]
    for entry in data["types"]:
        entry |= {"supports": frozenset(entry["supports"]), "taxonomies": tuple(entry["taxonomies"])}
    for entry in data["taxonomies"]:
        entry["types"] = tuple(entry["types"])
    site.register([PostType(**entry) for entry in data["types"]], [Taxonomy(**entry) for entry in data["taxonomies"]])
    site.types["post"].taxonomies += tuple(entry["slug"] for entry in data["taxonomies"] if "post" in entry["types"])
    site.add(*(User(**entry) for entry in data["users"]), *(Term(**entry) for entry in data["terms"]))
    site.add(*(_post(entry, site) for entry in data["posts"]))
    for entry in data["comments"]:
        site.add(Comment(**{"date_gmt": shifted(entry["date"], -site.offset)} | entry))
    return site


def _post(entry: dict[str, Any], site: Site) -> Post:
    kept = entry.pop("revisions", 0)
    entry.setdefault("modified", entry["date"])
    for name in ("date", "modified"):
        entry.setdefault(f"{name}_gmt", shifted(entry[name], -site.offset))
    post = Post(**entry)
    for n in range(kept):
        date, gmt = shifted(post.date, n / 60), shifted(post.date_gmt, n / 60)
        number, text = post.id * 100 + n, (post.title, post.content, post.excerpt or "")
        post.revisions.append(Revision(number, post.author, date, gmt, *text))
    return post
