"""Find out how a site shows its languages, where a sign tells of several, and walk each one's lists.

One request tells most sites apart: the first items of a list in another language than the usual one. They are missing
from the usual list (each language has lists of its own), they are a part of it (it holds every language), or it is the
very same (the parameter is ignored). What is found out is recorded as the fact `languages`; later runs use it.
"""

from collections.abc import Sequence
from typing import Any

from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.incremental.probes import missing_items
from wparchive.crawl.languages.lists import LanguageWalk, differs, in_language, remembered_lists
from wparchive.crawl.languages.sisters import look_for_sisters, on_other_hosts
from wparchive.crawl.links.follow_links import LinkFollower
from wparchive.crawl.seen_twice import read_twice
from wparchive.crawl.walk import Walk
from wparchive.wordpress.discovery.questions import Answer
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.languages.codes import code_of, is_alike
from wparchive.wordpress.languages.signs import Signs, home_in, read_signs, sample_text
from wparchive.wordpress.languages.verdict import Held, Sight, compare
from wparchive.wordpress.listing import ListingOutcome
from wparchive.wordpress.payload.document import items

__all__ = ["Languages"]

_PROBES = 3  # requests that find out which parameter, if any, chooses a language
_SHOWN = 10  # items in such a response

Entry = dict[str, Any]


class Languages:
    """The languages of one site in one run, `entries` as the fact `languages`; `page` is its home page, if requested."""

    def __init__(self, follower: LinkFollower, page: Answer | None) -> None:
        self._follower, self._context = follower, follower.context
        self.entries: list[Entry] = self._context.memory.seen.entries("languages")
        self._page = (page.url_final, page.body) if page and page.head else None
        self._usual = [one for one in self._context.collections if differs(one)]
        self._probed: dict[str, Held] = {}
        self._evidence: dict[str, str | None] = {}
        self._silent: tuple[str, str] | None = None  # what didn't answer when it was asked for a language, and why

    def walk(self, walks: Sequence[Walk] = (), *, ended: Sequence[Collection] = ()) -> list[Walk]:
        """Return the walks, all ended, over lists that no earlier run has found; `walks` are those of this run.

        These lists become collections like the others. Nothing is requested unless a sign tells of several languages,
        nor if the settings ask only for what lists show by themselves. `ended` are lists that are none of their own any
        more.
        """
        self._let_go(ended)
        found = self._look(walks)
        read_twice(self._follower, found)
        for walk in found:
            self._context.holdings.prove(walk.proof())
        self._context.collections.extend(walk.collection for walk in found)
        return found

    def _look(self, walks: Sequence[Walk]) -> list[Walk]:
        if self._context.settings.languages == "own":
            self.entries = []
            return []
        full, before = self._context.mode == "full", self.entries
        known = [] if full else [code for entry in before if (code := code_of(entry.get("language")))]
        signs = self._signs(walks, known)
        new = [code for code in signs.codes if not any(is_alike(code, one) for one in known)]
        if not full and not (signs and (new or not before)):
            return []
        signs = self._with_document(signs)
        self.entries = [{"how": "none", "reason": "no language is named"}] if signs else []  # so later runs don't look
        found = self._found(signs, walks) if len(signs.codes) > 1 else []
        if self._silent and not found:
            self.entries = before
            self._follower.fail(self._silent[0], f"its lists in other languages: {self._silent[1]}")
            return self._walks_again(before)
        named = [code_of(entry.get("language")) for entry in self.entries]
        others = on_other_hosts(signs.homes, self._context.root.url)
        self.entries += [one for one in others if not any(is_alike(one["language"], code) for code in named)]
        reason = f"one language of more than {len(signs.codes)}: its lists were not looked at"
        self.entries += [{"language": code, "how": "left", "reason": reason} for code in signs.left]
        if full:
            self._drop(before, found)
        return found

    def _walks_again(self, before: Sequence[Entry]) -> list[Walk]:
        """Walk the lists that an earlier run found, when nothing tells what they are now."""
        lists = remembered_lists(before, self._usual) if self._context.mode == "full" else ()
        walks = [Walk(one, self._context) for one in lists]
        self._context.engine.run(walks)
        return walks

    def _let_go(self, ended: Sequence[Collection]) -> None:
        """Record that lists in one language are none of their own any more."""
        gone = {one.key for one in ended}
        for entry in self.entries if gone else ():
            lists = {one.key: one.route for one in remembered_lists([entry], self._usual)}
            if lists and lists.keys() <= gone:
                entry.update(how="none", reason="its lists are none of their own any more")
            elif lists:
                entry["same"] = sorted({*entry["same"], *(route for key, route in lists.items() if key in gone)})

    def _drop(self, before: Sequence[Entry], found: Sequence[Walk]) -> None:
        """Ask for what lists of an earlier run held that this full run, which had a look at all of them, lacks."""
        kept = {walk.collection.key for walk in found}
        holdings, seen = self._context.holdings, self._context.memory.seen
        for one in remembered_lists(before, self._usual):
            if one.key not in kept:
                here = {wp_id for wp_id, known in seen.known(one.key).items() if known.gone is None}
                missing_items(self._follower, one, here - holdings.ids.get(one.route, set()))
        named = [code_of(entry.get("language")) for entry in self.entries]
        for entry in before:
            code = code_of(entry.get("language"))
            if code and not any(is_alike(code, one) for one in named):
                reason = "named by an earlier run, and no longer"
                self.entries.append({**entry, "how": "none", "reason": reason, "shown": None, "capture": None})

    def _signs(self, walks: Sequence[Walk], known: Sequence[str]) -> Signs:
        context = self._context
        routes, samples = [one.route for one in self._usual], [walk.sample for walk in walks if walk.sample]
        return read_signs(context.index, routes, self._page, samples, context.home, known)

    def _with_document(self, signs: Signs) -> Signs:
        if not signs.document:
            return signs
        reply = self._context.engine.get(self._context.target("language", signs.document))
        return signs.with_document(reply.document.value) if reply.judgement.ok else signs

    def _found(self, signs: Signs, walks: Sequence[Walk]) -> list[Walk]:
        first = self._first_list()
        if first is None:
            return []
        walk = next((one for one in walks if one.collection is first), None)
        param = self._parameter(signs, first, walk)
        held = set(self._probed.values())
        if held & {Held.MORE, Held.NONE}:
            return self._walk_each(signs, param, first, walks)
        if Held.PART in held:
            self.entries = [self._entry(code, "whole", param) for code in signs.codes]
            return []
        translated = Held.OTHER in held
        how = "translated" if translated else "none"
        self.entries = [
            self._entry(code, "usual" if self._is_default(signs, code) else how, param) for code in signs.codes
        ]
        self._elsewhere(signs, walk)
        return []

    def _first_list(self) -> Collection | None:
        """Return the list by which languages are told apart: posts if there are any, else the first that holds items."""
        holding = [one for one in self._usual if self._context.holdings.held(one.key)]
        posts = [one for one in holding if one.kind.table == "posts"]
        return next(iter((*posts, *holding)), None)

    # ---- one request tells

    def _parameter(self, signs: Signs, first: Collection, walk: Walk | None) -> str:
        """Return the parameter that makes a difference to the list `first`; "" if none does."""
        codes = sorted(signs.codes, key=lambda code: code == signs.default)
        for param, code in [(param, code) for param in signs.params for code in codes[:2]][:_PROBES]:
            held = self._probe(first, param, code, walk)
            self._probed[code] = held
            if held not in (Held.SAME, Held.UNKNOWN):
                return param
        return ""

    def _probe(self, first: Collection, param: str, code: str, walk: Walk | None) -> Held:
        params = ((param, code), ("per_page", str(_SHOWN)), ("orderby", "id"), ("order", "asc"))
        reply = self._context.engine.get(self._context.target("language", first.route, params))
        self._evidence[code] = reply.capture_id
        sight = _sight(reply)
        if sight is None and reply.judgement.meaning not in (Meaning.BAD_PARAM, Meaning.REFUSED):
            self._silent = first.route, reply.judgement.reason or reply.reason or "no answer"
        proven = self._context.memory.seen.proven(first.key)
        total = walk.sweep.stated if walk else proven.stated if proven else None
        sample = walk.sample if walk else None
        own = {int(sample["id"]): sample_text(sample)} if sample and isinstance(sample.get("id"), int) else {}
        return compare(self._context.holdings.held(first.key), total, own, sight)

    # ---- lists of their own

    def _walk_each(self, signs: Signs, param: str, first: Collection, walks: Sequence[Walk]) -> list[Walk]:
        """Walk every list in every language, and record which lists don't differ."""
        tried = self._walks([first], signs.codes, param, walks)
        same = [walk.collection.params[0][1] for walk in tried if walk.same]
        usual = next((code for code in same if code == signs.default), next(iter(same), ""))
        refused = {one.route for one in self._usual if self._is_refused(one, walks)}
        rest = [one for one in self._usual if one is not first and one.route not in refused]
        others = [code for code in signs.codes if code not in same]
        more = self._walks(rest, others, param, walks)
        alike = sorted(refused.union(walk.collection.route for walk in more if walk.same))
        found = [walk for walk in (*tried, *more) if not walk.same and walk.collection.route not in alike]
        self.entries = [
            self._entry(code, "list", param, same=alike) if code in others
            else self._entry(code, "usual" if code == usual else "none", param)
            for code in signs.codes
        ]  # fmt: skip
        return list(found)

    def _walks(
        self, lists: Sequence[Collection], codes: Sequence[str], param: str, walks: Sequence[Walk]
    ) -> list[LanguageWalk]:
        context, totals = self._context, {walk.collection.key: walk.sweep.stated for walk in walks}
        known = {one.key for one in context.collections if one.params}
        made = []
        for one in lists:
            ids = {wp_id for wp_id in context.holdings.held(one.key) if isinstance(wp_id, int)}
            proven = context.memory.seen.proven(one.key)
            total = totals.get(one.key, proven.stated if proven else None)
            for code in codes:
                own = in_language(one, param, code)
                if own.key not in known or context.mode == "full":
                    made.append(LanguageWalk(own, context, ids, total))
        context.engine.run(made)
        return made

    def _is_refused(self, one: Collection, walks: Sequence[Walk]) -> bool:
        proofs = [walk.proof().outcome for walk in walks if walk.collection is one]
        proven = self._context.memory.seen.proven(one.key)
        return (proofs[0] if proofs else proven.outcome if proven else "") == ListingOutcome.REFUSED

    # ---- what is found out

    def _elsewhere(self, signs: Signs, walk: Walk | None) -> None:
        """Look for the languages that no list shows where the home page says that they are."""
        sample = walk.sample if walk else None
        for entry in self.entries:
            if entry["how"] != "usual" and (home := home_in(signs, entry["language"])):
                entry["url"] = home
        look_for_sisters(self._context, self.entries, sample)

    def _is_default(self, signs: Signs, code: str) -> bool:
        return bool(signs.default) and is_alike(code, signs.default)

    def _entry(self, code: str, how: str, param: str, *, same: Sequence[str] = ()) -> Entry:
        held = self._probed.get(code)
        evidence = self._evidence.get(code) or next(filter(None, self._evidence.values()), None)
        return {
            "language": code,
            "how": how,
            "param": param,
            "same": list(same),
            "shown": str(held) if held else None,
            "capture": evidence,
        }


def _sight(reply: Reply) -> Sight | None:
    """Return what the first page of a list shows; None if it is no list."""
    page = reply.page
    if not page.answer.ok and not page.none_there:
        return None
    shown = [item for item in items(reply.document) if item.id is not None] if page.answer.ok else []
    texts = {item.id: sample_text(item.value) for item in shown if item.id is not None}
    return Sight(tuple(texts), page.total, texts)
