"""What a site's archive consists of: HEAD.json names the WARCs, the state and the months; a turn counts once it is swapped in.

The files of months that are over move to objects of their own, so that HEAD stays small. All of it is read strictly:
who reads a HEAD wrongly would take a file for lost.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from wparchive.errors import DamagedError, UsageError
from wparchive.store.warc.names import stamp_in

if TYPE_CHECKING:  # `objects` has readers of manifests
    from wparchive.fleet.objects.object_store import ObjectStore

__all__ = [
    "Head", "Index", "Part", "StoredFile",
    "fold", "listed_among", "listed_files", "month_of", "read_head", "read_index", "read_month", "write_head", "write_index",
]  # fmt: skip

T = TypeVar("T")

_VERSION = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WARC = re.compile(r"warc/(?:[a-z]+/)?[^/\0]+\.warc\.gz")
_MONTH = re.compile(r"\d{4}-\d{2}")
_KEY = re.compile(r"[^/\0]+(?:/[^/\0]+)*")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A WARC in the store: its size in bytes, and its SHA-256 in lower-case hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Part:
    """An object that belongs to a HEAD: its key below the site's, and the SHA-256 of its content."""

    key: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """HEAD.json: `files` by their name in the site's folder (`warc/NAME`, `warc/private/NAME`), `months` by YYYY-MM.

    `generation` counts the commits, `epoch` the owners of the site; `run` and `outcome` are those of the last turn, and
    `held` counts items by the route of their collection.
    """

    url: str
    generation: int = 0
    epoch: int = 0
    run: str = ""
    outcome: str = ""
    state: Part | None = None
    files: Mapping[str, StoredFile] = field(default_factory=dict)
    months: Mapping[str, Part] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)

    def serialise(self) -> bytes:
        """Return it as JSON; the same HEAD gives the same bytes."""
        return _written({"version": _VERSION, **asdict(self)})

    @classmethod
    def parse(cls, data: bytes, where: str = "HEAD.json") -> "Head":
        """Return the HEAD that `data` holds. Raises DamagedError, and UsageError when a newer wparchive wrote it."""
        value = _read(data, where)
        state = value.get("state")
        return _made(where, value, cls.__slots__, lambda: cls(
            url=_text(value["url"]),
            generation=_number(value["generation"]),
            epoch=_number(value["epoch"]),
            run=_text(value["run"]),
            outcome=_text(value["outcome"]),
            state=None if state is None else _part(state),
            files=_files(value["files"]),
            months={_matched(_MONTH, month): _part(one) for month, one in value["months"].items()},
            held={_text(kind): _number(count) for kind, count in value["held"].items()},
        ))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """INDEX.json: the `archive.db` of a site, and the generation of the HEAD that it was made of."""

    generation: int
    key: str
    sha256: str

    def serialise(self) -> bytes:
        """Return it as JSON."""
        return _written({"version": _VERSION, **asdict(self)})

    @classmethod
    def parse(cls, data: bytes, where: str = "INDEX.json") -> "Index":
        """Return the INDEX that `data` holds. Raises DamagedError, and UsageError when a newer wparchive wrote it."""
        value = _read(data, where)
        return _made(where, value, cls.__slots__, lambda: cls(
            generation=_number(value["generation"]),
            key=_matched(_KEY, value["key"]),
            sha256=_matched(_SHA256, value["sha256"]),
        ))  # fmt: skip


def read_head(store: "ObjectStore", site: str) -> tuple[Head, str] | None:
    """Return the HEAD of a site and its ETag; None for a site that has none yet. Raises RemoteError and DamagedError."""
    found = store.get(key := f"{site}/HEAD.json")
    return (Head.parse(found[0], f"{store.url}/{key}"), found[1]) if found else None


def write_head(store: "ObjectStore", site: str, head: Head, etag: str | None) -> str:
    """Commit a turn: swap in its HEAD for the one of this ETag, None for the first; returns the new ETag.

    Raises SwappedError when another worker has committed since, and RemoteError.
    """
    return store.swap(f"{site}/HEAD.json", head.serialise(), etag)


def read_index(store: "ObjectStore", site: str) -> tuple[Index, str] | None:
    """Return the INDEX of a site and its ETag; None where it has none. Raises RemoteError and DamagedError."""
    found = store.get(key := f"{site}/INDEX.json")
    return (Index.parse(found[0], f"{store.url}/{key}"), found[1]) if found else None


def write_index(store: "ObjectStore", site: str, index: Index, etag: str | None) -> str:
    """Swap in the INDEX of a site for the one of this ETag, None for the first. Raises SwappedError and RemoteError."""
    return store.swap(f"{site}/INDEX.json", index.serialise(), etag)


def fold(store: "ObjectStore", site: str, head: Head, before: str, keep: Collection[str] = ()) -> Head:
    """Return `head` with the files of months before `before` (YYYY-MM) moved to manifests, which are in the store then.

    Those in `keep`, the new files of this turn, stay: the next turn looks for them in HEAD alone. `head` has the generation
    and the epoch that it is going to be committed with: another worker's manifest never takes this one's name.
    """
    over: dict[str, dict[str, StoredFile]] = {}
    for name, one in head.files.items():
        if "" < (month := month_of(name)) < before and name not in keep:
            over.setdefault(month, {})[name] = one
    months = dict(head.months)
    for month, files in sorted(over.items()):
        files = {**(read_month(store, site, months[month]) if month in months else {}), **files}
        data = _written({"version": _VERSION, "files": {name: asdict(one) for name, one in files.items()}})
        key = f"manifests/{month}.{head.generation}-{head.epoch}.json"
        store.put_new(f"{site}/{key}", data)
        months[month] = Part(key, hashlib.sha256(data).hexdigest())
    left = {name: one for name, one in head.files.items() if name not in over.get(month_of(name), {})}
    return replace(head, files=left, months=months)


def read_month(store: "ObjectStore", site: str, part: Part) -> dict[str, StoredFile]:
    """Return the files of a month that is over. Raises RemoteError, and DamagedError when it isn't what HEAD names."""
    where, found = f"{store.url}/{site}/{part.key}", store.get(f"{site}/{part.key}")
    if not found or hashlib.sha256(found[0]).hexdigest() != part.sha256:
        raise DamagedError(
            f"{where}: {'altered' if found else 'missing'}, and HEAD.json names it; run `wparchive fleet check`"
        )
    value = _read(found[0], where)
    return _made(where, value, ("files",), lambda: _files(value["files"]))


def listed_files(store: "ObjectStore", site: str, head: Head) -> dict[str, StoredFile]:
    """Return every WARC of a site, those of months that are over included. Raises RemoteError and DamagedError."""
    months = (read_month(store, site, part) for _, part in sorted(head.months.items()))
    return {name: one for files in (*months, head.files) for name, one in files.items()}


def listed_among(store: "ObjectStore", site: str, head: Head, names: Collection[str]) -> set[str]:
    """Return those of `names` that are WARCs of a site's HEAD or of a month, asking for the months they can be in alone.

    Raises RemoteError and DamagedError.
    """
    months = {month_of(name) for name in names if name not in head.files} & head.months.keys()
    listed = {*head.files}.union(*(read_month(store, site, head.months[month]) for month in sorted(months)))
    return listed.intersection(names)


def month_of(name: str) -> str:
    """Return the month (YYYY-MM) in which the run that wrote a WARC began, by its name; "" for a name without a date."""
    stamp = stamp_in(name)[0]
    return f"{stamp[:4]}-{stamp[4:6]}" if stamp else ""


def _written(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _read(data: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("version"), int):
        raise DamagedError(f"{where}: damaged; run `wparchive fleet check`")
    if value["version"] > _VERSION:
        raise UsageError(f"{where}: written by a newer wparchive; use that one, this one leaves it as it is")
    return value


def _made(where: str, value: Mapping[str, Any], names: Iterable[str], make: Callable[[], T]) -> T:
    try:
        _only(value, ("version", *names))
        return make()
    except (KeyError, TypeError, ValueError, AttributeError):
        raise DamagedError(f"{where}: damaged; run `wparchive fleet check`") from None


def _files(value: Mapping[str, Any]) -> dict[str, StoredFile]:
    return {
        _matched(_WARC, name): StoredFile(_number(one["size"]), _matched(_SHA256, one["sha256"]))
        for name, one in value.items()
        if _only(one, ("size", "sha256"))
    }


def _part(value: Mapping[str, Any]) -> Part:
    _only(value, ("key", "sha256"))
    return Part(_matched(_KEY, value["key"]), _matched(_SHA256, value["sha256"]))


def _only(value: Mapping[str, Any], names: Iterable[str]) -> bool:
    if value.keys() != {*names}:
        raise ValueError(value)
    return True


def _matched(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value) or {".", ".."} & {*value.split("/")}:
        raise ValueError(value)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(value)
    return value
