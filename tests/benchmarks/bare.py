"""The baseline of crawling: a bare `requests` loop over the listing requests that a crawl of the same site makes.

python tests/benchmarks/bare.py URL [--concurrency 2]
"""

import argparse
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import requests

ORDER = {"orderby": "id", "order": "asc", "per_page": "100"}
_local = threading.local()


def session() -> requests.Session:
    """One session a thread, as `requests` wants it."""
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
        _local.session.trust_env = False
    return _local.session


def get(url: str, page: int = 1) -> requests.Response:
    """One page of a listing, body read."""
    answer = session().get(url, params={**ORDER, "page": str(page)}, timeout=120)
    answer.content  # noqa: B018 - reading it is the point
    return answer


def collections(root: str) -> list[str]:
    """The listing URL of every public collection."""
    routes = ["wp/v2/users", "wp/v2/comments"]
    for document in ("types", "taxonomies"):
        listed = session().get(f"{root}wp/v2/{document}", timeout=120).json().values()
        routes += [f"{entry.get('rest_namespace', 'wp/v2')}/{entry['rest_base']}" for entry in listed]
    return [f"{root}{quote(route)}" for route in routes]


def pages(root: str, pool: ThreadPoolExecutor) -> list[tuple[str, int]]:
    """First pages are fetched to learn how many there are; gives all the others."""
    first = pool.map(lambda url: (url, get(url)), collections(root))
    return [
        (url, page)
        for url, answer in first
        if answer.status_code == 200
        for page in range(2, int(answer.headers.get("X-WP-TotalPages", 1)) + 1)
    ]


def main() -> None:
    """Fetch every page and forget it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--concurrency", type=int, default=2)
    given = parser.parse_args()
    with ThreadPoolExecutor(given.concurrency) as pool:
        rest = pages(f"{given.url}wp-json/", pool)
        for _ in pool.map(lambda one: get(*one).status_code, rest):
            pass


if __name__ == "__main__":
    main()
