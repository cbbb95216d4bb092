"""What a check found, and what it went through."""

from dataclasses import dataclass, field

__all__ = ["Finding", "Tally"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that isn't as it was written.

    `kind` is one of: broken, torn, framing, digest, header, nonsense (what can't be so, under digests that are right), pair,
    duplicate, reference, short, missing, row, database, stray (a file that isn't read), link (a symbolic one, which isn't
    followed), unproven (rows whose WARC is damaged).
    `where` is for people; `warc`, `offset` and `record_id` name the record as far as they are known.
    """

    kind: str
    message: str
    warc: str = ""
    offset: int | None = None
    record_id: str = ""
    where: str = field(init=False)

    def __post_init__(self) -> None:
        place = self.warc if self.offset is None else f"{self.warc}:{self.offset}"
        object.__setattr__(self, "where", f"{place} {self.record_id}".strip())


@dataclass(slots=True)
class Tally:
    """What `verify` went through, filled while it runs; `notes` are worth knowing, but no findings.

    `compared` counts the rows of each table that were held against the WARCs, `differ` those that aren't as these say;
    `uncompared` says why none were, where that leaves something to do. `place` is where the database was made anew.
    """

    files: int = 0
    records: int = 0
    bytes: int = 0
    differ: int = 0
    compared: dict[str, int] = field(default_factory=dict)
    uncompared: str = ""
    place: str = ""
    notes: list[str] = field(default_factory=list)
