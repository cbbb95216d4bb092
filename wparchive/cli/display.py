"""Progress on a terminal, and the summary at the end of a crawl."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

import click

from wparchive.cli.options import print_table
from wparchive.crawl.report import RunReport
from wparchive.errors import ExitCode
from wparchive.events import clean, told
from wparchive.wordpress.age import in_words
from wparchive.wordpress.discovery.site_state import SiteState
from wparchive.wordpress.listing import ListingOutcome, Proof

__all__ = ["Progress", "Terminal", "damage_line", "gap_place", "print_report"]

_WORTH_A_LINE = {"run-started", "discovered", "recovered", "resumed", "waiting", "indexing", "notice"}


_RESUME = "run the same command again to resume"


class Terminal:
    """An event sink that shows one updating line: current request, items held of stated, rate, remaining time."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._counts: dict[str, tuple[int, int | None]] = {}
        self._requests = 0
        self._began = time.monotonic()
        self._drawn = 0.0
        self._site = ""

    def __call__(self, event: str, fields: Mapping[str, Any]) -> None:
        if event == "run-started":
            self._site, self._counts, self._requests, self._began = str(fields["site"]), {}, 0, time.monotonic()
        elif event == "fetched":
            self._requests += 1
        elif event == "listing":
            self._counts[str(fields["type"])] = (fields["held"], fields["stated"])
        if event in _WORTH_A_LINE:
            self._clear()
            self._stream.write(f"{clean(_sentence(event, fields))}\n")
        self._draw(str(fields.get("route") or fields.get("url") or ""))

    def close(self) -> None:
        """Clear the line for what follows."""
        self._clear()
        self._stream.flush()

    def _draw(self, what: str) -> None:
        # Redrawing for each event would slow down a fast crawl.
        now = time.monotonic()
        if now - self._drawn < 0.1:
            return
        self._drawn = now
        held = sum(count for count, _ in self._counts.values())
        stated = sum(total or count for count, total in self._counts.values())
        rate = self._requests / max(now - self._began, 0.001)
        left = f", {_clock((stated - held) / (held / (now - self._began)))} left" if 0 < held < stated else ""
        line = f"{self._site}: {held:,} of {stated:,} items, {rate:.1f} requests/s{left}  {what}"
        self._stream.write(f"\r\x1b[2K{clean(line)[: _width() - 1]}")
        self._stream.flush()

    def _clear(self) -> None:
        self._stream.write("\r\x1b[2K")


class Progress:
    """An event sink without a terminal: one plain line for each important event."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, event: str, fields: Mapping[str, Any]) -> None:
        if event in _WORTH_A_LINE:
            self._stream.write(f"{clean(_sentence(event, fields))}\n")
            self._stream.flush()

    def close(self) -> None:
        """Do nothing; there is no line to clear."""


def _sentence(event: str, fields: Mapping[str, Any]) -> str:
    sentences = {
        "run-started": "{site}: {mode} crawl of {url}",
        "discovered": "{site}: REST root {root} ({form})",
        "recovered": "{site}: recovered {adopted} records that the last run had not committed, set {torn} torn bytes aside",
        "resumed": "{site}: resuming run {crawl}, which did not finish",
        "waiting": "waiting {seconds:.0f} s: {reason}",
        "indexing": "{site}: indexing",
        "notice": "{text}",
    }
    return sentences[event].format_map(fields)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _width() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def print_report(report: RunReport, *, held: Mapping[str, int]) -> None:
    """Print what one site's run holds, and every gap. `held` is the number of items of each type in the database."""
    click.echo(f"{clean(report.site)}: {report.outcome}, site state {report.state} ({report.mode} run {report.run})")
    if report.reason:
        click.echo(f"  {clean(report.reason)}")
    if report.proofs:
        click.echo()
        print_table(_LISTED, [_listed(proof) for proof in report.proofs], right=(2, 3, 4))
    _print_counts("\nin the archive", held)
    _print_counts("links", report.links)
    _print_counts("files", report.files)
    tally = report.tally
    click.echo(
        f"{tally.requests:,} requests, {tally.captures:,} captures ({tally.revisits:,} revisits), "
        f"{tally.bytes / 1e6:,.1f} MB received in {report.seconds:.1f} s"
    )
    if report.old_answers:
        click.echo(
            f"answers are {in_words(report.oldest)} old: {report.old_answers:,} came out of a cache, which can't be asked past; "
            "what is newer in the archive stays"
        )
    for line in _lacking(report):
        click.echo(told(line))
    if report.exit_code is ExitCode.INCOMPLETE:
        # Where it moved to may not be followed: running again changes nothing, a person must say so.
        moved = report.state is SiteState.MOVED and not report.proofs
        click.echo("crawl the new address, or allow it with --allow-origin" if moved else _RESUME)


_LISTED = ("type", "route", "held", "stated", "withheld", "listing")


def _listed(proof: Proof) -> tuple[object, ...]:
    stated = "?" if proof.stated is None else proof.stated
    return proof.type, proof.route, proof.held, stated, proof.withheld, _ending(proof)


def _print_counts(label: str, counts: Mapping[str, int]) -> None:
    if counts:
        click.echo(f"{label}: " + ", ".join(f"{count:,} {clean(name)}" for name, count in sorted(counts.items())))


def _lacking(report: RunReport) -> Iterator[str]:
    """Yield a line for each gap, and for each damaged part of a WARC."""
    for proof in report.proofs:
        yield from (f"gap: {proof.route}: {gap_place(gap.first, gap.last)}: {gap.reason}" for gap in proof.gaps)
    yield from (f"gap: {failure}" for failure in report.failures)
    yield from (f"damage: {damage}" for damage in report.damage)


def _ending(proof: Proof) -> str:
    """Return how a listing ended, with the reason for a refusal or doubt; other reasons are printed with the gaps."""
    if proof.unasked:
        return clean(proof.reason)
    complete = proof.outcome is ListingOutcome.COMPLETE
    words = f"{proof.outcome}, not verified" if complete and not proof.verified else str(proof.outcome)
    worth = proof.reason and (proof.outcome is ListingOutcome.REFUSED or complete)
    return f"{words}: {clean(proof.reason)}" if worth else words


def damage_line(row: Mapping[str, Any]) -> str:
    """Return in one line which part of a WARC was not indexed, and which run has captured its content again."""
    # An archive may come from anywhere.
    size = f"{row['length']:,}" if isinstance(row["length"], int) else row["length"]
    place = f"{size} bytes from offset {row['offset']} on" if row["offset"] else f"{size} bytes"
    since = f" (what the site still shows is held again since run {row['held_again']})" if row["held_again"] else ""
    return told(f"damage: {row['warc']}: {place}: {row['kind']}: {row['reason']}{since}")


def gap_place(first: int, last: int | None) -> str:
    """Return a gap's positions in words."""
    if last is None:
        return f"from position {first} on"
    return f"position {first}" if first == last else f"positions {first} to {last}"
