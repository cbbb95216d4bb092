"""`wparchive history`: an item's versions, what sets them apart, and the captures that prove it."""

import json
import subprocess
from collections.abc import Callable

import pytest
from archives import World, post
from changing import Crawled

from wparchive.ask.history import History, history
from wparchive.errors import UsageError

Cli = Callable[..., "subprocess.CompletedProcess[str]"]
POSTS = "/wp/v2/posts"


def page(world: World, first: int, last: int, *, number: int, lacking: int = 0) -> tuple[str, list[dict[str, object]]]:
    """Route and items of one page of a listing."""
    items = [post(n) for n in range(first, last + 1) if n != lacking]
    return f"{POSTS}?order=asc&orderby=id&page={number}&per_page=4", items


def test_evidence_of_absence_is_the_page_where_the_id_would_stand(world: World) -> None:
    """Of a listing of many pages only the ones around the id count."""
    lists = []
    for lacking in (0, 7):
        run = world.run().site()
        pages = [page(world, n * 4 - 3, n * 4, number=n, lacking=lacking) for n in range(1, 6)]
        captures = [run.get(*one) for one in pages]
        if lacking:
            run.get(f"{POSTS}/7", {"code": "rest_post_invalid_id", "message": "x"}, kind="probe", status=404)
        run.proof(POSTS, "post", captures[-1], stated=20 - bool(lacking), held=20 - bool(lacking))
        run.end()
        lists.append(captures)
    world.index()
    found = history(world.archive, "post/7")
    assert (found.gone, found.missing_since) == ("deleted", lists[1][-1].captured_at)
    assert [evidence.capture for evidence in found.absence[:-1]] == [lists[1][1].capture]
    assert (found.absence[-1].kind, found.absence[-1].code) == ("probe", "rest_post_invalid_id")
    assert history(world.archive, "post/6").absence == []


def test_versions_carry_the_evidence_of_strangers(world: World) -> None:
    """How many revisions WordPress keeps, and which is the newest, per version."""
    for count, newest, words in ((1, 10, "One"), (2, 11, "One two"), (3, 12, "Two")):
        run = world.run().site()
        item = post(1, f"<p>{words}</p>", modified=f"2026-0{count}-01T00:00:00")
        item["_links"]["version-history"][0]["count"] = count
        item["_links"]["predecessor-version"][0]["id"] = newest
        run.proof(POSTS, "post", run.get(f"{POSTS}?order=asc&orderby=id", [item]))
        run.end()
    world.index()
    found = history(world.archive, "example.org/post/1")
    assert [(one.revision_count, one.predecessor_version) for one in found.versions] == [(1, 10), (2, 11), (3, 12)]
    assert [one.change for one in found.observations] == ["edited", "edited"]
    told = [
        [(piece.op, piece.text) for row in one.changes.get("content", []) for piece in row.pieces]
        for one in found.versions
    ]
    assert told[0] == []
    assert told[1] == [("equal", "One"), ("added", " two")]
    proofs = [one.evidence.capture for one in found.versions if one.evidence]
    assert [one.after.capture for one in found.observations if one.after] == proofs[1:]


def test_history_shows_word_diffs_and_proofs(crawled: Crawled, cli: Cli) -> None:
    """Removed and added words are marked; every line of evidence names its capture. No colour but on a terminal."""
    number = crawled.quiet[0]
    content = crawled.site.site.posts[number].content
    crawled.site.edit(number, silent=True, content=content.replace("</p>", " Quite so.</p>", 1))
    crawled.site.trash(crawled.quiet[1])
    crawled.crawl(full=True)
    folder = crawled.archive.root
    shown = cli("history", f"post/{number}", "-a", folder).stdout
    assert "silently edited (content)" in shown
    assert "{+Quite so.+}" in shown
    assert "\x1b" not in shown
    assert shown.count("urn:uuid:") == 3  # as it was, as it is, and as it was once more
    trashed = cli("history", f"post/{crawled.quiet[1]}", "-a", folder).stdout
    assert "unpublished since" in trashed
    assert "401 rest_forbidden: probe" in trashed
    told = json.loads(cli("history", f"post/{number}", "--json", "-a", folder).stdout)
    assert {"op": "added", "text": "Quite so."} in [
        {**piece, "text": piece["text"].strip()}
        for row in told["versions"][1]["changes"]["content"]
        for piece in row["pieces"]
    ]
    assert told["observations"][0]["after"]["warc"].endswith(".warc.gz")


def test_a_page_of_hostile_text_steers_no_terminal(world: World, cli: Cli) -> None:
    for words in ("<p>a</p>", "<p>\u001b[31mred\u001b]0;title\u0007 b</p>"):
        run = world.run().site()
        run.proof(POSTS, "post", run.get(f"{POSTS}?order=asc&orderby=id", [post(1, words, title={"rendered": words})]))
        run.end()
    world.index()
    shown = cli("history", "post/1", "-a", world.archive.root).stdout
    assert "red" in shown
    assert not {"\x1b", "\x07"} & set(shown)


def test_what_isnt_there_is_one_line(world: World, cli: Cli) -> None:
    missing = cli("history", "post/1", "-a", world.archive.root, code=2)
    assert missing.stderr.count("\n") == 1
    run = world.run().site()
    run.end()
    world.index()
    with pytest.raises(UsageError, match="no such item"):
        history(world.archive, "post/1")


def test_every_kind_of_item_has_a_history(crawled: Crawled) -> None:
    for kind, table in (("attachment", "media"), ("comment", "comments"), ("category", "terms"), ("user", "users")):
        found: History = history(crawled.archive, f"{kind}/{crawled.site.ids(kind)[0]}")
        assert len(found.versions) == 1, table
        assert found.title
