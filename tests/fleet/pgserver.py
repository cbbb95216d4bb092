"""A real PostgreSQL of its own: made anew, on a free port of loopback, ended with the tests. It doesn't run as root."""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psycopg
from loopback import HeldPort

__all__ = ["PGServer", "pg_programs"]


def pg_programs() -> Path | None:
    """Return where initdb and pg_ctl are; None where PostgreSQL isn't installed."""
    if found := shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return places[-1] if places else None


# Nothing here outlives a power cut, or is worth to be tidied up.
_HASTY = " ".join(
    f"-c {setting}"
    for setting in ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "jit=off")
)


class PGServer:
    """A server with databases of tests: `make` returns the connection string of a new, empty one."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        # A folder that another user than root may enter, with a path short enough for a socket's name; in memory where
        # there is room, for a database is hundreds of files to make and to remove.
        self.folder = Path(tempfile.mkdtemp(prefix="wparchive-pg-", dir="/dev/shm" if _room("/dev/shm") else None))
        self._held = HeldPort()
        self.port = self._held.number

    def start(self) -> None:
        """Make the server's files, and start it; no file is synced, since nothing here must outlive a power cut."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self._run(
            "initdb",
            "-D",
            f"{self.folder}/data",
            "-A",
            "trust",
            "-U",
            "postgres",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        )
        self.up()

    def up(self) -> None:
        """Start it, again too."""
        said = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} {_HASTY}"
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-l", f"{self.folder}/log", "-o", said, "start")

    def down(self) -> None:
        """Stop it at once, as a crash of its own would; its data stays."""
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-m", "immediate", "stop")

    def stop(self) -> None:
        """End it, and remove all of it."""
        with suppress(subprocess.CalledProcessError):
            self.down()
        self._held.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def make(self) -> str:
        """Return the connection string of a new, empty database."""
        name = f"t{uuid4().hex[:12]}"
        server = f"postgresql://postgres@127.0.0.1:{self.port}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name}")
        return f"{server}/{name}"

    def _run(self, program: str, *words: str) -> None:
        drop = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups") if os.geteuid() == 0 else ()
        # pg_ctl's server would keep a pipe open: what it says goes into a file.
        with (self.folder.parent / f"{self.folder.name}.said").open("w+") as said:
            done = subprocess.run(
                [*drop, self._programs / program, *words], cwd="/", stdout=said, stderr=said, stdin=subprocess.DEVNULL
            )
            said.seek(0)
            assert done.returncode == 0, f"{program}: {said.read()}"
        (self.folder.parent / f"{self.folder.name}.said").unlink()


def _room(folder: str) -> bool:
    return Path(folder).is_dir() and shutil.disk_usage(folder).free > 1 << 30
