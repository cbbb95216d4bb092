"""Find out how a site shows its languages, where a sign tells of several, and walk each one's lists.

Looks at ids tell, list by list and language by language: a list in one language shows items that the usual one lacks
(each language has lists of its own), a part of it (it holds every language), or the very same (the parameter is ignored,
or this collection isn't translated). What is found out is recorded as the fact `languages`; later runs use it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from wparchive.crawl.incremental.probes import missing_items
from wparchive.crawl.languages.entries import OWN, Entry, entries_of, name_heard
from wparchive.crawl.languages.lists import differs, in_language, remembered_lists
from wparchive.crawl.languages.looks import Looks
from wparchive.crawl.languages.sisters import look_for_sisters, on_other_hosts
from wparchive.crawl.links.follow_links import LinkFollower
from wparchive.crawl.seen_twice import read_twice
from wparchive.crawl.walk import Walk
from wparchive.wordpress.discovery.questions import Answer
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.languages.codes import PARAMS, code_of, is_alike
from wparchive.wordpress.languages.heard import Heard
from wparchive.wordpress.languages.signs import Signs, home_in, read_signs
from wparchive.wordpress.languages.verdict import Held
from wparchive.wordpress.listing import ListingOutcome
from wparchive.wordpress.values import string

__all__ = ["Languages"]

_PROBES = 3  # parameters and languages that the first list is asked for
_FEW = 60  # further looks up to which every language is asked for, and not only two
_KEPT = (
    "list",
    "site",
    "silent",
    "whole",
)  # languages that a full run looks for although no sign tells of them any more


class Languages:
    """The languages of one site in one run, `entries` as the fact `languages`; `page` is its home page, if requested."""

    def __init__(self, follower: LinkFollower, page: Answer | None) -> None:
        self._follower, self._context = follower, follower.context
        self.entries: list[Entry] = self._context.memory.seen.entries("languages")
        self._page = (page.url_final, page.body) if page and page.head else None
        self._usual = [one for one in self._context.collections if differs(one)]
        self._looks = Looks(self._context, ())

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
        self._looks = Looks(self._context, walks)
        known = [] if full else [code for entry in before if (code := code_of(entry.get("language")))]
        signs = self._signs(walks, before)
        new = [code for code in signs.codes if not any(is_alike(code, one) for one in known)]
        if not full and not (signs and (new or not before)):
            self._look_for_sisters([one for one in before if one.get("how") == "silent"], before)
            return []
        signs = self._with_document(signs)
        self.entries = [{"how": "none", "reason": "no language is named"}] if signs else []  # so later runs don't look
        found = self._found(signs, walks, before) if len(signs.codes) > 1 else []
        if self._looks.silent and not found:
            self.entries = before
            route, reason = self._looks.silent
            self._follower.fail(route, f"its lists in other languages: {reason}")
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

    def _signs(self, walks: Sequence[Walk], before: Sequence[Entry]) -> Signs:
        """Return the signs; a full run goes on looking for what an earlier one found, even where no sign is left."""
        context = self._context
        kept = [one for one in before if context.mode != "full" or one.get("how") in _KEPT]
        usual = [one for one in before if kept and one.get("how") == "usual" and one not in kept]
        known = [code for one in (*usual, *kept) if (code := code_of(one.get("language")))]
        routes, samples = [one.route for one in self._usual], [walk.sample for walk in walks if walk.sample]
        signs = read_signs(context.index, routes, self._page, samples, context.home, known)
        if signs or context.mode != "full" or not known:
            return signs
        params = [name for one in kept if (name := string(one.get("param"))) in PARAMS]
        return Signs(
            codes=tuple(known),
            params=tuple(dict.fromkeys((*params, PARAMS[0]))),
            default=code_of(usual[0].get("language")) if usual else "",
            told=("an earlier run",),
        )

    def _with_document(self, signs: Signs) -> Signs:
        if not signs.document:
            return signs
        reply = self._context.engine.get(self._context.target("language", signs.document))
        return signs.with_document(reply.document.value) if reply.judgement.ok else signs

    def _found(self, signs: Signs, walks: Sequence[Walk], before: Sequence[Entry]) -> list[Walk]:
        """Look at every list in every language, walk those that differ, and record which don't."""
        refused = [one for one in self._usual if self._is_refused(one, walks)]
        lists = sorted((one for one in self._usual if one not in refused), key=self._rank)
        if not lists:
            return []
        param = self._parameter(signs, lists)
        walked = {one.key for one in self._context.collections if one.params and self._context.mode != "full"}
        found: dict[tuple[str, str], Held] = {}
        if param:
            pairs = [(one, param, code) for one in lists for code in signs.codes]
            new = [look for look in pairs if in_language(*look).key not in walked]
            self._looks.take(new)
            found = {(code, one.route): self._looks.held((one, param, code)) for one, _, code in new}
            found |= {
                (code, one.route): Held.MORE for one, _, code in pairs if in_language(one, param, code).key in walked
            }
        own = {code for (code, _), held in found.items() if held in OWN}
        for code, one in ((code, one) for code in own for one in lists if not self._looks.usual(one).ids):
            if found.get((code, one.route)) is Held.SAME:
                found[code, one.route] = Held.NONE  # later runs have to see what comes
        made = self._walks([(one, param, code) for one in lists for code in signs.codes], found, walked)
        self.entries = entries_of(signs, param, found, self._looks, lists, refused)
        self._look_for_sisters([one for one in self.entries if one["how"] in ("none", "translated")], before, signs)
        heard = Heard()
        for walk in walks:
            heard.add(walk.heard)
        name_heard(self.entries, signs, heard)
        return made

    def _rank(self, one: Collection) -> tuple[bool, bool]:
        """Lists that hold items come first, and posts before them."""
        held = bool(self._context.holdings.held(one.key))
        return not held, one.kind.table != "posts"

    def _parameter(self, signs: Signs, lists: Sequence[Collection]) -> str:
        """Return the parameter that makes a difference to a list; "" if none does to any."""
        codes = sorted(signs.codes, key=lambda code: code == signs.default)
        few = codes if len(codes) * len(lists) <= _FEW else codes[:2]
        tried = [(lists[0], param, code) for param in signs.params for code in codes[:2]][:_PROBES]
        for look in tried:
            self._looks.take([look])
            if self._differs(look):
                return look[1]
        if self._looks.silent:
            return ""
        for param in signs.params[:1]:
            more = [(one, param, code) for one in lists for code in few]
            self._looks.take(more)
            if any(map(self._differs, more)):
                return param
        return ""

    def _differs(self, look: tuple[Collection, str, str]) -> bool:
        return self._looks.held(look) in (Held.MORE, Held.NONE, Held.PART, Held.UNSURE)

    def _walks(
        self, looks: Sequence[tuple[Collection, str, str]], found: dict[tuple[str, str], Held], walked: set[str]
    ) -> list[Walk]:
        """Walk the lists that differ; `found` is corrected where one turns out to show nothing of its own."""
        made = [
            (look, Walk(own, self._context))
            for look in looks
            if found.get((look[2], look[0].route)) in OWN and (own := in_language(*look)).key not in walked
        ]
        self._context.engine.run([walk for _, walk in made])
        kept = []
        for look, walk in made:
            ids, usual = walk.sweep.ids, self._looks.usual(look[0]).ids
            usual = usual | self._looks.added(look[0], ids)
            if ids and ids <= usual and walk.proof().outcome is ListingOutcome.COMPLETE:
                found[look[2], look[0].route] = Held.SAME if ids == usual else Held.PART
            else:
                kept.append(walk)
        return kept

    def _is_refused(self, one: Collection, walks: Sequence[Walk]) -> bool:
        proofs = [walk.proof().outcome for walk in walks if walk.collection is one]
        proven = self._context.memory.seen.proven(one.key)
        return (proofs[0] if proofs else proven.outcome if proven else "") == ListingOutcome.REFUSED

    # ---- sites beside this one

    def _look_for_sisters(self, entries: Sequence[Entry], before: Sequence[Entry], signs: Signs | None = None) -> None:
        """Look for languages that no list shows where the home page, or an earlier run, says that they are."""
        known = {code_of(one.get("language")): one for one in before if one.get("how") in ("site", "silent", "whole")}
        for entry in entries:
            earlier = known.get(entry["language"], {})
            if home := (home_in(signs, entry["language"]) if signs else "") or string(earlier.get("url")):
                entry["url"] = home
        held = {code for code, one in known.items() if one["how"] == "site"}
        look_for_sisters(self._follower, entries, self._sample, held)

    def _sample(self) -> Mapping[str, Any] | None:
        """Return a post of this site, which tells whether another root shows the same."""
        posts = [one for one in self._usual if one.route == "/wp/v2/posts"]
        return next(filter(None, map(self._looks.sample, posts)), None)
