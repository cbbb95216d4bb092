"""`wparchive trace`."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from wparchive.cli.options import common, json_option, print_error, print_json
from wparchive.cli.stopping import signals
from wparchive.cli.values import NUMBER, option_name
from wparchive.errors import ExitCode
from wparchive.events import quiet, told

__all__ = ["command"]


@click.command(epilog="Example: wparchive trace example.org/post/68908 -a archive")
@click.argument("item", metavar="ITEM")
@click.option("--offline", is_flag=True, help="Ask nobody: only what the addresses themselves and the archive tell.")
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
    """Where the pictures came from that ITEM (SITE/TYPE/ID) takes from other WordPress sites.

    Asks the REST API of each such host for the attachment behind the picture and the article that it belongs to; what is
    asked and answered is kept in the archive.
    """
    from wparchive.ask.hot_links import hot_links
    from wparchive.cli.display import Progress
    from wparchive.config import Settings, merged
    from wparchive.crawl.files.trace import Embedding, Trace, trace
    from wparchive.index import index
    from wparchive.store import Archive

    changes = {"allow_origin": allow_origin or None, "contact": contact, "delay": delay, "ignore_robots": ignore_robots}
    settings = merged(Settings(), changes, "command line", option_name)
    archive = Archive(folder)
    key, home, links = hot_links(archive.database, item)
    found: list[Trace] = []
    asked = [Embedding(key.site, key.type, key.wp_id, link.url) for link in links if link.upload]
    if asked and not offline:
        emit = quiet if silent else Progress(sys.stderr)
        with signals() as stop:
            found = trace(archive, asked, home, settings, stop=stop, emit=emit)
        with archive.lock(key.site):
            index(archive, [key.site], notice=print_error)
    results = {one.url: one for one in found}
    if as_json:
        print_json(
            [{**asdict(link), "trace": asdict(results[link.url]) if link.url in results else None} for link in links]
        )
        return ExitCode.COMPLETE
    if not links:
        click.echo(f"{told(item)}: takes no picture from another host")
    for link in links:
        click.echo(told(link.url))
        click.echo(
            f"  host {told(link.host)}"
            + (f", uploaded as {told(link.upload)}" if link.upload else ", no WordPress upload")
        )
        for place in link.held:
            click.echo(f"  held here as {told(place)}")
        if link.url in results:
            _print(results[link.url])
    return ExitCode.COMPLETE


def _print(result: object) -> None:
    values = asdict(result)  # type: ignore[call-overload]  # a Trace, imported only when needed
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
