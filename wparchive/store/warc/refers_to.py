"""Find the response that a revisit refers to, anywhere in a site's WARCs.

Each file is read once per process, to note where its responses are and what they say of themselves.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from wparchive.model import WEAK, Capture
from wparchive.store.warc.fields import Fields, bare, parse_block
from wparchive.store.warc.members import Member
from wparchive.store.warc.referred_answers import Answers, Held, Sought, digest_key, digests_of, id_key, plain, second
from wparchive.store.warc.resync import walk

__all__ = ["Place", "find_referred", "sought_by"]

Place = tuple[Path, int]

_LONGEST = 1 << 20  # bytes of a metadata record of ours


def find_referred(paths: list[Path], sought: Sought) -> tuple[Place, bool] | None:
    """Return the place of the response in the WARCs `paths`, and whether it is known by its digest alone; None without one."""
    if not paths or not (sought.name or sought.id or (sought.uri and sought.at) or sought.digest):
        return None
    found = _answers(paths[0].parent).find(paths, sought)
    return ((Path(found[0].file), found[0].offset), found[1]) if found else None


def sought_by(capture: Capture, headers: Fields) -> Sought:
    """Return what a revisit says of its response; all of it where we took it over from another tool, else the surest."""
    named = id_key(next(iter(headers.ids("WARC-Refers-To")), ""))
    foreign, weak = capture.extra.get("clock") == "foreign", not WEAK.isdisjoint(capture.flags)
    if capture.refers_to and not (foreign and weak):
        return Sought(name=capture.refers_to)
    uri, date = plain(bare(headers.get("WARC-Refers-To-Target-URI"))), second(headers.get("WARC-Refers-To-Date"))
    if not foreign:
        return Sought(uri=uri, at=date)
    digest = digest_key(headers.get("WARC-Payload-Digest"))
    return Sought(named, uri, date, digest, plain(bare(headers.get("WARC-Target-URI"))), second(capture.captured_at))


@lru_cache(maxsize=4)
def _answers(_folder: Path) -> "_InFiles":
    return _InFiles()


class _InFiles:
    """The responses of one site, in the files as they were when these were read."""

    def __init__(self) -> None:
        self._answers = Answers()
        self._walked: dict[str, tuple[int, int]] = {}

    def find(self, paths: list[Path], sought: Sought) -> tuple[Held, bool] | None:
        with self._answers.lock:
            # An open file has another name once it is finished.
            for gone in self._walked.keys() - set(map(str, paths)):
                self._answers.forget(gone)
                del self._walked[gone]
            for path in paths:
                if self._walked.get(str(path)) != (state := _state(path)):
                    self._answers.forget(str(path))
                    self._answers.add(_held(path))
                    self._walked[str(path)] = state
            return self._answers.find(sought)


def _held(path: Path) -> Iterator[Held]:
    """Yield the responses in a file, each with what the metadata behind it says of it."""
    last: Held | None = None
    for seen in walk(path, 0, lambda member: _seen(path, member)):
        if isinstance(seen, dict) and last:
            digests = digests_of("", seen.get("payload-sha256", ""), seen.get("payload-sha1", ""))
            yield last._replace(name=seen.get("known-as", last.name), digest=f"{last.digest} {digests}")
            last = None
        elif isinstance(seen, Held):
            yield from (last,) if last else ()
            last = seen
    yield from (last,) if last else ()


def _seen(path: Path, member: Member) -> Held | dict[str, str] | None:
    """Return a response, or the fields of a metadata record of ours."""
    headers = member.headers
    if member.type == "metadata" and int(headers.get("Content-Length")) <= _LONGEST:
        return parse_block(b"".join(member.content()))
    if member.type != "response":
        return None
    about = (plain(bare(headers.get("WARC-Target-URI"))), second(headers.get("WARC-Date")))
    digest = digest_key(headers.get("WARC-Payload-Digest"))
    private = path.parent.name == "private"
    return Held(str(path), member.offset, member.record_id, id_key(member.record_id), *about, digest, private)


def _state(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
