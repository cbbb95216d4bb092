"""No byte of what only credentials showed, of the password or of the maker's machine leaves in a public export."""

import base64
import gzip
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from crawlkit import invoke

FORMATS = ("cdxj", "jsonl")


def spellings(secret: str) -> set[bytes]:
    plain = {secret, secret.replace(" ", "")}
    coded = {base64.b64encode(f"editor:{one}".encode()).decode() for one in plain}
    return {
        word.encode() for one in plain | coded for word in (one, quote(one), quote_plus(one), json.dumps(one)[1:-1])
    }


@pytest.fixture(scope="module", params=FORMATS)
def public(request: pytest.FixtureRequest, withheld: Any) -> bytes:
    return bytes(invoke("export", request.param, "-a", withheld.folder).raw)


@pytest.fixture(scope="module")
def private(withheld: Any) -> bytes:
    return b"".join(bytes(invoke("export", form, "-a", withheld.folder, "--private").raw) for form in FORMATS)


def private_marks(folder: Path) -> set[bytes]:
    """Ids and places of private captures, and ids of records beside them."""
    lines = invoke("export", "jsonl", "-a", folder, "--private", "--table", "records").raw.splitlines()
    rows = [row for row in map(json.loads, lines) if "/private/" in row["warc"]]
    return {row["record_id"].encode() for row in rows} | {row["sha256"].encode() for row in rows if row["sha256"]}


def test_what_was_planted_leaves_with_the_flag_alone(withheld: Any, public: bytes, private: bytes) -> None:
    assert withheld.planted.encode() in private
    assert withheld.planted.encode() not in public


def test_no_private_capture_is_named(withheld: Any, public: bytes, private: bytes) -> None:
    """Neither its id nor its file, in whatever column."""
    marks = private_marks(withheld.folder)
    assert len(marks) > 10
    assert any(mark in private for mark in marks)
    assert not [mark for mark in marks if mark in public]
    for word in (b"/private/", b"authenticated"):
        assert word in private
        assert word not in public


def test_the_password_is_in_no_export(withheld: Any, public: bytes, private: bytes) -> None:
    assert not [word for word in spellings(withheld.secret) if word in public or word in private]


def test_nothing_tells_who_logs_in_or_what_lies_where_on_the_makers_machine(
    withheld: Any, public: bytes, private: bytes
) -> None:
    """A run's settings name neither the login nor the file of its password; the archive's own place is in no export."""
    for name in (b"password-of-editor", b"password_file", b'"user": "'):
        assert name not in public + private
    for place in {withheld.folder, withheld.folder.resolve(), Path.cwd()}:
        assert os.fsencode(place) not in public + private
    assert os.fsencode(withheld.folder.parent) not in public


def test_no_public_warc_tells_who_logs_in(withheld: Any) -> None:
    """What is exported byte for byte has to be clean as it stands."""
    for path in withheld.folder.glob("*/warc/*.warc.gz"):
        text = gzip.decompress(path.read_bytes())
        assert b"password-of-editor" not in text
        assert b"password_file" not in text
