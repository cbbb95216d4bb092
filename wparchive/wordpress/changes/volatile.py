"""What differs between two readings of an item made seconds apart: no edit, so the site generates it on each request.

For the item itself, two readings are enough to exclude any such difference (`steady`). What can be described well
enough to be recognised again is learnt for all items of the type (`described`): a field, or a place in HTML.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from wparchive.wordpress.changes.differences import REGISTERED, TAXONOMIES, TEXTS, is_own
from wparchive.wordpress.changes.noise import CUT_FROM, Noise
from wparchive.wordpress.changes.places import Element, Place, attributes, matches, opened, tokens
from wparchive.wordpress.changes.sequences import Budget, Comparison
from wparchive.wordpress.values import text_of

__all__ = ["described", "entries_of", "is_borne_out", "steady"]

Fields = Mapping[str, Any]
_Pair = tuple[str, str]

_HTML = frozenset(("content", "excerpt", "caption", "description"))
_BUDGET = 1_000_000  # cost limit of comparing two states; about a tenth of a second
# Attributes that a reader sees or follows: learnt only where a class or an id identifies the element.
_SHOWN = frozenset(("href", "src", "srcset", "alt", "title", "poster", "content", "placeholder", "datetime"))
# Classes of layout, which any text may have, do not identify an element.
_BEGINNINGS = "has- is- align wp-block- wp-image- wp-el size- elementor- et_pb_ vc_ wpb_ fl-"
_LAYOUT = tuple(_BEGINNINGS.split())


def steady(before: Fields, after: Fields, again: Fields, noise: Noise) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return `before` and `after` without what differs between `after` and `again`, another reading of the same state.

    A field that only repeats another one in both states is left out: only as they were sent do they show that it does.
    """
    old, new, third = dict(before), dict(after), again
    repeating = {
        short for short, long in CUT_FROM.items() if all(noise.repeats(one, short, long) for one in (old, new))
    }
    for name in [name for name in new if name in old]:
        if name not in third or name in repeating:
            del old[name], new[name]
        elif new[name] != third[name]:
            old[name], new[name] = _steady(old[name], new[name], third[name], noise)
    return old, new


def _steady(old: Any, new: Any, third: Any, noise: Noise) -> tuple[Any, Any]:
    states = (old, new, third)
    if all(map(_is_text, states)):
        left, right = _without(*(noise.denoised(text_of(value)) for value in states))
        return _as(old, left), _as(new, right)
    if all(isinstance(state, dict) for state in states):
        kept = {name: new[name] for name in new if name in third and new[name] == third[name]}
        return {name: old[name] for name in old if name in kept}, kept
    return None, None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, dict) and isinstance(value.get("rendered"), str))


def _as(value: Any, text: str) -> Any:
    return {**value, "rendered": text} if isinstance(value, dict) else text


def _without(before: str, after: str, again: str) -> _Pair:
    """Return `before` and `after` without the differing stretches that also differ between `after` and `again`."""
    old, new = tokens(before), tokens(after)
    moving = [(start, end) for _, _, start, end in _stretches(tokens(again), new)]
    left, right = list(old), list(new)
    for start, end, first, last in reversed(list(_stretches(old, new))):
        if _is_within(first, last, moving):
            del left[start:end], right[first:last]
    return "".join(left), "".join(right)


def _is_within(first: int, last: int, moving: Sequence[tuple[int, int]]) -> bool:
    if first == last:
        return any(start <= first <= end for start, end in moving)
    return all(any(start <= at < end for start, end in moving) for at in range(first, last))


def _stretches(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the stretches in which `old` and `new` differ: start and end in each."""
    for equal, a, b, c, d in Comparison(Budget(_BUDGET)).passages(old, new):
        if not equal:
            yield a, b, c, d


# ---- what can be recognised again


def described(
    after: Fields, again: Fields, noise: Noise, table: str, taxonomies: Collection[str] = TAXONOMIES
) -> set[str]:
    """Return what differs between two readings of one item of `table`, as entries of the noise table.

    WordPress's own fields are never noise as a whole, whatever a plug-in does to them; only places in their HTML can
    be.
    """
    old, new = noise.without(after), noise.without(again)
    found: set[str] = set()
    for name in old.keys() & new.keys():
        if old[name] == new[name]:
            continue
        if name in TEXTS[table] and name in _HTML:
            found |= {f"place:{place}" for place in _places(text_of(old[name]), text_of(new[name]))}
        elif not is_own(name, table, taxonomies):
            found |= entries_of(name, old[name], new[name])
    return found


def entries_of(name: str, old: Any, new: Any) -> set[str]:
    """Return the noise entries for a plug-in's field that differs; for a map with registered keys, one per differing key."""
    if name in REGISTERED and isinstance(old, dict) and isinstance(new, dict):
        return {f"field:{name}.{key}" for key in old.keys() & new.keys() if old[key] != new[key]}
    return {f"field:{name}"}


def is_borne_out(entry: str, moved: Iterable[tuple[Fields, Fields]], stayed: Iterable[tuple[Fields, Fields]]) -> bool:
    """Return whether what `entry` describes differs more often than not, in all pairs of readings.

    `moved` are pairs read seconds apart, `stayed` pairs of other items. A class on half of a site's paragraphs does not
    identify the one that a plug-in generated.
    """
    kind, _, text = entry.partition(":")
    if kind != "place":
        return True
    place = Place.parse(text)
    differing = same = 0
    for old, new in (*moved, *stayed):
        for name in _HTML & old.keys() & new.keys():
            left, right = matches(text_of(old[name]), place), matches(text_of(new[name]), place)
            equal = sum(one == other for one, other in zip(left, right, strict=False))
            same += equal
            differing += max(len(left), len(right)) - equal
    return differing > same


def _places(old: str, new: str) -> Iterator[Place]:
    """Yield the places at which two readings of HTML differ, if they can be identified."""
    left, right = tokens(old), tokens(new)
    stretches = list(_stretches(left, right))
    paths = _paths(left, {at for start, end, _, _ in stretches for at in range(start, max(end, start + 1))})
    for start, end, first, last in stretches:
        if end - start == last - first and all(token[0] == "<" for token in (*left[start:end], *right[first:last])):
            for at, (one, other) in enumerate(zip(left[start:end], right[first:last], strict=True), start):
                yield from _attributes(one, other, paths[at])
            continue
        path = _common([paths[at] for at in range(start, max(end, start + 1))])
        if path and (place := _place(path, "")):
            yield place


def _attributes(old: str, new: str, path: tuple[Element, ...]) -> Iterator[Place]:
    before, after = attributes(old), attributes(new)
    here, other = Element.of(old), Element.of(new)
    if here.tag != other.tag or before.keys() != after.keys():
        return
    stable = Element(here.tag, here.names & other.names)
    for name in sorted(before):
        if before[name] != after[name] and (place := _place((*path, stable), name)):
            yield place


def _place(path: Sequence[Element], attribute: str) -> Place | None:
    """Return the place of the last element of `path`; None if nothing identifies it."""
    inner = _telling(path[-1])
    if inner.names:
        return Place(inner, None, attribute)
    outer = next((one for one in map(_telling, reversed(path[:-1])) if one.names), None)
    if outer is None and (not attribute or attribute in _SHOWN):
        return None
    return Place(inner, outer, attribute)


def _telling(element: Element) -> Element:
    """Return `element` with only the names that identify its kind; a name with digits identifies a single instance."""
    names = {
        name
        for name in element.names
        if not any(char.isdecimal() for char in name)
        and not name[1:].startswith(_LAYOUT)
        and all(char.isalnum() or char in "_-" for char in name[1:])
    }
    return Element(element.tag, frozenset(names))


def _paths(pieces: Sequence[str], wanted: Collection[int]) -> dict[int, tuple[Element, ...]]:
    """Return the enclosing elements of each of the `wanted` tokens."""
    path: list[Element] = []
    found = {}
    for at, piece in enumerate((*pieces, "")):
        if at in wanted:
            found[at] = tuple(path)
        opened(piece, path)
    return found


def _common(paths: Sequence[tuple[Element, ...]]) -> tuple[Element, ...]:
    shortest = min(paths, key=len)
    sizes = range(len(shortest), 0, -1)
    return next((shortest[:size] for size in sizes if all(path[:size] == shortest[:size] for path in paths)), ())
