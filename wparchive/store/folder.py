"""The folder of one site: its paths, and its WARCs in the order in which they are read."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from wparchive.errors import UsageError
from wparchive.store.modes import own_folder
from wparchive.store.remote import Remote
from wparchive.store.strays import Stray, in_order, layout_of, strays_among
from wparchive.store.warc.names import is_import, no_files_in, warc_name, warcs_in
from wparchive.store.warc.with_rights import shown_with_rights
from wparchive.store.warc.writing.run_records import LAYOUT
from wparchive.store.warc.writing.writer import storage_error

__all__ = ["SiteFolder"]

_NO_FILE = "a folder, a pipe or a device, not a file, so nothing of it is read; move it elsewhere"


@dataclass(frozen=True, slots=True)
class SiteFolder:
    """The folder of one site, which needn't exist yet; `remote` has those of its WARCs that lie elsewhere."""

    path: Path
    remote: Remote | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The site's name."""
        return self.path.name

    @property
    def warc(self) -> Path:
        """The folder of the public WARCs."""
        return self.path / "warc"

    @property
    def private(self) -> Path:
        """The folder of the WARCs that were made with credentials."""
        return self.path / "warc" / "private"

    @property
    def imported(self) -> Path:
        """The folder of the WARCs with captures of other tools, but for those that were made with credentials."""
        return self.path / "warc" / "import"

    @property
    def runs(self) -> Path:
        """The folder of the runs' logs."""
        return self.path / "runs"

    @property
    def frontier(self) -> Path:
        """The capture log's database."""
        return self.path / "frontier.db"

    def create(self) -> Self:
        """Create the folders. Raises StorageError."""
        try:
            self.warc.mkdir(parents=True, exist_ok=True)
            # The logs name URLs that were requested with credentials.
            own_folder(self.runs)
            if self.private.is_dir():
                own_folder(self.private)
        except OSError as error:
            raise storage_error(self.path, error) from None
        return self

    def warcs(self, *, imports: bool = True) -> list[Path]:
        """Return every WARC of the site, finished or open, by run; within a run, public files come first.

        Without `imports`, those with captures of other tools are left out: what a crawl leans on is its own.
        """
        found = [path for path in self.files() if imports or not is_import(path)]
        astray = {stray.path for stray in strays_among(found, self.path)}
        return in_order(path for path in found if path not in astray)

    def strays(self) -> list[Stray]:
        """Return the files among the WARCs that aren't read, each with the reason."""
        others = [path for folder in self._folders for path in no_files_in(folder)]
        return [*strays_among(self.files(), self.path), *(Stray(path, "special", _NO_FILE) for path in others)]

    def refuse_newer(self) -> None:
        """Raise UsageError when a WARC has a newer record layout than this wparchive knows."""
        for path in self.files():
            if path.stat().st_size and layout_of(path) > LAYOUT:
                raise UsageError(
                    f"{path}: written by a newer wparchive; use that one, this one leaves the site as it is"
                )

    def private_warcs(self) -> list[Path]:
        """Return the WARCs with captures that were made with credentials, also those that this was found of only later."""
        private = list(warcs_in(self.private))
        later = {file for file, _ in shown_with_rights(private)}
        named = warcs_in(self.imported) if later else ()
        return [*private, *(path for path in named if path.relative_to(self.path).as_posix() in later)]

    def with_rights(self) -> frozenset[str]:
        """Return the ids of the captures that were taken as anybody's, and of which a later import showed otherwise."""
        return frozenset(capture for _, capture in shown_with_rights(warcs_in(self.private)))

    def files(self) -> list[Path]:
        """Return every file here that is called as a WARC is, read or not."""
        return [path for folder in self._folders for path in warcs_in(folder)]

    @property
    def _folders(self) -> tuple[Path, ...]:
        return self.warc, self.imported, self.private

    def relative(self, path: Path) -> str:
        """Return `path` in the form of `Capture.warc`."""
        return warc_name(path)
