"""The start-up self-test passes here, at little cost, and notices when capture stops being exact."""

import pytest
import urllib3.util.ssl_

from wparchive.errors import InexactError
from wparchive.fetch import Wire, check_exact
from wparchive.fetch.connection import _Connection, _Response


def make(guard):
    return Wire(user_agent="self-test", guard=guard, read_timeout=5.0)


def test_this_python_captures_to_the_byte_as_a_few_small_exchanges_prove():
    """Each start of the program pays for it: four answers, together smaller than a page."""
    made = []

    class Counting(Wire):
        def exchange(self, *args, **options):
            made.append(super().exchange(*args, **options))
            return made[-1]

    check_exact()
    check_exact(lambda guard: Counting(user_agent="self-test", guard=guard))
    assert len(made) == 4
    assert sum(one.block.size for one in made) < 1000


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
