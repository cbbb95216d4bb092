"""How many turns a second are handed out with 100,000 sites due at once; run by hand, needs PostgreSQL's programs:

    python tests/benchmarks/fleet_dispatch.py [--sites 100000] [--networks 20000] [--turns 128] [--seconds 20] [--explain]

Each round hands out what the workers can take, and ends it at once, so that only handing out is measured, by a server that
syncs nothing. Wanted: at least 10 turns a second; 0.9 are needed.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1] / "fleet")]

from pgserver import PGServer, pg_programs  # noqa: E402 - the path comes first, so that it runs from anywhere

from wparchive.fleet.queue import dispatch as dispatching  # noqa: E402 - as above
from wparchive.fleet.queue.engine import TURNS, ProcrastinateEngine  # noqa: E402 - as above
from wparchive.fleet.queue.reap import reap  # noqa: E402 - as above
from wparchive.fleet.queue.tables import connect, ensure_tables  # noqa: E402 - as above

SITES = """
    INSERT INTO fleet.sites (site, url, every, every_max, pace, network, due_at)
    SELECT 'site' || n, 'https://site' || n || '.example/', 86400, 86400, 86400, 'net' || (n %% %(networks)s),
        fleet.now() - make_interval(secs => n) FROM generate_series(1, %(sites)s) n"""
ENDED = """
    UPDATE fleet.sites SET job = NULL, lock = NULL, due_at = fleet.now() - make_interval(secs => 1)
    WHERE job IS NOT NULL"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(";")[0])
    for name, default in (("sites", 100_000), ("networks", 20_000), ("turns", 128), ("seconds", 20)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--explain", action="store_true", help="print the plan of the query for what is due")
    given = parser.parse_args()
    programs = pg_programs()
    if programs is None:
        raise SystemExit("needs PostgreSQL: apt-get install postgresql")
    server = PGServer(programs)
    server.start()
    try:
        database = server.make()
        with connect(database) as conn:
            _measure(conn, ProcrastinateEngine(database), given)
    finally:
        server.stop()


def _measure(conn: Any, engine: ProcrastinateEngine, given: argparse.Namespace) -> None:
    ensure_tables(conn)
    engine.prepare(conn)
    conn.execute("INSERT INTO fleet.networks SELECT 'net' || n FROM generate_series(0, %s) n", (given.networks,))
    conn.execute(SITES, {"sites": given.sites, "networks": given.networks})
    conn.execute(
        "INSERT INTO fleet.workers (name, turns, queues, seen_at) VALUES ('w', %s, %s, 'infinity')",
        (given.turns, [TURNS]),
    )
    conn.execute("ANALYZE")
    turns, rounds, spent, slowest = 0, 0, 0.0, 0.0
    while spent < given.seconds:
        began = time.monotonic()
        turns += dispatching.dispatch(conn, engine) or 0
        took = time.monotonic() - began
        spent, rounds, slowest = spent + took, rounds + 1, max(slowest, took)
        conn.execute(ENDED)
        conn.execute("DELETE FROM procrastinate_jobs")
    began = time.monotonic()
    dispatching.dispatch(conn, engine)
    reap(conn, engine)
    print(f"{given.sites:,} sites due, {given.networks:,} networks, {given.turns} turns at a time")
    print(
        f"{turns:,} turns handed out in {rounds} rounds, {spent:.1f} s: {turns / spent:,.0f} a second; slowest {slowest:.2f} s"
    )
    began = time.monotonic()
    dispatching.dispatch(conn, engine)
    print(f"a round with nothing to hand out: {1000 * (time.monotonic() - began):.0f} ms")
    if given.explain:
        for row in conn.execute(f"EXPLAIN ANALYZE {dispatching._DUE}", {"wanted": 256, "apart": False}):
            print(row["QUERY PLAN"])


if __name__ == "__main__":
    main()
