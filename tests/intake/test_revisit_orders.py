"""Revisits and what they stand for, in any order of imports: the same rows, and nothing private made public."""

import base64
import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from intakekit import dump, rows, take, unsound
from writers import answer, http, info, post, record, write

from wparchive.errors import ExitCode
from wparchive.export.publish import publish
from wparchive.index import index
from wparchive.intake import import_files
from wparchive.store import Archive

FIRST, LATER = "2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z"
PATH, HOME = "/wp-json/wp/v2/posts/1", "https://example.org"
ID = "<urn:uuid:AAAAAAAA-1111-4111-8111-111111111111>"
PROFILE = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
BODY = json.dumps(post(1, "One")).encode()
PLACE = {"WARC-Refers-To-Target-URI": HOME + PATH, "WARC-Refers-To-Date": FIRST}
EMPTY = {"WARC-Payload-Digest": "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"}


def digest(how: str = "sha1", spelled: str = "base32", body: bytes = BODY) -> dict[str, str]:
    """A payload digest as tools spell it."""
    made = hashlib.new(how, body, usedforsecurity=False).digest()
    text = {"base32": base64.b32encode(made).decode().rstrip("="), "hex": made.hex(), "HEX": made.hex().upper()}[
        spelled
    ]
    return {"WARC-Payload-Digest": f"{how}:{text}"}


def original(fields: Mapping[str, str], path: str = PATH, at: str = FIRST, body: bytes = BODY) -> bytes:
    return answer(path, body, at, fields={"WARC-Record-ID": ID, **fields})


def again(fields: Mapping[str, str], *, path: str = PATH, head: bool = True, at: str = LATER) -> bytes:
    block = http(200, b"").replace(b"Content-Length: 0\r\n", b"") if head else b""
    return record("revisit", HOME + path, at, block, {"WARC-Profile": PROFILE, **fields})


def asked(of: bytes, *lines: str, at: str) -> bytes:
    """The request of a record."""
    named = of.split(b"WARC-Record-ID: ")[1].split(b"\r\n")[0].decode()
    head = "".join(f"{line}\r\n" for line in (f"GET {PATH} HTTP/1.1", "Host: example.org", *lines))
    return record("request", HOME + PATH, at, f"{head}\r\n".encode(), {"WARC-Concurrent-To": named})


def same_but_for_files(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row, without where its evidence stands and what an import run counted."""
    names = [name for _, name, *_ in rows(root, "PRAGMA table_info(captures)") if name not in ("warc", "offset")]
    chosen = ", ".join(f'"{name}"' for name in names)
    found = {**dump(root), "captures": rows(root, f"SELECT {chosen} FROM captures ORDER BY capture")}
    return {name: held for name, held in found.items() if name != "records"}


def is_sound(root: Path) -> bool:
    before = dump(root)
    index(Archive(root), rebuild=True)
    return unsound(root) == [] and dump(root) == before


# What an original and its revisit state: by id, by address and date, by digest, each as some tool spells it.
STATED: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "id": ({}, {"WARC-Refers-To": ID}),
    "id-in-lower-case-without-brackets": ({}, {"WARC-Refers-To": ID.lower().strip("<>")}),
    "address-and-date": ({}, PLACE),
    "without-a-head": ({}, PLACE),
    "date-to-the-second": ({"WARC-Date": "2021-01-01T00:00:00.250Z"}, PLACE),
    "other-scheme": ({}, {**PLACE, "WARC-Refers-To-Target-URI": "http://example.org" + PATH}),
    "digest": (digest(), digest()),
    "digest-in-hex": (digest(), digest(spelled="hex")),
    "digest-sha256": (digest("sha256", "hex"), digest("sha256", "HEX")),
    "digest-md5": (digest("md5", "hex"), digest("md5", "base32")),
    "other-algorithm-but-placed": (digest("sha256", "hex"), {**PLACE, **digest()}),
    "digest-of-nothing-but-placed": (digest(), {**PLACE, **EMPTY}),
    "unknown-id-but-digest": (digest(), {"WARC-Refers-To": "<urn:uuid:bbbbbbbb-1111-4111-8111-111111111111>", **digest()}),
}  # fmt: skip


@pytest.mark.parametrize("name", STATED)
def test_the_rows_are_the_same_whichever_came_first(tmp_path: Path, name: str) -> None:
    before, after = STATED[name]
    old = write(tmp_path, "old", [info(), original(before)])
    new = write(tmp_path, "new", [info(), again(after, head=name != "without-a-head")])
    take(tmp_path / "together", old, new)
    expected = same_but_for_files(tmp_path / "together")
    assert rows(tmp_path / "together", "SELECT last_seen FROM posts") == [(LATER,)]
    for order in ((old, new), (new, old)):
        root = tmp_path / f"first-{order[0].stem}"
        codes = [take(root, path).code for path in order]
        assert codes == [ExitCode.COMPLETE if order[0] == old else ExitCode.INCOMPLETE, ExitCode.COMPLETE]
        assert same_but_for_files(root) == expected
    assert is_sound(root)


WRONG: Mapping[str, Mapping[str, str]] = {
    "nothing": {},
    "another-digest": digest(body=b"[]"),
    "another-second": {**PLACE, "WARC-Refers-To-Date": LATER},
    "digest-of-nothing": EMPTY,
    "same-place-another-digest": {**PLACE, **digest(body=b"[]")},
    "id-of-another-address": {"WARC-Refers-To": ID, "WARC-Refers-To-Target-URI": f"{HOME}/wp-json/", **digest(body=b"[]")},
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cant_be_its_answer_isnt_tied_and_said(tmp_path: Path, name: str) -> None:
    old = write(tmp_path, "old", [info(), original(digest())])
    new = write(tmp_path, "new", [info(), again(WRONG[name])])
    root = tmp_path / "archive"
    assert import_files(Archive(root), [old, new], only_list=True).code == ExitCode.INCOMPLETE
    assert take(root, old, new).code == ExitCode.INCOMPLETE
    assert rows(root, "SELECT flags FROM captures WHERE record_type = 'revisit'") == [('["lost-reference"]',)]
    assert rows(root, "SELECT last_seen FROM posts") == [(FIRST,)]


def test_of_several_with_its_digest_it_has_the_newest_before_it_of_its_address(tmp_path: Path) -> None:
    """Whichever import they came with: what an import ties by the digest alone, a later one may tie better."""
    answers = {
        "older": answer(PATH, BODY, "2020-01-01T00:00:00Z", fields=digest()),
        "newer": answer(PATH, BODY, FIRST, fields=digest()),
        "after": answer(PATH, BODY, "2023-01-01T00:00:00Z", fields=digest()),
        "elsewhere": answer("/wp-json/wp/v2/posts/1?x=1", BODY, "2021-06-01T00:00:00Z", fields=digest()),
        "revisit": again(digest()),
    }
    files = {name: write(tmp_path, name, [info(), one]) for name, one in answers.items()}
    orders = [tuple(files), tuple(reversed(files)), ("revisit", "older", "after", "elsewhere", "newer")]
    seen = []
    for number, order in enumerate(orders):
        root = tmp_path / str(number)
        for name in order:
            take(root, files[name])
        ((at, flags),) = rows(
            root, "SELECT a.captured_at, c.flags FROM captures c JOIN captures a ON a.capture = c.refers_to"
        )
        assert (at, flags) == (FIRST, '["by-digest"]')
        seen.append(same_but_for_files(root))
    assert is_sound(root)
    assert seen[1:] == seen[:1] * 2


@pytest.mark.parametrize("order", [("old", "new"), ("new", "old"), ("both",)])
@pytest.mark.parametrize("whose", ["original", "revisit"])
def test_one_side_made_with_rights_publishes_nothing_of_the_other(
    tmp_path: Path, order: tuple[str, ...], whose: str
) -> None:
    """The bytes of a private answer aren't public because a revisit has them, and a private revisit keeps its answer."""
    secret = ("Authorization: Basic abc",)
    old = original({})
    old_file = [info(), old, asked(old, *(secret if whose == "original" else ()), at=FIRST)]
    new = again(PLACE)
    new_file = [info(), new, asked(new, *(secret if whose == "revisit" else ()), at=LATER)]
    files = {
        "old": write(tmp_path, "old", old_file),
        "new": write(tmp_path, "new", new_file),
        "both": write(tmp_path, "both", [*old_file, *new_file]),
    }
    root = tmp_path / "archive"
    for name in order:
        take(root, files[name])
    held = rows(root, "SELECT privilege FROM captures ORDER BY captured_at")
    assert held == [("authenticated",) if whose == "original" else ("anonymous",), ("authenticated",)]
    assert (
        rows(root, "SELECT last_seen FROM posts") == [(LATER,) if whose == "original" else (FIRST,)]
        or whose == "revisit"
    )
    publish(Archive(root), tmp_path / "public.db")
    with closing(sqlite3.connect(tmp_path / "public.db")) as db:
        shown = db.execute("SELECT title FROM posts").fetchall()
        assert db.execute("SELECT count(*) FROM captures").fetchone() == (0 if whose == "original" else 1,)
    assert shown == ([] if whose == "original" else [("One",)])
    assert is_sound(root)


def test_a_chain_of_revisits_in_any_order(tmp_path: Path) -> None:
    """Each names the one before it, as some tools write; only the first has the bytes."""
    middle = again({**PLACE, **digest()}, at=LATER)
    last = again(
        {"WARC-Refers-To-Target-URI": HOME + PATH, "WARC-Refers-To-Date": LATER, **digest()}, at="2023-01-01T00:00:00Z"
    )
    files = [
        write(tmp_path, name, [info(), one]) for name, one in (("a", original(digest())), ("b", middle), ("c", last))
    ]
    seen = []
    for number, order in enumerate([*permutations(files)][::5]):
        root = tmp_path / str(number)
        for path in order:
            take(root, path)
        assert rows(root, "SELECT last_seen FROM posts") == [("2023-01-01T00:00:00Z",)]
        seen.append(same_but_for_files(root))
    assert unsound(root) == []
    assert all(one == seen[0] for one in seen)
