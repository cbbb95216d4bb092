"""What a reader sees of the versions of an item, as they are compared: without what is noise on their site."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from wparchive.ask.worddiff import Piece, word_diff
from wparchive.index.captured import noise_from
from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.text import visible_text

__all__ = ["VersionTexts", "changed_words", "told_twice"]

_MOST = 500  # types of sites whose noise is remembered
_TOLD = (
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
        """Title, content and excerpt of the version in `row`, as text."""
        noise = self._noise(row["site"], row["type"])
        html = {name: visible_text(noise.denoised(row[name] or "")) for name in ("content", "excerpt")}
        return {"title": row["title"] or "", **html}

    def _noise(self, site: str, kind: str) -> Noise:
        """What the last run was told is noise, and what was learnt."""
        if (site, kind) not in self._noises:
            if len(self._noises) >= _MOST:
                self._noises.clear()
            row = self._db.execute(_TOLD, (site,)).fetchone()
            noise = SiteNoise(noise_from(_json(row[0]) if row else None))
            noise.learn(kind, [one[0] for one in self._db.execute(_LEARNT, (site, kind))])
            self._noises[site, kind] = noise.of(kind)
        return self._noises[site, kind]


def changed_words(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[Piece]]:
    """Return, by field, what leads from one text to the other, where both have the field and it differs."""
    return {name: word_diff(before[name], text) for name, text in after.items() if before.get(name, text) != text}


def told_twice(name: str, changes: Mapping[str, object]) -> bool:
    """Whether the change of the field `name` is told by another one: an excerpt is mostly made from the content."""
    return name == "excerpt" and "content" in changes


def _json(text: str | None) -> Any:
    return json.loads(text) if text else None
