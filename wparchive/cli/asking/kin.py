"""`wparchive kin`."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wparchive.cli.asking.given_text import given_text
from wparchive.cli.options import common, json_option, print_json, short_time
from wparchive.errors import ExitCode, UsageError
from wparchive.events import told

if TYPE_CHECKING:
    from wparchive.ask.kinship.pictures import SharedPicture
    from wparchive.ask.kinship.relatives import Group, Relative, Seen
    from wparchive.wordpress.prose import Row

__all__ = ["command"]

_LONGEST = 240  # characters of a passage that are shown
_GROUPS = {
    "series": "one of a series: {size:,} articles of this site have the same text",
    "everybody": "many printed it: {size:,} like articles on {sites:,} sites",
    "common": "made of phrases that stand all over the archive; pairs of such articles aren't looked for",
    "kin": "{size:,} articles on {sites:,} site{s} have most of a text in common",
}
_KINDS = {
    "copy": "most of each stands in the other",
    "excerpt": "most of this stands in the other, which has more",
    "extended": "most of the other stands in this, which has more",
    "rewritten": "part of each stands in the other",
    "quotation": "only what one or both of them quote is the same",
}


@click.command(epilog="Example: wparchive kin example.org/post/68908 -a archive")
@click.argument("what", metavar="ITEM|URL|FILE")
@click.option("--diff", "differs", is_flag=True, help="Also show what was left out, added or changed between both.")
@json_option
@common
def command(what: str, differs: bool, folder: Path, silent: bool, as_json: bool) -> int:
    """Show which articles share text or pictures with one, how much, with the captures of both, and which was public first.

    ITEM is SITE/TYPE/ID or words of a headline, URL an article's address, FILE a file with a text or HTML (- for what is
    piped in). No order is claimed where neither captures nor dates tell: then it is undecidable.
    """
    from wparchive.ask.kinship.pictures import pictures_of
    from wparchive.ask.kinship.relatives import group_of, kin_of, kin_of_text, not_compared, what_differs
    from wparchive.ask.lookup import look_up_item
    from wparchive.index.database.opening import reading
    from wparchive.store import Archive

    del silent  # the output is the result itself
    group, changes, pictures, why_not = None, {}, [], None
    with reading(Archive(folder).database) as db:
        if (text := given_text(what)) is not None:
            if differs:
                raise UsageError("--diff compares articles of the archive; it can't be used with a text")
            key, found = what, list(kin_of_text(db, text))
        else:
            key = str(look_up_item(db, what))
            group, found = group_of(db, key), list(kin_of(db, key))
            why_not = None if found else not_compared(db, key)
            pictures = pictures_of(db, key)
            changes = {one.other: what_differs(db, key, one.other) for one in found} if differs else {}
    if as_json:
        print_json({**_values(key, group, found, changes, pictures), "not_compared": why_not})
    else:
        for line in (*_lines(key, group, found, changes, why_not), *_picture_lines(pictures)):
            click.echo(line)
    return ExitCode.COMPLETE


def _values(
    key: str,
    group: "Group | None",
    found: "list[Relative]",
    changes: "dict[str, list[Row]]",
    pictures: "list[SharedPicture]",
) -> dict[str, object]:
    from wparchive.wordpress.prose import as_values

    kin = []
    for one in found:
        order = one.order and {**one.order._asdict(), "reasons": [reason._asdict() for reason in one.order.reasons]}
        latest = one.latest and one.latest._asdict()
        more = {"order": order, "latest": latest, "changes": as_values(changes.get(one.other, []))}
        kin.append({**asdict(one), **_captures(one), **more})
    shared = [{**asdict(one), **_captures(one)} for one in pictures]
    return {"item": key, "group": group and group._asdict(), "kin": kin, "pictures": shared}


def _captures(one: "Relative | SharedPicture") -> dict[str, object]:
    return {"seen": one.seen and one.seen._asdict(), "other_seen": one.other_seen and one.other_seen._asdict()}


def _lines(
    key: str, group: "Group | None", found: "list[Relative]", changes: "dict[str, list[Row]]", why_not: str | None
) -> Iterator[str]:
    from wparchive.ask.presenting.marks import row_lines

    yield click.style(told(key), bold=True)
    if group:
        yield _GROUPS[group.kind].format(size=group.size, sites=group.sites, s="s" if group.sites > 1 else "")
    if why_not:
        yield f"not compared: {why_not}"
    elif not found and not (group and group.kind == "common"):
        yield "no article that shares text with it is held"
    for one in found:
        yield ""
        yield f"{click.style(told(one.other), bold=True)}  {told(one.title)}"
        yield f"  {click.style(one.kind, fg='yellow')}: {_KINDS[one.kind]}; {_shares(one)}"
        yield from _beside(one)
        if one.agency:
            yield f"  both are credited to {one.agency}: neither need come from the other"
        yield from _first(key, one)
        for passage in one.passages[:2]:
            yield f"  {_quoted(passage)}"
        if rows := changes.get(one.other):
            yield from (f"  {line}" for line in row_lines("text", rows, click.style))
        for seen in filter(None, (one.seen, one.other_seen)):
            yield from _proof(seen)


def _picture_lines(pictures: "list[SharedPicture]") -> Iterator[str]:
    from wparchive.ask.kinship.pictures import HOW

    for one in pictures:
        yield ""
        yield f"{click.style(told(one.other), bold=True)}  {told(one.title)}"
        bits = f", {one.bits} bits apart" if one.bits else ""
        yield f"  {click.style('picture', fg='yellow')}: {HOW[one.how]}{bits}"
        yield told(f"  {one.url} – {one.other_url}", 3_000)
        for name, credit in (("this", one.credit), ("the other", one.other_credit)):
            if credit:
                yield told(f"  {name} names {credit}", 500)
        if one.lost:
            yield told(f"  {one.lost} names nobody", 3_000)
        for seen in filter(None, (one.seen, one.other_seen)):
            yield from _proof(seen)


def _quoted(passage: str) -> str:
    """The beginning of a passage on one line; " / " is where a paragraph ends."""
    shown = " / ".join(filter(None, (" ".join(line.split()) for line in passage.splitlines())))
    return f"“{told(shown[:_LONGEST])}{'…' if len(shown) > _LONGEST else ''}”"


def _shares(one: "Relative") -> str:
    apart = [
        f"{count:,} words {how}"
        for count, how in ((one.quoted, "quoted"), (one.common, "more of notices or tables"))
        if count
    ]
    return f"{one.share} % of this, {one.other_share} % of the other, {one.shared:,} words in both" + "".join(
        f", {a}" for a in apart
    )


def _beside(one: "Relative") -> Iterator[str]:
    """What of the same stands elsewhere, and what became of it since."""
    if one.with_both:
        pattern = ": it may be the wording of one pattern" if one.kind == "rewritten" else ""
        yield f"  {one.with_both:,} more article{'s share' if one.with_both > 1 else ' shares'} text with both{pattern}"
    if latest := one.latest:
        is_now = f"{latest.kind}, {latest.share} % of this, {latest.other_share} % of the other"
        yield f"  found in earlier versions; as both were read last: {is_now if latest.kind else 'nothing is shared'}"


def _first(key: str, one: "Relative") -> Iterator[str]:
    order = one.order
    if order is None:
        return
    who = "this" if order.first == key else "the other"
    said = f"{who} was public first, {order.standing}" if order.first else "who was public first is undecidable"
    yield f"  {click.style(said, fg='cyan')}"
    for reason in order.reasons:
        yield told(f"    {reason.basis}: {reason.item} {reason.text}", 500)


def _proof(seen: "Seen") -> Iterator[str]:
    yield told(f"  {short_time(seen.captured_at)} {seen.url}", 3_000)
    yield told(f"    {seen.capture} in {seen.warc} at {seen.offset}")
