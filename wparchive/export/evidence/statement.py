"""The statement of an evidence package: for people, on paper or on a screen, without a network and without scripts."""

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from wparchive.ask.history import Evidence, Noticed, Version
from wparchive.ask.presenting.pages import place_changed
from wparchive.ask.version_texts import is_repeated
from wparchive.events import told
from wparchive.export.evidence.item_texts import ItemText
from wparchive.export.evidence.sealed_records import SealedLog
from wparchive.export.evidence.statement_words import (
    CERTIFICATION,
    CHECKING,
    HEAD,
    HOW_MADE,
    NOT_PROVEN,
    PROVEN,
    WORDS_OF_CHANGES,
)  # fmt: skip
from wparchive.export.evidence.wanted import Wanted
from wparchive.seal.entries import current_key
from wparchive.seal.folder import Seal
from wparchive.seal.stamping import claimed_time
from wparchive.store import StoredExchange
from wparchive.version import __version__
from wparchive.wordpress import prose
from wparchive.wordpress.text import visible_text

__all__ = ["Statement", "statement"]

_LONGEST = 200_000  # characters of a text that is printed; the files have all of it
_CELL = 2_000


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


def statement(about: Statement) -> str:
    """Return the page, whole."""
    found = about.wanted.history
    title = f"{found.title or about.wanted.item}"
    parts = [
        HEAD.replace("TITLE", _text(title, 300)),
        f"<h1>{_text(title, 500)}</h1>\n",
        _about(about),
        "<h2>What was seen</h2>\n",
        *(_version(about, version) for version in found.versions),
        *_observed(about),
        *_absent(about),
        "<h2>What is proven, and what isn’t</h2>\n",
        _list(PROVEN),
        _list(NOT_PROVEN),
        *_seals(about),
        "<h2>How to check it</h2>\n",
        CHECKING,
        "<h2>How it was made</h2>\n",
        HOW_MADE.replace("VERSION", _text(__version__)),
        *_hashes(about),
        CERTIFICATION,
        "</main></body></html>\n",
    ]
    return "".join(parts)


def _about(about: Statement) -> str:
    found, item = about.wanted.history, about.wanted.item
    what = "one change of it" if about.wanted.change is not None else "all versions and changes that the archive holds"
    rows = [
        ("Item", f"{item.type} {item.wp_id} of {item.site}"),
        ("Address", found.link or "none stated"),
        ("Seen", f"from {found.first_seen} to {found.last_seen} (UTC)"),
        ("In this package", what),
        ("Package made", f"{about.now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} by wparchive {__version__}"),
    ]
    if found.gone:
        rows.insert(3, ("On the site now", f"{found.gone} since {found.gone_since}"))
    if about.left_out:
        rows.append(("Left out", "; ".join(about.left_out)))
    return _facts(rows)


def _version(about: Statement, version: Version) -> str:
    text = about.texts.get(f"versions/{version.number}.json")
    where = f" Its JSON as the site sent it: versions/{version.number}.json." if text else ""
    parts = [
        f'<section><h3>Version {version.number}</h3>\n<p class="title">{_text(version.title, 500)}</p>\n',
        f"<p>Seen from {_text(version.first_seen)} to {_text(version.last_seen)}.{_text(where)}</p>\n",
        _evidence(about, version.evidence),
        *_changes(version),
    ]
    if text and (version.number == about.wanted.history.versions[-1].number or about.wanted.change is not None):
        parts.append(_readable(text))
    return "".join([*parts, "</section>\n"])


def _changes(version: Version) -> Iterator[str]:
    for name, rows in version.changes.items():
        if not is_repeated(name, version.changes):
            places = "".join(f"<li>{place_changed(row)}</li>\n" for row in prose.changed(rows))
            yield f"<p>Since the version before, {_text(name)}: {_text(prose.tally(rows))}.</p>\n<ul>\n{places}</ul>\n"


def _readable(text: ItemText) -> str:
    """Return the words of an item; HTML of the site is never passed on."""
    value = text.value()
    fields = [(name, _rendered(value.get(name))) for name in ("title", "excerpt", "content", "caption", "description")]
    shown = "".join(
        f"<h4>{name}</h4>\n<div class=words>{_lines(visible_text(inner))}</div>\n" for name, inner in fields if inner
    )
    return f"<details open><summary>As it read</summary>\n{shown}</details>\n" if shown else ""


def _rendered(value: object) -> str:
    inner = value.get("rendered") if isinstance(value, dict) else value
    return inner if isinstance(inner, str) else ""


def _lines(text: str) -> str:
    shown = text[:_LONGEST]
    more = f"<p>(and {len(text) - len(shown):,} characters more)</p>" if len(text) > len(shown) else ""
    return "".join(f"<p>{_text(line, _LONGEST)}</p>" for line in shown.split("\n") if line.strip()) + more


def _observed(about: Statement) -> Iterator[str]:
    seen = about.wanted.history.observations
    if seen:
        yield "<h2>What was noticed</h2>\n"
    for one in seen:
        yield f"<section><h3>{_text(one.change.replace('_', ' '))}</h3>\n{_noticed(about, one)}</section>\n"


def _noticed(about: Statement, seen: Noticed) -> str:
    words = WORDS_OF_CHANGES.get(seen.change, "")
    fields = f" Fields: {_text(', '.join(seen.fields))}." if seen.fields else ""
    named = (("Before", seen.before), ("After", seen.after), ("Read once more", seen.confirmed))
    parts = [f"<p>{_text(words)} Noticed at {_text(seen.at or 'an unknown time')} (UTC).{fields}</p>\n"]
    parts += [f"<h4>{name}</h4>\n{_evidence(about, one)}" for name, one in named if one]
    return "".join(parts)


def _absent(about: Statement) -> Iterator[str]:
    absence = about.wanted.history.absence
    if absence:
        yield (
            "<h2>What shows that it is gone</h2>\n<p>Pages of a complete listing that would contain the item and don’t, "
            "and the site’s answer when it was asked for it.</p>\n"
        )
    for one in absence:
        yield f"<section>{_evidence(about, one)}</section>\n"


def _evidence(about: Statement, evidence: Evidence | None) -> str:
    exchange = about.exchanges.get(evidence.capture) if evidence else None
    if evidence is None or exchange is None:
        return "<p>Its capture isn’t in this package.</p>\n"
    capture, meta = exchange.capture, exchange.metadata
    tls = ", ".join(f"{name.removeprefix('tls-')} {value}" for name, value in meta.items() if name.startswith("tls-"))
    answer = exchange.answer.capture
    refers = f"; a revisit: the body is that of record {about.numbers.get(answer.capture)}" if answer != capture else ""
    rows = [
        ("Asked for", f"{capture.method} {capture.url}"),
        ("Answer", f"HTTP {capture.status}" if capture.status else "none"),
        ("Time by our clock", capture.captured_at),
        ("Time by the server", _server_date(exchange)),
        ("There no later than", _no_later(about, exchange)),
        ("Server", ", ".join(filter(None, (meta.get("peer", ""), tls)))),
        ("Record", f"{about.numbers.get(capture.capture, 'none')}: {capture.capture}{refers}"),
        ("SHA-256 of the body", evidence.body_sha256 or "unknown"),
    ]
    return _facts(rows)


def _server_date(exchange: StoredExchange) -> str:
    return (exchange.head.get("Date") if exchange.head else "") or "not stated"


def _no_later(about: Statement, exchange: StoredExchange) -> str:
    path = about.sealed.archive.path(exchange.capture.warc)
    seal = about.seals.get(about.sealed.warc(path).entry.index)
    times = [f"{at} by {name}" for name, at in _stamps(seal)] if seal else []
    return "; ".join(times) or "nobody stamped it"


def _stamps(seal: Seal) -> list[tuple[str, str]]:
    """Return by whom and when a seal was stamped, as the stamps themselves say: `verify.sh` judges them."""
    found = ((path.stem, claimed_time(path.read_bytes())) for path in seal.tokens)
    return [(name, f"{at:%Y-%m-%dT%H:%M:%SZ}") for name, at in found if at]


def _seals(about: Statement) -> Iterator[str]:
    key = current_key(about.sealed.log)
    yield "<h2>Seals</h2>\n"
    for seal in sorted(set(about.seals.values()), key=lambda one: one.number):
        signer = f"{key.principal} (see allowed_signers)" if key and seal.signatures else "nobody"
        stamped = "; ".join(f"{name} at {at}" for name, at in _stamps(seal)) or "nobody"
        rows = [
            ("Seal", str(seal.number)),
            ("Text that is sealed", seal.text.decode("utf-8", "replace").replace("\n", " ")),
            ("Signed by", signer),
            ("Stamped by", stamped),
        ]
        yield _facts(rows)


def _hashes(about: Statement) -> Iterator[str]:
    yield "<h2>Hashes</h2>\n<table><thead><tr><th>WARC file</th><th>bytes</th><th>SHA-256 when it was sealed</th></tr></thead>\n"
    for index in sorted(about.seals):
        entry = next(one for one in about.sealed.files() if one.index == index)
        name = "a file made with credentials" if entry.hidden else entry.file
        yield f"<tr><td>{_text(name)}</td><td>{entry.size:,}</td><td><code>{entry.sha256}</code></td></tr>\n"
    yield "</table>\n<p>SHA256SUMS has the digest of every file of this package.</p>\n"


def _facts(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{_text(name)}</th><td>{_text(value, _CELL)}</td></tr>\n" for name, value in rows if value)
    return f'<table class="facts">\n{cells}</table>\n'


def _list(lines: Sequence[str]) -> str:
    return "<ul>\n" + "".join(f"<li>{line}</li>\n" for line in lines) + "</ul>\n"


def _text(value: object, most: int = _CELL) -> str:
    return html.escape(told(value, most))
