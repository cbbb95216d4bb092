"""Handles replies that are not a page: request again, in another form or in parts, or record a gap."""

from dataclasses import dataclass, replace

from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.listing.pages import Page, PageReply
from wparchive.wordpress.listing.pagesize import CAPS, below
from wparchive.wordpress.listing.progress import IN_A_ROW, Progress
from wparchive.wordpress.listing.proof import Gap, ListingOutcome

__all__ = ["Failing"]

_AGAIN_FOR_JSON = 2  # repeats of a page whose reply was not JSON
_NEEDS_MORE = "rest_missing_callback_param"
_NOT_FOR_FORM = frozenset((401, 404, 407, 410))  # these concern the client or the resource, not the form of the request
# No smaller page changes any of these.
_NOT_BY_SIZE = frozenset((Meaning.REDIRECT, Meaning.MISSING, Meaning.NOT_MODIFIED))


@dataclass(slots=True)
class Failing(Progress):
    """A walk's handling of failed requests."""

    @property
    def answered(self) -> bool:
        """Whether any page of the walk was answered."""
        return self._requests > 0

    @property
    def silent(self) -> bool:
        """Whether the server repeatedly returned success without a body and without a total, and nothing else."""
        return self._requests == self._bare > _AGAIN_FOR_JSON and self._extent.stated is None

    def take_for_empty(self) -> None:
        """Record a `silent` listing as empty. For use when other collections of the site do answer."""
        self._findings.gaps.clear()
        self._outcome, self._reason = ListingOutcome.COMPLETE, f"empty: {self._reason}"

    def _refused(self, page: Page, reply: PageReply) -> None:
        if self._findings.pages:
            self._gap(page, reply.answer.reason)
            return
        self._findings.answered(reply)
        self._queue.clear()
        self._finish(ListingOutcome.REFUSED, reply.answer.reason)

    def _halted(self, _page: Page, reply: PageReply) -> None:
        self._findings.answered(reply)
        self.abandon(reply.answer.reason)

    def _unaccepted(self, page: Page, reply: PageReply) -> None:
        """Handle a rejected parameter: continue without it, or with smaller pages."""
        names = set(reply.answer.params)
        orders = {"orderby", "order"} & names & {name for name, _ in self._spelling.params}
        smaller = below(page.size, CAPS)
        if "per_page" in names and smaller and page not in self._salvage:
            self._size.shrink(smaller)
        elif orders:
            self._spelling.drop("orderby", "order")
            self._findings.unordered = True
        elif "offset" in names and page.by == "offset":
            self._spelling.offsets = False
            if not self._spelling.numbers:
                self._no_other_form(page, reply)
                return
        elif reply.answer.code == _NEEDS_MORE:  # a parameter of this site's own; its possible values are unknown
            self._refused(page, reply)
            return
        else:
            self._failed(page, reply)
            return
        if page in self._salvage:
            self._salvage.respell(page)
        else:
            self._cursor = min(self._cursor, page.offset)

    def _no_other_form(self, page: Page, reply: PageReply) -> None:
        """Handle a rejected offset where pages by number repeat."""
        if page in self._salvage:
            self._gap(page, reply.answer.reason)
        else:
            self._stand_still(whole=False)

    def _failed(self, page: Page, reply: PageReply) -> None:
        """Handle an unusable reply: request again, split the page, or record a gap."""
        reason = self._worst = reply.answer.reason
        self._findings.answered(reply)
        if self._spell_plainer(page, reply):
            return
        if not self._findings.pages:
            self._extent.stated = reply.total
        self._bare += reply.bare
        if page in self._salvage:
            self._learn(self._salvage.failed(page, reason))
        elif self.silent:
            self._findings.gaps.append(Gap(1, None, reason))
            self._finish(ListingOutcome.FAILED, reason)
        elif reply.answer.meaning is Meaning.NOT_JSON and page.again < _AGAIN_FOR_JSON:
            again = replace(page, again=page.again + 1)
            self._queue.push(self._spelling.page(page.offset, page.size) if self.paged else again)
        elif not self.paged:
            self._findings.gaps.append(Gap(1, None, reason))
            self._finish(ListingOutcome.FAILED, reason)
        elif self._worth_taking_apart(reply):
            self._learn(self._salvage.begin(page, reason))
        else:
            self._gap(page, reason)

    def _spell_plainer(self, page: Page, reply: PageReply) -> bool:
        """Return whether a plainer form of the request is left to try.

        A firewall that blocks the very first page may object to one of its parameters.
        """
        offended = reply.answer.meaning is Meaning.BLOCKED and reply.answer.status not in _NOT_FOR_FORM
        if self._findings.pages or page.offset or not self.paged or not offended or page in self._salvage:
            return False
        form = next(self._plainer, None)
        if form is None:
            return False
        self._size.asked, names = form
        self._findings.unordered = self._findings.unordered or "orderby" in names
        self._spelling.drop(*names)
        self._cursor = 0
        return True

    def _worth_taking_apart(self, reply: PageReply) -> bool:
        hopeless = self._salvage.hopeless or (reply.answer.meaning is Meaning.BLOCKED and not self._findings.pages)
        return not hopeless and reply.capture is not None and reply.answer.meaning not in _NOT_BY_SIZE

    def _gap(self, page: Page, reason: str) -> None:
        """Record a whole page as a gap; after several in a row, give up the rest of the walk."""
        self._failed_in_a_row += 1
        if not self._findings.pages or self._failed_in_a_row >= IN_A_ROW:
            self.abandon(reason)
        else:
            self._findings.give_up(page.offset, self._extent.cut(page.offset + page.size), reason)
            self._learn(self._salvage.drop(page))
