"""Real responses, damaged: nothing escapes, the bytes are archived as they came, and a rebuild agrees."""

import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutants import Archived, main, mutant, survive

from wparchive.audit import verify
from wparchive.index import index, logical_dump

SOUND = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@SOUND
@given(st.randoms(use_true_random=False))
def test_no_damage_raises_anywhere(dice: random.Random) -> None:
    """From the head to the last link: verdict, discovery, listing, reader, digests, text, links."""
    survive(mutant(dice))


def test_damaged_responses_are_archived_to_the_byte_and_indexed(tmp_path: Path) -> None:
    """Several runs of damaged answers: every WARC record is sound, every row stands in its capture, a rebuild is equal."""
    dice = random.Random(20260102)
    archived = Archived(tmp_path)
    for _ in range(4):
        archived.take([mutant(dice) for _ in range(60)])
    assert list(verify(archived.archive)) == []
    before = list(logical_dump(archived.archive.database))
    index(archived.archive, rebuild=True)
    assert list(logical_dump(archived.archive.database)) == before


def test_many_mutants_in_a_row(capsys) -> None:
    """The script that takes 10,000 when run by hand (`python tests/faults/mutants.py`), with fewer."""
    main(120)
    assert capsys.readouterr().out.startswith("120 mutated responses in")
