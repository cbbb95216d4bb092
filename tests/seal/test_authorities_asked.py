"""Only an authority's good answer to our own question is kept as a time stamp, and every other one says why not."""

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from authority import Authorities, imprint_in, response

from wparchive.cli.evidence.sealing import post
from wparchive.seal.endorsement.stamping import Authority, StampError, stamp, stamped_at

TEXT = b"wparchive/test\n1\nhead\n"
LATER = timedelta(minutes=5)


def asked(authorities: Authorities, kind: str) -> bytes:
    return stamp(Authority("one", authorities.url(kind), authorities.ca), TEXT, post)


@pytest.mark.parametrize("kind", ["good", "modified"])
def test_a_good_answer_is_kept_as_it_came(stamping: Authorities, kind: str) -> None:
    """Granted, or granted with modifications: the bytes are the authority's, and stand for the text at a time."""
    before = datetime.now(UTC) - timedelta(seconds=2)
    token = asked(stamping, kind)
    when, why = stamped_at(token, TEXT, stamping.ca)
    assert when and not why
    assert before <= when <= before + LATER
    ((_, sent),) = stamping.asked
    assert imprint_in(sent) == hashlib.sha256(TEXT).digest()


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("refused", "refused"),
        ("html", "no time stamp"),
        ("empty", "no time stamp"),
        ("cut", "no time stamp"),
        ("other", "nonce"),
        ("unasked", "nonce"),
        ("broken", "HTTP 500"),
        ("redirect", "HTTP 302"),
        ("large", "larger"),
        ("plain", "purpose"),
        ("uncritical", "purpose"),
        ("expired", "expired"),
        ("past", "expired"),
        ("rogue", "self.signed certificate"),
        ("namesake", "signature|issuer|verify"),
    ],
)
def test_no_other_answer_is_kept(stamping: Authorities, kind: str, why: str) -> None:
    """Each reason is one line; after a redirect nobody else was asked."""
    with pytest.raises(StampError, match=why) as caught:
        asked(stamping, kind)
    assert "\n" not in str(caught.value)
    assert [one for one, _ in stamping.asked] == [kind]


def test_an_authority_that_is_slow_or_gone_has_ten_seconds(
    stamping: Authorities, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as hurried, pytest.raises(StampError, match="no answer within"):
        hurried.setattr("wparchive.fetch.authority._SECONDS", 0.2)
        asked(stamping, "slow")
    stamping.go.set()
    nobody = Authority("one", "http://127.0.0.1:9/", stamping.ca)
    with pytest.raises(StampError, match="can't be reached"):
        stamp(nobody, TEXT, post)


NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.mark.parametrize(
    ("who", "days", "why"),
    [
        ("good", 0, ""),
        ("expired", 2 * 365, ""),  # the certificate was good then, and has expired since
        ("expired", 0, "expired"),
        ("expired", 4 * 365, "not yet valid"),
        ("plain", 0, "purpose"),
        ("uncritical", 0, "purpose"),
        ("rogue", 0, "certificate"),
        ("namesake", 0, "certificate|signature"),
    ],
)
def test_a_token_is_judged_at_its_own_time(authorities: Authorities, who: str, days: int, why: str) -> None:
    """Otherwise every stamp would fail once the authority's certificate expires, and an expired one could stamp on."""
    when = NOW - timedelta(days=days)
    found, said = stamped_at(authorities.stamp(TEXT, who, when), TEXT, authorities.ca)
    if why:
        assert found is None
        assert re.search(why, said)
        assert "/" not in said  # no places in the source of openssl
    else:
        assert (found, said) == (when, "")


def test_a_token_for_another_text_and_a_system_that_trusts_nobody(authorities: Authorities) -> None:
    token = authorities.stamp(TEXT)
    assert stamped_at(token, TEXT + b" ", authorities.ca)[0] is None
    assert stamped_at(token, TEXT, None)[0] is None


def test_fractions_of_a_second_are_left_out(authorities: Authorities) -> None:
    token = authorities.token(hashlib.sha256(TEXT).digest(), NOW, fraction=".125")
    assert stamped_at(response(token), TEXT, authorities.ca) == (NOW, "")


def test_what_the_status_says_in_words_is_no_time(authorities: Authorities) -> None:
    """Nothing signs an answer's status, so whoever keeps the answer could write an earlier time into its words."""
    token = authorities.token(hashlib.sha256(TEXT).digest(), NOW)
    earlier = f"{NOW - timedelta(days=90):%b %d %H:%M:%S %Y} GMT"
    answer = response(token, 0, f"fine\n\nTST info:\nVersion: 1\nTime stamp: {earlier}")
    assert stamped_at(answer, TEXT, authorities.ca) == (NOW, "")


@pytest.mark.parametrize("status", [2, 3, 5])
def test_a_token_that_was_not_granted_counts_for_nothing(authorities: Authorities, status: int) -> None:
    token = authorities.token(hashlib.sha256(TEXT).digest(), NOW)
    assert stamped_at(response(token, status, "fine\nStatus: Granted."), TEXT, authorities.ca)[0] is None


@pytest.mark.parametrize("rubbish", [b"", b"\x30", b"<html>", b"\x30\x84\xff\xff\xff\xff", bytes(1000)])
def test_what_is_no_token_counts_for_nothing(authorities: Authorities, rubbish: bytes) -> None:
    assert stamped_at(rubbish, TEXT, authorities.ca)[0] is None
