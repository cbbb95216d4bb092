"""The manual page `wparchive(1)`, made from the help of the commands. Source: groff_man(7)."""

import re
from collections.abc import Iterator, Sequence

import click

from wparchive.version import __version__

__all__ = ["leaves", "manual"]

_EXIT = (
    ("0", "everything that the site shows is held, every link accounted for"),
    ("1", "a fault of wparchive"),
    ("2", "wrong arguments or configuration; nothing was started"),
    ("3", "there are named gaps, or the run was cut short by its own limits; run it again to resume"),
    ("4", "verify or an audit found something"),
    ("5", "another run holds this site"),
    ("6", "rate-limited or blocked for longer than the settings allow; what was fetched is kept"),
    ("7", "nothing here speaks WordPress REST"),
    ("8", "disk full or not writable; everything committed is safe"),
    ("130", "stopped by SIGINT or SIGTERM; run it again to resume"),
)
_ENVIRONMENT = (
    ("WPARCHIVE_ARCHIVE", "the folder of the archive, instead of ./archive"),
    ("WPARCHIVE_FLEET", "the configuration of the fleet, instead of ./fleet.toml"),
)
_OF_FLEETS = "The commands of wparchive fleet take --config in place of --archive; wparchive fleet gather takes both."
_FILES = (
    ("archive.db", "what people browse; rebuilt from the WARC files at will"),
    ("SITE/warc/*.warc.gz", "the finished WARC files, never changed again"),
    ("SITE/warc/import/", "captures that other tools made, as they were imported"),
    ("SITE/warc/private/", "captures made with credentials"),
    ("SITE/frontier.db", "the capture log; rebuilt from the WARC files if lost"),
    ("SITE/runs/RUN.jsonl", "the log of a run"),
    ("forgotten/DATE/SITE/", "WARC files that wparchive forget has kept"),
)


def manual(group: click.Group) -> str:
    """Return the manual page of `group` and all of its commands as roff."""
    return "\n".join(_lines(group)) + "\n"


def leaves(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command of `group` and of the groups in it, with the words that call it: `fleet add`."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, f"{above}{name} ")
        elif command is not None:
            yield f"{above}{name}", command


def _lines(group: click.Group) -> Iterator[str]:
    root = click.Context(group, info_name="wparchive")
    name, _, about = (group.help or "").partition(":")
    yield f'.TH WPARCHIVE 1 "" "wparchive {__version__}" "User Commands"'
    yield from (".SH NAME", f"wparchive \\- {_plain(name)}", ".SH SYNOPSIS")
    yield from (".B wparchive", ".I COMMAND", "[\\fIOPTION\\fR]...")
    yield from (".SH DESCRIPTION", _plain(f"{name}:{about.partition(chr(8))[0]}"), ".SH COMMANDS")
    commands = list(leaves(group))
    shared = _shared([command for name, command in commands if " " not in name])
    for name, command in commands:
        yield from _command(root, name, command, shared)
    yield from (".SH OPTIONS OF EVERY COMMAND", _plain(_OF_FLEETS), *shared.values())
    yield from _table("EXIT STATUS", _EXIT)
    yield from _table("ENVIRONMENT", _ENVIRONMENT)
    yield from _table("FILES", _FILES)


def _shared(commands: Sequence[click.Command]) -> dict[str, str]:
    """Return the options that every command has, by their first name, as roff."""
    context = click.Context(click.Command(""))
    every = [{one.opts[0]: one for one in command.get_params(context)} for command in commands]
    return {name: _option(one, context) for name, one in every[0].items() if all(name in other for other in every)}


def _command(root: click.Context, name: str, command: click.Command, shared: dict[str, str]) -> Iterator[str]:
    context = click.Context(command, parent=root, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    yield from (f".SS {_quoted(f'wparchive {name} {usage}')}",)
    for number, paragraph in enumerate((command.help or "").split("\n\n")):
        yield from ([".PP"] if number else [])
        yield _plain(paragraph)
    for one in command.get_params(context):
        if isinstance(one, click.Option) and one.opts[0] not in shared:
            yield _option(one, context)
    if command.epilog:
        yield from (
            ".PP",
            _plain(command.epilog.partition(":")[0]) + ":",
            ".IP",
            f".B {_plain(_example(command.epilog))}",
        )


def _example(epilog: str) -> str:
    return epilog.partition(":")[2].strip()


def _option(option: click.Parameter, context: click.Context) -> str:
    """Return an option, its value and what it does as a tagged paragraph."""
    spelled, says = option.get_help_record(context) or ("", "")
    return f".TP\n.B {_plain(spelled)}\n{_plain(says)}"


def _table(heading: str, rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield f".SH {heading}"
    for term, says in rows:
        yield f".TP\n.B {_plain(term)}\n{_plain(says)}"


def _quoted(text: str) -> str:
    return f'"{_plain(text)}"'


def _plain(text: str) -> str:
    """Return `text` on one line that roff sets as it is: no request, no escape."""
    text = re.sub(r"\s+", " ", text).strip().replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    text = text.replace("'", "\\(aq").replace("`", "\\(ga")
    return text.encode("ascii", "replace").decode() if text.isascii() else "".join(map(_letter, text))


def _letter(character: str) -> str:
    return character if character.isascii() else f"\\[u{ord(character):04X}]"
