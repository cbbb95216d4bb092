"""Writes an import run as a WARC of the archive: the foreign records as they are, each with where it comes from.

A run's file appears under its name only when it is whole and on the disk; what a killed import left is removed by the next.
Sources: WARC 1.1; `store.warc.records`, whose form our metadata has.
"""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from wparchive.intake.described import Portrait, kind_of, start_of
from wparchive.intake.identity.record_names import request_name
from wparchive.intake.judging.foreign_answers import moment_of
from wparchive.intake.list_coverage import Coverage
from wparchive.intake.runs import ImportRun
from wparchive.intake.shelf import Row, Shelf
from wparchive.intake.sources import Sources
from wparchive.intake.unfinished import UNFINISHED
from wparchive.model import Privilege
from wparchive.store import SiteFolder
from wparchive.store.modes import own_folder
from wparchive.store.warc.fields import fields_block, uri
from wparchive.store.warc.names import name_of
from wparchive.store.warc.writing.record_bytes import opening_pairs, sha256, stored_member
from wparchive.store.warc.writing.run_records import info_member, resource_member
from wparchive.store.warc.writing.writer import storage_error, sync_folder
from wparchive.wordpress.canonical_routes import lists_all

__all__ = ["write_run"]

_TOGETHER = 100  # captures that are looked up at once: between two large ones each would cost several times as much
# Answers, each with its request.
_SOME = """
    SELECT a.*, coalesce(t.empty, a.empty OR (a.type = 'revisit' AND a.held IS NULL)) AS blank,
      coalesce(a.truncated, t.truncated) AS cut,
      r.source AS asked_source, r."offset" AS asked_offset, r.length AS asked_length, r.exact AS asked_exact,
      r.id AS asked_id
    FROM json_each(?) one CROSS JOIN answers a ON a.n = one.value LEFT JOIN answers t ON t.n = a.target
    LEFT JOIN requests r ON r.n = a.request
    ORDER BY one.key"""
_TAKEN = "SELECT 1 FROM known WHERE id = :id UNION ALL SELECT 1 FROM named WHERE id = :id LIMIT 1"
_WRITTEN = 'SELECT file, "offset" FROM written WHERE site = ? AND id = ?'


def write_run(
    shelf: Shelf, folder: SiteFolder, run: ImportRun, portrait: Portrait, sources: Sources, now: datetime
) -> Path:
    """Write the WARC of a run and return its path; the caller holds the site's lock. Raises StorageError."""
    place = folder.private if run.private else folder.imported
    try:
        if run.private:
            own_folder(place)
        place.mkdir(parents=True, exist_ok=True)
        path = _free(folder, place, run)
        part = path.with_name(path.name + UNFINISHED)
        with suppress(FileNotFoundError):
            part.unlink()
        try:
            with part.open("xb") as out:
                if run.private:
                    os.fchmod(out.fileno(), 0o600)
                _Writing(shelf, folder, run, portrait, sources, path, out.write).write(now)
                out.flush()
                os.fsync(out.fileno())
        except BaseException:
            with suppress(OSError):  # room is what may be missing
                part.unlink()
            raise
        part.rename(path)
        sync_folder(place)
    except OSError as error:
        raise storage_error(place, error) from None
    return path


def _free(folder: SiteFolder, place: Path, run: ImportRun) -> Path:
    """Return a path that no WARC has; the number tells apart what begins in the same second."""
    for serial in range(10**5):
        name = name_of(folder.name, run.stamp, serial, imported=True)
        # One count for both folders: a name stands for one file wherever it lies.
        if not any((one / name).exists() for one in (folder.imported, folder.private)):
            return place / name
    raise OSError(f"{place}: no name is left for {run.stamp}")


class _Writing:
    """The file of one run; `_at` is how many bytes it has."""

    def __init__(
        self,
        shelf: Shelf,
        folder: SiteFolder,
        run: ImportRun,
        portrait: Portrait,
        sources: Sources,
        path: Path,
        out: Callable[[bytes], int],
    ) -> None:
        self._shelf, self._folder, self._run, self._portrait = shelf, folder, run, portrait
        self._sources, self._path, self._out = sources, path, out
        self._at, self._run_id = 0, run.id
        self._info = self._id("warcinfo")
        self._types = {one.route: one.type for one in portrait.collections}
        self._file = path.relative_to(folder.path).as_posix()
        privilege = Privilege.AUTHENTICATED if run.private else Privilege.ANONYMOUS
        about = {"site": folder.name, "run": run.id, "crawl": run.id, "verdict": "answered", "final": "yes"}
        self._same = {**about, "privilege": str(privilege), "clock": "foreign"}  # in the metadata of every capture
        self._fresh: dict[str, tuple[str, str, str, int]] = {}  # what was written last, by record id
        self._asked: set[int] = set()  # numbers of the requests that were written
        self._coverage: dict[str, Coverage] = {}
        self._counts = {"requests": 0, "captures": 0, "revisits": 0, "bytes": 0}

    def write(self, now: datetime) -> None:
        run, info = self._run, {"wparchive-site": self._folder.name, "wparchive-import": "yes"}
        self._put(info_member(self._info, self._path.name, run.id, info, now))
        used = self._sources.told(self._run.sources)
        self._fact("start", start_of(run, self._portrait, used), run.first)
        if run.rows or "joined" in run.states:
            self._fact("site", self._portrait.fact, run.first)
        if run.rows:
            self._fact("collections", self._portrait.listed, run.first)
        for start in range(0, len(run.rows), _TOGETHER):
            for row in list(self._shelf.rows(_SOME, json.dumps(run.rows[start : start + _TOGETHER].tolist()))):
                self._exchange(row)
            self._shelf.do_many("INSERT OR REPLACE INTO written VALUES (?, ?, ?, ?)", [*self._fresh.values()])
            self._fresh.clear()
        for route, coverage in sorted(self._coverage.items()):
            self._fact(f"coverage:{route}", coverage.fact, run.last)
        end = {"finished_at": run.last, "outcome": "imported", "gaps": 0, **self._counts}
        self._fact("end", end, run.last)

    def _id(self, what: str) -> str:
        """Return a record id that follows from the run: the same import writes the same."""
        return f"urn:uuid:{uuid5(NAMESPACE_URL, f'wparchive:{self._run_id}:{what}')}"

    def _put(self, data: bytes) -> None:
        self._out(data)
        self._at += len(data)

    def _fact(self, name: str, value: object, at: str) -> None:
        moment = moment_of(at)
        assert moment is not None
        self._put(resource_member(name, value, self._run_id, self._info, moment, self._id(name)))

    def _exchange(self, row: Row) -> None:
        offset = self._at
        fields = self._fields(row)
        member = self._sources.member(row["source"], row["offset"], row["length"], exact=row["exact"])
        fields |= {"source-sha256": member.coded_sha256, "response-member": member.sha256}
        self._put(member.data)
        fields |= self._request(row)
        about = (
            ("WARC-Date", row["at"]),
            ("WARC-Target-URI", uri(row["uri"])),
            ("WARC-Warcinfo-ID", f"<{self._info}>"),
            ("WARC-Concurrent-To", f"<{row['record'] or row['id']}>"),
        )
        data = fields_block({name: value for name, value in fields.items() if value})
        pairs = opening_pairs(
            "metadata", self._id(row["id"]), about, "application/warc-fields", len(data), sha256(data)
        )
        self._put(stored_member(pairs, data))
        self._fresh[row["id"]] = (row["site"], row["id"], self._file, offset)
        self._count(row)

    def _request(self, row: Row) -> dict[str, str]:
        """Write the request of an answer, if it has one that wasn't written; it gets a name if its id is another record's."""
        asked = row["asked_id"]
        if asked is None or row["request"] in self._asked:
            return {}
        place = row["asked_source"], row["asked_offset"], row["asked_length"]
        member = self._sources.member(*place, exact=row["asked_exact"])
        self._put(member.data)
        self._asked.add(row["request"])
        fields = {"request-member": member.sha256}
        if row["record"] or self._shelf.one(_TAKEN, {"id": asked}):
            fields["request-known-as"] = request_name(row["id"])
        self._shelf.do("INSERT OR IGNORE INTO named VALUES (?)", asked)
        return fields

    def _count(self, row: Row) -> None:
        revisit = row["type"] == "revisit"
        self._counts["requests"] += 1
        self._counts["revisits" if revisit else "captures"] += 1
        self._counts["bytes"] += 0 if revisit else row["size"]  # whose size may be known only later
        path = row["route"].partition("?")[0]
        if path in self._types and row["status"] == 200 and lists_all(row["route"]):
            self._coverage.setdefault(path, Coverage(path, self._types[path])).take(row)

    def _fields(self, row: Row) -> dict[str, str]:
        found: Mapping[str, str | None] = {
            **self._same,
            **self._what(row),
            "method": row["method"] or "GET",
            "body-sha256": row["body"],
            "payload-sha256": row["payload"],
            "payload-sha1": row["sha1"],
            "payload-size": str(row["size"]),
            "flags": row["flags"] if row["flags"] != "[]" else None,
            "truncated": row["truncated"],
            "url": row["uri"] if uri(row["uri"]) != row["uri"] else None,
            "also": row["also"],
            "known-as": row["id"] if row["record"] else None,
            "source-of": row["of"],
            "source-range": row["range"],
            **self._sources.fields(row["source"], row["info"], row["offset"], row["length"]),
            **self._referred(row),
        }
        return {name: value for name, value in found.items() if value}

    def _what(self, row: Row) -> dict[str, str]:
        """Return what a capture is: of which route, or which page, sitemap or feed."""
        if not row["kind"]:
            kind = kind_of(row["route"], row["status"], self._types)
            return {"key": row["route"], "kind": kind, "route": row["route"]}
        about = {} if row["kind"] == "page" else {"about-home": self._portrait.homes[0]}
        return {"key": row["route"], "kind": row["kind"], **about}

    def _referred(self, row: Row) -> dict[str, str]:
        """Return the place of the answer that a revisit stands for; only its id where that is written later."""
        if row["type"] != "revisit" or not row["held"]:
            return {}
        fresh = self._fresh.get(row["held"])
        known = fresh[2:] if fresh else next(self._shelf.rows(_WRITTEN, row["site"], row["held"]), None)
        place = {"refers-to-file": known[0], "refers-to-offset": str(known[1])} if known and known[0] else {}
        return {"refers-to": row["held"], **place}
