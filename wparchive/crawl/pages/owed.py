"""What a site's pages are still to be shown with: derived from the WARCs, kept in the capture log.

A page is captured before the files that it names. A run says at its end which of them it didn't get to; where it says
nothing, it was killed, or of a wparchive that knew no better and was cut short: then the pages it captured are read again.
That costs no request for a file that is held. A file that was asked for and did not come, or that was refused, is owed too.
"""

from wparchive.http1.message import is_success
from wparchive.model import Verdict
from wparchive.store import LackingFile, OwedFiles, OwedPage, ResourceRecord, StoredExchange
from wparchive.wordpress.judgement import is_walled, may_be_wall
from wparchive.wordpress.values import clean, integer, mapping, members, string

__all__ = ["Owed"]


class Owed:
    """The files that pages of one site lack because no run asked for them, stored in `kept`."""

    def __init__(self, kept: OwedFiles) -> None:
        self._kept = kept

    def forget(self) -> None:
        """Delete everything, to be derived again."""
        self._kept.forget()

    def take_page(self, entry: StoredExchange) -> None:
        """Record the captured page."""
        capture = entry.capture
        if capture.verdict == Verdict.ANSWERED and is_success(capture.status) and "html" in capture.mime:
            url = clean(capture.extra.get("target-url") or capture.url)
            self._kept.capture(url, capture.capture, capture.run, capture.captured_at)

    def take_file(self, entry: StoredExchange) -> None:
        """Record what a request for a file brought. Raises DamagedError."""
        capture = entry.capture
        url = capture.key.removeprefix("NEED ")
        problem = str(capture.verdict)
        if capture.verdict == Verdict.ANSWERED:
            walled = may_be_wall(capture.status, capture.mime)
            walled = walled and is_walled(entry.head, lambda limit: entry.body(limit).data)
            problem = "wall" if walled else ""
        if problem and capture.truncated != "length":
            self._kept.lack(url, clean(capture.extra.get("about-role", "")), problem, capture.captured_at)
        else:
            self._kept.answer(url)

    def take_fact(self, fact: ResourceRecord) -> None:
        """Apply a fact of a run: how far it got with the files of its pages, or that it ended."""
        value = mapping(fact.value)
        if fact.name.startswith("needs:"):
            left = mapping(value.get("left"))
            known = {name: count for name, one in left.items() if (count := integer(one)) is not None}
            made_up = value.get("made_up")
            done = [one for one in made_up if isinstance(one, str)] if isinstance(made_up, list) else []
            self._kept.settle(fact.run, known, done)
            for one in members(value.get("lacking"), dict):
                url, role, problem = (clean(string(one.get(name))) for name in ("url", "role", "problem"))
                if url and problem:
                    self._kept.lack(url, role, problem, fact.date)
        elif fact.name == "end" and value.get("resumable") is False:
            self._kept.end(fact.run)

    def pages(self, most: int) -> list[OwedPage]:
        """Return the pages captured last whose files are owed, the newest first."""
        return self._kept.pages(most)

    @property
    def count(self) -> tuple[int, int]:
        """Of how many pages that aren't read yet the files are owed, and how many files are known to be."""
        return self._kept.count()

    def lacking(self, most: int) -> list[LackingFile]:
        """Return files that did not come or were refused, those asked for last first."""
        return self._kept.lacking(most)

    @property
    def lacking_count(self) -> int:
        """How many files did not come or were refused."""
        return self._kept.lacking_count()
