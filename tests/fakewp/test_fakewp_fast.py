"""The benchmark server answers as the core does, only faster."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest
import requests
from patience import PATIENCE

PLACE = Path(__file__).parents[1] / "benchmarks" / "fastserver.py"


@pytest.fixture(scope="module")
def fastserver() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fastserver", PLACE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("form", ["pretty", "plain"])
def test_rendered_pages_hold_every_post_at_the_usual_size(fastserver: ModuleType, form: str) -> None:
    with fastserver.run(230, form) as url, requests.Session() as session:
        root = f"{url}wp-json/wp/v2" if form == "pretty" else f"{url}index.php?rest_route=/wp/v2"
        sign = "?" if form == "pretty" else "&"
        ids: list[int] = []
        for page in (1, 2, 3):
            answer = session.get(f"{root}/posts{sign}per_page=100&orderby=id&order=asc&page={page}", timeout=PATIENCE)
            assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("230", "3")
            assert answer.headers["Content-Encoding"] == "gzip"
            assert ('rel="prev"' in answer.headers["Link"]) is (page > 1)
            items = answer.json()
            open_ones = [item for item in items if not item["content"]["protected"]]
            assert all(5000 < len(json.dumps(item)) < 9500 for item in open_ones)
            ids += [item["id"] for item in items]
            alone = session.get(f"{root}/posts/{items[0]['id']}", timeout=PATIENCE).json()
            assert alone == items[0]
        assert len(ids) == 230 and ids == sorted(ids)
        plain = session.get(f"{root}/posts{sign}per_page=3", headers={"Accept-Encoding": "identity"}, timeout=PATIENCE)
        assert "Content-Encoding" not in plain.headers and len(plain.json()) == 3
        head = session.head(f"{root}/comments{sign}per_page=1", timeout=PATIENCE)
        assert head.headers["X-WP-Total"] == "401" and head.content == b""
        assert (
            session.get(f"{root}/posts{sign}page=99", timeout=PATIENCE).json()["code"]
            == "rest_post_invalid_page_number"
        )
