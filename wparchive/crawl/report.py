"""How a run over one site ended: what is held, what is not, and the exit code that follows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from wparchive.errors import ExitCode
from wparchive.wordpress.discovery.site_state import SiteState
from wparchive.wordpress.listing import Proof

__all__ = ["Failure", "RunReport", "Tally"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A route that could not be had by itself, and why."""

    route: str
    reason: str

    def __str__(self) -> str:
        return f"{self.route}: {self.reason}"


@dataclass(slots=True)
class Tally:
    """What a run has cost so far: requests sent, captures kept, revisits among them, bytes of payload received."""

    requests: int = 0
    captures: int = 0
    revisits: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """The outcome of one run over one site; `outcome` is the exit code's name.

    `links` and `files` count links and files by outcome; `failures` are lines for people, `unlisted` as many more;
    `damage` are such lines too, of what is lost in the WARCs and wasn't held again before this run. So many `old_answers`
    came out of a cache, the `oldest` of so many seconds ago.
    """

    site: str
    run: str
    mode: str
    state: SiteState
    exit_code: ExitCode
    reason: str = ""
    tally: Tally = field(default_factory=Tally)
    proofs: Sequence[Proof] = ()
    links: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    failures: Sequence[str] = ()
    unlisted: int = 0
    damage: Sequence[str] = ()
    seconds: float = 0.0
    old_answers: int = 0
    oldest: int = 0

    @property
    def outcome(self) -> str:
        """The exit code's name as the contract spells it."""
        return self.exit_code.name.lower().replace("_", "-")

    @property
    def gaps(self) -> int:
        """How many named holes are left."""
        return sum(len(proof.gaps) for proof in self.proofs) + len(self.failures) + self.unlisted
