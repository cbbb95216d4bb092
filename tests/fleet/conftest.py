"""A real S3 server and a real PostgreSQL for the session; empty stores, one prefix a test, and empty databases."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "crawl"))
sys.path.insert(0, str(Path(__file__).parents[1] / "store"))
sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from pgserver import PGServer, pg_programs
from s3server import AT_ONCE, BUCKET, SETTINGS, S3Server

from wparchive.fleet.objects.object_store import ObjectStore
from wparchive.fleet.queue.engine import ProcrastinateEngine
from wparchive.fleet.queue.tables import connect, ensure_tables


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """An S3 server for the whole session; the environment has what is needed to reach it."""
    server = S3Server()
    before = dict(os.environ)
    os.environ.update(SETTINGS, AWS_ENDPOINT_URL=server.url)
    server.start()
    yield server
    server.stop()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(params=["s3", "file"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """An empty store, in a bucket and in a folder; no waits between tries."""
    if request.param == "file":
        return ObjectStore((tmp_path / "objects").as_uri(), tries=AT_ONCE)
    request.getfixturevalue("s3")
    return ObjectStore(f"s3://{BUCKET}/{uuid4().hex}", tries=AT_ONCE)


@pytest.fixture
def bucket(s3: S3Server) -> ObjectStore:
    """An empty store in a bucket."""
    return ObjectStore(f"s3://{BUCKET}/{uuid4().hex}", tries=AT_ONCE)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PGServer]:
    """A PostgreSQL for the whole session; `make` makes a database."""
    programs = pg_programs()
    if programs is None:
        assert not os.environ.get("WPARCHIVE_REQUIRE_WORDPRESS"), "PostgreSQL must be here"
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    server = PGServer(programs)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def made_once(postgres: PGServer) -> str:
    """The connection string of the fleet's tables that all tests of this process use, one after the other."""
    database = postgres.make()
    with connect(database) as conn:
        ensure_tables(conn)
        ProcrastinateEngine(database).prepare(conn)
    return database


@pytest.fixture
def empty(postgres: PGServer) -> str:
    """The connection string of a database with nothing in it."""
    return postgres.make()


@pytest.fixture
def database(made_once: str) -> str:
    """The connection string of a fleet's empty tables; whoever was still connected isn't any more."""
    with connect(made_once) as conn:
        others = "datname = current_database() AND pid != pg_backend_pid()"
        conn.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        conn.execute("DROP TABLE IF EXISTS fleet.clock CASCADE")  # a test's own
        found = conn.execute(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('fleet', 'public')"
        )
        conn.execute(f"TRUNCATE {', '.join(row['name'] for row in found.fetchall())} RESTART IDENTITY CASCADE")
        ensure_tables(conn)
    return made_once


@pytest.fixture
def conn(database: str) -> Iterator[Any]:
    """A connection to a fleet's empty tables."""
    with connect(database) as conn:
        yield conn
