"""Second readings of items: one that differs without a new modification time is read again before it counts as changed.

What differs between two readings seconds apart is volatile. It is removed, remembered for the type where it can be
recognised, and recorded, so that a rebuild learns the same. The rest is recorded with the three captures that show it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wparchive.apart import apart
from wparchive.crawl.context import Context
from wparchive.crawl.incremental.stored_items import StoredItems, by_id
from wparchive.model import Target
from wparchive.store import Doubt
from wparchive.wordpress.changes.differences import TAXONOMIES, TEXTS, ChangeKind, compare, is_own
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.changes.site_wide import SiteWide
from wparchive.wordpress.changes.volatile import described, entries_of, is_borne_out, steady
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.type_names import slug_of
from wparchive.wordpress.values import text_of

__all__ = ["confirm_changes"]

_BATCH = 100
_ENTRIES = 200  # entries in one fact
_EDITS = (ChangeKind.SILENTLY_EDITED, ChangeKind.EDITED)
_STREAK = 3  # versions in a row in which a plug-in's field changed: then it is a counter

_Value = dict[str, Any]


def confirm_changes(context: Context, configured: Noise, *, most: int) -> None:
    """Read again what differs without a new modification time, with at most `most` requests; records the result.

    An item that couldn't be confirmed counts as unchanged; a later run reads it again.
    """
    if not context.memory.states.known:
        return
    context.memory.learn()
    work = _Confirming(context, configured, most)
    try:
        for one in context.collections:
            if one.kind.table != "other" and not one.skipped:
                for form in ("list", "alone"):
                    with apart(context.holdings.doubts.append, one.key):
                        work.look_at(one, form)
    finally:
        work.record()


@dataclass(frozen=True, slots=True)
class _Suspect:
    """An item that differs, with its states before and after."""

    doubt: Doubt
    before: _Value
    after: _Value


class _Confirming:
    """The second readings of one run."""

    def __init__(self, context: Context, configured: Noise, most: int) -> None:
        self._context = context
        self._states = context.memory.states
        self._noise = self._states.noise()
        self._noise.configure(configured)
        self._left = most
        bases = {one.route.rpartition("/")[2] for one in context.collections if one.kind.table == "terms"}
        self._taxonomies = TAXONOMIES | bases
        self._types = {slug_of(one.type): one.type for one in context.collections if one.kind.table == "posts"}
        self._shown = StoredItems(context).of
        self._learnt: dict[str, set[str]] = defaultdict(set)
        self._changes: list[dict[str, Any]] = []
        self._unsure = 0
        self._together = SiteWide()
        self._seen: dict[str, set[int]] = defaultdict(set)  # ids that the lists with suspects showed

    def look_at(self, one: Collection, form: str) -> None:
        """Decide as many as possible of a collection's suspects that came in one form."""
        run = self._context.store.run
        old = [suspect.doubt for suspect in self._suspects(one, form) if suspect.doubt.run != run]
        if old:
            self._read_again(one, form, old)
        left = [suspect.doubt for suspect in self._suspects(one, form)]
        found = [doubt for doubt in left if doubt.run == run]
        self._unsure += len(left) - len(found)
        for at in range(0, len(found), _BATCH):
            # What the batch before taught may explain these.
            batch = [suspect for doubt in found[at : at + _BATCH] if (suspect := self._suspect(one, doubt))]
            if batch:
                self._judge(one, batch, self._second(one, form, [suspect.doubt for suspect in batch]))

    def _suspects(self, one: Collection, form: str) -> Iterator[_Suspect]:
        for doubt in self._states.doubts(one.key, form):
            if suspect := self._suspect(one, doubt):
                yield suspect

    def _suspect(self, one: Collection, doubt: Doubt) -> _Suspect | None:
        """Return the suspect if more than noise makes it differ; otherwise accept its later state."""
        before, after = (self._shown(capture).get(doubt.id) for capture in (doubt.before, doubt.after))
        if before is not None and after is not None and self._compare(one, before, after):
            return _Suspect(doubt, before, after)
        self._states.accept(one.key, doubt.form, doubt.id)
        return None

    def _compare(self, one: Collection, before: _Value, after: _Value) -> bool:
        noise = self._noise.of(self._type(one, after))
        return compare(before, after, noise, one.kind.table, self._taxonomies).change is not None

    def _type(self, one: Collection, value: _Value) -> str:
        own = value.get("type")
        return self._types.get(own, one.type) if one.kind.table == "posts" and isinstance(own, str) else one.type

    # ---- asking

    def _read_again(self, one: Collection, form: str, old: Sequence[Doubt]) -> None:
        """Read again what an earlier run left in doubt: its response is too old to be compared with a second one."""
        if form == "list" and one.kind.plain:  # its pages are read again anyway
            shown = {}
        else:
            shown = self._ask(one, form, [doubt.id for doubt in old], "listing" if form == "list" else "item")
        self._context.memory.learn()
        for doubt in old:
            if doubt.id in shown or self._left <= 0:
                continue
            self._states.drop(one.key, form, doubt.id)  # no longer listed, which is judged elsewhere

    def _second(self, one: Collection, form: str, doubts: Sequence[Doubt]) -> dict[int, tuple[_Value, str]]:
        """Return the second readings of these items, with their captures."""
        plain = form == "list" and one.kind.plain
        shown = {} if plain else self._ask(one, form, [doubt.id for doubt in doubts], "confirmation")
        # Where `include` isn't supported, the page itself is requested again.
        missing = dict.fromkeys(doubt.after for doubt in doubts if doubt.id not in shown)
        for name in missing if form == "list" else ():
            page = self._context.store.log.capture(name)
            if page and page.route:
                target = Target(url=page.url, key=self._key(page.route), kind="confirmation", route=page.route)
                shown |= self._get([target])
        return shown

    def _ask(self, one: Collection, form: str, ids: Sequence[int], kind: str) -> dict[int, tuple[_Value, str]]:
        targets = []
        if form == "alone":
            targets = [self._context.target(kind, f"{one.route}/{wp_id}") for wp_id in ids]
        else:
            for at in range(0, len(ids), _BATCH):
                include = ("include", ",".join(map(str, sorted(ids[at : at + _BATCH]))))
                params = (*one.params, include, *one.kind.params, ("per_page", str(_BATCH)))
                targets.append(self._context.target(kind, one.route, params))
        return self._get([_keyed(target, self._key(target.key)) for target in targets])

    def _key(self, route: str) -> str:
        return f"{route} again={self._context.store.run}"

    def _get(self, targets: Sequence[Target]) -> dict[int, tuple[_Value, str]]:
        """Return the items in the responses, as far as requests are left."""
        targets = targets[: max(0, self._left)]
        self._left -= len(targets)
        found: dict[int, tuple[_Value, str]] = {}
        for reply in self._context.engine.get_all(targets):
            if reply.capture and reply.judgement.ok:
                found |= {wp_id: (value, reply.capture.capture) for wp_id, value in by_id(reply.document).items()}
        return found

    # ---- judging

    def _judge(self, one: Collection, batch: Sequence[_Suspect], second: Mapping[int, tuple[_Value, str]]) -> None:
        read_twice = [
            (suspect, *second[suspect.doubt.id])
            for suspect in batch
            # An item that was modified between the two readings was edited, and is no longer in doubt here.
            if suspect.doubt.id in second and _modified(suspect.after) == _modified(second[suspect.doubt.id][0])
        ]
        self._unsure += len(batch) - len(read_twice)
        self._learn(one, [(suspect, again) for suspect, again, _ in read_twice])
        for suspect, again, capture in read_twice:
            self._conclude(one, suspect, again, capture)

    def _learn(self, one: Collection, pairs: Sequence[tuple[_Suspect, _Value]]) -> None:
        """Learn which fields are volatile, where they can be recognised."""
        found: dict[str, set[str]] = defaultdict(set)
        for suspect, again in pairs:
            kind = self._type(one, suspect.after)
            noise = self._noise.of(kind)
            found[kind] |= described(suspect.after, again, noise, one.kind.table, self._taxonomies)
        moved = [(suspect.after, again) for suspect, again in pairs]
        for kind, entries in found.items():
            stayed = list(self._others([suspect.doubt for suspect, _ in pairs])) if entries else []
            borne_out = {entry for entry in entries if is_borne_out(entry, moved, stayed)}
            if self._noise.learn(kind, borne_out):
                self._learnt[kind] |= borne_out

    def _others(self, doubts: Sequence[Doubt]) -> Iterator[tuple[_Value, _Value]]:
        """Yield items that came in the same responses as those in doubt, before and after."""
        suspected = {doubt.id for doubt in doubts}
        for before, after in {(doubt.before, doubt.after): None for doubt in doubts}:
            old, new = self._shown(before), self._shown(after)
            yield from ((old[wp_id], new[wp_id]) for wp_id in old.keys() & new.keys() - suspected)

    def _conclude(self, one: Collection, suspect: _Suspect, again: _Value, capture: str) -> None:
        kind, doubt, table = self._type(one, suspect.after), suspect.doubt, one.kind.table
        noise = self._noise.of(kind)
        before, after = steady(suspect.before, suspect.after, again, noise)
        found = compare(before, after, noise, table, self._taxonomies)
        plugin = [name for name in found.fields if not is_own(name, table, self._taxonomies)]
        counters = self._learn_counters(kind, suspect, plugin)
        fields = tuple(name for name in found.fields if name not in counters)
        change = found.change if fields or found.change is not ChangeKind.FIELDS_CHANGED else None
        about = {"route": one.key, "form": doubt.form, "type": kind, "id": doubt.id}
        result = {"change": str(change), "fields": fields} if change else {"change": None, "fields": ()}
        captures = {"moved": plugin, "before": doubt.before, "after": doubt.after, "confirmed": capture}
        own = set(fields).difference(plugin)
        if change in _EDITS and TEXTS[table].issuperset(own):
            self._together.add(len(self._changes), (one.key, doubt.form), before, after, own)
        if doubt.form == "list":
            self._seen[one.key].update(self._shown(doubt.after))
        self._changes.append({**about, **result, **captures})

    def _learn_counters(self, kind: str, suspect: _Suspect, plugin: Sequence[str]) -> list[str]:
        """Return the fields of plug-ins that changed in every recent version, and learn that they vary by themselves."""
        counters = [name for name in plugin if suspect.doubt.streaks.get(name, 0) + 1 >= _STREAK]
        for name in counters:
            entries = entries_of(name, suspect.before.get(name), suspect.after.get(name))
            self._noise.learn(kind, entries)
            self._learnt[kind] |= entries
        return counters

    def record(self) -> None:
        """Record what was confirmed and what is volatile, and report what couldn't be confirmed."""
        store = self._context.store
        self._attribute_to_site()
        if self._learnt:
            store.fact(
                "volatile:1", {kind: sorted(entries) for kind, entries in sorted(self._learnt.items()) if entries}
            )
        for number, at in enumerate(range(0, len(self._changes), _ENTRIES), 1):
            store.fact(f"changes:{number:05}", self._changes[at : at + _ENTRIES])
        if self._unsure:
            text = f"{self._unsure:,} items differ and couldn't be read twice: a later run reads them again"
            self._context.emit("notice", {"text": text})

    def _attribute_to_site(self) -> None:
        """Attribute the same text in most items at once to the site, not to an edit of each item."""
        shared = self._together.shared({(route, "list"): len(ids) for route, ids in self._seen.items()})
        for at, entry in enumerate(self._changes):
            if at in shared:
                entry["change"] = str(ChangeKind.SITE_CHANGED)
        if shared:
            seen = sum(map(len, self._seen.values()))
            text = (
                f"the same text came or went in {len(shared):,} of {seen:,} items at once: the site's doing, not edits"
            )
            self._context.emit("notice", {"text": text})


def _keyed(target: Target, key: str) -> Target:
    return replace(target, key=key)


def _modified(value: _Value) -> str:
    return text_of(value.get("modified_gmt") or value.get("modified"))
