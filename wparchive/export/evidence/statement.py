"""The statement of an evidence package: for people, on paper or on a screen, without a network and without scripts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from wparchive.ask.history import Evidence, Noticed, Version
from wparchive.ask.presenting.pages import place_changed
from wparchive.ask.version_texts import is_repeated
from wparchive.export.evidence.evidence_wanted import Wanted
from wparchive.export.evidence.item_texts import ItemText
from wparchive.export.evidence.sealed_records import SealedLog
from wparchive.export.evidence.statement_kin import kin_parts, picture_parts
from wparchive.export.evidence.statement_markup import escaped, facts, listed
from wparchive.export.evidence.statement_seals import StatedSeals
from wparchive.export.evidence.statement_words import CERTIFICATION, CHECKING, HEAD, NOT_PROVEN, WORDS_OF_CHANGES
from wparchive.model import Privilege
from wparchive.seal.seals_folder import Seal
from wparchive.store import StoredExchange
from wparchive.version import __version__
from wparchive.wordpress import prose
from wparchive.wordpress.prose.blocks import blocks
from wparchive.wordpress.prose.result import CELL as NEXT_CELL
from wparchive.wordpress.prose.result import PICTURE

__all__ = ["Statement", "statement"]

_LONGEST = 200_000  # characters of a text that is printed; the files have all of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a statement is made of: `numbers` are those of records by id, `seals` those of entries, by index."""

    wanted: Wanted
    exchanges: Mapping[str, StoredExchange]
    numbers: Mapping[str, int]
    seals: Mapping[int, Seal]
    sealed: SealedLog
    texts: Mapping[str, ItemText]
    now: datetime
    left_out: Sequence[str] = ()
    shown: set[str] = field(default_factory=set)  # captures whose table stands on the page already

    @property
    def private(self) -> bool:
        """Whether something in it was shown only to a user who had logged in."""
        return any(one.capture.privilege is not Privilege.ANONYMOUS for one in self.exchanges.values())


def statement(about: Statement) -> str:
    """Return the page, whole."""
    found, stated = about.wanted.history, StatedSeals(about.sealed, about.seals)
    title = f"{found.title or about.wanted.item}"
    parts = [
        HEAD.replace("TITLE", escaped(title, 300)),
        f'<p class="kind">Statement on what an archive holds</p>\n<h1 dir="auto">{escaped(title, 500)}</h1>\n',
        _about(about, stated),
        "<h2>What was seen</h2>\n",
        *(_version(about, stated, version) for version in found.versions),
        *_observed(about, stated),
        *_absent(about, stated),
        *kin_parts(about.wanted.kin, about.texts, partial(_evidence, about, stated), _readable),
        *picture_parts(about.wanted.pictures, partial(_evidence, about, stated)),
        "<h2>What is proven</h2>\n",
        listed(stated.proven()),
        "<h2>What isn’t proven</h2>\n",
        listed(NOT_PROVEN),
        *stated.tables(),
        "<h2>How to check it</h2>\n",
        CHECKING,
        "<h2>How it was made</h2>\n",
        stated.how_made(private=about.private),
        CERTIFICATION,
        "</main></body></html>\n",
    ]
    return "".join(parts)


def _about(about: Statement, stated: StatedSeals) -> str:
    found, item = about.wanted.history, about.wanted.item
    what = "one change of it" if about.wanted.change is not None else "all versions and changes that the archive holds"
    what += f", and {len(about.wanted.kin):,} other articles that share text with it" if about.wanted.kin else ""
    rows = [
        ("Item", f"{item.type} {item.wp_id} of {item.site}"),
        ("Address", found.link or "none stated"),
        ("Seen", _span(found.first_seen, found.last_seen)),
        ("Gone", f"{found.gone}, as first noticed {_when(found.gone_since)}" if found.gone else ""),
        ("In this package", what),
        ("Left out", "; ".join(about.left_out)),
        ("Sealed", stated.summary()),
        ("Package made", f"{about.now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC by wparchive {__version__}"),
    ]
    return facts(rows)


def _when(time: str | None) -> str:
    """Return a time of ours for people: to the second, and in which zone."""
    if not time:
        return "an unknown time"
    day, _, clock = time.partition("T")
    return f"{day} {clock[:8]} UTC" if clock.endswith("Z") else time


def _span(first: str, last: str) -> str:
    return _when(first) if _when(first) == _when(last) else f"first {_when(first)}, last {_when(last)}"


def _version(about: Statement, stated: StatedSeals, version: Version) -> str:
    text = about.texts.get(f"versions/{version.number}.json")
    where = f" Its JSON as the site sent it: versions/{version.number}.json." if text else ""
    parts = [
        f'<section><h3>Version {version.number}</h3>\n<p class="title" dir="auto">{escaped(version.title, 500)}</p>\n',
        f'<p class="seen">Seen {_span(version.first_seen, version.last_seen)}.{where}</p>\n',
        _evidence(about, stated, version.evidence),
        *_changes(version),
    ]
    if text and (version.number == about.wanted.history.versions[-1].number or about.wanted.change is not None):
        parts.append(_readable(text))
    return "".join([*parts, "</section>\n"])


def _changes(version: Version) -> Iterator[str]:
    for name, rows in version.changes.items():
        if not is_repeated(name, version.changes):
            places = (f'<div dir="auto">{place_changed(row)}</div>' for row in prose.changed(rows))
            yield f"<h4>{escaped(name.capitalize())}, compared with the version before: {escaped(prose.tally(rows))}</h4>\n"
            yield listed(places)


def _readable(text: ItemText) -> str:
    """Return the words of an item; HTML of the site is never passed on."""
    value = text.value()
    fields = [(name, _rendered(value.get(name))) for name in ("title", "excerpt", "content", "caption", "description")]
    return "".join(
        f'<h4>{name.capitalize()}, as it read</h4>\n<div class="words">{_lines(inner)}</div>\n'
        for name, inner in fields
        if inner
    )


def _rendered(value: object) -> str:
    inner = value.get("rendered") if isinstance(value, dict) else value
    return inner if isinstance(inner, str) else ""


def _lines(inner: str) -> str:
    """Return the paragraphs of a field, as a reader sees them."""
    shown, left = [], _LONGEST
    for one in blocks(inner):
        words = one.text.replace(PICTURE, "[picture]").replace(NEXT_CELL, " | ")
        if words.strip() and left > 0:
            shown.append(f'<p dir="auto">{escaped(words, left)}</p>')
            left -= len(words)
    return "".join(shown) + ("<p>(The files of this package have the rest.)</p>" if left <= 0 else "")


def _observed(about: Statement, stated: StatedSeals) -> Iterator[str]:
    seen = about.wanted.history.observations
    if seen:
        yield "<h2>What was noticed</h2>\n"
    for one in seen:
        name = escaped(one.change.replace("_", " ").capitalize())
        yield f"<section><h3>{name}</h3>\n{_noticed(about, stated, one)}</section>\n"


def _noticed(about: Statement, stated: StatedSeals, seen: Noticed) -> str:
    words = WORDS_OF_CHANGES.get(seen.change, "")
    fields = f" Fields: {escaped(', '.join(seen.fields))}." if seen.fields else ""
    named = (("Before", seen.before), ("After", seen.after), ("Read once more", seen.confirmed))
    words = f"{words} {escaped(seen.kin.words, _LONGEST)}." if seen.kin else words
    parts = [f"<p>{words} Noticed {escaped(_when(seen.at))}.{fields}</p>\n"]
    parts += [f"<h4>{name}</h4>\n{_evidence(about, stated, one)}" for name, one in named if one]
    return "".join(parts)


def _absent(about: Statement, stated: StatedSeals) -> Iterator[str]:
    absence = about.wanted.history.absence
    if absence:
        yield (
            "<h2>What shows that it is gone</h2>\n<p>Pages of a listing, in the order of ids, that would contain the item and "
            "don’t; in the records also what the run says of that listing; and the site’s answer when it was asked for it.</p>\n"
        )
    for one in absence:
        yield f"<section>{_evidence(about, stated, one)}</section>\n"


def _evidence(about: Statement, stated: StatedSeals, evidence: Evidence | None) -> str:
    exchange = about.exchanges.get(evidence.capture) if evidence else None
    if evidence is None or exchange is None:
        return "<p>Its capture isn’t in this package.</p>\n"
    capture, number = exchange.capture, about.numbers.get(exchange.capture.capture, "none")
    if capture.capture in about.shown:
        return f"<p>Record {number}, of {escaped(_when(capture.captured_at))}: see above.</p>\n"
    about.shown.add(capture.capture)
    answer = exchange.answer.capture
    refers = f"; a revisit: the body is that of record {about.numbers.get(answer.capture)}" if answer != capture else ""
    index = about.sealed.warc(about.sealed.archive.path(capture.warc)).entry.index
    foreign = capture.extra.get("clock") == "foreign"
    rows = [
        ("Asked for", f"{capture.method} {capture.url}"),
        ("Answer", f"HTTP {capture.status}" if capture.status else "none"),
        ("Shown to", "" if capture.privilege is Privilege.ANONYMOUS else "a user who had logged in"),
        ("Time by the clock of who captured it" if foreign else "Time by our clock", _when(capture.captured_at)),
        ("Captured by", _by(capture.extra) if foreign else ""),
        ("Time by the server", _server_date(exchange)),
        ("There no later than", stated.no_later(index)),
        ("Server", _server(exchange)),
        ("Record", f"{number}: {capture.capture}{refers}"),
        ("SHA-256 of the body", evidence.body_sha256 or "unknown"),
    ]
    return facts(rows)


def _by(extra: Mapping[str, str]) -> str:
    """Return who captured what we only imported, as its file says, and where it stood there."""
    place = f"byte {extra.get('source-offset')} of {extra.get('source-name')} (SHA-256 {extra.get('source')})"
    return f"another program, {extra.get('source-software', 'unnamed')}; imported by us from {place}"


def _server(exchange: StoredExchange) -> str:
    """Return whom we were connected with, and how."""
    meta = exchange.metadata
    if meta.get("clock") == "foreign":
        return "not noted"
    tls = ", ".join(f"{name.removeprefix('tls-')} {value}" for name, value in meta.items() if name.startswith("tls-"))
    plain = "not encrypted" if exchange.capture.url.startswith("http:") else "of TLS nothing was noted"
    return ", ".join(filter(None, (meta.get("peer", ""), f"TLS: {tls}" if tls else plain)))


def _server_date(exchange: StoredExchange) -> str:
    return (exchange.head.get("Date") if exchange.head else "") or "not stated"
