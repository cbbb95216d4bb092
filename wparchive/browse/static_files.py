"""Our own style sheet, script and pictures; their addresses carry a digest, so that they may be kept for ever."""

from functools import lru_cache
from hashlib import sha256
from importlib.resources import files

from wparchive.browse.addresses import Addresses

__all__ = ["static_bytes", "static_url"]


@lru_cache(maxsize=16)
def static_bytes(name: str) -> tuple[bytes, str]:
    """Return a file's bytes and the beginning of their digest. Raises FileNotFoundError."""
    data = (files("wparchive.browse") / "static" / name).read_bytes()
    return data, sha256(data).hexdigest()[:12]


def static_url(addresses: Addresses, name: str) -> str:
    """Return the address of a file of ours."""
    return addresses.page(f"static/{static_bytes(name)[1]}/{name}")
