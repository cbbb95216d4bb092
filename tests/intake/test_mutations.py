"""Nothing that a file holds ends an import with a fault of ours, or keeps it busy."""

from pathlib import Path

import pytest
from intakekit import bodies_in, unsound
from mutations import KINDS, imported, mutated, seed

from wparchive.intake import import_files
from wparchive.store import Archive


@pytest.mark.parametrize("kind", KINDS)
def test_mutated_files_end_with_an_answer(tmp_path: Path, kind: str) -> None:
    """`mutations.py` tries hundreds of each; these are its first ones."""
    codes = {code for _, _, code in imported(kind, range(15), tmp_path)}
    assert codes <= {0, 2, 3, 7}


@pytest.mark.parametrize("number", range(8))
def test_whatever_is_taken_out_of_a_mutated_file_is_sound(tmp_path: Path, number: int) -> None:
    """Every body that is taken is one that was sent: what a mutation altered is damage, never an answer."""
    sound = seed("gzip", tmp_path)
    (tmp_path / "sound.warc.gz").write_bytes(sound)
    (tmp_path / "x.warc.gz").write_bytes(mutated(sound, number))
    import_files(Archive(tmp_path / "whole"), [tmp_path / "sound.warc.gz"])
    import_files(Archive(tmp_path / "some"), [tmp_path / "x.warc.gz"])
    assert bodies_in(tmp_path / "some") <= bodies_in(tmp_path / "whole")
    assert [one for one in unsound(tmp_path / "some") if "archive.db" not in one] == []
