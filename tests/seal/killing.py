"""Sealing that is killed at each of its steps, for real: a process that does it kills itself before its n-th deed on disk.

python killing.py ARCHIVE WORK SETTINGS: for n = 1, 2, ... a copy of the archive in WORK/n is sealed by a process that dies
before its n-th deed, until one lives. Prints a JSON list of what each was about to do. A process of its own, without
threads, which forks: so one start of Python does for all.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wparchive.cli.evidence.sealing import post
from wparchive.seal.endorsement.endorsing import KeyChange
from wparchive.seal.endorsement.stamping import Authority
from wparchive.seal.sealing import seal
from wparchive.seal.settings import SealSettings
from wparchive.store import Archive

_DEEDS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "subprocess.Popen"}


def _dies_before(number: int, seals: str, telling: int, only: Sequence[str]) -> None:
    """Let this process die before its deed `number` that changes the folder `seals` or starts a program; it tells which.

    Only deeds that begin with one of `only` count.
    """
    left = number

    def deed(what: str) -> None:
        nonlocal left
        if not what.startswith(tuple(only)):
            return
        left -= 1
        if not left:
            os.write(telling, what.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if event not in _DEEDS:
            return
        if event == "subprocess.Popen":
            deed(f"program {Path(str(given[0])).name}")
        elif seals in str(given[0]) and (event != "open" or given[2] & (os.O_WRONLY | os.O_RDWR)):
            deed(f"{event} {Path(str(given[0])).name}")

    sys.addaudithook(hook)
    sync, cut = os.fsync, os.ftruncate

    def fsync(handle: int) -> None:
        deed("fsync")
        sync(handle)

    def ftruncate(handle: int, size: int) -> None:
        deed("ftruncate")
        cut(handle, size)

    os.fsync, os.ftruncate = fsync, ftruncate


def main(archive: str, work: str, given: dict[str, Any]) -> None:
    """Seal copies until one lives."""
    settings = SealSettings(
        key=Path(given["key"]) if given["key"] else None,
        identity=given["identity"] if given["key"] else "",
        authorities=tuple(Authority(name, url, Path(given["ca"])) for name, url in given["authorities"]),
    )
    change = KeyChange(Path(given["new_key"])) if given.get("new_key") else None
    told: list[str] = []
    for number in range(1, 200):
        copy = Path(shutil.copytree(archive, Path(work, str(number))))
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            _dies_before(number, str(copy / "seals"), writing, given.get("only", [""]))
            result = seal(Archive(copy), settings, post=post, now=lambda: datetime.now(UTC), change=change, wait=0)
            os._exit(1 if result.missing or result.unsound else 0)
        os.close(writing)
        with os.fdopen(reading, "rb") as file:
            what = file.read().decode()
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, status
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
        told.append(what)
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
