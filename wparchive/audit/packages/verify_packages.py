"""`verify PACKAGE`: evidence packages and WACZ files, each by itself."""

from collections.abc import Iterator
from pathlib import Path

from wparchive.audit.finding import Finding, Tally
from wparchive.audit.packages.contents import opened
from wparchive.audit.packages.package_check import PackageCheck, is_package
from wparchive.audit.packages.wacz_check import WaczCheck, is_wacz
from wparchive.audit.seals.trust import OWN_WORD, Trust
from wparchive.errors import UsageError

__all__ = ["verify_package"]


def verify_package(path: Path, tally: Tally, trust: Trust = OWN_WORD) -> Iterator[Finding]:
    """Yield what isn't proven of the evidence package or the WACZ at `path`, a folder or a zip; judged by `trust`.

    `tally` is updated: how many files and records were checked, by whose word, and notes that aren't findings. Raises
    UsageError for what is neither.
    """
    trust.check()
    with opened(path) as contents:
        if is_package(contents):
            yield from PackageCheck(contents, trust, tally).findings()
        elif is_wacz(contents):
            yield from WaczCheck(contents, trust, tally).findings()
        else:
            raise UsageError(f"{path}: neither an evidence package nor a WACZ; name one, or an archive with --archive")
