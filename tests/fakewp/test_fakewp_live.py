"""The recorded shapes, and so the fake, against a WordPress 6.1 that runs now (`bash tests/wordpress/lab/up.sh`)."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests

from fakewp.asking import alike
from fakewp.compare import find, shapes

RECORDED = json.loads((Path(__file__).parent / "core_6_1.json").read_text("utf-8"))
ROOT = f"http://127.0.0.1:{os.environ.get('WPARCHIVE_LAB_PORT', '8181')}/wp-json"


@pytest.mark.wordpress
@pytest.mark.slow
def test_a_real_core_has_the_recorded_shapes() -> None:
    """What the fake is judged by is what a real one answers; skipped without one unless it is required."""
    with requests.Session() as session:

        def ask(method: str, route: str, params: Mapping[str, str]) -> requests.Response:
            return session.request(method, ROOT + route, params=params, timeout=60)

        try:
            ask("GET", "/wp/v2/types", {})
        except requests.ConnectionError:
            if os.environ.get("WPARCHIVE_REQUIRE_WORDPRESS") == "1":
                raise
            pytest.skip(f"no WordPress at {ROOT}")
        found = shapes(ask, find(ask))
    for name, recorded in RECORDED.items():
        real, kept = alike(found[name], recorded)
        assert real == kept, name
