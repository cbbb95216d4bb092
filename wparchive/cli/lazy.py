"""Groups of commands whose modules are imported only when they are used, so that `--help` stays fast."""

import importlib
from collections.abc import Mapping
from typing import Any

import click

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """A group of the `modules`: command → the module with its `command`, or MODULE:NAME where several stand in one."""

    def __init__(self, *given: Any, modules: Mapping[str, str], **more: Any) -> None:
        super().__init__(*given, **more)
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in self.modules:
            return None
        module, _, name = self.modules[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name or "command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from wparchive.setting_values import meant  # not loaded for `--help`

        if args and args[0] not in self.modules and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}{meant(args[0], self.modules) or '.'}")
        return super().resolve_command(ctx, args)
