"""What became of the pages of a run, and of the files that they are shown with."""

from collections import Counter
from dataclasses import dataclass, field

from wparchive.http1.message import is_success

__all__ = ["PageReport", "status_outcome"]


@dataclass(slots=True)
class PageReport:
    """A run's account of its pages.

    `pages` and `requisites` count outcomes: fetched, same (as it was), missing (404 or 410), error (any other status),
    refused, failed, limited (one file too many of a host or page). `why` counts by what pages and files were refused:
    guarded, robots, or why their host can't be reached. `taken` counts the pages that were considered, `asked` those of
    them that were requested, `left` those that a later run makes up for, `doubtful` those that it looks at again.
    `files_left` counts the files that no run has got to, `unread` the pages captured of which nobody has looked yet what
    files they are shown with: later runs make up for both. `lacking_pages` and `lacking_files` did not come in earlier runs,
    or were refused, and weren't asked for in this one.
    """

    pages: Counter[str] = field(default_factory=Counter)
    requisites: Counter[str] = field(default_factory=Counter)
    why: dict[str, Counter[str]] = field(default_factory=lambda: {"page": Counter(), "requisite": Counter()})
    taken: int = 0
    asked: int = 0
    doubtful: int = 0
    left: int = 0
    files_left: int = 0
    unread: int = 0
    lacking_pages: int = 0
    lacking_files: int = 0

    def take_up(self, files: int | None) -> None:
        """Note that a page is read whose files earlier runs left: so many, None if nobody had looked yet."""
        self.files_left -= files or 0
        self.unread -= files is None

    def lack(self, pages: int, files: int) -> None:
        """Note how many pages and files did not come so far; those of them that this run counted are told of already."""
        self.lacking_pages = max(0, pages - self.pages["failed"] - self.pages["refused"])
        self.lacking_files = max(0, files - self.requisites["failed"] - self.requisites["refused"])

    def refuse(self, kind: str, why: str) -> None:
        """Count a page or a requisite, as `kind` says, that was refused."""
        (self.pages if kind == "page" else self.requisites)["refused"] += 1
        self.why[kind][why.replace("-", " ")] += 1

    @property
    def line(self) -> str:
        """What people are told, in one line; "" if there is nothing to tell."""
        parts = [_counted(self.pages, self.why["page"])] if self.pages else []
        if self.requisites:
            parts.append(f"files to show them: {_counted(self.requisites, self.why['requisite'])}")
        if self.doubtful:
            parts.append(f"{self.doubtful:,} may show something else than the API says: the next run looks again")
        if self.left:
            parts.append(f"{self.left:,} more pages are left for later runs")
        if self.files_left or self.unread:
            files = [f"{self.files_left:,} files to show them"] * bool(self.files_left)
            pages = [f"the files of {self.unread:,} captured pages"] * bool(self.unread)
            parts.append(f"{' and '.join(files + pages)} are left for later runs")
        if self.lacking_pages or self.lacking_files:
            pages = [_several(self.lacking_pages, "page")] * bool(self.lacking_pages)
            files = [_several(self.lacking_files, "file") + " to show pages"] * bool(self.lacking_files)
            parts.append(f"still lacking: {' and '.join(pages + files)}")
        return "; ".join(parts)

    def as_fact(self) -> dict[str, object]:
        """Return the account as JSON."""
        return {"pages": dict(self.pages), "requisites": dict(self.requisites), "left": self.left} | (
            {"files_left": self.files_left, "unread": self.unread} if self.files_left or self.unread else {}
        )


def status_outcome(status: int | None) -> str:
    """Return the outcome of an answer of that status, for a page or for a file."""
    if is_success(status):
        return "fetched"
    return {304: "same", 404: "missing", 410: "missing"}.get(status or 0, "error")


def _counted(counts: Counter[str], why: Counter[str]) -> str:
    refused = f" ({_plain(why)})" if why else ""
    return ", ".join(
        f"{count:,} {name}{refused if name == 'refused' else ''}" for name, count in sorted(counts.items())
    )


def _several(count: int, name: str) -> str:
    return f"{count:,} {name}{'s' if count > 1 else ''}"


def _plain(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common())
