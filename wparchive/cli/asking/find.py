"""`wparchive find`."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wparchive.cli.options import common, json_option, print_json, require_known, short_time, span
from wparchive.cli.values import Whole
from wparchive.errors import ExitCode
from wparchive.events import told

if TYPE_CHECKING:
    from wparchive.ask.finding.full_text import Hit, Results

__all__ = ["command"]


class _Words(click.Command):
    """A command whose words may begin with a minus: `-word` excludes it and is no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put such words behind `--`, where click takes them for what they are."""
        valued = {name for option in self.get_params(ctx) if _takes_value(option) for name in option.opts}
        options: list[str] = []
        words: list[str] = []
        for number, arg in enumerate(args):
            if arg == "--":
                words += args[number + 1 :]
                break
            is_word = len(arg) > 2 and arg[0] == "-" != arg[1] and (args[number - 1 : number] or [""])[0] not in valued
            (words if is_word else options).append(arg)
        return super().parse_args(ctx, [*options, "--", *words])


def _takes_value(option: click.Parameter) -> bool:
    return isinstance(option, click.Option) and not option.is_flag


@click.command(cls=_Words, epilog="Example: wparchive find harbour dredger --old -a archive")
@click.argument("words", nargs=-1, required=True)
@click.option("--old", is_flag=True, help="Also in former versions, and in what is gone.")
@click.option("--site", "sites", multiple=True, metavar="SITE", help="Only on this site; may be repeated.")
@click.option(
    "--type", "types", multiple=True, metavar="TYPE", help="Only this type, as post or attachment; may be repeated."
)
@click.option("--private", is_flag=True, help="Also what only credentials showed.")
@click.option("--limit", type=Whole(1, 10_000), default=20, show_default=True, help="At most so many items.")
@json_option
@common
def command(
    words: tuple[str, ...],
    old: bool,
    sites: tuple[str, ...],
    types: tuple[str, ...],
    private: bool,
    limit: int,
    folder: Path,
    silent: bool,
    as_json: bool,
) -> int:
    """Find items with these WORDS in headline or text: posts, pages, files and comments of all sites, the best first.

    "two words" is a phrase, -word excludes, title:word looks in headlines only, begin* finds how words begin; parts of words
    are found where too few whole ones are.
    """
    from wparchive.ask.changes import site_names
    from wparchive.ask.finding.full_text import Search, find, searched_types
    from wparchive.ask.finding.typed import terms_of
    from wparchive.store import Archive

    del silent  # the output is the result itself
    database = Archive(folder).database
    terms = terms_of(" ".join(words))
    require_known(sites, site_names(database), "not in this archive", "--site")
    require_known(types, searched_types(database), "no such type is searched", "--type")
    search = Search(terms=terms, old=old, private=private, sites=sites, types=types, limit=limit)
    found = find(database, search)
    if as_json:
        print_json([_as_dict(hit) for hit in found.hits])
    else:
        for line in _lines(found):
            click.echo(line)
    return ExitCode.COMPLETE


def _as_dict(hit: "Hit") -> dict[str, object]:
    values = asdict(hit)
    values["passage"] = "".join(one.text for one in hit.passages)
    values["found"] = list(dict.fromkeys(one.text.strip() for one in hit.passages if one.found))
    del values["passages"]
    return values


def _lines(results: "Results") -> Iterator[str]:
    for hit in results.hits:
        yield f"{click.style(told(hit.item), bold=True)}  {told((hit.date or '')[:10])}  {told(hit.title, 300)}".rstrip()
        if note := _note(hit):
            yield f"  {click.style(note, fg='yellow')}"
        passage = "".join(
            click.style(told(one.text), fg="green") if one.found else told(one.text) for one in hit.passages
        )
        if passage.strip():
            yield f"  {passage.strip()}"
    left = results.total - len(results.hits)
    if not results.hits:
        yield "nothing is found"
    if left > 0:
        yield f"and {left:,} more: --limit {results.total}"
    if results.elsewhere:
        yield f"and {results.elsewhere:,} in former versions or gone by now: --old"


def _note(hit: "Hit") -> str:
    notes = []
    if hit.held == "former":
        many = f", the newest of {hit.versions} that have it" if hit.versions > 1 else ""
        notes.append(f"a former version, seen {span(hit.first_seen, hit.last_seen)}{many}")
    if hit.gone:
        last = "" if notes else f", last seen {short_time(hit.last_seen)}"
        notes.append(f"{told(hit.gone)} by now{last}")
    if hit.part:
        notes.append("in parts of words")
    if hit.privilege != "anonymous":
        notes.append("only credentials showed it")
    return "; ".join(notes)
