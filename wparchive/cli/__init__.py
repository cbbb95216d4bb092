"""The command line: parses, calls one library function, prints. Nothing else prints or exits."""

import errno
import gc
import os
import sys
import traceback
from pathlib import Path

import click

from wparchive.cli.lazy import LazyGroup
from wparchive.cli.options import COMPLETION, debugging, print_error
from wparchive.errors import ExitCode, WparchiveError, scarcity
from wparchive.events import told
from wparchive.version import __version__

__all__ = ["cli", "main"]

# `wparchive status | head`: 128 + SIGPIPE, as a shell reports a program whose reader has closed the pipe
READER_GONE = 141
# Command → module that defines it; imported on demand, so that `--help` stays fast.
COMMANDS = {
    "crawl": "wparchive.cli.crawl",
    "index": "wparchive.cli.index",
    "import": "wparchive.cli.importing",
    "status": "wparchive.cli.asking.status",
    "show": "wparchive.cli.asking.show",
    "history": "wparchive.cli.asking.history",
    "find": "wparchive.cli.asking.find",
    "kin": "wparchive.cli.asking.kin",
    "changes": "wparchive.cli.asking.changes",
    "verify": "wparchive.cli.evidence.verify",
    "trace": "wparchive.cli.trace",
    "find-image": "wparchive.cli.asking.find_image",
    "seal": "wparchive.cli.evidence.seal",
    "export": "wparchive.cli.evidence.export",
    "publish": "wparchive.cli.evidence.publish",
    "serve": "wparchive.cli.serve",
    "demo": "wparchive.cli.demo",
    "fleet": "wparchive.cli.fleet",
    "init": "wparchive.cli.housekeeping.init",
    "check-config": "wparchive.cli.housekeeping.check_config",
    "rename": "wparchive.cli.housekeeping.rename",
    "remove": "wparchive.cli.housekeeping.remove",
    "forget": "wparchive.cli.housekeeping.forget",
    "completion": "wparchive.cli.housekeeping.completion",
    "man": "wparchive.cli.housekeeping.man",
}


@click.group(cls=LazyGroup, modules=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wparchive")
def cli() -> None:
    """Archive WordPress sites over their REST API: raw responses as WARC, a SQLite index, and proof of what is held.

    \b
    wparchive demo                          try it on a site that ships inside, without a network
    wparchive crawl https://example.org/    archive a site; run again to bring it up to date
    wparchive status                        what is held, and every gap
    """


def main() -> None:
    """Run the command line and exit with the documented exit codes."""
    # Pages of parsed JSON trigger the cycle collector constantly but contain no cycles; at this rate it costs nothing.
    gc.set_threshold(50_000, 50, 100)
    _fill_standard_streams()
    if asked := os.environ.get(COMPLETION):
        sys.exit(_complete(asked))
    code = _run(sys.argv[1:])
    # otherwise the interpreter examines every object once more before it ends, for nearly a tenth of a second
    gc.freeze()
    sys.exit(code)


def _complete(instruction: str) -> int:
    """Answer the shell that asks what may follow on the command line; an error here is not printed."""
    from click.shell_completion import shell_complete

    try:
        return shell_complete(cli, {}, "wparchive", COMPLETION, instruction)
    except Exception:  # noqa: BLE001 - a traceback would be printed into the line that is being typed
        return ExitCode.ERROR


def _fill_standard_streams() -> None:
    """Open the standard streams that the parent process has closed, so that no file of the archive gets descriptor 0 to 2."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open as long as the process


def _run(arguments: list[str]) -> int:
    try:
        # Not `cli.main`, which reports a closed pipe as an error.
        with cli.make_context("wparchive", arguments, color=_colour()) as context:
            return int(cli.invoke(context) or 0)
    except click.exceptions.Exit as error:  # --help, --version
        return error.exit_code
    except click.ClickException as error:
        return _misused(error)
    except (click.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        for number in (1, 2):  # otherwise flushing the remaining output raises again
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
        return READER_GONE
    except WparchiveError as error:
        return _failed(error)
    except Exception as error:  # noqa: BLE001 - the last resort: a bug of ours gets one line, and its own exit code
        return _unforeseen(error)


def _misused(error: click.ClickException) -> int:
    """Report that the command line is wrong, or show the help of a group without a command; return the exit code."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
    elif isinstance(error, click.UsageError):
        where = error.ctx.command_path if error.ctx else "wparchive"
        print_error(f"{error.format_message()} (see {where} --help)")
    else:
        print_error(error.format_message())
    return ExitCode.USAGE


def _failed(error: WparchiveError) -> int:
    """Report in one line why the command failed, with the choices that it offers; return the exit code."""
    if debugging():
        traceback.print_exc()
    print_error(str(error))
    for choice in getattr(error, "choices", ()):
        click.echo(f"  {told(choice)}", err=True)
    return error.exit_code


def _colour() -> bool | None:
    """Return False where no colour is wanted; None leaves it to whether the output is a terminal. See no-color.org."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def _unforeseen(error: Exception) -> int:
    """Report in one line a lack of resources, or a bug; return the exit code."""
    if debugging():
        traceback.print_exc()
    if trouble := scarcity(error):
        printing = isinstance(error, OSError) and error.filename is None and error.errno != errno.EMFILE
        print_error(f"{'what was to be printed: ' if printing else ''}{trouble}")
        return ExitCode.STORAGE
    print_error(f"a fault in wparchive: {type(error).__name__}: {error} (run with --debug for the traceback)")
    return ExitCode.ERROR
