"""All runs: a calendar of them, the gaps that still stand, and a table."""

from datetime import date, timedelta
from typing import Any

from wparchive.browse.paging import offset_of
from wparchive.browse.queries.runs import days, latest_gaps, runs, unended
from wparchive.browse.web import opened

__all__ = ["page"]

_SIZE, _WEEKS = 50, 26


async def page(request: Any, datasette: Any) -> Any:
    """Return the page, of one site if the address names one."""
    room = await opened(request, datasette, "runs", "sites")
    site, offset = room.args.get("site") or "", offset_of(room)
    found = await room.ask(lambda conn: runs(conn, site, size=_SIZE, offset=offset))
    context = {
        "here": "runs",
        "site": site,
        "runs": found[:_SIZE],
        "more": room.addresses.page("runs", site=site, offset=offset + _SIZE) if found[_SIZE:] else "",
        "gaps": await room.ask(lambda conn: latest_gaps(conn, site)) if room.sees("gaps") else None,
        "unended": await room.ask(lambda conn: unended(conn, site)),
        "calendar": _calendar(await room.ask(lambda conn: days(conn, site))),
    }
    return await room.page("runs.html", context)


def _calendar(found: dict[str, tuple[int, int, int]]) -> list[dict[str, Any]]:
    """Return the days of the last 26 weeks before the newest run, a column a week, for the drawing."""
    if not found:
        return []
    try:
        last = date.fromisoformat(max(found))
    except ValueError:
        return []
    first = last - timedelta(days=last.weekday() + 7 * (_WEEKS - 1))
    cells = []
    for number in range((last - first).days + 1):
        day = (first + timedelta(days=number)).isoformat()
        count, broken, changes = found.get(day, (0, 0, 0))
        kind = "none" if not count else "gaps" if broken else "changes" if changes else "quiet"
        cells.append(
            {
                "day": day,
                "x": number // 7,
                "y": number % 7,
                "kind": kind,
                "runs": count,
                "gaps": broken,
                "changes": changes,
            }
        )
    return cells
