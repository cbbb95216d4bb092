"""The values of options: read strictly, so that an error is reported in one line before anything starts."""

import os
import re
import stat
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from wparchive.setting_values import meant

__all__ = [
    "NUMBER",
    "WHOLE",
    "Choice",
    "ConfigFile",
    "Folder",
    "NewFile",
    "OutputFile",
    "SiteName",
    "Whole",
    "option_name",
]

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


def option_name(setting: str) -> str:
    """How the setting is called on the command line."""
    return f"--{setting.replace('_', '-')}"


class Whole(click.IntRange):
    """A whole number in plain digits: not in those of other scripts nor with underscores, as Python takes them."""

    name = "n"

    def _describe_range(self) -> str:
        return "" if self.min is self.max is None else super()._describe_range()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and not _WHOLE.fullmatch(value.strip()):
            self.fail(f"{value!r} is not a whole number; write it in the digits 0 to 9.", param, ctx)
        return super().convert(value, param, ctx)


class _Number(click.types.FloatParamType):
    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
            self.fail(f"{value!r} is not a number; write it in the digits 0 to 9, as in 0.5.", param, ctx)
        return super().convert(value, param, ctx)


class Choice(click.Choice[str]):
    """One of some words; the nearest is named."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        nearest = meant(str(value), self.choices)
        return f"{super().get_invalid_choice_message(value, ctx).rstrip('.')}{nearest or '.'}"


class Folder(click.Path):
    """The folder of an archive, there already or not."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, file_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from wparchive.config import folder_fault  # not loaded for `--help`

        if fault := folder_fault(os.fspath(value)):
            self.fail(f"{os.fspath(value)!r} {fault}." if value else f"it {fault}.", param, ctx)
        return super().convert(value, param, ctx)


class ConfigFile(click.Path):
    """A file to read; whether it is readable shows when it is opened."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not os.fspath(value).strip():
            self.fail("it is empty; name a configuration file.", param, ctx)
        return super().convert(value, param, ctx)


class OutputFile(click.Path):
    """A file to be written: an ordinary one or none yet, in a folder that is there. Devices and pipes aren't replaced."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(value)
        if not os.fspath(value).strip():
            self.fail("it is empty; name a file.", param, ctx)
        try:
            if not path.parent.is_dir():
                self.fail(f"{path}: no folder {path.parent}; make it, or name a file elsewhere.", param, ctx)
            if not stat.S_ISREG(path.stat().st_mode):
                self.fail(f"{path}: not an ordinary file; name one, or a new one.", param, ctx)
        except FileNotFoundError:
            if path.is_symlink():
                self.fail(f"{path}: a link that leads nowhere; name another file.", param, ctx)
        except OSError as error:
            self.fail(f"{path}: {error.strerror}; name another file.", param, ctx)
        return super().convert(value, param, ctx)


class NewFile(OutputFile):
    """A file to be made; one that is there already is left alone."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = super().convert(value, param, ctx)
        if os.path.lexists(path):
            self.fail(f"{path}: is there already; name a new file.", param, ctx)
        return path


class SiteName(click.ParamType[str]):
    """The name of a site in the archive, which a shell can complete."""

    name = "site"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from wparchive.store import Archive  # not loaded for `--help`

        del param
        names = (site.name for site in Archive(ctx.params.get("folder") or "archive").sites())
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


WHOLE = Whole()
NUMBER = _Number()
