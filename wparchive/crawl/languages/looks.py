"""Looks at lists in one language: pages of their ids, as many as it takes to tell each from the list without a language.

A look is no walk: nothing of it becomes an item. One page tells most lists apart, since it shows an item that the usual
list lacks, or all there is. Where it shows neither, the ends and some pages in between follow, and where these don't
decide either, every page: only then may a list be left unwalked.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from wparchive.crawl.context import Context
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.languages.lists import in_language
from wparchive.crawl.walk import Walk, first_page
from wparchive.model import Target
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.languages.signs import TEXTS_OF_ITEMS, sample_text
from wparchive.wordpress.languages.verdict import Held, Sight, Usual, compare, pages_of, some_pages_of
from wparchive.wordpress.payload.document import items
from wparchive.wordpress.routes import Route

__all__ = ["Looks"]

_FIELDS = ",".join(("id", *TEXTS_OF_ITEMS))
_ADDED = 5  # items that may be added to a list while a run goes on
_BATCH = 20  # pages after which a list is known to be another one if it is

Look = tuple[Collection, str, str]  # a list, the parameter and the language


class Looks:
    """What one run saw of lists in one language; `walks` are its walks over the lists without one."""

    def __init__(self, context: Context, walks: Sequence[Walk]) -> None:
        self._context = context
        self._walks: Mapping[str, Walk] = {walk.collection.key: walk for walk in walks}
        self._usual: dict[str, Usual] = {}
        self._looked: dict[str, tuple[Look, Sight | None]] = {}
        self._parts: set[str] = set()
        self.evidence: dict[str, str | None] = {}  # by language
        self.first: dict[str, Held] = {}  # by language, what the first list that was looked at shows
        self.silent: tuple[str, str] | None = None  # a list that didn't answer, and why

    def held(self, look: Look) -> Held:
        """Return what a list in one language shows beside the usual one, as far as it was looked at."""
        held = compare(self.usual(look[0]), self._sight(look))
        return Held.PART if held is Held.UNSURE and _key(look) in self._parts else held

    def usual(self, one: Collection) -> Usual:
        """Return the list without a language."""
        if one.key not in self._usual:
            walk, proven = self._walks.get(one.key), self._context.memory.seen.proven(one.key)
            ids = frozenset(wp_id for wp_id in self._context.holdings.held(one.key) if isinstance(wp_id, int))
            total = walk.sweep.stated if walk else proven.stated if proven else None
            sample = walk.sample if walk else None
            known = {int(sample["id"]): sample_text(sample)} if sample and isinstance(sample.get("id"), int) else {}
            self._usual[one.key] = Usual(ids, total, known, ("orderby", "id") in one.kind.params)
        return self._usual[one.key]

    def take(self, looks: Iterable[Look]) -> None:
        """Look at each list once, and so far that it is known whether another list holds all that it shows."""
        new = [look for look in looks if _key(look) not in self._looked]
        self._pages([(look, 1) for look in new])
        self._pages([(look, number) for look in self._unsure(new) for number in self._further(look)])
        self._add_up(self._unsure(new))
        for look in self._unsure(new):
            self._read_out(look)
        for look in new:
            self.first.setdefault(look[2], self.held(look))

    def added(self, one: Collection, ids: Set[int]) -> set[int]:
        """Return those of `ids` that were added to the usual list while this run went on."""
        usual = self.usual(one).ids
        newer = sorted(ids - usual)
        if (
            not usual
            or not 0 < len(newer) <= _ADDED
            or ids.isdisjoint(usual)
            or newer[0] < max(usual)
            or one.kind.plain
        ):
            return set()
        chosen = (("include", ",".join(map(str, newer))), ("per_page", "100"), ("_fields", "id"))
        reply = self._context.engine.get(self._context.target("language", one.route, chosen))
        shown = {item.id for item in items(reply.document) if item.id is not None} if reply.page.answer.ok else set()
        return shown & set(newer)

    def sample(self, one: Collection) -> Mapping[str, Any] | None:
        """Return an item of the usual list; None if it holds none, or doesn't show it."""
        walk, ids = self._walks.get(one.key), self.usual(one).ids
        if walk or not ids:
            return walk.sample if walk else None
        chosen = (("include", str(min(ids))), ("_fields", _FIELDS))
        reply = self._context.engine.get(self._context.target("language", one.route, chosen))
        return next((item.value for item in items(reply.document)), None) if reply.page.answer.ok else None

    def _unsure(self, looks: Iterable[Look]) -> list[Look]:
        return [look for look in looks if self.held(look) is Held.UNSURE]

    def _further(self, look: Look) -> list[int]:
        seen = self._sight(look)
        return some_pages_of(seen.total, seen.size)[1:] if seen and seen.total == self.usual(look[0]).count else []

    def _add_up(self, unsure: Sequence[Look]) -> None:
        """Take lists as parts of the usual one where those of all languages are together as long as it is."""
        for route in {look[0].key for look in unsure}:
            parts = {
                key: seen
                for key, (look, seen) in self._looked.items()
                if look[0].key == route and seen and self.held(look) in (Held.PART, Held.UNSURE, Held.NONE)
            }
            some = [look for look in unsure if look[0].key == route]
            usual = self.usual(some[0][0])
            if len(parts) > 1 and sum(one.total or 0 for one in parts.values()) == usual.count:
                # The last pages lie within it too: one with other items adds up by chance.
                self._pages([(look, _last(parts[_key(look)])) for look in some])
                self._parts.update(_key(look) for look in some)

    def _read_out(self, look: Look) -> None:
        """Look at every page; a list that is longer than the usual one ends sooner, since it must show other items."""
        seen, most = self._sight(look), len(self.usual(look[0]).ids)
        if seen is None:
            return
        total = most + 1 if seen.total is None else min(seen.total, most + seen.size)
        left = [number for number in pages_of(total, seen.size) if number not in seen.pages]
        while left and self.held(look) is Held.UNSURE:
            self._pages([(look, number) for number in left[:_BATCH]])
            left = left[_BATCH:]

    # ---- requests

    def _pages(self, wanted: Sequence[tuple[Look, int]]) -> None:
        """Request pages of lists in one language; a page that doesn't answer isn't there."""
        targets = {
            target.key: (target, look, number) for look, number in wanted for target in [self._target(look, number)]
        }
        for reply in self._context.engine.get_all(target for target, _, _ in targets.values()):
            _, look, number = targets[reply.target.key]
            if number == 1:
                self._begin(look, reply)
            elif (seen := self._sight(look)) and reply.page.answer.ok:
                found = {one.id: sample_text(one.value) for one in items(reply.document) if one.id is not None}
                more = replace(
                    seen, pages={**seen.pages, number: tuple(found)}, texts={**seen.texts, **self._known(look, found)}
                )
                self._see(look, more)

    def _begin(self, look: Look, reply: Reply) -> None:
        page = reply.page
        self.evidence.setdefault(look[2], reply.capture_id)
        if page.answer.ok or page.none_there:
            found = {one.id: sample_text(one.value) for one in items(reply.document) if one.id is not None}
            found = found if page.answer.ok else {}
            self._see(look, Sight({1: tuple(found)}, page.total, self._known(look, found), look[0].kind.per_page))
        elif reply.judgement.meaning in (Meaning.BAD_PARAM, Meaning.REFUSED):
            self._see(look, Sight({}, None, rejected=True))
        else:
            self.silent = look[0].route, reply.judgement.reason or reply.reason or "no answer"
            self._see(look, None)

    def _see(self, look: Look, seen: Sight | None) -> None:
        self._looked[_key(look)] = look, seen

    def _sight(self, look: Look) -> Sight | None:
        return self._looked[_key(look)][1] if _key(look) in self._looked else None

    def _known(self, look: Look, found: Mapping[int, str]) -> dict[int, str]:
        """Return the texts of items of which the usual list's text is known, too."""
        return {wp_id: text for wp_id, text in found.items() if wp_id in self.usual(look[0]).texts}

    def _target(self, look: Look, number: int) -> Target:
        one, param, code = look
        context = self._context
        listed = first_page(in_language(one, param, code), context.index, context.root, number)
        if one.kind.plain:  # without `_fields`; under a key of its own, since a walk asks for the same page
            return replace(listed, kind="language", key=f"{listed.key} look", max_body=context.settings.max_body)
        params = (*Route.parse(listed.route or "").params, ("_fields", _FIELDS))
        return context.target("language", one.route, params)


def _key(look: Look) -> str:
    one, param, code = look
    return f"{one.key}?{param}={code}"


def _last(seen: Sight) -> int:
    return len(pages_of(seen.total or 0, seen.size))
