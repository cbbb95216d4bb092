"""What sealing came to."""

from dataclasses import dataclass, field

__all__ = ["SealResult"]


@dataclass(slots=True)
class SealResult:
    """The newest seal, what was made now, and what a person has to know.

    `number` is None when nothing was ever sealed. `missing` are signatures and stamps that could not be had, `unsound` the
    WARCs that were left out, `notes` the rest. `overdue` says what a person has to see to, even in silence.
    """

    number: int | None = None
    entries: int = 0
    root: str = ""
    made: bool = False
    files: int = 0
    missing: list[str] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    overdue: list[str] = field(default_factory=list)
