"""The tables of a fleet in PostgreSQL: which sites there are and when each is due. What was captured is in storage.

All times are PostgreSQL's own, by `fleet.now()`: clocks of workers may differ. Nothing here can't be made anew from the heads
in storage but due times and pauses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from wparchive.errors import StorageError, UsageError

__all__ = ["SCHEMA", "STATES", "Connection", "connect", "connection_string", "ensure_tables", "psycopg_module"]

Connection = Any  # psycopg.Connection[dict[str, Any]]; psycopg is an extra, and its types come with it

STATES: Final = ("new", "waiting", "poison", "duplicate")
"""What a site is for the fleet: never turned, in its usual rhythm, set apart after three deaths, another site's double."""

SCHEMA: Final = """
CREATE SCHEMA IF NOT EXISTS fleet;
CREATE OR REPLACE FUNCTION fleet.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()';
CREATE TABLE IF NOT EXISTS fleet.networks (
    network text PRIMARY KEY,
    slots integer NOT NULL DEFAULT 2,
    slots_now integer NOT NULL DEFAULT 2,
    paused_until timestamptz,
    calm_since timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS fleet.sites (
    site text PRIMARY KEY,
    url text NOT NULL,
    home text UNIQUE,
    settings jsonb NOT NULL DEFAULT '{}',
    every double precision NOT NULL,
    every_max double precision NOT NULL,
    pace double precision NOT NULL,
    priority integer NOT NULL DEFAULT 0,
    network text NOT NULL REFERENCES fleet.networks,
    state text NOT NULL DEFAULT 'new',
    paused boolean NOT NULL DEFAULT false,
    due_at timestamptz NOT NULL,
    index_due_at timestamptz,
    job bigint,
    lock text,
    epoch bigint NOT NULL DEFAULT 0,
    generation bigint NOT NULL DEFAULT 0,
    indexed bigint NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    deaths integer NOT NULL DEFAULT 0,
    changed_at timestamptz,
    held jsonb NOT NULL DEFAULT '{}',
    note text NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS sites_due ON fleet.sites (due_at) WHERE job IS NULL AND NOT paused;
CREATE INDEX IF NOT EXISTS sites_busy ON fleet.sites (network) WHERE job IS NOT NULL;
CREATE TABLE IF NOT EXISTS fleet.turns (
    id bigserial PRIMARY KEY,
    site text NOT NULL,
    epoch bigint NOT NULL,
    worker text NOT NULL,
    began timestamptz NOT NULL,
    ended timestamptz,
    outcome text,
    code integer,
    requests bigint,
    bytes bigint,
    stored bigint,
    waited double precision,
    reason text NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS turns_began ON fleet.turns (began);
CREATE INDEX IF NOT EXISTS turns_site ON fleet.turns (site, began);
CREATE TABLE IF NOT EXISTS fleet.workers (
    name text PRIMARY KEY,
    turns integer NOT NULL,
    queues text[] NOT NULL,
    scratch_free bigint,
    unsent bigint NOT NULL DEFAULT 0,
    seen_at timestamptz NOT NULL
);
"""

# For dashboards: how late what is due is, what each network waits for, how the turns of a day ended.
_VIEWS: Final = """
CREATE OR REPLACE VIEW fleet.lateness AS
    SELECT count(*) AS due,
        coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY late), 0)::double precision AS p50,
        coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY late), 0)::double precision AS p99,
        coalesce(max(late), 0)::double precision AS worst,
        coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY late / every), 0)::double precision AS p99_periods
    FROM (
        SELECT extract(epoch FROM fleet.now() - due_at)::double precision AS late, every FROM fleet.sites
        WHERE job IS NULL AND NOT paused AND state != 'duplicate' AND due_at <= fleet.now()
    ) due;
CREATE OR REPLACE VIEW fleet.waiting AS
    SELECT n.network, n.slots, n.slots_now,
        CASE WHEN isfinite(n.paused_until) THEN n.paused_until END AS paused_until,  -- none: until it is resumed
        coalesce(n.paused_until > fleet.now(), false) AS is_paused,
        count(s.site) FILTER (WHERE s.job IS NOT NULL) AS running,
        count(s.site) FILTER (WHERE s.job IS NULL AND NOT s.paused AND s.state != 'duplicate'
            AND s.due_at <= fleet.now()) AS waiting,
        min(s.due_at) FILTER (WHERE s.job IS NULL AND NOT s.paused AND s.state != 'duplicate') AS oldest
    FROM fleet.networks n LEFT JOIN fleet.sites s ON s.network = n.network
    GROUP BY n.network;
CREATE OR REPLACE VIEW fleet.last_day AS
    SELECT coalesce(outcome, 'running') AS outcome, count(*) AS turns, sum(requests)::bigint AS requests,
        sum(bytes)::bigint AS bytes, sum(stored)::bigint AS stored, avg(waited) AS waited
    FROM fleet.turns WHERE began > fleet.now() - interval '1 day' GROUP BY 1;
"""

_ADDED: Final = ("keepalives_idle=10", "tcp_user_timeout=20000", "connect_timeout=10", "application_name=wparchive")


def psycopg_module() -> Any:
    """Return psycopg. Raises UsageError where the extra isn't installed."""
    try:
        import psycopg
    except ImportError:
        raise UsageError("a fleet needs more packages: pip install 'wparchive[fleet]'") from None
    return psycopg


def connection_string(database: str) -> str:
    """Return `database` with what notices a half-open connection in time, as far as it doesn't say so itself."""
    psycopg = psycopg_module()
    try:
        given = psycopg.conninfo.conninfo_to_dict(database)
    except psycopg.Error as error:
        raise UsageError(
            f"the fleet's database: not a connection string of PostgreSQL ({_first_line(error)})"
        ) from None
    added = dict(one.split("=") for one in _ADDED)
    text: str = psycopg.conninfo.make_conninfo(**{**added, **given})
    return text


@contextmanager
def connect(database: str) -> Iterator[Connection]:
    """Connect to `database`, rows as dictionaries; each statement by itself, but for those in `conn.transaction()`.

    Raises StorageError, in one line and without the password, when the database can't be reached or breaks off.
    """
    psycopg = psycopg_module()
    try:
        with psycopg.connect(connection_string(database), autocommit=True, row_factory=psycopg.rows.dict_row) as conn:
            yield conn
    except psycopg.OperationalError as error:
        raise StorageError(f"the fleet's database: {_first_line(error)}; see that it runs, then run again") from None
    except psycopg.errors.UndefinedTable:
        raise UsageError("the fleet's database has no tables of a fleet; run `wparchive fleet init`") from None


def ensure_tables(conn: Connection) -> None:
    """Create what is missing of the fleet's own tables."""
    with conn.transaction():
        conn.execute("SELECT pg_advisory_xact_lock(hashtext('wparchive fleet tables'))")
        conn.execute(SCHEMA)
        conn.execute(_VIEWS)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
