"""A calendar, a shop and a plug-in that nobody knows, on a real WordPress: all that MariaDB calls public is held.

The lab's `mu-shop.php` answers in the shapes of The Events Calendar and of WooCommerce's Store API.
"""

import json
import math
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lab_site import Lab

OPTIONS = ("--media", "none", "--pages", "none", "--no-seal", "--json")
_META = "SELECT meta_value FROM wp_postmeta m WHERE m.post_id = p.ID AND m.meta_key"
_PUBLISHED = "SELECT p.ID FROM wp_posts p WHERE p.post_status = 'publish' AND p.post_type"
REVIEWS = """SELECT c.comment_ID FROM wp_comments c JOIN wp_posts p ON p.ID = c.comment_post_ID
    WHERE c.comment_type = 'review' AND c.comment_approved = '1' AND p.post_type = 'product' AND p.post_status = 'publish'"""
# Type → its table in archive.db, and what MariaDB says is public.
PUBLIC = {
    "tribe.events": ("events", f"{_PUBLISHED} = 'tribe_events'"),
    "tribe.venues": ("entries", f"{_PUBLISHED} = 'tribe_venue'"),
    "tribe.organizers": ("entries", f"{_PUBLISHED} = 'tribe_organizer'"),
    "wc.products": ("products", f"{_PUBLISHED} = 'product'"),
    "wc.reviews": ("reviews", REVIEWS),
    "deals.offers": ("entries", f"{_PUBLISHED} = 'offer'"),
}
TERMS = {
    "tribe.categories": "SELECT term_id FROM wp_term_taxonomy WHERE taxonomy = 'tribe_events_cat'",
    "tribe.tags": "SELECT term_id FROM wp_term_taxonomy WHERE taxonomy = 'post_tag'",
    "wc.categories": "SELECT term_id FROM wp_term_taxonomy WHERE taxonomy = 'product_cat'",
}


@dataclass
class Shop:
    """One archive of the shop; with `twins`, WordPress lists events, venues and products too."""

    lab: Lab
    twins: bool
    folder: Path
    cli: Callable[..., Any]
    ids: dict[str, list[int]]

    def crawl(self, *options: str) -> dict[str, Any]:
        """One more run, which ends complete; gives its report."""
        done = self.cli("crawl", self.lab.pretty, "-a", self.folder, *OPTIONS, *options)
        report: dict[str, Any] = json.loads(done.stdout)[0]
        return report

    def rows(self, query: str, *values: object) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "archive.db")) as db:
            return db.execute(query, values).fetchall()

    def held(self, kind: str, table: str) -> set[int]:
        return {row[0] for row in self.rows(f"SELECT wp_id FROM {table} WHERE type = ? AND gone IS NULL", kind)}

    def most(self) -> int:
        """The requests that a run in which nothing changed may take."""
        ((walked,),) = self.rows("SELECT count(*) FROM collections WHERE skipped IS NULL")
        return 2 * int(walked) + 6


@pytest.fixture(scope="module", params=[True, False], ids=["twins", "alone"])
def shop(
    request: pytest.FixtureRequest, lab: Lab, cli: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """The site with a calendar and a shop, archived once."""
    lab.seed("tiny")
    ids = json.loads(lab.php(f"echo lab_shop_fill(63, 37, {str(request.param).lower()});"))
    made = Shop(lab, request.param, tmp_path_factory.mktemp("shop") / "archive", cli, ids)
    report = made.crawl()
    assert report["outcome"] == "complete"
    assert not report["links"].get("failed")
    yield made
    lab.php("delete_option('lab_shop');")


def test_what_mariadb_calls_public_is_held(shop: Shop) -> None:
    """Each collection, neither an item less nor one more; events of all times, past and far ahead."""
    public = {kind: shop.lab.ids(query) for kind, (_, query) in PUBLIC.items()}
    assert {kind: shop.held(kind, table) for kind, (table, _) in PUBLIC.items()} == public
    if not shop.twins:
        # No taxonomy lists the calendar's and the shop's terms then; that of tags is WordPress's own.
        terms = {kind: shop.lab.ids(query) for kind, query in TERMS.items() if kind != "tribe.tags"}
        assert {kind: shop.held(kind, "entries") for kind in terms} == terms


def test_price_start_and_venue_are_columns(shop: Shop) -> None:
    """They say what MariaDB says."""
    events = shop.lab.sql(
        f"SELECT p.ID, p.post_title, ({_META} = '_start'), ({_META} = '_end'), ({_META} = '_venue') FROM wp_posts p"
        " WHERE p.post_type = 'tribe_events' AND p.post_status = 'publish'"
    )
    held = shop.rows('SELECT wp_id, title, start, "end", venue_id FROM events')
    assert {tuple(map(str, row)) for row in held} == set(events)
    products = shop.lab.sql(
        f"SELECT p.ID, p.post_title, ({_META} = '_sku'), ({_META} = '_price') FROM wp_posts p"
        " WHERE p.post_type = 'product' AND p.post_status = 'publish'"
    )
    cents = {
        (str(wp_id), title, sku, str(round(price * 100)))
        for wp_id, title, sku, price in shop.rows("SELECT wp_id, title, sku, price FROM products")
    }
    assert cents == set(products)
    # A venue leads on, and so does a review's product.
    assert shop.rows(
        "SELECT count(*) FROM events e LEFT JOIN items i ON i.item = e.venue_item WHERE i.item IS NULL"
    ) == [(0,)]
    assert shop.rows(
        "SELECT count(*) FROM reviews r LEFT JOIN items i ON i.item = r.product_item WHERE i.item IS NULL"
    ) == [(0,)]


def test_each_other_list_has_a_reason(shop: Shop) -> None:
    """Whatever the index names in pages and is not walked."""
    skipped = dict(shop.rows("SELECT route, skipped FROM collections WHERE skipped IS NOT NULL"))
    assert skipped["/deals/v1/members"] == "refused: 401 rest_forbidden"
    assert skipped["/deals/v1/search"] == "it is not read by GET but by POST"
    assert skipped["/deals/v1/words"] == "its items have no number called id"
    assert skipped["/deals/v1/quote"] == "it needs product"
    assert skipped["/wc/store/products"] == "an older version of /wc/store/v1/products"
    assert shop.rows("SELECT route FROM collections WHERE route = '/wc/store/v1/cart'") == []
    ((line,),) = shop.rows("SELECT count(*) FROM collections c WHERE skipped IS NULL AND type LIKE '%.%'")
    assert line == (7 if shop.twins else 10)


def test_the_link_account_is_whole(shop: Shop) -> None:
    """Each link of each item ended somehow, and none failed."""
    outcomes = dict(shop.rows("SELECT coalesce(outcome, 'open'), count(*) FROM links GROUP BY 1"))
    assert outcomes.keys() <= {"captured", "covered", "refused", "missing", "outside", "template", "skipped"}
    assert shop.rows("SELECT count(*) FROM links WHERE type = 'wc.reviews' AND outcome = 'covered'") == [
        (2 * len(shop.ids["reviews"]),)
    ]


def test_a_run_that_finds_nothing_is_cheap_and_sees_nothing(shop: Shop) -> None:
    """At most two requests a collection and six more; events that pass meanwhile are no news."""
    report = shop.crawl()
    assert report["outcome"] == "complete"
    assert report["changes"] == []
    assert report["requests"] <= shop.most()


CHANGES = """
update_post_meta($ids['products'][3], '_price', '777');
update_post_meta($ids['events'][5], '_start', '2012-05-05 18:00:00');
wp_delete_comment($ids['reviews'][4], true);
wp_update_post(['ID' => $ids['venues'][2], 'post_title' => 'Hall Renamed']);
wp_trash_post($ids['offers'][6]);
wp_delete_post($ids['events'][8], true);
wp_update_post(['ID' => $ids['products'][7], 'post_content' => '<p>Another text altogether.</p>']);
wp_insert_comment(['comment_post_ID' => $ids['products'][1], 'comment_type' => 'review', 'comment_approved' => 1,
    'comment_author' => 'New', 'comment_author_email' => 'n@example.test', 'comment_content' => 'A new review']);
echo wp_insert_post(['post_type' => 'offer', 'post_title' => 'A new offer', 'post_status' => 'publish', 'post_content' => 'x']);
"""


def test_what_changes_is_observed_once(shop: Shop) -> None:
    """A price, a start, a review that goes, a venue's name, an offer that comes; nothing else is."""
    ids = shop.ids
    shop.lab.php("$ids = json_decode('" + json.dumps(ids) + "', true);" + CHANGES)
    shop.crawl()
    seen = {(kind, wp_id): change for kind, wp_id, change in shop.rows("SELECT type, wp_id, change FROM observations")}
    post, venue = ("tribe_events", "tribe_venue") if shop.twins else ("tribe.events", "tribe.venues")
    product = "product" if shop.twins else "wc.products"
    (new_offer,) = shop.lab.ids(f"{_PUBLISHED} = 'offer'") - set(ids["offers"])
    (new_review,) = shop.lab.ids(REVIEWS) - set(ids["reviews"])
    assert seen.keys() == {
        ("wc.products", ids["products"][3]),
        ("tribe.events", ids["events"][5]),
        ("wc.reviews", ids["reviews"][4]),
        (venue, ids["venues"][2]),
        (post, ids["events"][8]),
        (product, ids["products"][7]),
        ("wc.reviews", new_review),
        ("deals.offers", new_offer),
    }
    assert seen[post, ids["events"][8]] == "deleted"
    # An unknown plug-in says that it isn't there, and not why: it is in the trash.
    assert shop.rows("SELECT wp_id, gone FROM entries WHERE type = 'deals.offers' AND gone IS NOT NULL") == [
        (ids["offers"][6], "missing")
    ]
    assert {kind: shop.held(kind, table) for kind, (table, _) in PUBLIC.items()} == {
        kind: shop.lab.ids(query) for kind, (_, query) in PUBLIC.items()
    }
    assert shop.crawl()["changes"] == []


def test_the_database_follows_from_the_warcs(shop: Shop) -> None:
    """`verify` makes it anew and compares every row of every table."""
    said = shop.cli("verify", "-a", shop.folder).stdout
    assert "0 differ" in said
    assert math.prod(count for (count,) in shop.rows("SELECT count(*) FROM versions WHERE type LIKE '%.%'")) > 200
