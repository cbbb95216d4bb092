"""Restores what only the crawler knew: facts of runs become rows of runs, sites, collections, listings and gaps."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from wparchive.index.inventory.naming_rows import take_inventory_fact
from wparchive.index.runs.covered import count_shown
from wparchive.index.statements import insert, upsert
from wparchive.wordpress.languages.codes import code_of
from wparchive.wordpress.type_names import is_collection, qualified, slug_of
from wparchive.wordpress.values import clean, integer, members

__all__ = ["apply_fact", "ensure_run", "ensure_site", "finish_run"]

Fact = Mapping[str, Any]
Row = dict[str, Any]

_SITE = ("site", "name", "state", "wordpress_version", "home", "root", "root_form", "description", "timezone", "reason")
_ANSWER_SQL = "INSERT OR REPLACE INTO _wparchive_answers (site, route, outcome) VALUES (?, ?, ?)"
_NUMBERS = ("exit_code", "requests", "captures", "revisits", "bytes", "gaps")
_START = ("run", "site", "mode", "started_at", "crawl", "continues", "target", "wparchive", "user_agent", "settings")
_END = ("run", "site", "finished_at", "outcome", "state", "reason", *_NUMBERS)
_COLLECTION = ("site", "route", "type", "table", "title", "skipped", "run")

_LANGUAGES = 1000  # of one site
_SOURCE = ("format", "software", "operator", "part_of", "first_at", "last_at", "skipped", "damage")
_SOURCE_SQL = upsert("sources")
_COVERAGE_SQL = upsert("coverage")

_LANGUAGE_SQL = upsert("languages")
_STOOD = "SELECT type FROM collections WHERE site = :site AND route = :route"
_COLLECTION_SQL = upsert("collections", _COLLECTION)
_HELD_SQL = upsert("_wparchive_held")
_LISTING_SQL = upsert("listings")
_GAP_SQL = insert("gaps")


def _text(value: object) -> str | None:
    """Return a value as text; JSON if it is not a string."""
    if value is None or isinstance(value, str):
        return clean(value) if value else None
    return json.dumps(value, ensure_ascii=True, sort_keys=True)


def _json(value: object, kind: type) -> str | None:
    """Return a value of this `kind` as JSON; None for any other."""
    return _text(value) if isinstance(value, kind) else None


def _is_import(conn: sqlite3.Connection, run: str) -> bool:
    return conn.execute("SELECT 1 FROM runs WHERE run = ? AND mode = 'import'", (run,)).fetchone() is not None


def _start(conn: sqlite3.Connection, site: str, run: str, fact: Fact) -> None:
    row = {name: _text(fact.get(name)) for name in _START} | {"run": run, "site": site}
    row["settings"] = _json(fact.get("settings"), dict)
    conn.execute(upsert("runs", _START, merge=True), row)
    for source in members(fact.get("sources"), dict):
        texts = {name: _text(source.get(name)) for name in _SOURCE} | {"source": clean(str(source.get("source")))}
        counts = {name: integer(source.get(name)) for name in ("size", "records", "taken")}
        name = clean(str(source.get("name")))
        conn.execute(_SOURCE_SQL, {**texts, **counts, "name": name, "site": site, "run": run})


def _coverage(conn: sqlite3.Connection, site: str, run: str, fact: Fact) -> None:
    """Write what captures of other tools show of a list: never a proof that there was nothing else."""
    row: Row = {name: _text(fact.get(name)) for name in ("route", "type", "first_at", "last_at", "capture")}
    row |= {name: integer(fact.get(name)) for name in ("stated", "pages", "pages_seen")}
    if row["route"]:
        conn.execute(_COVERAGE_SQL, row | {"site": site, "run": run, "seen": None})


_IMPORTED = (
    "UPDATE sites SET state = 'imported', reason = 'nothing proven complete: it is known from what other tools captured' "
    "WHERE site = :site AND state IS NULL"
)
_FILL_SITE = (
    "UPDATE sites SET home = coalesce(home, :home), root = coalesce(root, :root), "
    "root_form = coalesce(root_form, :root_form), aliases = coalesce(aliases, :aliases), "
    "name = iif(name = site, coalesce(:name, name), name), description = coalesce(description, :description), "
    "address = coalesce(address, :address) WHERE site = :site"
)


def _site(conn: sqlite3.Connection, site: str, run: str, fact: Fact) -> None:
    # A run that found less than an earlier one (the site was down) removes nothing; only its verdict is always taken.
    names = (*_SITE, "moved_from", "aliases", "address")
    row = {name: _text(fact.get(name)) for name in names} | {"site": site}
    row["aliases"] = _json(fact.get("aliases"), list)
    if _is_import(conn, run):  # what other tools captured says less than a crawl of our own
        conn.execute(_FILL_SITE, row)
        return
    conn.execute(upsert("sites", names, merge=True), row)
    conn.execute("UPDATE sites SET state = coalesce(:state, state), reason = :reason WHERE site = :site", row)


def _collections(conn: sqlite3.Connection, site: str, run: str, fact: object) -> None:
    """Write a run's collections. Only rows with the same slugs are read, since facts and routes may be many."""
    given = filter(is_collection, members(fact, dict))
    rows = [{name: _text(entry.get(name)) for name in _COLLECTION} | {"site": site, "run": run} for entry in given]
    stood = {row["route"]: found[0] for row in rows if (found := conn.execute(_STOOD, row).fetchone())}
    slugs = sorted({slug_of(kind) for kind in (*stood.values(), *(row["type"] for row in rows)) if kind})
    before = stood | {route: kind for slug in slugs for route, kind, _ in _called(conn, site, slug)}
    conn.executemany(_COLLECTION_SQL, rows)
    for slug in slugs:
        _requalify(conn, site, slug, before)


def _requalify(conn: sqlite3.Connection, site: str, slug: str, before: Mapping[Any, str]) -> None:
    """Give the collections whose type has this slug their unique names; `before` has those of earlier runs, by route."""
    known = _called(conn, site, slug)
    posts = {slug} if any(table == "posts" for _, _, table in known) else set()
    for route, kind, table in known:
        called = qualified(kind, table, posts)
        if called != kind:
            conn.execute("UPDATE collections SET type = ? WHERE site = ? AND route = ?", (called, site, route))
        if before.get(route) == slug != called and table == "terms":
            _rename(conn, site, slug, called)


def _called(conn: sqlite3.Connection, site: str, slug: str) -> list[tuple[str, str, str]]:
    """Return route, type and table of the site's collections whose type has this slug, in any spelling."""
    query = 'SELECT route, type, "table" FROM collections WHERE type IN (?, ?, ?) AND +site = ? AND "table" != \'\''
    return conn.execute(query, (slug, f"post_type:{slug}", f"taxonomy:{slug}", site)).fetchall()


def _rename(conn: sqlite3.Connection, site: str, slug: str, called: str) -> None:
    """Rename a taxonomy's rows, after a post type with the same name was found."""
    for name in ("versions", "links", "outbound", "translations", "observations", "traces", "_wparchive_pending"):
        conn.execute(
            f"UPDATE OR IGNORE {name} SET type = :called WHERE site = :site AND type = :slug AND wp_id IN "  # noqa: S608
            "(SELECT wp_id FROM terms WHERE site = :site AND taxonomy = :slug)",
            {"site": site, "slug": slug, "called": called},
        )


def _languages(conn: sqlite3.Connection, site: str, run: str, fact: object) -> None:
    """Write the languages of a site as a run found them; what an earlier run found of others stays."""
    for entry in members(fact, dict)[:_LANGUAGES]:
        row: Row = {name: _text(entry.get(name)) for name in ("how", "param", "url", "shown", "reason", "capture")}
        row |= {name: _json(entry.get(name), list) for name in ("same", "part")}
        if code := code_of(entry.get("language")):
            conn.execute(_LANGUAGE_SQL, row | {"site": site, "run": run, "language": code})


def _listing(conn: sqlite3.Connection, site: str, run: str, fact: Fact) -> None:
    route = fact.get("route")
    if not isinstance(route, str) or not route:
        return
    verified = fact.get("verified")
    row: Row = {name: _text(fact.get(name)) for name in ("route", "type", "outcome", "reason", "how", "capture")}
    row |= {name: integer(fact.get(name)) for name in ("stated", "held", "withheld", "pages")}
    row |= {"run": run, "site": site, "verified": None if verified is None else int(bool(verified))}
    conn.execute(_LISTING_SQL, row)
    conn.execute("DELETE FROM gaps WHERE run = :run AND site = :site AND route = :route", row)
    if isinstance(fact.get("ids"), str):  # earlier versions recorded only the number
        slugs = members(fact.get("slugs"), str)
        held = {"ids": fact["ids"], "slugs": json.dumps(slugs) if slugs else None, "lacking": None}
        conn.execute(_HELD_SQL, row | held)
    conn.executemany(_GAP_SQL, [_gap(site, run, route, gap) for gap in members(fact.get("gaps"), dict)])


def _failures(conn: sqlite3.Connection, site: str, run: str, fact: object) -> None:
    """Record routes that were requested by themselves but failed: gaps without a position."""
    failures = members(fact, dict)
    conn.executemany(_GAP_SQL, [_gap(site, run, _text(failure.get("route")), failure) for failure in failures])


def _gap(site: str, run: str, route: str | None, gap: Fact) -> Row:
    place = {"first_position": integer(gap.get("first")), "last_position": integer(gap.get("last"))}
    return {"site": site, "run": run, "route": route, "reason": _text(gap.get("reason")), **place}


def _answers(conn: sqlite3.Connection, site: str, _run: str, fact: Fact) -> None:
    """Record routes that were never requested (robots.txt, the guard): no capture shows how their links end."""
    conn.executemany(_ANSWER_SQL, [(site, clean(route), _text(outcome)) for route, outcome in fact.items()])


def _end(conn: sqlite3.Connection, site: str, run: str, fact: Fact) -> None:
    row: Row = {name: _text(fact.get(name)) for name in ("finished_at", "outcome", "state", "reason")}
    row |= {name: integer(fact.get(name)) for name in _NUMBERS}
    row |= {"run": run, "site": site}
    conn.execute(upsert("runs", _END, merge=True), row)
    if row["state"]:
        conn.execute("UPDATE sites SET state = :state WHERE site = :site", row)


def _made_good(conn: sqlite3.Connection, site: str, run: str, fact: object) -> None:
    """Record that since this run, everything that the site shows is held again in spite of these losses."""
    query = "UPDATE damage SET held_again = ? WHERE warc = ? AND offset = ? AND length = ? AND held_again IS NULL"
    for loss in members(fact, list):
        if len(loss) == 3:
            conn.execute(query, (run, f"{site}/{_text(loss[0])}", integer(loss[1]), integer(loss[2])))


_FACTS: Mapping[str, tuple[type, Callable[[sqlite3.Connection, str, str, Any], None]]] = {
    "start": (dict, _start),
    "site": (dict, _site),
    "listing": (dict, _listing),
    "coverage": (dict, _coverage),
    "answers": (dict, _answers),
    "end": (dict, _end),
    "collections": (list, _collections),
    "languages": (list, _languages),
    "failures": (list, _failures),
    "made-good": (list, _made_good),
    "inventory": (dict, take_inventory_fact),
}


def apply_fact(conn: sqlite3.Connection, site: str, run: str, name: str, value: object) -> None:
    """Write the fact `name` (`listing:ROUTE` for a listing) of `run` into its tables; unknown ones are ignored."""
    kind = name.partition(":")[0]
    if kind in _FACTS and isinstance(value, _FACTS[kind][0]):
        _FACTS[kind][1](conn, site, run, value)


def ensure_site(conn: sqlite3.Connection, site: str) -> None:
    """Create a row for `site`, if there is none."""
    conn.execute("INSERT OR IGNORE INTO sites (site, name) VALUES (?, ?)", (site, site))


def ensure_run(conn: sqlite3.Connection, site: str, run: str, began: str) -> None:
    """Create a row for `run`, which may have been killed before it recorded anything."""
    conn.execute("INSERT OR IGNORE INTO runs (run, site, started_at) VALUES (?, ?, ?)", (run, site, began))


def finish_run(conn: sqlite3.Connection, site: str, run: str) -> None:
    """Record how `run` ended.

    If it did not record that itself, it was killed, and its figures are those of its captures. If one of its records is
    damaged, it is unknown whether it did.
    """
    row = {"run": run, "site": site}
    conn.execute(
        """
        UPDATE runs SET outcome = iif(EXISTS (SELECT 1 FROM damage WHERE run = :run AND kind NOT IN ('double', 'removed')),
            'unknown', 'killed'),
          requests = (SELECT count(*) FROM captures WHERE run = :run),
          captures = (SELECT count(*) FROM captures WHERE run = :run AND record_type != 'revisit'),
          revisits = (SELECT count(*) FROM captures WHERE run = :run AND record_type = 'revisit'),
          bytes = (SELECT coalesce(sum(payload_size), 0) FROM captures WHERE run = :run),
          gaps = (SELECT count(*) FROM gaps WHERE run = :run)
        WHERE run = :run AND outcome IS NULL""",
        row,
    )
    conn.execute(
        """
        UPDATE sites SET first_run = coalesce(first_run, :run), last_run = :run WHERE site = :site
          AND NOT EXISTS (SELECT 1 FROM runs WHERE run = :run AND mode = 'trace')""",  # a trace requests other hosts
        row,
    )
    if _is_import(conn, run):
        count_shown(conn, site, run)
        conn.execute(_IMPORTED, row)
