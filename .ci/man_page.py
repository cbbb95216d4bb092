"""Puts the manual page into the wheel: `pip install` writes it to share/man/man1. Made from the help when a wheel is built."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManPage(BuildHookInterface[Any]):
    """Hatchling's hook, named in pyproject.toml."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the page where only this build sees it, and name it as a file of the wheel."""
        sys.path.insert(0, self.root)
        from wparchive.cli import cli
        from wparchive.cli.housekeeping.manual import manual

        self._made = tempfile.TemporaryDirectory()
        page = Path(self._made.name, "wparchive.1")
        page.write_text(manual(cli), "ascii")
        build_data["shared_data"][str(page)] = "share/man/man1/wparchive.1"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove it again."""
        self._made.cleanup()
