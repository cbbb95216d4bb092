"""The only network access: byte-exact exchanges, guarded, polite and retried."""

from wparchive.fetch.credentials import Credentials
from wparchive.fetch.credentials import load as load_secret
from wparchive.fetch.fetcher import Fetcher
from wparchive.fetch.guard import Guard, Refusal, RefusedUrl
from wparchive.fetch.politeness import Hosts, Politeness
from wparchive.fetch.response import WireLimits
from wparchive.fetch.retrying import FetchPolicy
from wparchive.fetch.robots import Robots
from wparchive.fetch.selftest import check_exact
from wparchive.fetch.wire import Wire

__all__ = [
    "Credentials",
    "FetchPolicy",
    "Fetcher",
    "Guard",
    "Hosts",
    "Politeness",
    "Refusal",
    "RefusedUrl",
    "Robots",
    "Wire",
    "WireLimits",
    "check_exact",
    "load_secret",
]
