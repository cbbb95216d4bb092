"""Which sites the last invocation left out, because its time or its requests were used up: they begin first next time.

The file that keeps them is there only while there are any. It is a hint: without it the order is that of the list.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from wparchive.config import SiteConfig
from wparchive.naming import site_key

__all__ = ["LeftOut"]

_LARGEST = 16 << 20  # bytes


class LeftOut:
    """The sites that were left out in the archive at `root`."""

    def __init__(self, root: Path) -> None:
        self._path = root / ".left-out.json"
        self._keys = _read(self._path)

    def first(self, sites: Sequence[SiteConfig]) -> list[int]:
        """Return the positions of `sites` in the order in which they are to begin."""
        ranks = {key: rank for rank, key in enumerate(self._keys)}
        return sorted(range(len(sites)), key=lambda number: ranks.get(_key(sites[number]), len(ranks)))

    def keep(self, sites: Sequence[SiteConfig], left_out: Sequence[SiteConfig]) -> None:
        """Record that of `sites` those were `left_out`, in this order; others that were before still are."""
        ours, left = {_key(site) for site in sites}, list(map(_key, left_out))
        keys = [*left, *(key for key in self._keys if key not in ours)]
        if keys == self._keys:
            return
        with suppress(OSError):  # a crawl doesn't fail for the order of the next
            if not keys:
                self._path.unlink(missing_ok=True)
            elif self._path.parent.is_dir():
                fresh = self._path.with_name(f"{self._path.name}.new")
                fresh.unlink(missing_ok=True)
                with fresh.open("x", encoding="ascii") as file:
                    json.dump(keys, file, indent=1)
                fresh.replace(self._path)


def _key(site: SiteConfig) -> str:
    return site.name or site_key(site.url)


def _read(path: Path) -> list[str]:
    """Return the keys in the file; none where there is no file, or another than ours."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
            return []
        keys = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    return [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []
