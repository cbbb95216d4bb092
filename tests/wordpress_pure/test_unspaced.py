"""Text without spaces between words: whatever stands in it is found, and nothing else."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wparchive.ask.finding.typed import Term, in_pairs
from wparchive.index.database.creation import GRAMS
from wparchive.wordpress.unspaced import has_unspaced, pairs, phrase


def found(text: str, words: str) -> bool:
    """Whether a search in the index of pairs finds the words in the text."""
    with closing(sqlite3.connect(":memory:")) as conn:
        conn.execute(f"CREATE VIRTUAL TABLE grams USING fts5(text, {GRAMS})")
        conn.execute("INSERT INTO grams (text) VALUES (?)", (pairs(text),))
        match = in_pairs(Term(words))[0]
        return bool(conn.execute("SELECT 1 FROM grams WHERE grams MATCH ?", (match,)).fetchone())


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("港務局", "港務 務局 局"),
        ("港", "港"),
        ("新iPhone発布", "新 iPhone 発布 布"),
        ("plain Grüße", "plain Grüße"),
        ("ท่า", "ท่ ่า า"),
    ],
)
def test_runs_become_pairs(text: str, written: str) -> None:
    """Only signs of scripts without spaces do."""
    assert pairs(text).split() == written.split()
    assert has_unspaced(text) == (pairs(text) != text)


def test_half_width_and_composed_signs_are_the_same() -> None:
    """A search for one finds the other."""
    assert found("ﾎﾟﾄ", "ポト") and found("ポト", "ﾎﾟﾄ") and phrase("ﾎﾟﾄ").split() == ["ポト"]


SIGNS = "港務局霧信号横浜はをカナท่าเรือ"


@settings(max_examples=400, deadline=None)
@given(st.text(SIGNS + "a1、 ", min_size=1, max_size=12), st.data())
def test_every_part_of_a_text_is_found(text: str, data: st.DataObject) -> None:
    """A part that begins and ends with a sign, wherever it stands; a part of other signs isn't."""
    places = [place for place, sign in enumerate(text) if sign in SIGNS]
    if not places:
        return
    start = data.draw(st.sampled_from(places))
    end = data.draw(st.sampled_from([place for place in places if place >= start]))
    assert found(text, text[start : end + 1])
    absent = data.draw(st.text(SIGNS, min_size=2, max_size=4))
    if absent not in text:
        assert not found(text, absent)
