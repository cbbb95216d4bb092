"""What changes in an item without anybody having changed it: one table, extensible from the configuration.

Four kinds of entry, each a string, the same in this table and in the setting `noise`:

- `field:NAME`    a field that is no content; `*` stands for anything; looked for in the item, in its `meta` and
                  in its `acf`; `meta.NAME` only in the one map
- `class:PATTERN` an element that a plug-in injects into content, by a class or id; `*` stands for anything
- `place:PLACE`   what stands inside such an element, or one of its attributes: `div.related a`, `input#hp@value`
- `id:REGEX`      a counter inside HTML that depends on what else is on the page: its last group, or all of the match
                  when it has none, is levelled to 0

Sources: map section 13 (fields), core's `wp_unique_id`, gallery shortcode and media functions, the plug-ins named.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

from wparchive.errors import ConfigError
from wparchive.wordpress.excerpt import is_derived
from wparchive.wordpress.places import Place, level
from wparchive.wordpress.text import names_in, strip_blocks

__all__ = ["CUT_FROM", "NOISE", "TABLE", "Noise"]

TABLE: tuple[str, ...] = (
    # Made for the request, or repeated from what is held elsewhere.
    "field:_links",
    "field:_embedded",
    "field:class_list",
    "field:avatar_urls",
    "field:author_avatar_urls",
    "field:nonce",
    "field:*_nonce",
    # Notices, previews, queues and counters of plug-ins.
    "field:aioseo_notices",
    "field:aioseo_head*",
    "field:aioseo_breadcrumb*",
    "field:yoast_head",
    "field:yoast_head_json",
    "field:rank_math_*",
    "field:rop_*",
    "field:_monsterinsights_*",
    "field:jetpack-related-posts",
    "field:jetpack_likes_enabled",
    "field:jetpack_sharing_enabled",
    "field:uagb_comment_info",
    "field:post_views*",
    "field:views",
    "field:*_views_count",
    "field:pageviews",
    "field:wpp_*",
    "field:reading_time",
    "field:comment_count",
    "field:comments_num",
    # Blocks that plug-ins put into the_content.
    "class:*read-time*",
    "class:*readtime*",
    "class:*reading-time*",
    "class:rt-reading-time",
    "class:span-reading-time",
    "class:bsf-rt-*",
    "class:booster-*",
    "class:twp-like-dislike-button",
    "class:twp-social-share",
    "class:sharedaddy",
    "class:sd-sharing*",
    "class:jp-relatedposts*",
    "class:jp-carousel-*",
    "class:jetpack-likes-widget*",
    "class:addtoany_share_save_container",
    "class:addtoany_content*",
    "class:a2a_kit",
    "class:ssba*",
    "class:heateor_s*_container",
    "class:sfsi_*",
    "class:essb_links",
    "class:mashsb-container",
    "class:swp_social_panel*",
    "class:shariff",
    "class:wp-share-button*",
    "class:post-views",
    "class:post-views-*",
    "class:entry-views",
    "class:wpp-*",
    "class:pvc_*",
    "class:post-ratings*",
    "class:kk-star-ratings*",
    "class:yasr-*",
    "class:rmp-widgets-container",
    "class:gdrts-*",
    "class:wpulike*",
    "class:wp_ulike_*",
    "class:*reaction-count*",
    "class:reactions-*",
    "class:dw-reactions*",
    "class:da-reactions-*",
    "class:zuzu_viral_reactions",
    "class:yarpp*",
    "class:crp_related*",
    "class:wp_rp_*",
    "class:rp4wp-related-posts",
    "class:code-block-ad*",
    "class:adsbygoogle",
    "class:simplesocialbuttons*",
    "class:apss-*",
    "class:fb-like",
    "class:fb-share-button",
    "class:grecaptcha*",
    "class:akismet-fields-container",
    # Counters of core and plug-ins that run through everything rendered on one page.
    r"id:\bgallery-(\d++)(?:-\d++)?(?![\w-])",
    # Where a gallery's picture links to goes by what its parent post is called, and whether that is public.
    r"id:\bgallery-icon[^<>]*+>\s*+<a href='([^']*+)'",
    r"id:\bplaylist-(\d++)(?![\w-])",
    r"id:\bvideo-\d++-(\d++)(?![\w-])",
    r"id:\baudio-\d++-(\d++)(?![\w-])",
    r"id:_=(\d++)(?=[\"'])",
    r"id:\bwp-container-(?:[a-z0-9-]*?-)??([0-9a-f]{1,13})(?![\w-])",
    r"id:\bwp-elements-([0-9a-f]{1,64})(?![\w-])",
    r"id:\bwp-duotone-(?:[a-z0-9-]*?-)??([0-9a-f]{1,13})(?![\w-])",
    r"id:\bwp-block-gallery-(\d++)(?![\w-])",
    r"id:\bwp-block-search__input-(\d++)(?![\w-])",
    r"id:\bwp-block-file--media-([0-9a-f-]{1,40})",
    r"id:\bwp-block-categories-(\d++)(?![\w-])",
    r"id:\bmodal-(\d++)(?![\w-])",
    r"id:\bimageId&quot;:&quot;([0-9a-f]{1,32})&quot;",
    r"id:\bwpcf7-f\d++-(?:p\d++-)?+o(\d++)\b",
    r"id:\bgform_ajax_frame_(\d++)\b",
    r"id:\btablepress-\d++-no-(\d++)\b",
    r"id:\btoc_container_(\d++)\b",
    r"id:\btiled-gallery-(\d++)\b",
    r"id:\bmetaslider_container_\d++_(\d++)\b",
    r"id:\bninja-forms-form-\d++-(\d++)\b",
    r"id:\b_wpnonce=([0-9a-f]{10})\b",
)
# Lazy loading and priority go by the place of an image on the page (core 5.5, 5.9, 6.3).
_PLACED = {
    "loading=": (' loading="lazy"', ' loading="eager"'),
    "decoding=": (' decoding="async"',),
    "fetchpriority=": (' fetchpriority="high"', ' fetchpriority="low"'),
}
_MAPS = ("meta", "acf")
_HTML_FIELDS = ("content", "excerpt", "caption", "description")
_LITERAL = re.compile(r"(?:\\b)?([\w&:;=-]++)(?![?*+{])")
_GROUP = re.compile(r"\([^()]*+\)")


# Fields that core fills from others when nobody filled them.
CUT_FROM: Mapping[str, str] = {"excerpt": "content", "caption": "description"}


class _Compiled(NamedTuple):
    fields: re.Pattern[str]
    classes: re.Pattern[str]
    places: tuple[Place, ...]
    ids: tuple[tuple[str, bool, re.Pattern[str]], ...]


@dataclass(frozen=True, slots=True)
class Noise:
    """The table and `strings`, written as in it. Make one with `Noise.of`."""

    strings: tuple[str, ...] = ()

    @classmethod
    def of(cls, strings: Iterable[str] = ()) -> "Noise":
        """The table and `strings`. Raises ConfigError for one that can't be understood."""
        noise = cls(tuple(strings))
        if noise.strings:
            _compiled(noise.strings)  # the table by itself is only compiled when it is used
        return noise

    def without(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """`item` without noise: fields left out, HTML settled; a term's `count` is noise, another's isn't."""
        kept = {name: item[name] for name in _kept(self.strings, tuple(item))}
        for outer in _MAPS:
            inside = kept.get(outer)
            if isinstance(inside, dict):
                kept[outer] = {name: value for name, value in inside.items() if not self._is_in_map(outer, name)}
        if "taxonomy" in kept:
            kept.pop("count", None)
        for name in _HTML_FIELDS:
            value = kept.get(name)
            if isinstance(value, str) and value:
                kept[name] = self.settled(value)
            elif isinstance(value, dict) and isinstance(value.get("rendered"), str):
                kept[name] = {**value, "rendered": self.settled(value["rendered"])}
        for short, long in CUT_FROM.items():
            if self.repeats(item, short, long):
                kept[short] = ""
        return kept

    def _is_in_map(self, outer: str, name: str) -> bool:
        return _is_field(self.strings, name) or _is_field(self.strings, f"{outer}.{name}")

    def repeats(self, item: Mapping[str, Any], short: str, long: str) -> bool:
        """Whether the field `short` of `item` only repeats the beginning of the field `long`, with or without noise."""
        excerpt, content = _html(item.get(short)), _html(item.get(long))
        if not excerpt or not content:
            return False
        settled = self.settled(content)
        return is_derived(excerpt, settled) if settled == content else is_derived(excerpt, settled, content)

    def settled(self, html: str) -> str:
        """`html` as on any page on any day: injected blocks off, page-dependent counters and places levelled."""
        return _settled(self.strings, html)

    def is_class(self, token: str) -> bool:
        """Whether a class or id marks an injected block."""
        return _is_class(self.strings, token)


def _html(value: object) -> str:
    """The HTML of a field, "" when it is something else."""
    html = value.get("rendered") if isinstance(value, dict) else value
    return html if isinstance(html, str) else ""


@cache
def _compiled(strings: tuple[str, ...]) -> _Compiled:
    kinds: dict[str, list[str]] = {"field": [], "class": [], "place": [], "id": []}
    for entry in (*TABLE, *strings):
        kind, colon, pattern = entry.partition(":")
        if not colon or kind not in kinds or not pattern:
            raise ConfigError(f"noise: {entry!r}: write field:NAME, class:PATTERN, place:PLACE or id:REGEX")
        kinds[kind].append(pattern)
    return _Compiled(
        fields=re.compile("|".join(map(translate, kinds["field"]))),
        classes=re.compile("|".join(map(translate, kinds["class"]))),
        places=tuple(map(_place, kinds["place"])),
        ids=tuple(_counter(pattern) for pattern in dict.fromkeys(kinds["id"])),
    )


def _place(text: str) -> Place:
    try:
        return Place.parse(text)
    except ValueError:
        raise ConfigError(
            f"noise: place:{text}: write a tag with classes and an id, as in div.related a@href"
        ) from None


def _regex(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"noise: id:{pattern}: not a regular expression: {error}") from None


def _counter(pattern: str) -> tuple[str, bool, re.Pattern[str]]:
    """The literal text that `pattern` begins with, whether it can stand outside a class or id, and `pattern` compiled.

    To look for the literal first, and among classes and ids only, is ten times faster than to try the expression.
    """
    found = None if "|" in _GROUP.sub("", pattern) else _LITERAL.match(pattern)
    literal = found[1] if found else ""
    return literal, f"id:{pattern}" not in TABLE or literal[-1:] in "=;", _regex(pattern)


@lru_cache(maxsize=4096)
def _is_field(strings: tuple[str, ...], name: str) -> bool:
    return _compiled(strings).fields.match(name) is not None


@lru_cache(maxsize=256)  # items of one kind have the same fields in the same order
def _kept(strings: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if not _is_field(strings, name))


@lru_cache(maxsize=16384)
def _is_class(strings: tuple[str, ...], token: str) -> bool:
    return _compiled(strings).classes.match(token) is not None


@lru_cache(maxsize=4)
def _settled(strings: tuple[str, ...], html: str) -> str:
    # Cached because both digests of one item ask for the same HTML, one after the other.
    if "<" not in html:
        return html
    names = names_in(html)
    is_class = partial(_is_class, strings)
    if any(map(is_class, set(names.split()))):
        html = strip_blocks(html, is_class)
    if places := _compiled(strings).places:
        html = level(html, places)
    for literal, anywhere, pattern in _compiled(strings).ids:
        if literal in (html if anywhere else names):
            html = pattern.sub(_level, html)
    return _unplaced(html) if "<img" in html or "<iframe" in html else html


def _unplaced(html: str) -> str:
    for word, attributes in _PLACED.items():
        if word in html:
            for attribute in attributes:
                html = html.replace(attribute, "")
    return html.replace(' sizes="auto, ', ' sizes="') if "auto, " in html else html


def _level(match: re.Match[str]) -> str:
    text, last = match[0], match.re.groups
    start, end = (match.start(last) - match.start(), match.end(last) - match.start()) if last else (0, len(text))
    return f"{text[:start]}0{text[end:]}"


NOISE = Noise.of()
