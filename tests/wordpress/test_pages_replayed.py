"""An archived article looks as it did: Chromium's pictures of the live page and of what pywb replays, the site being off."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from lab_site import Lab
from PIL import Image
from playwright.sync_api import Browser
from screenshots import CHROMIUM, chromium, differing, picture
from third_party import pywb

THEMES = ("twentytwentythree", "twentytwentyone")  # the default one, of blocks; and a classic one
MOST = 0.02


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        assert not os.environ.get("WPARCHIVE_REQUIRE_WORDPRESS"), "Chromium must be here"
        pytest.skip("needs Chromium: apt-get install chromium")
    with chromium() as browser:
        yield browser


@pytest.fixture
def dressed(small: Lab) -> Iterator[Lab]:
    """The lab; whatever theme it is given, it has its own again afterwards."""
    before = small.php("echo get_stylesheet();")
    yield small
    small.php(f"switch_theme('{before}');")


@pytest.mark.parametrize("theme", THEMES)
def test_a_replayed_article_looks_like_the_live_one(
    dressed: Lab, cli: Callable[..., Any], browser: Browser, tmp_path: Path, theme: str
) -> None:
    """Less than 2 % of the pixels differ, and nothing that the site has is missing."""
    dress(dressed, theme)
    chosen = articles(dressed)
    cli("crawl", *chosen, "-a", tmp_path / "a", "--scope", "post", "--media", "none", "--no-seal", "--silent")
    home = dressed.pretty.rstrip("/")
    live = {url: picture(browser, url, home, home)[0] for url in chosen}
    for url, (shown, missed) in replayed(tmp_path, browser, chosen, home).items():
        assert [one for one in missed if home in one] == []
        assert is_no_blank(shown)
        assert differing(live[url], shown) < MOST, url


def dress(lab: Lab, theme: str) -> None:
    """Put a theme on as it comes: the lab's own template of an article shows nothing but the title."""
    if theme not in lab.php("echo implode(' ', array_keys(wp_get_themes()));").split():
        pytest.fail(f"the lab lacks the theme {theme}: run `bash tests/wordpress/lab/up.sh` again")
    own = "get_posts(['post_type' => 'wp_template', 'numberposts' => -1])"
    lab.php(f"switch_theme('{theme}'); foreach ({own} as $one) wp_delete_post($one->ID, true);")


def articles(lab: Lab, most: int = 3) -> list[str]:
    """The addresses of those articles with the most pictures."""
    code = f"""
        foreach (get_posts(['numberposts' => -1, 'has_password' => false]) as $post)
            $found[get_permalink($post)] = substr_count(apply_filters('the_content', $post->post_content), '/uploads/');
        arsort($found);
        echo implode("\\n", array_slice(array_keys($found), 0, {most}));"""
    return lab.php(code).split()


def replayed(folder: Path, browser: Browser, urls: list[str], home: str) -> dict[str, tuple[Image.Image, list[str]]]:
    """What pywb shows of an archive at these addresses; only pywb can be reached."""
    warcs = sorted((folder / "a").glob("*/warc/*.warc.gz"))
    with closing(sqlite3.connect(folder / "a/archive.db")) as db:
        times = dict(db.execute("SELECT url, max(captured_at) FROM pages WHERE status = 200 GROUP BY url"))
    (folder / "pywb").mkdir()
    (folder / "pywb/config.yaml").write_text("framed_replay: false\n")
    shown = {}
    with pywb(folder / "pywb", warcs) as server:
        place = f"http://127.0.0.1:{server.port}"
        for url in urls:
            stamp = "".join(filter(str.isdigit, times[url][:19]))
            shown[url] = picture(browser, f"{place}/all/{stamp}mp_/{url}", place, home)
    return shown


def is_no_blank(shown: Image.Image) -> bool:
    """Whether there is something to recognise."""
    return shown.height > 1500 and len(shown.resize((200, 200)).getcolors(40_000) or ()) > 200
