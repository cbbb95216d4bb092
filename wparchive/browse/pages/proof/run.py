"""One run: what it noticed, what it proved of each list, or shows of it and took it from, its WARC files and its settings."""

from typing import Any

from wparchive.browse.queries.changes import Asked, page_of
from wparchive.browse.queries.runs import gaps_of, listings_of, run_of, shown_of, sources_of, warcs_of
from wparchive.browse.render.cards import cards
from wparchive.browse.web import not_found, opened

__all__ = ["page"]


async def page(request: Any, datasette: Any) -> Any:
    """Return the page of the run that the address names."""
    room = await opened(request, datasette, "runs", "listings")
    name = room.var("run")
    run = await room.ask(lambda conn: run_of(conn, name))
    if run is None:
        not_found("This run")
    shown = []
    if room.sees("observations") and room.sees("captures"):
        asked = Asked(run=run.run, private=room.with_private, closed=room.closed_items, hidden=room.closed_kinds)
        rows = (await room.ask(lambda conn: page_of(conn, asked, 12))).rows[:12]
        shown = await room.ask(lambda conn: cards(conn, rows, room.addresses, private=asked.private))
    context = {
        "here": "runs",
        "run": run,
        "cards": shown,
        "may_see": room.sees("observations") and room.sees("captures"),
        "all": room.addresses.page("changes", run=run.run),
        "listings": await room.ask(lambda conn: listings_of(conn, run.run)),
        "shows": await room.ask(lambda conn: shown_of(conn, run.run)) if room.sees("coverage") else [],
        "sources": await room.ask(lambda conn: sources_of(conn, run.run))
        if room.sees("sources") and room.sees("captures")
        else [],
        "gaps": await room.ask(lambda conn: gaps_of(conn, run.run)) if room.sees("gaps") else None,
        "warcs": await room.ask(lambda conn: warcs_of(conn, run.run)) if room.sees("captures") else [],
    }
    return await room.page("run.html", context)
