"""What of a page a reader sees, judged by its HTML alone: no script runs and no style sheet is applied.

So the claim is bounded. Text that a script adds isn't seen, and text that only a style sheet hides counts as seen. Sources:
HTML's `hidden`, `dialog` and `details`; core's `screen-reader-text`.
"""

import re
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache

__all__ = ["Sight", "is_foreign", "is_loaded_later", "sight_of"]


class Sight(IntEnum):
    """How surely a passage is seen; a passage inside another is seen no better than that."""

    SHOWN = 0
    ASIDE = 1  # seen by some, or a part of the page that is no part of an article: it may hold an item's words
    HIDDEN = 2  # until a script or a click shows it


_HIDING_STYLE = re.compile(
    r"display\s*+:\s*+none|visibility\s*+:\s*+(?:hidden|collapse)|font-size\s*+:\s*+0(?:[a-z%]*+)\s*+(?:[;!]|\Z)"
    r"|opacity\s*+:\s*+0(?:\.0*+|(?!))?+\s*+(?:[;!]|\Z)|(?:left|top|right|bottom|text-indent|margin-left|margin-top)\s*+:\s*+-\d{4}"
    r"|clip\s*+:\s*+rect\s*+\(\s*+[01](?:px|(?!))?+[\s,]",
    re.IGNORECASE,
)
_BARE_HIDDEN = re.compile(r"""\shidden(?=[\s/>]|=\s*+["']?+(?!until-found))""", re.IGNORECASE)
_QUOTED = re.compile(r"""=\s*+(?:"[^"]*+"|'[^']*+')""")
_FOR_MACHINES_WORDS = (
    "screen-reader-text screen-reader-shortcut sr-only visually-hidden visuallyhidden assistive-text "
    "skip-link element-invisible hide-visually a11y-hidden u-hidden-visually print-only only-print "
    "noprint no-print"
)
_FOR_MACHINES = frozenset(_FOR_MACHINES_WORDS.split())
_PARTS_WORDS = "nav aside footer form button select label fieldset"
_PARTS = frozenset(_PARTS_WORDS.split())
# What services put in the place of an address; a plug-in may show a frame or a button for it.
_EMBEDDED_WORDS = (
    "wp-embedded-content twitter-tweet twitter-video instagram-media fb-post fb-video "
    "fb-xfbml-parse-ignore tiktok-embed reddit-embed-bq reddit-card imgur-embed-pub mastodon-embed "
    "bluesky-embed flickr-embed text-post-media wp-block-embed"
)
_EMBEDDED = frozenset(_EMBEDDED_WORDS.split())
# Galleries, tables of contents, notes: what themes and plug-ins make anew, or only on the page, or only in the API.
_MADE_ANEW = re.compile(
    r"(?:wp-block-)?gallery(?:-\d++|-item|-caption|s|(?!))?+|tiled-gallery\w*+|(?:.*[-_])?blocks-gallery.*|.*\btoc[-_].*"
    r"|.*[-_]toc(?:[-_].*|(?!))?+|lwptoc.*|.*table-of-contents.*|page-links?|post-page-numbers|post-nav-links|edit-link"
    r"|more-link|.*slideshow.*|.*lightbox.*|wp-playlist.*|mejs-.*|wp-(?:video|audio)-shortcode|tooltip.*|popover.*|modal.*"
    r"|wp-block-file__button|wp-element-button|.*newsletter.*|.*subscribe.*|.*cookie.*|.*consent.*|.*paywall.*|.*advert.*|ads?"
    r"|ad[-_].*|.*[-_]ads?(?:[-_].*|(?!))?+|.*banner.*|.*promo.*|.*sponsor.*|.*breadcrumb.*|.*byline.*|.*author.*|.*share.*"
    r"|entry-(?:meta|footer|utility|date).*|post-(?:meta|tags|footer|date).*|posted-on|cat-links|tags?-links|comments?-.*"
    r"|.*related.*|.*recommend.*|.*sidebar.*|widget(?:[-_].*|(?!))?+|.*read-?more.*",
    re.IGNORECASE,
)
_LONGEST = 100  # characters of a name that is looked up


def sight_of(tag: str, start: str, given: Mapping[str, str]) -> Sight:
    """Return how an element's content is seen, by its name, its start tag as written and its attributes."""
    style = given.get("style", "")
    if style and _HIDING_STYLE.search(style):
        return Sight.HIDDEN
    if "hidden" in start and _BARE_HIDDEN.search(_QUOTED.sub(_unquoted, start)):
        return Sight.HIDDEN
    if tag == "dialog" and not re.search(r"\sopen(?=[\s/>=])", start):
        return Sight.HIDDEN
    if given.get("aria-hidden", "").lower() == "true" or tag in _PARTS:
        return Sight.ASIDE
    if given.get("role", "").lower() in _ROLES or not _FOR_MACHINES.isdisjoint(given.get("class", "").lower().split()):
        return Sight.ASIDE
    return Sight.SHOWN


_ROLES = frozenset(("navigation", "complementary", "search", "dialog", "alertdialog", "banner", "contentinfo", "alert"))


def _unquoted(found: re.Match[str]) -> str:
    # `class="x hidden"` is no attribute; `hidden=""` and `hidden="until-found"` are.
    return '="until-found"' if "until-found" in found[0] else "="


@lru_cache(maxsize=4096)
def is_foreign(name: str) -> bool:
    """Return whether a class or id names a part that is made anew for a page, or isn't the article's own."""
    if len(name) > _LONGEST:
        return False
    return name in _EMBEDDED or _MADE_ANEW.fullmatch(name) is not None


_LOADED_LATER = re.compile(
    r"(?:.*[-_])?(?:load-?more|loadmore|show-?more|infinite-?scroll|ajax-?(?:content|load)|lazy-?(?:content|block|text|section|html)"
    r"|skeleton|content-?placeholder|wp-block-jetpack-slow-.*)(?:[-_].*|(?!))?+"
)


@lru_cache(maxsize=4096)
def is_loaded_later(name: str) -> bool:
    """Return whether a class or id names a place that a script fills."""
    return len(name) <= _LONGEST and _LOADED_LATER.fullmatch(name) is not None
