"""`wparchive completion`."""

from pathlib import Path

import click

from wparchive.cli.options import COMPLETION, common
from wparchive.cli.values import Choice
from wparchive.errors import ExitCode, UsageError

__all__ = ["command"]


@click.command(epilog="Example: wparchive completion bash")
@click.argument("shell", metavar="bash|zsh|fish", type=Choice(["bash", "zsh", "fish"]))
@common
def command(shell: str, folder: Path, silent: bool) -> int:
    """Print what makes a shell complete commands, options and names of sites; the end of ~/.bashrc or ~/.zshrc is its place.

    For fish, write it into ~/.config/fish/completions/wparchive.fish.
    """
    from click.shell_completion import get_completion_class

    del folder, silent  # the output is the result itself
    made = get_completion_class(shell)
    if made is None:
        raise UsageError(f"{shell}: no completion is made for this shell")
    root = click.get_current_context().find_root().command
    click.echo(made(root, {}, "wparchive", COMPLETION).source())
    return ExitCode.COMPLETE
