"""No URL that a site may act upon is asked for as a page or file, however it is spelled; pages and files still are."""

import pytest

from wparchive.wordpress.pages.acting_urls import why_acting

ROOT = "https://site.test/wp-json/"
REFUSED = """
/wp-json/cache/v1/purge
/WP-JSON/x
/wp%2Djson/x
/wp-%256ason/x
//wp-json//x
/a/../wp-json/x
/a/%2e%2e/wp-json/
/a%2f..%2fwp-json/x
/index.php/wp-json/wp/v2/users
/blog/wp-json
/?rest_route=/cache/v1/purge
/?REST_ROUTE=/x
/?rest%5Froute=/x
/?rest.route=/x
/?rest[route=/x
/?a=1&+rest_route=/x
/?rest_route[]=/x
/?rest_route%00x=/x
/wp-cron.php
/wp-cron.php?doing_wp_cron
/?doing_wp_cron=1
/wp-login.php?action=logout
/WP-Login.PHP
/wp-login.php/
/wp-login.php;x
/wp-admin/
/wp-admin
/wp-admin/admin-ajax.php?action=x
/wp-admin/load-styles.php?c=1
/blog/wp-admin/admin-post.php
/xmlrpc.php
/xmlrpc.php?rsd
/wp-comments-post.php
/wp-trackback.php?p=1
/wp-signup.php
/wp-activate.php?key=a
/x?action=unsubscribe
/x?ACTION=trash
/x?%61ction=trash
/cart/?add-to-cart=5
/?wc-ajax=get_refreshed_fragments
/?delete=1
/?delete
/cart/?remove_item=ab
/a/?_wpnonce=abc
/a/?replytocom=5
/?na=unsubscribe&key=1
/?unsubscribe_key=1
/?s=word
/index.php?s=word
/de/?s=
"""
ALLOWED = """
/
/hello-world/
/?p=123
/?page_id=7
/?attachment_id=9
/?lang=de
/?paged=2
/a/?amp
/a/?amp=1
/?feed=rss2
/wp-sitemap.xml
/?sitemap=index
/wp-includes/css/dist/block-library/style.min.css?ver=5.1
/wp-content/themes/a/style.css?ver=5.1
/wp-content/uploads/2024/01/a.jpg?w=300&h=200
/wp-content/plugins/action/delete.js
/avatar/0123456789abcdef?s=96&d=mm&r=g
/avatar/?s=96&d=mm&r=g
/how-to-use-wp-admin/
/wp-json-explained/
/action/
/delete/
/shop/?orderby=price
/a.css?family=Open+Sans:400,700&subset=latin
"""


@pytest.mark.parametrize("target", REFUSED.split())
def test_what_a_site_may_act_upon_is_refused(target: str) -> None:
    """Upper case, percent-encodings, double slashes and dot segments hide nothing."""
    assert why_acting(f"https://site.test{target}", ROOT)


@pytest.mark.parametrize("target", ALLOWED.split())
def test_pages_and_files_are_not(target: str) -> None:
    """What merely resembles them, and the parameters of pages and files, are asked for."""
    assert not why_acting(f"https://site.test{target}", ROOT)


def test_the_root_of_the_api_can_have_any_name() -> None:
    """It is known once it was found; the root of a site with plain permalinks refuses nothing but itself."""
    root = "https://site.test/blog/api/"
    assert why_acting("http://www.site.test/blog/API/wp/v2/posts", root)
    assert why_acting("https://site.test/blog/api", root)
    assert not why_acting("https://site.test/blog/apiary/", root)
    assert not why_acting("https://other.test/blog/api/", root)
    assert not why_acting("https://site.test/index.php", "https://site.test/index.php?rest_route=/")
