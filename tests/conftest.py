"""What tests of every area share: the program as a user starts it."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

# How long an example takes says how busy the machine is, not whether the code is right.
_STEADY = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("steady", **_STEADY)  # new examples each time
settings.register_profile("same", derandomize=True, **_STEADY)  # what lands is not to hang on the draw
settings.load_profile("same" if os.environ.get("CI") else "steady")

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


# Folders whose files have a server in common; fleets have two, each with about half of what their tests take.
_TOGETHER = ("tests/fleet/at_work/", "tests/fleet/", "tests/wordpress/")


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist comes without types
    """Gives each worker whole files, so that what a file has in common is made once, and some folders as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        return _scope(nodeid)


def _scope(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return next((folder for folder in _TOGETHER if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Two workers share the tests (pyproject.toml), in the order below."""
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Workers begin with files that take long, then those of many tests: at the end neither waits for the other."""
    if not hasattr(config, "workerinput"):
        return
    weights: Counter[str] = Counter()
    for item in items:
        weights[_scope(item.nodeid)] += 10**6 if item.get_closest_marker("slow") else 1
    items.sort(key=lambda item: -weights[_scope(item.nodeid)])


@pytest.fixture(scope="session", autouse=True)
def _own_configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What `seal` remembers for its user is remembered for the tests alone, in whatever process it runs."""
    before = os.environ.get("XDG_CONFIG_HOME")
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("configuration"))
    yield
    del os.environ["XDG_CONFIG_HOME"]
    if before is not None:
        os.environ["XDG_CONFIG_HOME"] = before


@pytest.fixture(scope="session")
def cli() -> Cli:
    """`cli("crawl", URL, "-a", DIR, code=0)` runs `python -m wparchive` and checks its exit code (None: any)."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("WPARCHIVE_")}

    def run(*args: str | Path, code: int | None = 0, timeout: float = 300) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "wparchive", *map(str, args)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=env, check=False)
        said = f"{' '.join(command)}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert code is None or done.returncode == code, said
        return done

    return run


@pytest.fixture
def must_end() -> Iterator[None]:
    """Stop a test that is still at it after minutes: what grows faster than its input is here made to take hours."""

    def late(_signal: int, _frame: object) -> None:
        raise AssertionError("still at it after four minutes")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(240)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
