"""What is held of a new text that stood on another site before: the other item, how much they share, and who was first."""

import sqlite3
from dataclasses import dataclass

from wparchive.ask.kinship.articles import Articles
from wparchive.ask.kinship.relatives import Group, group_of
from wparchive.ask.kinship.sides import order_between
from wparchive.kinship.precedence import Standing

__all__ = ["Newcomer", "newcomer"]

_AGENCY = "SELECT agency FROM kinship WHERE item = ? AND other = ?"
_STANDING = {
    Standing.PROVEN: "{} was public first: captures prove it",
    Standing.INDICATED: "{} was public first, by what is stated of it",
    Standing.UNDECIDABLE: "which of the two was public first is undecidable",
}
_BEFORE = "; of what it was when that was told before, {} % did"
_BY_NOW = {
    "everybody": "; it is of what everybody prints by now: {size} like articles on {sites} sites",
    "common": "; it is made of phrases that stand all over the archive by now, in {size} articles on {sites} sites",
    "series": "; it is one of a series by now: {size} like articles of its site",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Of what an item turned out to be kin when a run noticed it: `other`, held since `held_since` (UTC).

    `kind` says what it is to the other, `share` how many percent of it stand there, `other_share` the reverse, `share_before`
    how many stood there when that was told before, `others` how many more items of other sites share text with it. `first` is
    the item that was public first as far as `standing` (proven, indicated, undecidable) says, for the `reasons`. `by_now` is
    the group of like articles that it belongs to since.
    """

    other: str
    title: str
    link: str | None
    kind: str
    share: int
    other_share: int
    share_before: int | None
    others: int
    agency: str | None
    held_since: str
    first: str | None
    standing: str
    reasons: list[str]
    by_now: Group | None

    @property
    def words(self) -> str:
        """What is held, in a sentence that claims no more."""
        more = f", and in {self.others} more" if self.others else ""
        agency = f"; both credit {self.agency}" if self.agency else ""
        before = "" if self.share_before is None else _BEFORE.format(self.share_before)
        order = _STANDING[Standing(self.standing)].format(self.first)
        by_now = _BY_NOW.get(self.by_now.kind, "").format(**self.by_now._asdict()) if self.by_now else ""
        return (
            f"{self.share} % of it stands in {self.other} too ({self.kind}){more}, which is held since "
            f"{self.held_since[:19]}Z{before}{agency}; {order}{by_now}"
        )


def newcomer(db: sqlite3.Connection, row: sqlite3.Row) -> Newcomer | None:
    """Return what a row of the table `copied` says; None if strangers aren't shown both items."""
    articles = Articles(db)
    one, other = (articles.one(row[name], row[at]) for name, at in (("item", "version"), ("other", "other_version")))
    if one is None or other is None:
        return None
    order = order_between(articles, one, other)
    agency = db.execute(_AGENCY, sorted((one.item, other.item))).fetchone()
    return Newcomer(
        other=other.item,
        title=other.title,
        link=other.link,
        **{name: row[name] for name in ("kind", "share", "other_share", "share_before", "others")},
        agency=agency[0] if agency else None,
        held_since=row["other_seen_at"],
        first=order.first,
        standing=str(order.standing),
        by_now=group_of(db, row["item"]),
        reasons=[f"{each.item}: {each.text}" for each in order.reasons],
    )
