"""How far an archive is sealed, in one line and in figures."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from wparchive.cli.options import print_error, short_time
from wparchive.errors import WparchiveError
from wparchive.events import told

if TYPE_CHECKING:
    from wparchive.seal.how_sealed import Overview
    from wparchive.store import Archive

__all__ = ["figures", "how_sealed", "seal_line"]


def how_sealed(archive: "Archive") -> "Overview | None":
    """Return how far `archive` is sealed; None, with a line on stderr, when that can't be read."""
    from wparchive.seal.how_sealed import overview
    from wparchive.seal.kept_settings import remembered

    try:
        return overview(archive, remembered(archive))
    except WparchiveError as error:
        print_error(f"seals: {error}")
        return None


def seal_line(sealed: "Overview") -> str:
    """Return what a person reads of it."""
    left = f"{sealed.unsealed:,} finished WARCs not sealed yet" if sealed.unsealed else ""
    if sealed.number is None:
        return f"no seal yet; {left or 'no WARC is finished'}"
    stamped = f"stamped by {', '.join(sealed.stamped_by)}" if sealed.stamped_by else "not stamped"
    pending = f"{sealed.pending:,} stamps pending" if sealed.pending else ""
    signed = "signed" if sealed.signed else "not signed"
    parts = [f"seal {sealed.number} of {short_time(sealed.at)}", signed, stamped, pending, left]
    return told("; ".join(filter(None, parts)))


def figures(sealed: "Overview", now: datetime) -> Mapping[str, float | None]:
    """Return the same for Prometheus."""
    try:
        age = (now - datetime.fromisoformat(sealed.at)).total_seconds()
    except (ValueError, TypeError):
        age = None
    return {
        "wparchive_seal_age_seconds": age,
        "wparchive_unsealed_files": sealed.unsealed,
        "wparchive_stamps_pending": sealed.pending,
    }
