"""Reads the lab's REST API with nothing but the standard library, to hold the program's answers against."""

import json
import urllib.error
import urllib.request
from typing import Any

from lab_site import Lab
from public_content import PER_PAGE

__all__ = ["ask", "walk"]


def ask(lab: Lab, form: str, route: str, query: str = "") -> tuple[int, int, Any]:
    """Status, stated total (-1: none) and JSON of `route`, asked for without the program under test."""
    url = f"{lab.pretty}wp-json{route}?{query}" if form == "pretty" else f"{lab.plain}?rest_route={route}&{query}"
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, int(answer.headers.get("X-WP-Total", -1)), json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, -1, json.load(error)


def walk(lab: Lab, form: str, route: str) -> tuple[int, list[dict[str, Any]]]:
    """The stated total and every item of a collection."""
    items: list[dict[str, Any]] = []
    page = 0
    while True:
        page += 1
        _, stated, some = ask(lab, form, route, f"per_page={PER_PAGE}&orderby=id&order=asc&page={page}")
        items += some
        if page * PER_PAGE >= stated:
            return stated, items
