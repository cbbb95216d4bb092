"""The findings of a check, and how much it examined."""

from dataclasses import dataclass, field

__all__ = ["Finding", "Tally"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A deviation from what was written.

    `kind` is one of: broken, torn, framing, digest, header, nonsense (impossible content under correct digests), pair,
    duplicate, reference, short, missing, row, database, stray (a file that is not read), link (a symbolic link, which
    is not followed), source (a file that captures were imported from), unproven (rows whose WARC is damaged), seal
    (`code` says in which way). `where` is for people; `warc`, `offset` (bytes) and `record_id` name the record, as far as
    they are known.
    """

    kind: str
    message: str
    warc: str = ""
    offset: int | None = None
    record_id: str = ""
    code: str = ""
    where: str = field(init=False)

    def __post_init__(self) -> None:
        place = self.warc if self.offset is None else f"{self.warc}:{self.offset}"
        object.__setattr__(self, "where", f"{place} {self.record_id}".strip())


@dataclass(slots=True)
class Tally:
    """How much `verify` has examined, updated while it runs. `notes` are worth knowing, but are not findings.

    `compared` counts the rows of each table that were compared with the WARCs; `differ` counts those that disagree.
    `uncompared` states why none were compared, if the user can do something about it. `sealed` says in one line what is
    sealed, by whose word, and no later than when. `place` is the folder in which the
    database was rebuilt.
    """

    files: int = 0
    records: int = 0
    bytes: int = 0
    differ: int = 0
    compared: dict[str, int] = field(default_factory=dict)
    uncompared: str = ""
    sealed: str = ""
    place: str = ""
    notes: list[str] = field(default_factory=list)
