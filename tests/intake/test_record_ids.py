"""Record ids that tools use twice: every distinct answer is held, under a name of its own where its id is another's."""

from itertools import permutations
from pathlib import Path

import pytest
from intakekit import answers_in, dump, rows, take, unsound
from writers import answer, http, info, post, record, write

from wparchive.errors import ExitCode
from wparchive.index import index
from wparchive.store import Archive

AT = "2021-01-01T00:00:00Z"
ONE = "<urn:uuid:11111111-1111-4111-8111-111111111111>"
LIST = "/wp-json/wp/v2/posts"


def said(number: int, *, home: str = "https://example.org", title: str = "", at: str = AT, rid: str = ONE) -> bytes:
    """An answer with a record id that others have too."""
    return answer(
        f"{LIST}/{number}",
        post(number, title or f"Post {number}", home=home),
        at,
        home=home,
        fields={"WARC-Record-ID": rid},
    )


def asked(number: int, *ask: str, rid: str = "", method: str = "GET") -> bytes:
    """A request that names the answers with that id."""
    lines = "".join(f"{line}\r\n" for line in (f"{method} {LIST}/{number} HTTP/1.1", "Host: example.org", *ask))
    return record(
        "request",
        f"https://example.org{LIST}/{number}",
        AT,
        f"{lines}\r\n".encode(),
        {"WARC-Concurrent-To": ONE},
        rid=rid,
    )


def titles(root: Path) -> list[str]:
    return [title for (title,) in rows(root, "SELECT title FROM versions ORDER BY site, title")]


def is_sound(root: Path) -> bool:
    """Whether `verify` finds nothing, and a rebuilt database is the same."""
    before = dump(root)
    index(Archive(root), rebuild=True)
    return unsound(root) == [] and dump(root) == before


@pytest.mark.parametrize("apart", [False, True])
def test_answers_with_one_record_id_are_all_held(tmp_path: Path, apart: bool) -> None:
    """In a file, over files, over imports: another post, the same post at another time, and with another text."""
    records = [said(1), said(2), said(1, at="2021-01-01T00:00:05Z"), said(1, title="Changed")]
    root = tmp_path / "archive"
    if apart:
        files = [write(tmp_path, f"part-{number}", [info(), one]) for number, one in enumerate(records)]
        results = [take(root, file) for file in files]
    else:
        files = [write(tmp_path, "all", [info(), *records])]
        results = [take(root, *files)]
    assert titles(root) == ["Changed", "Post 1", "Post 2"]
    assert rows(root, "SELECT count(*), count(DISTINCT capture) FROM captures") == [(4, 4)]
    assert sum(site.named for one in results for site in one.sites) == 3
    assert is_sound(root)
    assert [site.answers for site in take(root, *files).sites] == [0]


def test_the_same_record_again_is_a_double(tmp_path: Path) -> None:
    """As Browsertrix' combined files have it, to the second as WARC 1.0 writes dates, or under the other scheme."""
    plain = answer(f"{LIST}/1", post(1, "Post 1"), AT, home="http://example.org", fields={"WARC-Record-ID": ONE})
    copies = [said(1, at="2021-01-01T00:00:00.250Z"), said(1), plain]
    root = tmp_path / "archive"
    for number, one in enumerate(copies):
        take(root, write(tmp_path, f"copy-{number}", [info(), one]))
    assert rows(root, "SELECT count(*) FROM captures") == [(1,)]
    (together,) = take(tmp_path / "other", *(tmp_path / f"copy-{number}.warc.gz" for number in range(3))).sites
    assert (together.answers, together.held, together.twice, together.named) == (1, 0, 2, 0)


def test_each_has_its_own_request(tmp_path: Path) -> None:
    """Requests are tied by the id that two answers have: a wrong one would show the wrong credentials or method."""
    rid = "<urn:uuid:22222222-2222-4222-8222-222222222222>"
    records = [said(1), asked(1, "X-Mine: 1", rid=rid), said(2), asked(2, "X-Mine: 2", rid=rid)]
    root = tmp_path / "archive"
    take(root, write(tmp_path, "all", [info(), *records]))
    held = sorted(answers_in(root), key=lambda one: one.capture.url)
    assert [b"X-Mine: %d" % number in stored.request for number, stored in enumerate(held, 1)] == [True, True]
    assert is_sound(root)


@pytest.mark.parametrize("order", [*permutations("ab"), ("ab",)])
def test_two_sites_with_one_record_id(tmp_path: Path, order: tuple[str, ...]) -> None:
    files = {
        key: write(tmp_path, key, [info(), *(said(1, home=f"https://{host}.example", title=host) for host in key)])
        for key in ("a", "b", "ab")
    }
    root = tmp_path / "archive"
    for key in order:
        take(root, files[key])
    assert titles(root) == ["a", "b"]
    assert is_sound(root)
    assert [site.answers for site in take(root, files["ab"]).sites] == [0, 0]


def test_a_revisit_names_the_answer_of_its_own_address(tmp_path: Path) -> None:
    """Its id is that of two answers, so what it says of address and date decides."""
    refers = {
        "WARC-Refers-To": ONE,
        "WARC-Refers-To-Target-URI": f"https://example.org{LIST}/2",
        "WARC-Refers-To-Date": AT,
    }
    again = record("revisit", f"https://example.org{LIST}/2", "2022-01-01T00:00:00Z", http(200, b""), refers)
    root = tmp_path / "archive"
    result = take(root, write(tmp_path, "all", [info(), said(1), said(2), again]))
    assert result.code == ExitCode.COMPLETE
    assert rows(root, "SELECT wp_id, last_seen FROM posts ORDER BY 1") == [(1, AT), (2, "2022-01-01T00:00:00Z")]
    assert is_sound(root)
