"""An archive that nobody touched has no findings, whoever looks at it, and a seal says what it is of."""

from pathlib import Path

from sealkit import Desk, findings, seals_of

from wparchive.audit import Tally


def test_an_honest_archive_has_no_findings(sealed: Path, desk: Desk) -> None:
    """By its own word, and by an auditor's signers, authorities and heads kept elsewhere."""
    tally = Tally()
    assert findings(sealed, tally=tally) == []
    assert tally.sealed.startswith("3 seals of 4 WARCs; signed by desk@example.org (by the archive's own word")
    assert "last stamped" in tally.sealed
    heads = [seal.folder / "checkpoint" for seal in seals_of(sealed).all()]
    tally = Tally()
    assert findings(sealed, desk.trust(*heads), tally) == []
    assert "own word" not in tally.sealed
