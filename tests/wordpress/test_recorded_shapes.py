"""The recorded shapes by which the WordPress simulator is judged, against the real WordPress 6.1 of the lab."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests
from fakewp.asking import alike
from fakewp.compare import PROBES, find, shapes
from lab_site import Lab

RECORDED = json.loads((Path(__file__).parents[1] / "fakewp/core_6_1.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def answers(lab: Lab) -> Mapping[str, object]:
    """The shape of every answer that is compared."""
    lab.seed("small")
    with requests.Session() as session:

        def ask(method: str, route: str, params: Mapping[str, str]) -> requests.Response:
            return session.request(method, f"{lab.pretty}wp-json{route}", params=params, timeout=60)

        return shapes(ask, find(ask))


@pytest.mark.parametrize("name", PROBES)
def test_a_real_core_has_the_recorded_shape(name: str, answers: Mapping[str, object]) -> None:
    """Status, headers, keys, link attributes, arguments, error codes and details."""
    real, recorded = alike(answers[name], RECORDED[name])
    assert real == recorded
