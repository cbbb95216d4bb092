"""Pieces of a file: only what a strong validator ties together makes a whole."""

from hypothesis import given
from hypothesis import strategies as st

from wparchive.http1.ranges import LEAST, Chain, Piece, piece

TAG = '"abc"'
SIZE = 3 * LEAST


def start(size: int = LEAST, tag: str = TAG, total: int = SIZE) -> Piece:
    return piece(200, size, cut=size < total, headers={"etag": tag, "content-length": str(total)})


def rest(first: int, size: int | None = None, tag: str = TAG, total: int = SIZE, *, cut: bool = False) -> Piece:
    headers = {"etag": tag, "content-range": f"bytes {first}-{total - 1}/{total}"}
    return piece(206, total - first if size is None else size, cut=cut, headers=headers)


def chain(*pieces: Piece) -> Chain:
    made = Chain()
    for one in pieces:
        made.take(one)
    return made


def test_a_whole_answer_is_whole() -> None:
    made = chain(start(SIZE))
    assert (made.whole, made.size, made.length, made.headers) == (True, SIZE, 1, ())


def test_a_cut_one_asks_for_the_rest_under_its_validator() -> None:
    made = chain(start())
    assert made.open
    assert made.headers == (("Range", f"bytes={LEAST}-"), ("If-Range", TAG))
    made.take(rest(LEAST))
    assert (made.whole, made.size, made.length) == (True, SIZE, 2)


def test_a_rest_that_is_cut_is_gone_on_from() -> None:
    made = chain(start(), rest(LEAST, LEAST, cut=True))
    assert made.headers == (("Range", f"bytes={2 * LEAST}-"), ("If-Range", TAG))
    made.take(rest(2 * LEAST))
    assert made.whole
    assert made.length == 3


def test_pieces_of_another_version_never_join() -> None:
    for wrong in (rest(LEAST, tag='"other"'), rest(LEAST - 1), rest(LEAST + 1), rest(LEAST, total=SIZE + 1)):
        made = chain(start(), wrong)
        assert not made.whole
        assert made.headers == ()


def test_a_weak_validator_or_none_joins_nothing() -> None:
    for tag in ('W/"abc"', "", "abc"):
        assert chain(start(tag=tag)).headers == ()


def test_a_date_counts_only_when_it_is_old_enough() -> None:
    """RFC 9110, 8.8.2.2: a file that changes twice in a second has one date."""
    date = {"last-modified": "Mon, 06 Jan 2025 10:00:00 GMT", "content-length": str(SIZE)}
    assert piece(200, LEAST, cut=True, headers=date | {"date": "Mon, 06 Jan 2025 10:00:30 GMT"}).validator == ""
    assert piece(200, LEAST, cut=True, headers=date | {"date": "Mon, 06 Jan 2025 12:00:00 GMT"}).validator
    assert piece(200, LEAST, cut=True, headers=date).validator == ""


def test_coded_bytes_are_not_joined() -> None:
    assert piece(200, LEAST, cut=True, headers={"etag": TAG, "content-encoding": "gzip"}).validator == ""


def test_little_is_not_worth_going_on_from() -> None:
    assert chain(start(LEAST - 1)).headers == ()


def test_a_partial_answer_to_nothing_begins_nothing() -> None:
    assert not chain(rest(0)).whole
    assert not chain(rest(LEAST)).open


def test_a_changed_file_begins_anew() -> None:
    made = chain(start(), start(SIZE, tag='"new"'))
    assert made.whole
    assert (made.length, made.validator) == (1, '"new"')


def test_what_is_gone_ends_the_chain_and_other_trouble_does_not() -> None:
    assert chain(start(), Piece(503, 10, False), Piece(None, 0, True), Piece(304, 0, False)).open
    assert not chain(start(), Piece(404, 10, False)).open
    assert not chain(start(), Piece(416, 10, False)).open


@given(
    st.dictionaries(
        st.sampled_from(["etag", "last-modified", "date", "content-length", "content-range"]), st.text(max_size=40)
    )
)
def test_any_headers_are_borne(headers: dict[str, str]) -> None:
    for status in (200, 206, None):
        chain(piece(status, LEAST, cut=True, headers=headers), piece(206, 5, cut=False, headers=headers))


@given(
    st.lists(
        st.sampled_from(
            [
                start(),
                start(SIZE),
                rest(LEAST),
                rest(LEAST, LEAST, cut=True),
                rest(2 * LEAST),
                rest(0),
                rest(LEAST, tag='"x"'),
            ]
        )
    )
)
def test_a_whole_is_always_as_long_as_the_file(pieces: list[Piece]) -> None:
    made = Chain()
    for one in pieces:
        made.take(one)
        assert made.size <= SIZE
        assert not made.whole or made.size == SIZE
