"""`wparchive fleet`: many sites on many machines."""

import click

from wparchive.cli.lazy import LazyGroup

__all__ = ["command"]

_HERE = "wparchive.cli.fleet"
_COMMANDS = {
    "init": f"{_HERE}.init",
    "add": f"{_HERE}.add",
    "worker": f"{_HERE}.worker",
    "status": f"{_HERE}.status",
    "pause": f"{_HERE}.changing:pause",
    "resume": f"{_HERE}.changing:resume",
    "drop": f"{_HERE}.changing:drop",
    "now": f"{_HERE}.changing:now",
    "check": f"{_HERE}.check",
    "gather": f"{_HERE}.gather",
    "catalogue": f"{_HERE}.catalogue",
    "parquet": f"{_HERE}.parquet",
}


@click.group(cls=LazyGroup, modules=_COMMANDS)
def command() -> None:
    """Archive many sites from many machines: PostgreSQL knows what is due, an object store holds what was captured.

    \b
    wparchive fleet init                        make the tables, and check the store
    wparchive fleet add sites.txt --every 1d    sites, an address a line
    wparchive fleet worker                      one or many, on any machine
    wparchive fleet status                      what is due, late, or needs a person
    """
