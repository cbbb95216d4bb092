"""Finds a site's REST API in as few requests as possible, judged only by what it answers.

`discover` is a coroutine without network access: it yields requests and is sent the responses. Signals are tried in
this order: the URL itself if it is a REST URL, the page's Link headers, `<link>` tags, JSON alternate, oEmbed, RSD,
then guesses.
"""

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from wparchive.model import Verdict
from wparchive.urls import origin, same_host
from wparchive.wordpress.discovery.questions import CONTENT, Answer, Ask, Trial, index_of, shows_content
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.discovery.signals import Signals, guessed_roots, read_rsd, read_signals
from wparchive.wordpress.discovery.site_state import SiteState, judge_site
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.php_urls import home_of, left_site, split
from wparchive.wordpress.routes import Root, RootForm, Route, root_at, split_root

__all__ = ["Discovery", "discover"]

Search = Generator[Ask, Answer, "Discovery"]
Step = Generator[Ask, Answer, bool]

_ROOTS = 2  # roots without an index whose content is requested
_AGAIN = 2  # repeats of an advertised root that answered 200 without JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """The result of discovery. With a `root` (state ok or moved) there is something to archive.

    `address` is where the root answered; `home` is what the site calls its home, provided that it answered too. `item`
    is the route of the target if that is an article or a REST item. `moved_from` is the home that redirected,
    `moved_to` its destination. `signal` says how the root was found; `evidence` lists the captures that the result is
    based on.
    """

    state: SiteState
    reason: str = ""
    root: Root | None = None
    index: RestIndex | None = None
    home: str = ""
    address: str = ""
    item: Route | None = None
    signal: str = ""
    moved_from: str | None = None
    moved_to: str | None = None
    generator: str | None = None
    page: Answer | None = None
    evidence: tuple[str, ...] = ()


def discover(target_url: str) -> Search:
    """Find the REST API behind the URL of a site, an article, a REST root or a REST item.

    Send an `Answer` for each `Ask`; the generator returns the `Discovery`. It never raises for a server's data.
    """
    return _Discoverer(target_url).run()


@dataclass(slots=True)
class _Discoverer:
    target: str
    trials: list[Trial] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    page: Answer | None = None
    signals: Signals = field(default_factory=Signals)
    moved: tuple[str, str] | None = None  # from, to
    refused_hop: str | None = None
    silent_hop: str | None = None

    def run(self) -> Search:
        if split(self.target) is None:
            return self._discovery(SiteState.BROKEN, f"not the URL of a site: {self.target!r}")
        root, route = split_root(self.target) or (None, None)
        given = yield from self._from_target(root)
        index = self._index
        if not (index and index.has_content):
            given = (yield from self._without_index()) or given
        if not (index or given):
            return self._not_found()
        return self._found(_single(route) if given else None)

    def _from_target(self, root: Root | None) -> Step:
        """Request the root that the target's own URL shows, else its page; return whether that root was right."""
        given = root is not None and (yield from self._try("given", root.url))
        if not given and not self._over():
            yield from self._from_page(root.base if root else self.target)
        return given

    @property
    def _index(self) -> RestIndex | None:
        """The index that the last trial returned."""
        return self.trials[-1].index if self.trials else None

    def _without_index(self) -> Step:
        """Request content from roots that hide their index; return whether one of them shows any."""
        worth = [one for one in self.trials if one.hides and self._may_be_root(one)]
        for trial in sorted(worth, key=lambda one: not one.advertised)[:_ROOTS]:
            root = root_at(_same_place(trial))
            for route, params in CONTENT if root else ():
                assert root is not None
                answer = yield from self._ask(root.url_for(route, params), "index")
                if shows_content(answer):
                    self.trials.append(Trial.by_content(trial, replace(answer, url_final=root.url)))
                    return True
                if answer.judgement.meaning is not Meaning.REFUSED:
                    break
        return False

    def _may_be_root(self, trial: Trial) -> bool:
        """Return whether anything suggests a REST root here. A 404 at a guessed place does not."""
        spoke = trial.meaning in (Meaning.OK, Meaning.REFUSED)
        return trial.advertised or self.signals.wordpress or spoke

    def _from_page(self, url: str) -> Step:
        page = self.page = yield from self._ask(url, "home")
        meaning = page.judgement.meaning if page.head else Meaning.NOTHING
        self._note_hop(url, page)
        # A wall or a dead host answers every other request the same way.
        if page.verdict in (Verdict.GUARDED, Verdict.THROTTLED, Verdict.STOPPED) or meaning is Meaning.CHALLENGE:
            return False
        if page.verdict is Verdict.FAILED and page.head is None:
            return False
        if index := index_of(page):
            self.trials.append(Trial("given", page.url_final, page, Meaning.OK, "", index))
            return True
        self.signals = read_signals(page.url_final, page.head, page.body)
        return (yield from self._from_signals())

    def _from_signals(self) -> Step:
        if (yield from self._try_each(self.signals.roots)):
            return True
        # RSD costs a request, so it is used only if nothing else names a root.
        if not self.signals.roots and self.signals.rsd:
            rsd = yield from self._ask(self.signals.rsd, "rsd")
            root = read_rsd(rsd.url_final, rsd.body)
            if root and split(root) and (yield from self._try("rsd", root)):
                return True
        guesses = guessed_roots(self.page.url_final if self.page else self.target, self.signals)
        if (yield from self._try_each(("guess", url) for url in guesses)):
            return True
        return not self._over() and (yield from self._once_more())

    def _try_each(self, roots: Iterable[tuple[str, str]]) -> Step:
        """Request these roots, each with its signal, until one returns an index or an answer ends the search."""
        for signal, url in roots:
            if self._over():
                return False
            if (yield from self._try(signal, url)):
                return True
        return False

    def _once_more(self) -> Step:
        """Request an advertised root again: a cache that once answered with a page may be right the next time."""
        rubbish = next((t for t in self.trials if t.advertised and t.meaning is Meaning.NOT_JSON), None)
        for again in range(1, _AGAIN + 1) if rubbish else ():
            if rubbish and (yield from self._try(rubbish.signal, rubbish.url, again)):
                return True
        return False

    def _try(self, signal: str, url: str, again: int = 0) -> Step:
        if not again and any(trial.url == url for trial in self.trials):
            return False
        answer = yield from self._ask(url, "index", again)
        if signal != "guess":
            self._note_hop(url, answer)
        self.trials.append(Trial.of(signal, url, answer))
        return self.trials[-1].index is not None

    def _ask(self, url: str, kind: str, again: int = 0) -> Generator[Ask, Answer, Answer]:
        answer = yield Ask(url, kind, again)
        if answer.capture:
            self.evidence.append(answer.capture)
        return answer if split(answer.url_final) else replace(answer, url_final=url)

    def _note_hop(self, url: str, answer: Answer) -> None:
        """Record a redirect to another host. A redirect of a guessed URL says nothing about the site."""
        if not left_site(url, answer.url_final):
            return
        if answer.verdict is Verdict.GUARDED:
            self.refused_hop = self.refused_hop or answer.url_final
        elif answer.head is None and answer.redirects:
            self.silent_hop = self.silent_hop or answer.url_final
        elif answer.verdict is Verdict.ANSWERED:
            self.moved = self.moved or (url, answer.url_final)

    def _over(self) -> bool:
        """Return whether the last answer ends the search: a statement of the site, a wall, or a stop."""
        last = self.trials[-1] if self.trials else None
        if last is None:
            return False
        walled = (
            (last.advertised or self.signals.wordpress)
            and last.meaning is Meaning.BLOCKED
            and last.answer.status in (401, 403)
        )
        return walled or last.final or last.answer.verdict in (Verdict.THROTTLED, Verdict.STOPPED)

    def _found(self, item: Route | None) -> Discovery:
        trial = self.trials[-1]
        index, answer = trial.index, trial.answer
        assert index is not None
        root = root_at(answer.url_final) or root_at(trial.url)
        if root is None:
            return self._not_found()
        root = _at_home(root, index)
        root = replace(root, aliases=tuple(self._aliases(root, index)))
        state, reason = self._state(index)
        return self._discovery(
            state,
            reason,
            root=root if index.has_content else None,
            index=index,
            home=self._home(root, index),
            address=root.address if index.has_content else "",
            item=self._item(root) if item is None else item,
            signal=trial.signal,
        )

    def _home(self, root: Root, index: RestIndex) -> str:
        """Return the home that the index names, if the root or the page answered on that host; else the root's."""
        answered = [root.url, *([self.page.url_final] if self.page and self.page.head else [])]
        trusted = root.form is RootForm.WORDPRESS_COM or any(same_host(index.home, url) for url in answered)
        return (home_of(index.home) if trusted else "") or root.base

    def _state(self, index: RestIndex) -> tuple[SiteState, str]:
        """Return the state and reason of a site with an `index`."""
        if not index.has_content:
            words = "the index lists no wp/v2: WordPress before 4.7, or its content routes are off"
            return SiteState.NO_CONTENT_API, words
        if self.moved:
            return SiteState.MOVED, f"redirects from {origin(self.moved[0])}/ to {origin(self.moved[1])}/"
        return SiteState.OK, self.trials[-1].reason

    def _item(self, root: Root) -> Route | None:
        route = root.route_of(self.signals.item) if self.signals.item else None
        return route or self.signals.guess

    def _aliases(self, root: Root, index: RestIndex) -> Iterable[str]:
        """Return every home under which the site's links may lie: those in the index, and those that redirected here."""
        hops = filter(split, (*self.trials[-1].answer.redirects, *(self.page.redirects if self.page else ())))
        homes = [home_of(index.home), home_of(index.url)]
        homes += [f"{origin(url)}{urlsplit(root.base).path}" for url in (*hops, *(self.moved or ()))]
        if root.form is RootForm.WORDPRESS_COM:
            # Its links use the site's number instead of its host.
            homes += (found[0].url for link in index.self_links() if (found := split_root(link)))
        return dict.fromkeys(home for home in homes if home and home != root.base)

    def _not_found(self) -> Discovery:
        state, reason = self._led_away() or judge_site(self.trials, self.page, self.signals)
        return self._discovery(state, reason, home=home_of(self.target) or self.target)

    def _led_away(self) -> tuple[SiteState, str] | None:
        """Return a state if the site redirected to a place where nothing could be determined."""
        if self.refused_hop and not any(trial.index for trial in self.trials):
            return SiteState.MOVED, f"redirects to {self.refused_hop}, which may not be followed"
        if self.silent_hop:
            return SiteState.MOVED, f"redirects to {self.silent_hop}, which gives no answer"
        return None

    def _discovery(self, state: SiteState, reason: str, **found: object) -> Discovery:
        return Discovery(
            state=state,
            reason=reason,
            moved_from=home_of(self.moved[0] if self.moved else self.target) if state is SiteState.MOVED else None,
            moved_to=self.moved[1] if self.moved else None,
            generator=self.signals.generator,
            page=self.page,
            evidence=tuple(self.evidence),
            **found,  # type: ignore[arg-type]
        )


def _single(route: Route | None) -> Route | None:
    """Return `route`, of the target, if it is that of a single item."""
    last = route.path.rpartition("/")[2] if route else ""
    return route if last.isascii() and last.isdigit() else None


def _same_place(trial: Trial) -> str:
    """Return the root's URL: on the redirect's host if it led to the same path and query there, else as requested."""
    asked, got = split(trial.url), split(trial.answer.url_final)
    return trial.answer.url_final if asked and got and asked[1:] == got[1:] else trial.url


def _at_home(root: Root, index: RestIndex) -> Root:
    """Return the query root at the index's own home, because WordPress accepts `rest_route` on every page."""
    home, at = split(index.home), split(root.base)
    if root.form is not RootForm.QUERY or home is None or at is None or home.authority != at.authority:
        return root
    folder = f"{home.path.rstrip('/')}/"
    if at.path == folder or not at.path.startswith(folder):
        return root
    return root_at(f"{origin(root.url)}{urlsplit(home_of(index.home)).path}?rest_route=/") or root
