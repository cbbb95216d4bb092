"""Help shows an example for every command; what is wrong with an invocation is said in one line."""

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from wparchive.cli import cli as group
from wparchive.cli.housekeeping.manual import leaves
from wparchive.errors import ExitCode

COMMANDS = dict(leaves(group))
Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example(name: str) -> None:
    """`--help` ends with one, and it is one that the command's own parser takes."""
    command = COMMANDS[name]
    assert command.epilog is not None and command.help
    text = command.get_help(click.Context(command, info_name=f"wparchive {name}"))
    assert "Example:" in text
    example = shlex.split(command.epilog.removeprefix("Example:"))
    words = ["wparchive", *name.split()]
    assert example[: len(words)] == words
    end = next((at for at, word in enumerate(example) if word in ("||", "&&", "|", ">")), len(example))
    command.make_context(name, example[len(words) : end], resilient_parsing=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    """No option without help, no command without the shared ones; those of a fleet have its configuration for an archive."""
    command = COMMANDS[name]
    options = {word: one for one in command.params if isinstance(one, click.Option) for word in one.opts}
    about = "--config" if name.startswith("fleet ") else "--archive"
    assert {about, "--silent", "--debug"} <= options.keys()
    assert all(one.help for one in options.values())


def test_a_group_lists_its_commands_and_names_the_nearest(cli: Cli) -> None:
    """`wparchive fleet` alone is a wrong input that shows them, as `wparchive` alone is."""
    assert "  gather " in cli("fleet", "--help").stdout
    assert "Usage:" in cli("fleet", code=ExitCode.USAGE).stderr
    assert "did you mean gather?" in cli("fleet", "gahter", code=ExitCode.USAGE).stderr


def test_help_and_version(cli: Cli) -> None:
    """The program as installed answers, with and without a command."""
    assert "crawl" in cli("--help").stdout
    assert "Example:" in cli("crawl", "--help").stdout
    assert cli("--version").stdout.startswith("wparchive, version ")
    assert "Usage:" in cli(code=ExitCode.USAGE).stderr


WRONG = [
    ("--nope",),
    ("frobnicate",),
    ("crawl",),
    ("crawl", "--nope"),
    ("crawl", "https://example.org/", "--config", "sites.toml"),
    ("crawl", "ftp://example.org/"),
    ("crawl", "https://"),
    ("crawl", "https://example.org/", "--media", "some"),
    ("crawl", "https://example.org/", "--delay", "soon"),
    ("crawl", "https://example.org/", "--delay", "-1"),
    ("crawl", "https://example.org/", "--delay", "inf"),
    ("crawl", "https://example.org/", "--max-time", "nan"),
    ("crawl", "https://example.org/", "--contact", "\u65e5\u672c"),
    ("crawl", "https://example.org/", "--site", "example"),
    ("crawl", "https://example.org/", "--max-requests", "0"),
    ("crawl", "https://example.org/", "--user", "editor"),
    ("crawl", "https://example.org/", "--password-env", "SECRET"),
    ("crawl", "https://example.org/", "--user", "editor", "--password-env", "NOT_SET_ANYWHERE"),
    ("crawl", "https://example.org/", "--user", "editor", "--password-file", "missing"),
    ("crawl", "--config", "missing.toml"),
    ("show",),
    ("show", "post/1"),
    ("status",),
    ("index",),
    ("verify",),
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_what_is_wrong_is_said_in_one_line(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, one line on stderr, nothing on stdout, nothing started: not even a folder is made."""
    from wparchive.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["wparchive", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capfd.readouterr()
    assert ended.value.code == ExitCode.USAGE, err
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith("wparchive: ")
    assert list(tmp_path.iterdir()) == []
