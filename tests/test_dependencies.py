"""What pyproject.toml declares is what is imported, both ways: for the core, for each extra, and for the tests."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOML = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS: dict[str, list[str]] = TOML["project"]["optional-dependencies"]
DISTRIBUTIONS = packages_distributions()
# Folders that are imported only where an extra is installed.
OF_EXTRAS = {"browse"}
OURS = {"wparchive", *(path.stem for path in (ROOT / "tests").rglob("*") if path.suffix in ("", ".py"))}
# Declared for what others do with it.
FOR_OTHERS = {"setuptools": "pywb imports its pkg_resources, which is gone from 81 on"}


def names(requirements: list[str]) -> set[str]:
    """The packages that are required, as they are called where they are published."""
    return {re.split(r"[^\w.-]", one, maxsplit=1)[0].lower() for one in requirements}


CORE = names(TOML["project"]["dependencies"])
DECLARED = CORE.union(*(names(group) for group in EXTRAS.values()))


def imports(source: str) -> Iterator[tuple[str, bool]]:
    """(top module, whether the file can be imported without it) of every import in `source`, inside functions too."""
    tree = ast.parse(source)
    must = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        found: list[str] = []
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found = [node.module or ""]
        elif isinstance(node, ast.Call) and "import_module" in (
            getattr(node.func, "attr", ""),
            getattr(node.func, "id", ""),
        ):
            found = [one.value for one in node.args if isinstance(one, ast.Constant)]
        for name in found:
            yield name.partition(".")[0], id(node) not in must


@cache
def foreign(folder: str) -> dict[str, bool]:
    """The published packages that the code in `folder` imports, and whether all of it can be imported without them."""
    found: dict[str, bool] = {}
    for path in (ROOT / folder).rglob("*.py"):
        of_extra = path.relative_to(ROOT).parts[1] in OF_EXTRAS
        for name, late in imports(path.read_text("utf-8")):
            optional = late or of_extra
            if name not in sys.stdlib_module_names and name not in OURS:
                # Of two packages with modules of one name (pywb brings brotlipy), it is the declared one.
                packages = sorted(
                    {one.lower() for one in DISTRIBUTIONS.get(name, [name])}, key=lambda one: one not in DECLARED
                )
                package = packages[0]
                found[package] = optional and found.get(package, True)
    return found


@pytest.fixture
def imported() -> dict[str, bool]:
    return foreign("wparchive")


def test_the_core_is_what_cannot_be_done_without(imported: dict[str, bool]) -> None:
    """Nothing else is imported at the top of a module, and nothing is installed for nobody."""
    assert {name for name, optional in imported.items() if not optional} <= CORE
    assert imported.keys() >= CORE


def test_what_is_imported_only_where_it_is_there_is_an_extra(imported: dict[str, bool]) -> None:
    extras = set().union(*(names(group) for extra, group in EXTRAS.items() if extra != "test"))
    assert imported.keys() <= CORE | extras


@pytest.mark.parametrize("extra", sorted(EXTRAS.keys() - {"test"}))
def test_each_extra_is_imported_or_is_a_program_of_the_readme(extra: str, imported: dict[str, bool]) -> None:
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.M | re.S))
    programs = {line.split()[0] for line in blocks.splitlines() if line.strip()}
    assert names(EXTRAS[extra]) <= imported.keys() | programs


def test_the_tests_import_only_what_is_declared() -> None:
    assert foreign("tests").keys() <= CORE | names(EXTRAS["test"])


def test_what_is_declared_for_the_tests_is_used() -> None:
    """Imported, or started or named by a test, or a tool that pyproject.toml sets up, or types of what the core has."""
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    named = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    used = foreign("tests").keys() | foreign("wparchive").keys() | named | TOML["tool"].keys() | FOR_OTHERS.keys()
    assert names(EXTRAS["test"]) <= used | {f"types-{name}" for name in CORE}
    assert FOR_OTHERS.keys() <= names(EXTRAS["test"])


def test_the_walk_sees_every_spelling() -> None:
    source = """
import one.inner as other, two
from three.inner import thing
from . import sibling
try:
    from four import thing
except ImportError:
    thing = None
def late():
    import five
    importlib.import_module("six")
"""
    must = {"one": False, "two": False, "three": False}
    assert dict(imports(source)) == must | dict.fromkeys(("four", "five", "six"), True)
