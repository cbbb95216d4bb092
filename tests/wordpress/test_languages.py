"""A real WordPress in two languages: all of both is held, proven one by one, and costs no request too many."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lab_site import Lab, LogLine
from multilingual import FRENCH, speak, translate, wanted

TABLES = {
    "/wp/v2/posts": "posts WHERE type = 'post'",
    "/wp/v2/pages": "posts WHERE type = 'page'",
    "/wp/v2/books": "posts WHERE type = 'book'",
    "/wp/v2/categories": "terms WHERE taxonomy = 'category'",
    "/wp/v2/comments": "comments WHERE 1",
}
LEFT_ALONE = ["/lab/v1/events", "/wp/v2/genres", "/wp/v2/media", "/wp/v2/mood", "/wp/v2/navigation", "/wp/v2/tags"]
OWN_LISTS = [route for route in FRENCH if route != "/wp/v2/comments"]
SPARE_REQUESTS = 6


@dataclass
class Archived:
    """One archive of the lab's site, with the requests of each of its runs."""

    lab: Lab
    folder: Path
    cli: Callable[..., Any]

    def crawl(self, *options: str) -> tuple[dict[str, Any], list[LogLine]]:
        """One more run; gives its report and its requests."""
        mark = self.lab.log_mark()
        done = self.cli(
            "crawl", self.lab.pretty, "-a", self.folder, "--media", "none", "--pages", "none", "--json", *options
        )
        report: dict[str, Any] = json.loads(done.stdout)[0]
        return report, self.lab.log_since(mark)

    def rows(self, query: str, *values: object) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "archive.db")) as db:
            return db.execute(query, values).fetchall()

    def ids(self, route: str, language: str) -> set[int]:
        """The ids held of a collection in a language."""
        return {row[0] for row in self.rows(f"SELECT wp_id FROM {TABLES[route]} AND language = ?", language)}

    def verify(self) -> str:
        return self.cli("verify", "-a", self.folder).stdout


@pytest.fixture(scope="module")
def bilingual(lab: Lab) -> Iterator[Lab]:
    """The lab's small site with two thirds of its articles in French too."""
    lab.seed("small")
    translate(lab)
    yield lab
    lab.untouched = ""


@pytest.fixture(scope="module")
def apart(bilingual: Lab, cli: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Archived:
    """A site whose lists show the default language unless another is asked for, archived once."""
    speak(bilingual, "wpml")
    archive = Archived(bilingual, tmp_path_factory.mktemp("wpml") / "archive", cli)
    archive.crawl()
    return archive


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("route", FRENCH)
def test_each_language_is_held_whole(apart: Archived, route: str, language: str) -> None:
    """Neither an item less nor one more than MariaDB calls public in that language."""
    found = wanted(apart.lab, route, language)
    assert found
    assert apart.ids(route, language) == found


@pytest.mark.parametrize("route", FRENCH)
def test_each_language_has_a_proof_of_its_own(apart: Archived, route: str) -> None:
    """What a language's list states and what is held of it, neither counted in the other's."""
    proofs = {
        row[0]: row[1:]
        for row in apart.rows(
            "SELECT route, outcome, held FROM listings WHERE route IN (?, ?)", route, f"{route}?lang=fr"
        )
    }
    assert proofs == {
        route: ("complete", len(wanted(apart.lab, route, "en"))),
        f"{route}?lang=fr": ("complete", len(wanted(apart.lab, route, "fr"))),
    }


def test_lists_that_do_not_differ_are_not_walked_again(apart: Archived) -> None:
    """Media and tags have no language here: one look tells, and there is no second list of them."""
    (same,) = apart.rows("SELECT same FROM languages WHERE language = 'fr'")[0]
    assert set(LEFT_ALONE) <= set(json.loads(same))
    assert {row[0] for row in apart.rows("SELECT route FROM listings WHERE route LIKE '%?%'")} == {
        f"{route}?lang=fr" for route in FRENCH
    }
    assert apart.rows("SELECT DISTINCT language FROM media") == [("*",)]


def test_translations_lead_to_each_other(apart: Archived) -> None:
    """Each pair that MariaDB knows, in both directions, as an item that Datasette links."""
    groups: dict[str, dict[str, int]] = {}
    for group, post, language in apart.lab.sql(
        "SELECT g.meta_value, g.post_id, coalesce(l.meta_value, 'en') FROM wp_postmeta g LEFT JOIN wp_postmeta l "
        "ON l.post_id = g.post_id AND l.meta_key = 'lab_lang' WHERE g.meta_key = 'lab_group'"
    ):
        groups.setdefault(str(group), {})[str(language)] = int(post or 0)
    site = apart.rows("SELECT site FROM sites")[0][0]
    pairs = {
        (f"{site}/{kind}/{group[one]}", other, f"{site}/{kind}/{group[other]}")
        for name, group in groups.items()
        for kind in [name.partition("-")[0]]
        for one, other in (("en", "fr"), ("fr", "en"))
    }
    assert len(pairs) > 80
    assert pairs == set(
        apart.rows("SELECT item, language, translation FROM translations WHERE type IN ('post', 'page', 'book')")
    )


def test_a_second_run_finds_nothing_and_costs_little(apart: Archived) -> None:
    """Each language's list counts as a collection: two requests for each, and some for the site."""
    report, log = apart.crawl()
    assert apart.rows("SELECT * FROM observations") == []
    collections = len(apart.rows("SELECT route FROM listings WHERE run = ?", report["run"]))
    assert len(log) <= 2 * collections + SPARE_REQUESTS
    assert "0 differ" in apart.verify()


def test_a_new_translation_is_found(apart: Archived) -> None:
    """An article in French, which the usual list never shows, by an incremental run."""
    made = int(
        apart.lab.php(
            "$new = wp_insert_post(['post_title' => 'Tout neuf', 'post_status' => 'publish', 'post_content' => 'Voil\\u00e0.',"
            " 'post_author' => 1]); update_post_meta($new, 'lab_lang', 'fr'); echo $new;"
        )
    )
    report, _ = apart.crawl()
    assert apart.rows("SELECT type, wp_id, change FROM observations WHERE run = ?", report["run"]) == [
        ("post", made, "appeared")
    ]
    assert apart.rows("SELECT language FROM posts WHERE wp_id = ?", made) == [("fr",)]


def test_lists_that_hold_every_language_are_walked_once(
    bilingual: Lab, cli: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Polylang's lists show all languages: items say theirs, and looks at ids tell that no other list is needed."""
    speak(bilingual, "polylang")
    archive = Archived(bilingual, tmp_path_factory.mktemp("polylang") / "archive", cli)
    _, log = archive.crawl()
    for route in OWN_LISTS:
        for language in ("en", "fr"):
            assert archive.ids(route, language) == wanted(bilingual, route, language), (route, language)
    assert archive.rows("SELECT language, how FROM languages ORDER BY 1") == [("en", "whole"), ("fr", "whole")]
    assert archive.rows("SELECT route FROM listings WHERE route LIKE '%lang=%'") == []
    lists = archive.rows("SELECT count(*) FROM collections WHERE skipped IS NULL")[0][0]
    assert sum("lang=" in line.target for line in log) <= 2 * lists + SPARE_REQUESTS
    assert archive.rows("SELECT count(*), count(translation) FROM translations") in ([(n, n)] for n in range(80, 120))


def test_a_parameter_that_makes_no_difference_makes_no_lists(
    bilingual: Lab, cli: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The home page names languages, but each list is the same in all: nothing is walked twice, nothing is claimed."""
    speak(bilingual, "ignored")
    archive = Archived(bilingual, tmp_path_factory.mktemp("ignored") / "archive", cli)
    archive.crawl()
    assert archive.rows("SELECT route FROM listings WHERE route LIKE '%?%'") == []
    assert archive.rows("SELECT DISTINCT how FROM languages WHERE language = 'fr'") == [("none",)]
    _, log = archive.crawl()
    assert [line.target for line in log if "lang" in line.target] == []


def test_only_what_lists_show_by_themselves(
    bilingual: Lab, cli: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """With `--languages own` no request names a language."""
    speak(bilingual, "wpml")
    archive = Archived(bilingual, tmp_path_factory.mktemp("own") / "archive", cli)
    _, log = archive.crawl("--languages", "own")
    assert [line.target for line in log if "lang" in line.target] == []
    assert archive.rows("SELECT * FROM languages") == []
