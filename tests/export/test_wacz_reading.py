"""Reading copies and the table of contents: for people, cleaned, and plain about where the evidence is."""

import re
import sys

import pytest
from wacz_archives import Exporting, Kept

HOME = "https://wparchive.invalid/"


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html.partition("</style>")[2]).split())


def test_each_version_of_each_item_has_a_copy_that_names_its_capture(kept: Kept, export: Exporting) -> None:
    """Headed by what it is; as of the time of the capture, so that a viewer leads from one to the other."""
    package = export(kept.archive)
    copies = {(one.url, one.date): one.block.decode() for one in package.records("reading.warc.gz")}
    rows = kept.rows(
        "SELECT v.item, v.capture, k.url, k.captured_at, v.title FROM versions v JOIN captures k USING (capture)"
    )
    assert len(rows) > 30
    for item, capture, url, at, _ in rows:
        copy = copies[HOME + item, at]
        assert "Reading copy; the evidence is the capture." in copy
        assert capture in copy
        assert url.replace("&", "&amp;") in copy
    assert package.made.copies == len(rows)  # type: ignore[attr-defined]


def test_what_attackers_write_does_nothing(kept: Kept, export: Exporting) -> None:
    """No script, no handler, no frame, no end of our own page; the text stays."""
    (copy,) = export(kept.archive).reading()[f"{HOME}{kept.site}/post/{kept.hostile}"]
    assert "Quillhaven <b>ferry</b>" in copy
    assert copy.count("</article>") == copy.count("</body>") == copy.count("</title>") == 1
    assert "PLANTED" not in copy
    assert not re.search(r"<(script|iframe|object|embed|form|link|base)\b", copy)
    assert not re.search(r"\son\w+=", copy)


def test_without_nh3_the_text_alone_is_shown(kept: Kept, export: Exporting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nh3", None)
    (copy,) = export(kept.archive).reading()[f"{HOME}{kept.site}/post/{kept.hostile}"]
    article = copy.partition('<article dir="auto">')[2].partition("</article>")[0]
    assert set(re.findall(r"<[^>]+>", article)) == {"<p>", "</p>"}
    assert "Quillhaven ferry" in text_of(copy)
    assert "PLANTED" not in copy


def test_pictures_are_those_that_are_held(kept: Kept, export: Exporting) -> None:
    """By the address under which the package has them, in whatever size the article shows them."""
    package = export(kept.archive)
    held = {fields["url"] for _, _, fields in package.lines() if fields["mime"].startswith("image/")}
    shown = {
        url
        for copies in package.reading().values()
        for copy in copies
        for url in re.findall(r'<img src="([^"]+)"', copy)
    }
    own = {url for url in shown if "/wp-content/uploads/" in url}
    assert own
    assert own <= held


def test_the_contents_lead_to_every_copy(kept: Kept, export: Exporting) -> None:
    """Whatever page of ours is linked is there, and from the first each copy is reached in two steps."""
    reading = export(kept.archive).reading()
    links = {url: set(re.findall(rf'href="({HOME}[^"]*)"', "".join(pages))) for url, pages in reading.items()}
    assert set().union(*links.values()) <= reading.keys()
    first = links[HOME]
    assert first.union(*(links[url] for url in first)) == reading.keys()


def test_lists_are_parted_into_pages(kept: Kept, export: Exporting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ones, each leading to the next, with every item on exactly one of them, the newest first."""
    monkeypatch.setattr("wparchive.export.wacz.reading_contents._ON_A_PAGE", 5)
    reading = export(kept.archive).reading()
    start = f"{HOME}{kept.site}/post/"
    pages, url = [], start
    while url:
        pages.append(reading[url][0])
        older = re.search(r'<a href="([^"]+)">Older</a>', pages[-1])
        url = older[1] if older else ""
    listed = [one for page in pages for one in re.findall(rf'<td[^>]*><a href="{start}(\d+)">', page)]
    newest = kept.rows("SELECT wp_id FROM posts WHERE type = 'post' ORDER BY date_gmt DESC, wp_id DESC")
    assert listed == [str(row[0]) for row in newest]
    assert len(pages) == -(-len(newest) // 5)


def test_pages_have_their_text_for_search(kept: Kept, export: Exporting) -> None:
    """The contents first, then each copy with what a reader sees, then captured HTML."""
    package = export(kept.archive)
    head = package.files["pages/pages.jsonl"].partition(b"\n")[0]
    assert head == b'{"format": "json-pages-1.0", "id": "pages", "title": "Pages", "hasText": true}'
    assert package.pages[0]["url"] == HOME
    found = [page for page in package.pages if "breakwater" in page.get("text", "")]
    assert [page["url"] for page in found] == [f"{HOME}{kept.site}/post/{kept.edited}"] * 2
    assert "Fourteen were hurt at the breakwater." in found[1]["text"]
    assert len({page["id"] for page in package.pages}) == len(package.pages)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", page["ts"]) for page in package.pages)
    home = [page for page in package.pages if not page["url"].startswith(HOME)]
    assert home
    assert all("wp-json" not in page["url"] for page in home)


def test_without_reading_copies_the_answers_are_the_pages(kept: Kept, export: Exporting) -> None:
    """No page of ours is in it, and what a viewer lists is what was captured."""
    package = export(kept.archive, reading=False)
    assert HOME.encode() not in package.everything()
    assert {record.file for record in package.records()} == {
        path.name for site in kept.archive.sites() for path in site.warcs()
    }
    assert any("wp/v2/posts" in page["url"] for page in package.pages)
    assert package.package["mainPageUrl"] == package.pages[0]["url"]


def test_pages_of_ours_have_a_record_for_each_second_look(kept: Kept, export: Exporting) -> None:
    """Sound records, with digests, under ids that no two share."""
    records = list(export(kept.archive).records("reading.warc.gz"))
    assert len({record.id for record in records}) == len(records)
    assert records[0].kind == "warcinfo"
    assert {record.kind for record in records[1:]} == {"resource"}
