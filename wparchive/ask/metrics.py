"""The state of an archive as a Prometheus text file, for node_exporter's textfile collector."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from wparchive.ask.status import SiteStatus
from wparchive.errors import StorageError
from wparchive.events import told

__all__ = ["gauges", "metrics", "write_lines", "write_metrics"]

_LABEL = 200  # characters
_NONE: Mapping[str, float | None] = {}
_HELP = {
    "wparchive_last_run_exit_code": "Exit code of the site's last run; none while it hasn't ended.",
    "wparchive_last_run_started_seconds": "When the site's last run started, as a Unix time.",
    "wparchive_last_run_finished_seconds": "When the site's last run ended, as a Unix time.",
    "wparchive_last_run_requests": "Requests that the site's last run made.",
    "wparchive_gaps": "Named gaps that the site's last run left.",
    "wparchive_items": "Items held, by type.",
    "wparchive_links": "Links of the items held, by outcome.",
    "wparchive_observations": "Changes that the site's last run noticed, by kind.",
    "wparchive_site_ok": "1 when the site's state is ok.",
}
_HELP_OF_ALL = {
    "wparchive_seal_age_seconds": "Seconds since the newest seal was made.",
    "wparchive_unsealed_files": "Finished WARCs that no seal names yet.",
    "wparchive_stamps_pending": "Time stamps that the newest seal lacks.",
}


def metrics(sites: Iterable[SiteStatus], of_all: Mapping[str, float | None] = _NONE) -> Iterator[str]:
    """Yield the lines of the text file (Prometheus text exposition format 0.0.4).

    `of_all` are the figures of the whole archive, by the names of its seals' metrics; None leaves one out.
    """
    for name, words in _HELP_OF_ALL.items():
        if (figure := of_all.get(name)) is not None:
            yield from gauges(name, words, [({}, figure)])
    listed = list(_labelled(sites))
    for name, words in _HELP.items():
        samples = (
            ({"site": label, **labels}, value)
            for label, site in listed
            for labels, value in _samples(name, site)
            if isinstance(value, int | float)  # an archive from elsewhere may contain anything
        )
        yield from gauges(name, words, samples)


def write_metrics(path: Path, sites: Iterable[SiteStatus], of_all: Mapping[str, float | None] = _NONE) -> None:
    """Replace the text file at `path` in one step, so that no collector reads a part of it. Raises StorageError."""
    write_lines(path, metrics(sites, of_all))


def gauges(name: str, words: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> Iterator[str]:
    """Yield the lines of one metric: what it says, and each value with its labels."""
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} gauge"
    for labels, value in samples:
        yield f"{name}{f'{{{_labels(labels)}}}' if labels else ''} {value}"


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Replace the text file at `path` in one step. Raises StorageError."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.writelines(f"{line}\n" for line in lines)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise StorageError(f"{path}: can't be written ({error.strerror})") from None


def _labelled(sites: Iterable[SiteStatus]) -> Iterator[tuple[str, SiteStatus]]:
    """Yield each site with its label; equal labels are numbered, because Prometheus rejects a repeated series."""
    seen: set[str] = set()
    for site in sites:
        label, number = told(site.site, _LABEL), 1
        while label in seen:
            number += 1
            label = f"{told(site.site, _LABEL)} ({number})"
        seen.add(label)
        yield label, site


def _samples(name: str, site: SiteStatus) -> Iterator[tuple[dict[str, str], object]]:
    single: dict[str, object] = {
        "wparchive_last_run_exit_code": site.exit_code,
        "wparchive_last_run_started_seconds": _unix(site.started_at),
        "wparchive_last_run_finished_seconds": _unix(site.finished_at),
        "wparchive_last_run_requests": site.requests,
        "wparchive_gaps": len(site.gaps),
        "wparchive_site_ok": int(site.state == "ok"),
    }
    counted = {
        "wparchive_items": ("type", site.items),
        "wparchive_links": ("outcome", site.links),
        "wparchive_observations": ("change", site.observations),
    }
    if name in counted:
        label, counts = counted[name]
        shown: Counter[str] = Counter()  # keys with the same label are one series
        for key, count in counts.items():
            shown[told(key, _LABEL)] += count if isinstance(count, int) else 0
        yield from (({label: key}, count) for key, count in shown.items())
    elif single[name] is not None:
        yield {}, single[name]


def _unix(moment: str | None) -> float | None:
    try:
        return datetime.fromisoformat(moment).timestamp() if moment else None
    except (ValueError, TypeError, OverflowError):
        return None


def _labels(labels: Mapping[str, str]) -> str:
    escaped = {
        key: value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for key, value in labels.items()
    }
    return ",".join(f'{key}="{value}"' for key, value in escaped.items())
