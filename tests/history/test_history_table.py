"""After each change of a site, the next run records exactly the right observations, in a light run and in a `--full` one.

One site a mode, crawled once; each row changes items of its own, so a row can't hide what another one caused.
"""

from collections.abc import Callable, Iterator

import pytest
from changing import Crawled
from fakewp.simulator.model import Term, User

Expected = set[tuple[str, int, str]]
Row = Callable[[Crawled], Expected]
ROWS: list[tuple[Row, bool]] = []


def row(change: Row) -> Row:
    """A row that any next run sees."""
    ROWS.append((change, False))
    return change


def below(c: Crawled, number: int, change: str) -> Expected:
    """The same for all that hangs on a post: its comments and attachments."""
    site = c.site.site
    comments = {("comment", i, change) for i in c.site.ids("comment") if site.comments[i].post == number}
    return comments | {("attachment", i, change) for i in c.site.ids("attachment") if site.posts[i].parent == number}


def reread(change: Row) -> Row:
    """A row that only reading the item again can show: a light run may or may not come to that."""
    ROWS.append((change, True))
    return change


@row
def nothing(c: Crawled) -> Expected:
    return set()


@row
def edited(c: Crawled) -> Expected:
    c.site.edit(c.quiet[0], title="Another title", content="<p>Another text.</p>\n")
    return {("post", c.quiet[0], "edited")}


@row
def saved_without_a_change(c: Crawled) -> Expected:
    c.site.edit(c.quiet[1])
    return {("post", c.quiet[1], "edited")}


@reread
def edited_by_sql(c: Crawled) -> Expected:
    c.site.edit(c.quiet[2], silent=True, content="<p>Something else, and nobody is to know.</p>\n")
    return {("post", c.quiet[2], "silently_edited")}


@reread
def title_edited_by_sql(c: Crawled) -> Expected:
    c.site.edit(c.quiet[3], silent=True, title="Nobody is to know")
    return {("post", c.quiet[3], "silently_edited")}


@reread
def markup_rewritten(c: Crawled) -> Expected:
    post = c.site.site.posts[c.quiet[4]]
    c.site.edit(post.id, silent=True, content=post.content.replace("<p>", '<p class="lead">'))
    return {("post", post.id, "markup_changed")}


@reread
def terms_changed(c: Crawled) -> Expected:
    c.site.retag(c.quiet[5], category=[c.first["category"][-1]])
    return {("post", c.quiet[5], "edited")}


@row
def new_term(c: Crawled) -> Expected:
    c.site.site.add(Term(id=900, taxonomy="category", name="New", slug="new"))
    return {("category", 900, "appeared")}


@reread
def term_renamed(c: Crawled) -> Expected:
    c.site.site.terms[900].name = "Newer"
    return {("category", 900, "edited")}


@row
def term_deleted(c: Crawled) -> Expected:
    del c.site.site.terms[900]
    return {("category", 900, "deleted")}


@row
def old_dated_insert(c: Crawled) -> Expected:
    return {("post", c.site.add(date="2019-01-01T00:00:00"), "appeared")}


@row
def published(c: Crawled) -> Expected:
    return {("post", c.site.add(), "appeared"), ("page", c.site.add(type="page"), "appeared")}


@row
def scheduled_post_goes_live(c: Crawled) -> Expected:
    (number,) = [post.id for post in c.site.site.of_type("post") if post.status == "future"]
    c.site.publish(number)
    return {("post", number, "appeared")}


@row
def trashed(c: Crawled) -> Expected:
    c.site.trash(c.quiet[6])
    return {("post", c.quiet[6], "unpublished")}


@row
def restored(c: Crawled) -> Expected:
    c.site.restore(c.quiet[6])
    return {("post", c.quiet[6], "restored")}


@row
def deleted(c: Crawled) -> Expected:
    c.site.delete(c.quiet[7])
    return {("post", c.quiet[7], "deleted")}


@row
def trashed_and_published_elsewhere(c: Crawled) -> Expected:
    """One goes, one comes: the totals add up all the same."""
    c.site.trash(c.quiet[8])
    return {("post", c.quiet[8], "unpublished"), ("post", c.site.add(), "appeared")}


@row
def trashed_with_all_that_hangs_on_it(c: Crawled) -> Expected:
    """The totals of comments and media needn't move by it."""
    expected = {("post", c.busy, "unpublished")} | below(c, c.busy, "unpublished")
    c.site.trash(c.busy)
    return expected


@row
def restored_with_all_that_hangs_on_it(c: Crawled) -> Expected:
    c.site.restore(c.busy)
    return {("post", c.busy, "restored")} | below(c, c.busy, "restored")


@row
def password_set_on_comments_too(c: Crawled) -> Expected:
    """Comments of a protected post are not for everyone, its pictures are."""
    hidden = {one for one in below(c, c.busy, "unpublished") if one[0] == "comment"}
    c.site.protect(c.busy, "secret")
    return {("post", c.busy, "edited")} | hidden


@row
def password_taken_off_comments_too(c: Crawled) -> Expected:
    c.site.protect(c.busy, "")
    shown = {one for one in below(c, c.busy, "restored") if one[0] == "comment"}
    return {("post", c.busy, "edited")} | shown


@row
def password_set(c: Crawled) -> Expected:
    c.site.protect(c.quiet[9], "secret")
    return {("post", c.quiet[9], "edited")}


@row
def password_taken_away(c: Crawled) -> Expected:
    c.site.protect(c.quiet[9], "")
    return {("post", c.quiet[9], "edited")}


@row
def counters_moved(c: Crawled) -> Expected:
    c.site.tick()
    for post in c.site.site.posts.values():
        if post.extra:
            post.extra["reading_time"] += 1
    return set()


@row
def plug_in_deactivated(c: Crawled) -> Expected:
    c.site.drop("book")
    return set()


@row
def plug_in_activated_again(c: Crawled) -> Expected:
    c.site.undrop("book")
    return set()


@row
def plug_in_adds_a_field_to_every_post(c: Crawled) -> Expected:
    for post in c.site.site.posts.values():
        post.extra["coauthors"] = [post.author]
        post.meta = {**(post.meta or {}), "subtitle": ""}
    return set()


@row
def time_zone_changed(c: Crawled) -> Expected:
    c.site.zone("Asia/Tokyo", 9)
    return set()


@row
def commented(c: Crawled) -> Expected:
    return {("comment", c.site.comment(c.first["post"][-1]), "appeared")}


@reread
def comment_edited(c: Crawled) -> Expected:
    number = c.site.ids("comment")[-1]
    c.site.site.comments[number].content = "<p>On second thoughts.</p>\n"
    return {("comment", number, "edited")}


@row
def comment_taken_for_spam(c: Crawled) -> Expected:
    number = c.site.ids("comment")[-1]
    c.site.site.comments[number].approved = "spam"
    return {("comment", number, "unpublished")}


@row
def comment_deleted(c: Crawled) -> Expected:
    number = next(i for i in c.site.ids("comment") if not any(o.parent == i for o in c.site.site.comments.values()))
    del c.site.site.comments[number]
    return {("comment", number, "deleted")}


@reread
def user_renamed(c: Crawled) -> Expected:
    c.site.site.users[1].name = "Somebody Else"
    return {("user", 1, "edited")}


@row
def first_post_of_a_new_author(c: Crawled) -> Expected:
    c.site.site.add(User(id=77, login="late", name="Latecomer"))
    return {("post", c.site.add(author=77), "appeared"), ("user", 77, "appeared")}


@reread
def made_sticky(c: Crawled) -> Expected:
    c.site.edit(c.quiet[10], silent=True, sticky=True)
    return {("post", c.quiet[10], "edited")}


@reread
def another_picture(c: Crawled) -> Expected:
    c.site.edit(c.quiet[11], silent=True, featured=c.first["attachment"][0])
    return {("post", c.quiet[11], "edited")}


@reread
def another_author(c: Crawled) -> Expected:
    post = c.site.site.posts[c.quiet[12]]
    c.site.edit(post.id, silent=True, author=post.author % 3 + 1)
    return {("post", post.id, "edited")}


@reread
def another_slug(c: Crawled) -> Expected:
    c.site.edit(c.quiet[13], silent=True, slug="quite-another")
    return {("post", c.quiet[13], "edited")}


@row
def edited_in_several_ways(c: Crawled) -> Expected:
    c.site.retag(c.quiet[14], category=[c.first["category"][-1]])
    c.site.edit(c.quiet[14], title="All new", slug="all-new")
    return {("post", c.quiet[14], "edited")}


@reread
def text_and_terms_changed_by_sql(c: Crawled) -> Expected:
    c.site.retag(c.quiet[15], category=[c.first["category"][-1]])
    c.site.edit(c.quiet[15], silent=True, content="<p>Quietly.</p>\n")
    return {("post", c.quiet[15], "silently_edited")}


@row
def page_and_book_edited(c: Crawled) -> Expected:
    page, book = c.first["page"][0], c.first["book"][0]
    c.site.edit(page, content="<p>A new page.</p>\n")
    c.site.edit(book, title="Second edition")
    return {("page", page, "edited"), ("book", book, "edited")}


@reread
def picture_described_anew(c: Crawled) -> Expected:
    number = c.first["attachment"][1]
    c.site.edit(number, silent=True, alt="What it really shows")
    return {("attachment", number, "silently_edited")}


@row
def picture_deleted(c: Crawled) -> Expected:
    featured = {post.featured for post in c.site.site.posts.values()}
    number = next(i for i in c.site.ids("attachment") if i not in featured)
    c.site.delete(number)
    return {("attachment", number, "deleted")}


@row
def back_as_it_was(c: Crawled) -> Expected:
    """Trashed, and restored before the next run."""
    c.site.trash(c.quiet[16])
    c.site.restore(c.quiet[16])
    return {("post", c.quiet[16], "edited")}


@row
def made_a_page(c: Crawled) -> Expected:
    """Posts and pages have their ids from one counter: WordPress has no such post any more, and yet nothing was deleted."""
    c.site.site.posts[c.quiet[17]].type = "page"
    return {("post", c.quiet[17], "edited"), ("page", c.quiet[17], "appeared")}


@row
def made_a_post_again(c: Crawled) -> Expected:
    c.site.site.posts[c.quiet[17]].type = "post"
    return {("page", c.quiet[17], "edited"), ("post", c.quiet[17], "restored")}


@row
def page_deleted_when_a_category_has_its_number(c: Crawled) -> Expected:
    """Terms count by themselves."""
    number = c.site.ids("page")[-1]
    c.site.delete(number)
    c.site.site.add(Term(id=number, taxonomy="category", name="Moved", slug="moved"))
    return {("page", number, "deleted"), ("category", number, "appeared")}


@row
def category_made_a_tag(c: Crawled) -> Expected:
    number = next(term.id for term in c.site.site.terms.values() if term.slug == "moved")
    c.site.site.terms[number].taxonomy = "post_tag"
    return {("category", number, "edited"), ("post_tag", number, "appeared")}


# Those that a full run goes about in another way than a light one.
IN_FULL = (
    nothing,
    edited,
    edited_by_sql,
    terms_changed,
    old_dated_insert,
    scheduled_post_goes_live,
    trashed,
    restored,
    deleted,
    trashed_with_all_that_hangs_on_it,
    restored_with_all_that_hangs_on_it,
    password_set,
    counters_moved,
    plug_in_deactivated,
    plug_in_activated_again,
    time_zone_changed,
    made_a_page,
    made_a_post_again,
)


def grown(tmp_path_factory: pytest.TempPathFactory, *, full: bool) -> Iterator[Crawled]:
    """A site that has been crawled once, and how it is crawled from then on."""
    with Crawled(tmp_path_factory.mktemp("grown") / "archive", full=full) as made:
        made.crawl(full=True)
        yield made


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    """A site whose every next run is a light one."""
    yield from grown(tmp_path_factory, full=False)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    """A site that is read again from end to end each time."""
    yield from grown(tmp_path_factory, full=True)


@pytest.mark.parametrize(("change", "read_again"), ROWS, ids=[change.__name__ for change, _ in ROWS])
def test_the_next_run_observes_exactly(light: Crawled, change: Row, read_again: bool) -> None:
    """The change of the row and nothing else; what only a re-read can know, by a full run at the latest."""
    expected = change(light)
    assert light.crawl().outcome == "complete"
    found = light.observed()
    if read_again:
        assert found <= expected
        light.crawl(full=True)
        found |= light.observed()
    assert found == expected


def test_many_light_runs_come_back_from_the_warcs(light: Crawled) -> None:
    """Observations, versions and what is gone follow from the WARCs alone."""
    assert light.equals_rebuilt()


@pytest.mark.parametrize("change", IN_FULL, ids=[change.__name__ for change in IN_FULL])
def test_the_next_full_run_observes_exactly(full: Crawled, change: Row) -> None:
    """The change of the row and nothing else."""
    expected = change(full)
    assert full.crawl().outcome == "complete"
    assert full.observed() == expected


def test_many_full_runs_come_back_from_the_warcs(full: Crawled) -> None:
    """Observations, versions and what is gone follow from the WARCs alone."""
    assert full.equals_rebuilt()
