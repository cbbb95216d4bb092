"""The start-up self-test passes here, quickly, and notices when capture stops being exact."""

import time

import pytest
import urllib3.util.ssl_

from wparchive.errors import InexactError
from wparchive.fetch import Wire, check_exact
from wparchive.fetch.connection import _Connection, _Response


def make(guard):
    return Wire(user_agent="self-test", guard=guard, read_timeout=0.5)


def test_this_python_captures_to_the_byte_and_says_so_at_once():
    check_exact()
    start = time.perf_counter()
    check_exact(make)
    assert time.perf_counter() - start < 0.5


def test_a_library_that_reads_heads_by_itself_is_noticed(monkeypatch):
    monkeypatch.delattr(_Response, "begin")
    with pytest.raises(InexactError):
        check_exact(make)


def test_a_library_that_rewrites_the_target_is_noticed(monkeypatch):
    monkeypatch.delattr(_Connection, "putrequest")
    with pytest.raises(InexactError, match="request"):
        check_exact(make)


def test_http2_injected_into_urllib3_is_refused(monkeypatch):
    monkeypatch.setattr(urllib3.util.ssl_, "ALPN_PROTOCOLS", ["h2"])
    with pytest.raises(InexactError, match="HTTP/2"):
        check_exact(make)
