"""The lab as Python sees it: a real WordPress on loopback, its database, and ways to change it."""

import os
import re
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SCRIPTS", "Lab", "LogLine"]

SCRIPTS = Path(__file__).parent / "lab"

_LOG_LINE = re.compile(r'"(?P<method>\S+) (?P<target>\S+) [^"]*" (?P<status>\d+) \d+ "[^"]*" "(?P<agent>[^"]*)"$')


@dataclass(frozen=True)
class LogLine:
    """One request as the web server saw it."""

    method: str
    target: str
    status: int
    agent: str


@dataclass
class Lab:
    """The lab: two spellings of one site, its database, and ways to change it.

    `env` is what env.sh sets; `untouched` names the seed whose content nothing has changed since, else it is empty.
    """

    env: dict[str, str]
    untouched: str = ""

    @classmethod
    def from_environment(cls) -> "Lab":
        """The lab that env.sh describes, up or not."""
        shown = subprocess.run(
            ["bash", "-c", f'. "{SCRIPTS}/env.sh" && env'], capture_output=True, text=True, check=True
        ).stdout
        return cls(dict(line.split("=", 1) for line in shown.splitlines() if line.startswith("WPARCHIVE_LAB")))

    @property
    def is_up(self) -> bool:
        """Whether its web server runs."""
        command = f'. "{SCRIPTS}/env.sh" && alive "$RUN/nginx.pid"'
        return subprocess.run(["bash", "-c", command], env={**os.environ, **self.env}, check=False).returncode == 0

    @property
    def folder(self) -> Path:
        return Path(self.env["WPARCHIVE_LAB"])

    @property
    def pretty(self) -> str:
        return f"http://127.0.0.1:{self.env['WPARCHIVE_LAB_PORT']}/"

    @property
    def plain(self) -> str:
        return f"http://127.0.0.1:{self.env['WPARCHIVE_LAB_PLAIN_PORT']}/"

    def url(self, form: str) -> str:
        """The home of the site whose permalinks are `pretty` or `plain`."""
        return {"pretty": self.pretty, "plain": self.plain}[form]

    def _run(self, *command: str | Path, stdin: str = "") -> str:
        env = {**os.environ, **self.env}
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, env=env, timeout=600, check=False)
        assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def sql(self, query: str) -> list[tuple[str | None, ...]]:
        """The rows that MariaDB gives for `query`, values as text."""
        if not query.lstrip().upper().startswith("SELECT"):
            self.untouched = ""
        socket = self.env["WPARCHIVE_LAB_SOCKET"]
        client = ("mariadb", "--no-defaults", "--default-character-set=utf8mb4", "-uroot", "-S", socket, "--xml")
        text = self._run(*client, "wordpress", stdin=query)
        nil = "{http://www.w3.org/2001/XMLSchema-instance}nil"
        rows = ET.fromstring(text).iter("row") if text.strip() else ()
        return [tuple(None if cell.get(nil) else cell.text or "" for cell in row) for row in rows]

    def ids(self, query: str) -> set[int]:
        """The first column of `query` as whole numbers."""
        return {int(row[0] or 0) for row in self.sql(query)}

    def number(self, query: str) -> int:
        """The one number that `query` gives."""
        return int(self.sql(query)[0][0] or 0)

    def php(self, code: str) -> str:
        """What PHP `code` (without `<?php`) prints when run inside WordPress, as administrator."""
        self.untouched = ""
        return self._run("php", "-d", "display_errors=stderr", SCRIPTS / "eval.php", stdin=code)

    def password(self, login: str = "admin") -> str:
        """A new application password of the user `login` (`editor1`, `subscriber1`, ...), good until the next seed."""
        return self._run("php", SCRIPTS / "seed.php", "password", login).strip()

    def mutate(self, count: int) -> str:
        """Edit `count` posts, add, trash and delete some; JSON with their ids by what was done."""
        self.untouched = ""
        return self._run("php", SCRIPTS / "seed.php", "mutate", str(count))

    def seed(self, size: str) -> None:
        """Fill the site (tiny, small, medium) unless it holds just that; slow the first time, then half a second."""
        if self.untouched != size:
            self._run("bash", SCRIPTS / "seed.sh", size)
            self.untouched = size

    def log_mark(self) -> int:
        """Where the web server's log ends now, for `log_since`."""
        return (self.folder / "log/access.log").stat().st_size

    def log_since(self, mark: int, agent: str = "wparchive") -> list[LogLine]:
        """The requests of clients whose User-Agent names `agent` since `mark`."""
        text = (self.folder / "log/access.log").read_bytes()[mark:].decode("utf-8", "replace")
        found = (_LOG_LINE.search(line) for line in text.splitlines())
        lines = [LogLine(m["method"], m["target"], int(m["status"]), m["agent"]) for m in found if m]
        return [line for line in lines if agent in line.agent]
