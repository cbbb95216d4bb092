"""Fetch the pages of a run: those of items whose version is new, or any others that a caller names."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from wparchive.crawl.context import Context
from wparchive.crawl.incremental.memory import Memory
from wparchive.crawl.pages.given_up import GivenUp
from wparchive.crawl.pages.page_report import PageReport
from wparchive.crawl.pages.page_task import PageTask
from wparchive.crawl.pages.page_wanted import PageWanted, of_item
from wparchive.crawl.pages.second_looks import due_again
from wparchive.crawl.pages.trying import Trying
from wparchive.store import LackingFile, OwedPage, PageMark
from wparchive.urls import url_key
from wparchive.wordpress.routes import Route

__all__ = ["archive_pages", "fetch_pages", "new_report"]

_TRIED: Final = 20_000  # pages, or files, that did not come and that one run considers
_AGAIN: Final = 1_000  # those of the files that it asks for
_OWED: Final = 20_000  # pages that earlier runs captured whose files one run makes up for


def new_report(memory: Memory, policy: str) -> PageReport:
    """Return the account of a run that begins: what earlier runs left is left until it gets there."""
    unread, files = memory.pages.owed.count if policy != "none" else (0, 0)
    return PageReport(unread=unread, files_left=files)


def archive_pages(context: Context, report: PageReport, *, only: Route | None = None) -> None:
    """Fetch the HTML of posts and pages by policy, with what it takes to show them; `report` is filled in the process.

    With `changed`, that of each item whose newest version has none yet, the latest modified first, within the budget;
    with `all`, that of every item. Those that an earlier crawl left in doubt come first. `only` is the item of a run over
    one post.
    """
    policy, pages = context.settings.pages, context.memory.pages
    if policy == "none":
        return
    context.memory.learn()
    marks = pages.all() if policy == "all" else chain(due_again(context), pages.lacking(), _put_off(context))
    owed = pages.owed.pages(_most(context)) if only is None else []
    files = _lacking(context) if only is None else []
    wanted = map(of_item, _chosen(marks, only))
    _run("items", context, report, wanted, again=policy == "all", owed=owed, files=files)
    if report.taken or owed or files:
        context.memory.learn()
        report.unread, report.files_left = pages.owed.count
    if only is None:
        report.left = pages.left
        report.lack(pages.put_off_count, pages.owed.lacking_count)


def _put_off(context: Context) -> Iterator[PageMark]:
    """Yield the pages that did not come in earlier runs, or were refused, and that this one tries again."""
    trying = Trying(context)
    for one in context.memory.pages.put_off(_TRIED):
        if trying.wants(url_key(one.page.link), one.problem, one.tries, one.at):
            yield one.page


def _lacking(context: Context) -> list[LackingFile]:
    """Return the files that did not come in earlier runs, or were refused, and that this one tries again."""
    trying = Trying(context)
    files = context.memory.pages.owed.lacking(_TRIED)
    return [one for one in files if trying.wants(one.url, one.problem, one.tries, one.at)][:_AGAIN]


def _chosen(marks: Iterator[PageMark], only: Route | None) -> Iterator[PageMark]:
    if only is None:
        return marks
    path = only.path
    return (mark for mark in marks if f"{mark.collection}/{mark.id}" == path)


def fetch_pages(context: Context, wanted: Iterable[PageWanted], report: PageReport) -> int:
    """Fetch pages that no item names, with what shows them, as far as the run's budget goes; return how many were left.

    A page whose version was captured before is left out, and so is one that earlier runs could not have. Does nothing with
    `--pages none`.
    """
    if context.settings.pages == "none":
        return 0
    log, taken = context.store.log, report.taken
    lost = GivenUp(context.store, Trying(context))
    new = [one for one in wanted if one.key and log.checked(one.key) is None and lost.wants(one.key, one.url)]
    task = _run("others", context, report, iter(new), again=False)
    for key, problem in task.lost.items():
        lost.count(key, problem, context.now())
    if task.lost:
        lost.keep()
    left = max(0, len(new) - (report.taken - taken))
    report.left += left
    return left


def _most(context: Context) -> int:
    """Return the files of how many pages that earlier runs captured a run may make up for."""
    return _OWED if context.settings.pages == "all" else min(_OWED, max(0, context.settings.pages_budget))


def _run(
    name: str,
    context: Context,
    report: PageReport,
    wanted: Iterator[PageWanted],
    *,
    again: bool,
    owed: Sequence[OwedPage] = (),
    files: Sequence[LackingFile] = (),
) -> PageTask:
    budget = None if context.settings.pages == "all" else max(0, context.settings.pages_budget - report.asked)
    task = PageTask(wanted, context, report, most=budget, again=again, owed=owed)
    task.needs.add_lacking(files)
    try:
        context.engine.run([task])
    finally:
        task.record()
        task.looks.record()
        task.needs.record(name)
    return task
