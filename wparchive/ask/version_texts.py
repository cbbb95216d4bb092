"""The texts of the versions of an item, and how they are compared: without what is noise on their site."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from wparchive.index.entries.captured import noise_from
from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.prose import Row, changed, html_diff, text_diff
from wparchive.wordpress.text import visible_text

__all__ = ["VersionTexts", "changed_words", "is_repeated", "seen"]

_MOST = 500  # types of sites whose noise is remembered
_NAMED_NOISE = (
    "SELECT json_extract(settings, '$.noise') FROM runs WHERE site = ? AND settings IS NOT NULL "
    "ORDER BY rowid DESC LIMIT 1"
)
_LEARNT = "SELECT entry FROM _wparchive_volatile WHERE site = ? AND type = ? ORDER BY 1"


class VersionTexts:
    """The texts of rows of `versions`; `db` gives rows by name."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._noises: dict[tuple[str, str], Noise] = {}

    def of(self, row: sqlite3.Row) -> dict[str, str]:
        """Title (plain text), content and excerpt (HTML) of the version in `row`."""
        noise = self._noise(row["site"], row["type"])
        html = {name: noise.denoised(row[name] or "") for name in ("content", "excerpt")}
        return {"title": row["title"] or "", **html}

    def _noise(self, site: str, kind: str) -> Noise:
        """What the last run's settings name as noise, and what was learnt to be."""
        if (site, kind) not in self._noises:
            if len(self._noises) >= _MOST:
                self._noises.clear()
            row = self._db.execute(_NAMED_NOISE, (site,)).fetchone()
            noise = SiteNoise(noise_from(_json(row[0]) if row else None))
            noise.learn(kind, [one[0] for one in self._db.execute(_LEARNT, (site, kind))])
            self._noises[site, kind] = noise.of(kind)
        return self._noises[site, kind]


def changed_words(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, list[Row]]:
    """Return, by field, what leads from the texts of one version to those of another, where a reader sees a change."""
    differing = [name for name in new if name in old and old[name] != new[name]]
    rows = {name: (text_diff if name == "title" else html_diff)(old[name], new[name]) for name in differing}
    return {name: found for name, found in rows.items() if changed(found)}


def seen(texts: Mapping[str, str]) -> list[str]:
    """What a reader sees of the texts of a version."""
    return [text if name == "title" else visible_text(text) for name, text in texts.items()]


def is_repeated(name: str, changes: Mapping[str, object]) -> bool:
    """Whether the change of the field `name` is shown by another one too: an excerpt is mostly made from the content."""
    return name == "excerpt" and "content" in changes


def _json(text: str | None) -> Any:
    return json.loads(text) if text else None
