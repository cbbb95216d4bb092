"""The events of a run: names with plain fields, sent to any number of sinks."""

import json
import os
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from wparchive.model import timestamp

__all__ = ["Emit", "LogFile", "clean", "fan_out", "json_lines", "quiet", "told"]

Emit = Callable[[str, Mapping[str, Any]], None]

# C0 and C1 controls, line and paragraph separators, bidirectional controls, and surrogates.
_STEERING = ((0, 32), (127, 160), (0x2028, 0x202F), (0x2066, 0x206A), (0xD800, 0xE000))
_CONTROL = {code: "\N{REPLACEMENT CHARACTER}" for first, end in _STEERING for code in range(first, end)}


def clean(text: object) -> str:
    """Return `text` without control characters, so that a site's text can neither control a terminal nor forge log lines."""
    return str(text).translate(_CONTROL)


def told(text: object, most: int = 1000) -> str:
    """Return `text` for display on one line: without control characters, and cut after `most` characters."""
    shown = str(text)
    return clean(shown if len(shown) <= most else f"{shown[:most]}… ({len(shown):,} characters)")


def quiet(event: str, fields: Mapping[str, Any]) -> None:
    """A sink that discards every event."""
    del event, fields


def fan_out(*sinks: Emit) -> Emit:
    """Return a sink that passes every event to all of `sinks`."""

    def emit(event: str, fields: Mapping[str, Any]) -> None:
        for sink in sinks:
            sink(event, fields)

    return emit


def json_lines(stream: TextIO, clock: Callable[[], datetime] = lambda: datetime.now(UTC), flush: bool = True) -> Emit:
    """Return a sink that writes each event as one line of JSON, beginning with `time` and `event`; from any thread."""
    lock = threading.Lock()

    def emit(event: str, fields: Mapping[str, Any]) -> None:
        line = json.dumps({"time": timestamp(clock()), "event": event, **fields}, ensure_ascii=True, default=str)
        with lock:
            stream.write(f"{line}\n")
            if flush:
                stream.flush()

    return emit


class LogFile:
    """The run's log, `runs/RUN.jsonl`. If the disk is full, logging stops and the run continues."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # the log names private things
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._stream: TextIO | None = os.fdopen(handle, "a", encoding="utf-8")
        self._emit = json_lines(self._stream, clock, flush=False)

    def __call__(self, event: str, fields: Mapping[str, Any]) -> None:
        if self._stream is None or event == "receiving":  # that is soon no news any more
            return
        try:
            self._emit(event, fields)
        except OSError:  # the WARC is the evidence; a lost log line must not cost a capture
            self._stream = None

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
