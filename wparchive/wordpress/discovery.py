"""Where a site's REST API is, found in the fewest requests and believed only by what it answers.

`discover` is a coroutine without any network in it: it yields what to ask and is sent what came back. Signals in order:
the URL itself when it is a REST URL, the page's Link headers, `<link>` tags, JSON alternate, oEmbed, RSD, then guesses.
"""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import urljoin, urlsplit

from wparchive.message import Head
from wparchive.model import Verdict
from wparchive.wordpress import payload
from wparchive.wordpress.capabilities import Index, wordpress_version
from wparchive.wordpress.routes import Root, RootForm, Route, root_at, split_root
from wparchive.wordpress.signals import Signals, read_rsd, read_signals
from wparchive.wordpress.urls import origin, split
from wparchive.wordpress.verdict import Meaning, error_of, judge

__all__ = ["Answer", "Ask", "Discovery", "Index", "SiteState", "discover", "wordpress_version"]

Search = Generator["Ask", "Answer", "Discovery"]
Step = Generator["Ask", "Answer", bool]


class SiteState(StrEnum):
    """What a site is to us; the words of `sites.state`."""

    OK = "ok"
    PARTIAL = "partial"
    CLOSED = "closed"  # REST is there, and refuses strangers, or robots.txt asks us not to read it
    BLOCKED = "blocked"  # a firewall, challenge or throttle stands before it
    NOT_WORDPRESS = "not-wordpress"
    NO_CONTENT_API = "no-content-api"  # WordPress without the content routes of 4.7 and later
    MOVED = "moved"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Ask:
    """A URL to get. `kind` is the target's (home, index, rsd), `why` is for the log.

    `again` > 0 asks for something that was asked for already and answered with rubbish: it must not come from a store.
    """

    url: str
    kind: str
    method: str
    why: str
    again: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `redirects` are the URLs asked before `url_final`, in order; `body` is decoded.

    With `Verdict.GUARDED` after a redirect, `url_final` is the hop that was not followed.
    """

    url_final: str
    head: Head | None = None
    body: bytes = b""
    redirects: tuple[str, ...] = ()
    verdict: Verdict = Verdict.ANSWERED
    capture: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What the site turned out to be. With `root` there is something to archive: state ok or moved.

    `item` is the route that the target names when it is an article or a REST item, `moved_from` the home that
    redirected elsewhere. `signal` says how the root was found, `evidence` are the captures that the judgement rests on.
    """

    state: SiteState
    reason: str = ""
    root: Root | None = None
    index: Index | None = None
    index_answer: Answer | None = None
    home: str = ""
    item: Route | None = None
    signal: str = ""
    moved_from: str | None = None
    generator: str | None = None
    page: Answer | None = None
    evidence: tuple[str, ...] = ()


def discover(target_url: str) -> Search:
    """Find the REST API behind a site's, article's, REST root's or REST item's URL.

    Send an `Answer` for each `Ask`; the generator returns the `Discovery`. Nothing is ever raised for what was sent.
    """
    return _Discoverer(target_url).run()


@dataclass(slots=True)
class _Trial:
    """A root that was asked, how it came to be one, and what the answer means."""

    signal: str
    url: str
    answer: Answer
    meaning: Meaning
    reason: str
    index: Index | None = None

    @property
    def advertised(self) -> bool:
        return self.signal != "guess"


_FINAL = frozenset({Meaning.CHALLENGE, Meaning.THROTTLED, Meaning.REFUSED})
_AGAIN = 2  # times that an advertised root which answers 200 without JSON is asked once more
_PARENTS = 4


@dataclass(slots=True)
class _Discoverer:
    target: str
    trials: list[_Trial] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    page: Answer | None = None
    signals: Signals = field(default_factory=Signals)
    moved: tuple[str, str] | None = None  # from, to
    refused_hop: str | None = None
    silent_hop: str | None = None

    def run(self) -> Search:
        if split(self.target) is None:
            return self._discovery(SiteState.BROKEN, f"not the URL of a site: {self.target!r}")
        direct = split_root(self.target)
        if direct and (yield from self._try("given", direct[0].url)):
            return self._found(direct[1] if direct[1].path.rpartition("/")[2].isdigit() else None)
        if not self._over():
            yield from self._from_page(direct[0].base if direct else self.target)
        return self._found(None) if self.trials and self.trials[-1].index else self._not_found()

    def _from_page(self, url: str) -> Step:
        page = self.page = yield from self._ask(url, "home", "the page that was given")
        meaning = judge(page.head, page.body).meaning if page.head else Meaning.NOTHING
        self._note_hop(url, page)
        if page.verdict in (Verdict.GUARDED, Verdict.THROTTLED, Verdict.STOPPED) or meaning is Meaning.CHALLENGE:
            return False
        if page.verdict is Verdict.FAILED and page.head is None:
            return False
        if index := _index_of(page):
            self.trials.append(_Trial("given", page.url_final, page, Meaning.OK, "", index))
            return True
        self.signals = read_signals(page.url_final, page.head, page.body)
        return (yield from self._from_signals())

    def _from_signals(self) -> Step:
        for signal, url in self.signals.roots:
            if (yield from self._try(signal, url)):
                return True
            if self._over():
                return False
        if not self.signals.roots and self.signals.rsd:
            rsd = yield from self._ask(self.signals.rsd, "rsd", "names the REST root where head links are stripped")
            root = read_rsd(rsd.url_final, rsd.body)
            if root and split(root) and (yield from self._try("rsd", root)):
                return True
        for url in self._guesses():
            if self._over():
                return False
            if (yield from self._try("guess", url)):
                return True
        return (yield from self._once_more())

    def _once_more(self) -> Step:
        """A cache that answered an advertised root with its page once may answer right the next time."""
        rubbish = next((t for t in self.trials if t.advertised and t.meaning is Meaning.NOT_JSON), None)
        for again in range(1, _AGAIN + 1) if rubbish else ():
            if rubbish and (yield from self._try(rubbish.signal, rubbish.url, again)):
                return True
        return False

    def _try(self, signal: str, url: str, again: int = 0) -> Step:
        if not again and any(trial.url == url for trial in self.trials):
            return False
        answer = yield from self._ask(url, "index", f"REST root by {signal}", again)
        if signal != "guess":
            self._note_hop(url, answer)
        index = _index_of(answer)
        judged = judge(answer.head, answer.body)
        meaning = Meaning.OK if index else _meaning(answer, judged.meaning)
        self.trials.append(_Trial(signal, url, answer, meaning, answer.reason or judged.reason, index))
        return index is not None

    def _ask(self, url: str, kind: str, why: str, again: int = 0) -> Generator[Ask, Answer, Answer]:
        answer = yield Ask(url, kind, "GET", why, again)
        if answer.capture:
            self.evidence.append(answer.capture)
        return answer if split(answer.url_final) else replace(answer, url_final=url)

    def _note_hop(self, url: str, answer: Answer) -> None:
        """Remember that the site sent us elsewhere; what a mere guess redirects to says nothing."""
        if answer.verdict is Verdict.GUARDED and _elsewhere(url, answer.url_final):
            self.refused_hop = self.refused_hop or answer.url_final
        elif answer.head is None and answer.redirects and _elsewhere(url, answer.url_final):
            self.silent_hop = self.silent_hop or answer.url_final
        elif answer.verdict is Verdict.ANSWERED and _elsewhere(url, answer.url_final):
            self.moved = self.moved or (url, answer.url_final)

    def _over(self) -> bool:
        """Whether the last answer leaves nothing to look for: the site's own word, a wall, or a stop."""
        last = self.trials[-1] if self.trials else None
        if last is None:
            return False
        walled = (
            (last.advertised or self.signals.wordpress)
            and last.meaning is Meaning.BLOCKED
            and _status(last.answer) in (401, 403)
        )
        return walled or last.meaning in _FINAL or last.answer.verdict in (Verdict.THROTTLED, Verdict.STOPPED)

    def _guesses(self) -> Iterator[str]:
        """Roots to try unasked: few on a page without a trace of WordPress, every spelling on one with it."""
        page = self.page.url_final if self.page else self.target
        sure = self.signals.wordpress
        folders = list(dict.fromkeys((*self.signals.bases, *_folders(page))))
        for folder in folders:
            yield f"{folder}wp-json/"
            if sure or folder in (folders[0], folders[-1]):
                yield f"{folder}?rest_route=/"
        for folder in folders if sure else ():
            yield f"{folder}index.php/wp-json/"
            yield f"{folder}index.php?rest_route=/"
        host = urlsplit(page).hostname or ""
        if host.endswith(".wordpress.com"):
            yield f"https://public-api.wordpress.com/wp/v2/sites/{host}/"

    def _found(self, item: Route | None) -> Discovery:
        trial = self.trials[-1]
        index, answer = trial.index, trial.answer
        assert index is not None
        root = root_at(answer.url_final) or root_at(trial.url)
        if root is None:
            return self._not_found()
        root = _at_home(root, index)
        root = replace(root, aliases=tuple(self._aliases(root, index)))
        if item is None:
            item = self._item(root)
        state = SiteState.OK if index.has_content else SiteState.NO_CONTENT_API
        reason = (
            "" if index.has_content else "the index lists no wp/v2: WordPress before 4.7, or its content routes are off"
        )
        if self.moved and state is SiteState.OK:
            state, reason = SiteState.MOVED, f"redirects from {origin(self.moved[0])}/ to {origin(self.moved[1])}/"
        return self._discovery(
            state,
            reason,
            root=root if index.has_content else None,
            index=index,
            index_answer=answer,
            home=_home(index.home) or root.base,
            item=item,
            signal=trial.signal,
        )

    def _item(self, root: Root) -> Route | None:
        route = root.route_of(self.signals.item) if self.signals.item else None
        return route or self.signals.guess

    def _aliases(self, root: Root, index: Index) -> Iterable[str]:
        """Every home under which this site's links may stand: the index's, and those that redirected here."""
        homes = [_home(index.home), _home(index.url)]
        asked = [self.trials[-1].answer, *([self.page] if self.page else [])]
        hops = [url for answer in asked for url in answer.redirects if split(url)]
        homes += [f"{origin(url)}{urlsplit(root.base).path}" for url in (*hops, *(self.moved or ()))]
        if root.form is RootForm.WORDPRESS_COM:
            homes += [link for link in _self_links(index) if root_at(link)]
        return dict.fromkeys(home for home in homes if home and home != root.base)

    def _not_found(self) -> Discovery:
        state, reason = self._judgement()
        return self._discovery(state, reason, home=_home(self.target) or self.target)

    def _judgement(self) -> tuple[SiteState, str]:
        if self.refused_hop and not any(trial.index for trial in self.trials):
            return SiteState.MOVED, f"redirects to {self.refused_hop}, which may not be followed"
        if self.silent_hop:
            return SiteState.MOVED, f"redirects to {self.silent_hop}, which gives no answer"
        unheard = (Verdict.ROBOTS, Verdict.GUARDED)
        heard = [trial for trial in reversed(self.trials) if trial.answer.verdict not in unheard]
        seen = {trial.meaning: trial for trial in heard}
        seen |= {trial.meaning: trial for trial in heard if trial.advertised}
        for meaning, state, words in _BY_MEANING:
            trial = seen.get(meaning)
            if trial and self._counts(trial):
                return state, words.format(url=trial.url, reason=trial.reason)
        if self.page and (fault := _page_fault(self.page)):
            return fault
        if any(trial.answer.verdict is Verdict.ROBOTS for trial in self.trials):
            return SiteState.CLOSED, "robots.txt asks us not to read the REST API (--ignore-robots: read it anyway)"
        if self.signals.wordpress:
            return SiteState.NO_CONTENT_API, "WordPress shows in the page, but no REST root answers"
        return SiteState.NOT_WORDPRESS, "no sign of WordPress, and no REST root answers"

    def _counts(self, trial: _Trial) -> bool:
        """Whether the trial says something of the site: an absence where nothing was promised doesn't."""
        if trial.advertised or trial.meaning in _FINAL:
            return True
        return self.signals.wordpress and trial.meaning not in (Meaning.MISSING, Meaning.NOT_JSON)

    def _discovery(self, state: SiteState, reason: str, **found: object) -> Discovery:
        return Discovery(
            state=state,
            reason=reason,
            moved_from=_home(self.moved[0] if self.moved else self.target) if state is SiteState.MOVED else None,
            generator=self.signals.generator,
            page=self.page,
            evidence=tuple(self.evidence),
            **found,  # type: ignore[arg-type]
        )


# What a root's answer says of the site, the plainest first.
_BY_MEANING: tuple[tuple[Meaning, SiteState, str], ...] = (
    (Meaning.CHALLENGE, SiteState.BLOCKED, "a challenge page stands before {url} ({reason})"),
    (Meaning.THROTTLED, SiteState.BLOCKED, "{url} is throttled ({reason})"),
    (Meaning.REFUSED, SiteState.CLOSED, "{url} refuses strangers ({reason})"),
    (Meaning.BLOCKED, SiteState.BLOCKED, "{url} is blocked ({reason})"),
    (Meaning.NO_ROUTE, SiteState.CLOSED, "{url} is switched off ({reason})"),
    (Meaning.MISSING, SiteState.CLOSED, "{url} isn't there ({reason})"),
    (Meaning.SERVER_ERROR, SiteState.BROKEN, "{url} fails ({reason})"),
    (Meaning.NOTHING, SiteState.BROKEN, "{url} gives no answer ({reason})"),
    (Meaning.NOT_JSON, SiteState.BROKEN, "{url} doesn't speak REST ({reason})"),
)


def _index_of(answer: Answer) -> Index | None:
    if answer.verdict is not Verdict.ANSWERED:
        return None
    if answer.head and answer.head.status >= 400:
        return None
    return Index.parse(payload.read(answer.body).value)


def _meaning(answer: Answer, meaning: Meaning) -> Meaning:
    """What the answer means for a root: a web server's 404 is an absence, a WordPress error of any status a refusal."""
    if answer.verdict is Verdict.THROTTLED:
        return Meaning.THROTTLED
    if meaning is Meaning.BLOCKED and _status(answer) not in (401, 403):
        return Meaning.MISSING
    if meaning in (Meaning.OTHER, Meaning.NO_ROUTE, Meaning.MISSING) and error_of(payload.read(answer.body).value):
        return Meaning.REFUSED
    return meaning


def _status(answer: Answer) -> int:
    return answer.head.status if answer.head else 0


def _page_fault(page: Answer) -> tuple[SiteState, str] | None:
    """What the front page's own answer says, where no root said anything."""
    judged = judge(page.head, page.body)
    why = page.reason or judged.reason
    if page.verdict is Verdict.THROTTLED or judged.meaning in (Meaning.CHALLENGE, Meaning.THROTTLED):
        return SiteState.BLOCKED, f"{page.url_final} is throttled or behind a challenge page ({why})"
    if page.verdict is Verdict.GUARDED:
        return SiteState.BROKEN, f"{page.url_final} can't be followed ({why})"
    if page.head is None and page.verdict is not Verdict.ROBOTS:
        return SiteState.BROKEN, f"{page.url_final} gives no answer ({why})"
    if _status(page) in (401, 403):
        return SiteState.BLOCKED, f"{page.url_final} is blocked ({why})"
    if _status(page) >= 500:
        return SiteState.BROKEN, f"{page.url_final} fails ({why})"
    return None


def _elsewhere(asked: str, got: str) -> bool:
    """Whether a redirect left the site: another host or port. `www.`, scheme and path don't count."""
    before, after = split(asked), split(got)
    return bool(before and after) and _bare(before.authority) != _bare(after.authority)  # type: ignore[union-attr]


def _bare(authority: str) -> str:
    return authority.removeprefix("www.")


def _home(url: str) -> str:
    """`url` as a home URL, ending in a slash; empty when it isn't an http(s) URL."""
    parts = urlsplit(url) if split(url) else None
    return f"{origin(url)}{parts.path.rstrip('/')}/" if parts else ""


def _folders(url: str) -> list[str]:
    """The folder of `url` and its parents, deepest first; of many only some, the host's own root always."""
    path = urlsplit(url).path
    if "." in path.rpartition("/")[2]:
        path = path.rpartition("/")[0]
    parts = [part for part in path.split("/") if part]
    depths = range(len(parts), -1, -1)
    folders = [urljoin(url, "/" + "".join(f"{part}/" for part in parts[:depth])) for depth in depths]
    return [*folders[: _PARENTS - 1], folders[-1]] if len(folders) > _PARENTS else folders


def _at_home(root: Root, index: Index) -> Root:
    """The query root at the index's own home: WordPress takes `rest_route` on every page of the site."""
    home, at = split(index.home), split(root.base)
    if root.form is not RootForm.QUERY or home is None or at is None or home.authority != at.authority:
        return root
    folder = f"{home.path.rstrip('/')}/"
    if at.path == folder or not at.path.startswith(folder):
        return root
    return root_at(f"{origin(root.url)}{urlsplit(_home(index.home)).path}?rest_route=/") or root


def _self_links(index: Index) -> Iterator[str]:
    """The names that WordPress.com's index gives its own root; links use the site's number where we used its host."""
    for entry in index.routes.values():
        links = entry.get("_links") if isinstance(entry, dict) else None
        own = links.get("self") if isinstance(links, dict) else None
        for link in own if isinstance(own, list) else [own]:
            href = link.get("href") if isinstance(link, dict) else link
            if isinstance(href, str) and (found := split_root(href)):
                yield found[0].url
