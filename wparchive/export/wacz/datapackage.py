"""datapackage.json, which lists what is in a package, and datapackage-digest.json, which speaks of it as a whole.

Source: WACZ 1.1.1, 5.5 and 5.6; Frictionless data package. Names are lower-case, since validators refuse others.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wparchive.export.wacz.bundle import Resource
from wparchive.version import __version__

__all__ = ["DATAPACKAGE", "About", "datapackage", "digest_file", "moment_text", "sha256_of"]

DATAPACKAGE = "datapackage.json"
_VERSION = "1.1.1"  # py-wacz and viewers refuse later ones
_UNNAMEABLE = re.compile(r"[^-a-z0-9._]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a package says of itself; `main_page` is the page that a viewer opens with, and its time."""

    title: str
    description: str
    created: datetime
    main_page: tuple[str, str] | None = None


def datapackage(about: About, resources: Sequence[Resource]) -> bytes:
    """Return datapackage.json."""
    when = moment_text(about.created)
    main = {"mainPageUrl": about.main_page[0], "mainPageDate": about.main_page[1]} if about.main_page else {}
    return _json(
        {
            "profile": "data-package",
            "wacz_version": _VERSION,
            "title": about.title,
            "description": about.description,
            "created": when,
            "modified": when,
            "software": f"wparchive {__version__}",
            **main,
            "resources": [_resource(one) for one in resources],
        }
    )


def digest_file(package: bytes, signed: Mapping[str, Any] | None) -> bytes:
    """Return datapackage-digest.json for the bytes of datapackage.json; `signed` is a signing server's answer."""
    about = {"path": DATAPACKAGE, "hash": sha256_of(package)}
    return _json({**about, "signedData": dict(signed)} if signed else about)


def sha256_of(data: bytes) -> str:
    """Return the digest of `data` as WACZ spells it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def moment_text(moment: datetime) -> str:
    """Return a time to the second, as signing servers expect it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _resource(one: Resource) -> dict[str, object]:
    name = _UNNAMEABLE.sub("-", one.path.rpartition("/")[2].lower())
    return {"name": name, "path": one.path, "hash": f"sha256:{one.sha256}", "bytes": one.bytes}


def _json(value: object) -> bytes:
    return f"{json.dumps(value, indent=2)}\n".encode()
