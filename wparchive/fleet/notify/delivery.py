"""How a message gets to each kind of destination; `deliver` returns when it is there, or raises Undelivered."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final
from urllib.parse import urlsplit

from tenacity import wait_exponential_jitter

from wparchive.crawl.seams import Seams
from wparchive.errors import WparchiveError
from wparchive.fetch import FetchPolicy, Guard, RefusedUrl, load_secret
from wparchive.fetch.posting import Poster, accepted
from wparchive.fleet.notify.destinations import AtomFile, Command, Destination, Mail, Print, Webhook
from wparchive.fleet.notify.feed import add_to_feed
from wparchive.fleet.notify.mailing import send
from wparchive.fleet.notify.message import Message, as_values, text
from wparchive.fleet.notify.undelivered import Undelivered
from wparchive.setting_values import address_fault
from wparchive.urls import Place, parse
from wparchive.version import __version__

__all__ = ["Means", "deliver", "obstacle"]

_POLICY: Final = FetchPolicy(retries=3, patience=60.0, wait=wait_exponential_jitter(max=20.0))
_LONGEST: Final = 60.0  # seconds a command may run
_SLICE: Final = 0.2  # seconds between two looks at the stop event


@dataclass(frozen=True, slots=True)
class Means:
    """What deliveries use: clock, sleep and names; `write` puts text on stdout; setting `stop` ends all that waits."""

    seams: Seams
    stop: Event
    write: Callable[[str], None]


def deliver(message: Message, destination: Destination, means: Means) -> str:
    """Deliver `message`; it is there when this returns. Raises Undelivered with the reason, which shows no secret.

    Returns what the operator should know all the same, or "".
    """
    try:
        match destination:
            case Command():
                _run(message, destination, means)
            case Webhook():
                _post(message, destination, means)
            case Mail():
                return send(message, destination, means.seams.now(), means.stop)
            case AtomFile():
                add_to_feed(message, destination)
            case Print():
                means.write("\n".join(text(message)) + "\n")
    except (WparchiveError, RefusedUrl) as error:
        raise Undelivered(str(error)) from None
    except OSError as error:
        raise Undelivered(str(error.strerror or error)) from None
    return ""


def obstacle(destination: Destination) -> str:
    """Why nothing can be delivered to `destination` as things are on this machine, a secret that isn't there first; ""."""
    try:
        match destination:
            case Mail():
                load_secret(destination.account, destination.folder)
            case Webhook() if destination.url_env:
                _from_environment(destination.url_env)
            case Command(line=tuple(line)) if not _is_program(line[0], destination.folder):
                return "no such program, or it can't be run"
            case AtomFile() if not destination.path.resolve().parent.is_dir():
                return f"no folder {destination.path.parent}; make it"
    except (WparchiveError, Undelivered) as error:
        return str(error)
    return ""


def _run(message: Message, command: Command, means: Means) -> None:
    """Run the program: its stdout is dropped, since ours is for results; what it writes to stderr is shown as it is."""
    process = subprocess.Popen(
        command.line,
        shell=isinstance(command.line, str),
        cwd=command.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # so that what it started can be ended with it
    )
    try:
        _feed(process, f"{json.dumps(as_values(message), default=str)}\n".encode("ascii"), means)
    finally:
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode:
        how = f"exit code {process.returncode}" if process.returncode > 0 else f"ended by signal {-process.returncode}"
        raise Undelivered(how)


def _is_program(name: str, folder: Path) -> bool:
    return shutil.which(folder / name if "/" in name else name) is not None


def _feed(process: "subprocess.Popen[bytes]", data: bytes, means: Means) -> None:
    """Write `data` to the program's stdin and wait for its end; a program needn't read it."""
    began = means.seams.clock()
    given: bytes | None = data
    while True:
        try:
            process.communicate(given, timeout=_SLICE)
            return
        except subprocess.TimeoutExpired:
            given = None  # Popen goes on with what it was given first
        if means.stop.is_set():
            raise Undelivered("stopped")
        if means.seams.clock() - began > _LONGEST:
            raise Undelivered(f"still running after {_LONGEST:.0f} seconds")


def _post(message: Message, webhook: Webhook, means: Means) -> None:
    url = webhook.url or _from_environment(webhook.url_env)
    poster = Poster(
        json.dumps(as_values(message), default=str).encode("ascii"),
        user_agent=f"wparchive/{__version__}",
        guard=_guard(url, webhook.allow_private, means.seams),
        connect_timeout=15.0,
        read_timeout=30.0,
        total_timeout=60.0,
        now=means.seams.now,
    )
    headers = [("Content-Type", "application/json"), ("Idempotency-Key", message.id)]
    try:
        sleep, now = means.seams.sleep, means.seams.now
        exchange = poster.post(url, headers, _POLICY, stop=means.stop, sleep=sleep, now=now)
    except RefusedUrl as refused:
        reason = refused.refusal.reason  # without the URL, which may be a secret
        raise Undelivered(f"{reason}; if that is meant, write allow_private = true into [notify.webhook]") from None
    finally:
        poster.close()
    if accepted(exchange):
        return
    if exchange.head and 300 <= exchange.head.status < 400:
        there = urlsplit(exchange.head.get("location")).hostname or "another place"
        raise Undelivered(f"HTTP {exchange.status}: it moved to {there}; write that address")
    raise Undelivered(exchange.error or f"HTTP {exchange.status}")


def _guard(url: str, allow_private: bool, seams: Seams) -> Guard:
    """Let it reach what the author of `url` can have meant: a written IP address is named by it, a host name public.

    What a name leads to is another's to change; into one's own network it leads only with `allow_private`.
    """
    place = parse(url)
    host = place.host if isinstance(place, Place) else ""
    written_out = host == "localhost" or host.replace(".", "").isdigit() or ":" in host
    return Guard([url] if allow_private else (), targets=[url] if written_out else (), look_up=seams.look_up)


def _from_environment(variable: str) -> str:
    url = os.environ.get(variable, "").strip()
    if address_fault(url):
        raise Undelivered(f"the environment variable {variable} {'holds no web address' if url else 'is not set'}")
    return url
