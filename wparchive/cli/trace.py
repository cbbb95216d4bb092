"""`wparchive trace`."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wparchive.cli.options import common, json_option, print_error, print_json
from wparchive.cli.stopping import signals
from wparchive.cli.values import NUMBER, option_name
from wparchive.errors import ExitCode
from wparchive.events import quiet, told

if TYPE_CHECKING:
    from wparchive.ask.hot_links import HotLink
    from wparchive.config import Settings
    from wparchive.crawl.files.trace import Embedding, Trace
    from wparchive.store import Archive

__all__ = ["command"]


@click.command(epilog="Example: wparchive trace example.org/post/68908 -a archive")
@click.argument("item", metavar="ITEM")
@click.option("--offline", is_flag=True, help="Ask nobody: only what the addresses themselves and the archive show.")
@click.option("--allow-origin", multiple=True, metavar="ORIGIN", help="A private or other origin that may be asked.")
@click.option("--contact", metavar="ADDRESS", help="Goes into the User-Agent, so that a site's owner can reach you.")
@click.option("--delay", type=NUMBER, help="Least seconds between two requests to a host [default: 0].")
@click.option("--ignore-robots", is_flag=True, default=None, help="Don't ask robots.txt (recorded in the archive).")
@json_option
@common
def command(
    item: str,
    offline: bool,
    allow_origin: tuple[str, ...],
    contact: str | None,
    delay: float | None,
    ignore_robots: bool | None,
    folder: Path,
    silent: bool,
    as_json: bool,
) -> int:
    """Show where the pictures that ITEM embeds from other WordPress sites came from.

    ITEM is SITE/TYPE/ID, an article's address, or words of its headline.

    Asks the REST API of each such host for the attachment behind the picture and the article that it belongs to; what is
    asked and answered is kept in the archive.
    """
    from wparchive.ask.hot_links import hot_links
    from wparchive.config import Settings, merged
    from wparchive.crawl.files.trace import Embedding
    from wparchive.store import Archive

    changes = {"allow_origin": allow_origin or None, "contact": contact, "delay": delay, "ignore_robots": ignore_robots}
    settings = merged(Settings(), changes, "command line", option_name)
    archive = Archive(folder)
    key, home, links = hot_links(archive.database, item)
    asked = [Embedding(key.site, key.type, key.wp_id, link.url) for link in links if link.upload and not offline]
    results = {one.url: asdict(one) for one in _traced(archive, asked, home, settings, silent=silent)}
    if as_json:
        print_json([{**asdict(link), "trace": results.get(link.url)} for link in links])
        return ExitCode.COMPLETE
    if not links:
        click.echo(f"{told(item)}: takes no picture from another host")
    for link in links:
        _print_link(link)
        if link.url in results:
            _print_trace(results[link.url])
    return ExitCode.COMPLETE


def _traced(
    archive: "Archive", asked: Sequence["Embedding"], home: str, settings: "Settings", *, silent: bool
) -> Sequence["Trace"]:
    """Ask the hosts of the pictures in `asked`, and index what they answer."""
    from wparchive.cli.screen.progress import Progress
    from wparchive.crawl.files.trace import trace
    from wparchive.index import index

    if not asked:
        return ()
    with signals() as stop:
        found = trace(archive, asked, home, settings, stop=stop, emit=quiet if silent else Progress(sys.stderr))
    with archive.lock(asked[0].site):
        index(archive, [asked[0].site], notice=print_error)
    return found


def _print_link(link: "HotLink") -> None:
    uploaded = f"uploaded as {told(link.upload)}" if link.upload else "no WordPress upload"
    click.echo(f"{told(link.url)}\n  host {told(link.host)}, {uploaded}")
    for place in link.held:
        click.echo(f"  held here as {told(place)}")


def _print_trace(values: Mapping[str, object]) -> None:
    click.echo(f"  {values['outcome']}" + (f": {told(values['reason'])}" if values["reason"] else ""))
    lines = (
        ("attachment", values["media_link"], values["media_date"]),
        ("original", values["media_url"], ""),
        ("credit", values["credit"], ""),
        ("article", values["article_link"], values["article_date"]),
        ("", values["article_title"], ""),
        ("evidence", values["capture"], values["article_capture"]),
    )
    for name, text, more in lines:
        if text:
            click.echo(f"    {name:10}  {told(text)}" + (f"  {told(more)}" if more else ""))
