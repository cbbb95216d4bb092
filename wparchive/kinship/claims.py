"""What one site says of when an article was published, and what contradicts that."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from operator import itemgetter
from typing import NamedTuple

__all__ = [
    "ZONES",
    "Inserted",
    "Mention",
    "Named",
    "Side",
    "begun_by",
    "contradictions",
    "moment",
    "named_before",
    "names_as_source",
    "ready_made",
    "shown_late",
    "stated_edit",
]

ZONES = timedelta(hours=14)
"""By which a clock set to a wrong zone is off."""
_WORDPRESS = datetime(2003, 5, 27, tzinfo=UTC)  # its first release
_LONG_DRAFT = timedelta(days=30)  # an article may be published some time after it was begun, and its id is from then
_MONTH = 7  # characters of YYYY-MM


class Named(NamedTuple):
    """A document of the site (`sitemap` or `feed`) that names the article's address: when a capture of one first did.

    `published` and `modified` are what it says of the article, the latter as the newest document has it.
    """

    document: str
    first_seen: str
    published: str | None = None
    modified: str | None = None


class Mention(NamedTuple):
    """How an article names the other in its text, in words; `of_article` if it is that very article, else only its site."""

    words: str
    of_article: bool


class Inserted(NamedTuple):
    """So many articles of a site have a text that stands on other sites; one account has all, on the other site several have."""

    articles: int
    account: int
    accounts_there: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two articles: what is held and what its site claims. Times are ISO 8601 in UTC, None where unknown.

    `seen_at` is when a capture first held its text on its site (in the item `held_in` if not in its own), `absent_at` when one
    last lacked it (an earlier version if it `came_by_edit`, else a complete listing), `part_until` when an earlier version was
    last held that had a part of it at most. `by_others` has `seen` and `absent` if these are times by another tool's clock.

    `date` is the earliest that a version claims, `dates` all of them with when each was first held, if it was moved,
    `modified_before` what the version states that lacked the text. `commented` is the earliest date of a comment, `lower` and
    `higher` the dates of the items with the next lower and higher ids, `begun` those of the latter that are no later than what
    a listing without it shows of them, `address` the day (YYYY-MM-DD) that its address has,
    `upload` the newest month (YYYY-MM) of its own uploads, `stated` other dates of its publication, by where they stand,
    `named` what its site's sitemaps and feeds say of it. `foreign_guid` says that its guid names another host, `inserted`
    that an account has all that stands elsewhere too. `points` is how it names the other as its source, `mentions` how its
    text names it; what is `noted` decides nothing.
    """

    item: str
    seen_at: str
    held_in: str | None = None
    absent_at: str | None = None
    came_by_edit: bool = False
    part_until: str | None = None
    by_others: frozenset[str] = frozenset()
    date: str | None = None
    dates: tuple[tuple[str, str], ...] = ()
    modified: str | None = None
    modified_before: str | None = None
    commented: str | None = None
    revisions: int | None = None
    lower: tuple[str, ...] = ()
    higher: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()
    address: str | None = None
    upload: str | None = None
    stated: tuple[tuple[str, str], ...] = ()
    named: tuple[Named, ...] = ()
    foreign_guid: bool = False
    inserted: Inserted | None = None
    points: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()
    noted: tuple[str, ...] = ()


def moment(text: str | None) -> datetime | None:
    """Return a time as ISO 8601 has it, in UTC if it names no zone; None if there is none, or it is no time."""
    try:
        found = datetime.fromisoformat(text) if text else None
        found = found and (found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC))
    except (ValueError, OverflowError):
        return None
    return found if found and MINYEAR < found.year < MAXYEAR else None  # room for reckoning on both sides


def named_before(side: Side, when: datetime | None) -> Named | None:
    """Return the first document that named the article's address by then, if one did: it may have been public."""
    found = [(first, one) for one in side.named if (first := moment(one.first_seen)) and when and first <= when]
    return min(found, key=itemgetter(0))[1] if found else None


def stated_edit(side: Side) -> Named | None:
    """Return the document that has the latest edit before the text was held, if its site's API has none as late."""
    seen, known = moment(side.seen_at), [at for one in (side.date, side.modified) if (at := moment(one))]
    stated = [(at, one) for one in side.named if (at := moment(one.modified))]
    found = [(at, one) for at, one in stated if seen and known and max(known) < at <= seen]
    return max(found, key=itemgetter(0))[1] if found else None


def names_as_source(side: Side, other: Side) -> bool:
    """Return whether an article itself says that it may be the other's: then nothing shows that it was public before that.

    A link to the other's site alone doesn't say so where the other names the article: it may be written of that site.
    """
    if side.points or any(one.of_article for one in side.mentions):
        return True
    return bool(side.mentions) and not (other.points or any(one.of_article for one in other.mentions))


def begun_by(side: Side) -> datetime | None:
    """Return when an article was begun at the latest, if that is before its date: one with a higher id is dated then.

    It may have been public since, and away for a while, or dated anew. Much older ones were imported, or dated back.
    """
    date, after = moment(side.date), [found for one in side.begun if (found := moment(one))]
    return min((one for one in after if date and date - _LONG_DRAFT < one < date), default=None)


def shown_late(side: Side) -> bool:
    """Return whether an earlier version was shown when its text was replaced already, by what the site states: by a cache."""
    absent, before, after = (moment(one) for one in (side.absent_at, side.modified_before, side.modified))
    return bool(side.came_by_edit and absent and before and after and before < after <= absent)


def contradictions(side: Side) -> Iterator[str]:
    """Yield in words what contradicts the date that a site claims."""
    date, seen, absent = (moment(one) for one in (side.date, side.seen_at, side.absent_at))
    if date is None:
        return
    yield from _put_back(side)
    if date < _WORDPRESS:
        yield f"dated {side.date}, before there was WordPress"
    if seen and date > seen + ZONES:
        yield f"dated {side.date}, after it was held ({side.seen_at})"
    if absent and not side.came_by_edit and date < absent - ZONES:
        yield f"dated {side.date}, but its site's whole listing lacked it at {side.absent_at}"
    if (commented := moment(side.commented)) and commented < date - ZONES:
        yield f"dated {side.date}, but commented on at {side.commented}"
    before = [found for one in side.lower if (found := moment(one))]
    if len(before) > 1 and date < min(before) - ZONES:
        yield f"ids are out of order: {len(before)} items with lower ids are dated later, from {min(before):%Y-%m-%d} on"
    after = [found for one in side.higher if (found := moment(one))]
    if len(after) > 1 and date > max(after) + _LONG_DRAFT:
        yield f"ids are out of order: {len(after)} items with higher ids are dated earlier, up to {max(after):%Y-%m-%d}"
    if (day := moment(side.address)) and not day - ZONES <= date <= day + ZONES + timedelta(days=1):
        yield f"dated {side.date}, but its address has {side.address}"
    if side.upload and (side.date or "")[:_MONTH] < side.upload and (side.modified or "")[:_MONTH] < side.upload:
        yield f"dated {side.date}, but shows files that were uploaded in {side.upload}"
    if early := named_before(side, date - ZONES):
        yield f"dated {side.date}, but its site's {early.document} named its address at {early.first_seen}"
    stated = (*side.stated, *((f"its {one.document}", one.published) for one in side.named if one.published))
    for where, text in stated:
        if (other := moment(text)) and abs(other - date) > ZONES:
            yield f"dated {side.date}, but {text} by {where}"


def _put_back(side: Side) -> Iterator[str]:
    """Where a later version is dated before what an earlier one was: either may be true."""
    latest: tuple[datetime, str] | None = None
    for text, since in side.dates:
        date = moment(text)
        if date and latest and date < latest[0] - ZONES:
            yield f"dated {text} since {since}, but {latest[1]} before"
        if date and (latest is None or date > latest[0]):
            latest = date, text


def ready_made(side: Side) -> Iterator[str]:
    """Yield in words the traces of an importer: it writes whatever date it is told."""
    if side.foreign_guid:
        yield "its guid names another site: it was imported"
    elif side.date and side.date == side.modified and side.revisions == 0:
        yield "never edited since it was inserted: no revisions, and its two dates are equal, as importers leave them"
    if side.inserted:
        yield (
            f"one account ({side.inserted.account}) has all {side.inserted.articles} of its site's articles whose text stands "
            f"on other sites; there {side.inserted.accounts_there} accounts have these: it may insert what others write"
        )
