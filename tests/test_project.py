"""The project as a newcomer meets it: its files, its README, its help, its public names."""

import ast
import importlib
import inspect
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType

import click
import pytest

import wparchive
from wparchive.cli import cli
from wparchive.cli.housekeeping.manual import leaves

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "wparchive"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MODULES = sorted(
    "wparchive" + "".join(f".{part}" for part in path.relative_to(PACKAGE).with_suffix("").parts if part != "__init__")
    for path in PACKAGE.rglob("*.py")
    if path.name != "__main__.py"
)
COMMANDS = dict(leaves(cli))
TOP_LEVEL = {
    *("wparchive", "tests", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "config.example.toml", "uv.lock")
}


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def readme_commands() -> list[str]:
    """The lines of the README's shell blocks, continuations joined, in order."""
    blocks = re.findall(r"^```(?:sh|bash|console)\n(.*?)^```", read("README.md"), re.MULTILINE | re.DOTALL)
    text = "".join(blocks).replace("\\\n", " ")
    return [line.removeprefix("$ ").strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def help_of(name: str) -> str:
    command = COMMANDS[name]
    with click.Context(command, info_name=f"wparchive {name}") as context:
        return command.get_help(context)


def test_the_top_level_holds_only_what_is_allowed() -> None:
    """A newcomer finds the package, the tests and the papers, nothing else; tools keep to dot files."""
    ignored = [line.strip("/") for line in read(".gitignore").splitlines()]
    names = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert {name for name in names if not any(fnmatch(name, one) for one in ignored)} <= TOP_LEVEL


def test_every_dependency_has_a_lower_bound() -> None:
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    assert [one for group in groups for one in group if not re.search(r">=|setuptools<", one)] == []


def test_the_metadata_names_what_exists() -> None:
    """Licence, README, type marker, console script and version are there."""
    assert PROJECT["requires-python"] == ">=3.11"
    assert PROJECT["scripts"]["wparchive"] == "wparchive.cli:main"
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in read("LICENSE")
    assert "Version 2.0, January 2004" in read("LICENSE")
    assert (ROOT / PROJECT["readme"]).is_file()
    assert (PACKAGE / "py.typed").is_file()
    assert re.fullmatch(r"\d+\.\d+\.\d+", wparchive.__version__)


def test_the_changelog_speaks_of_this_version() -> None:
    assert re.search(rf"^## .*({re.escape(wparchive.__version__)}|Unreleased)", read("CHANGELOG.md"), re.MULTILINE)


def test_the_readmes_first_command_archives_the_demo() -> None:
    assert "wparchive demo" in readme_commands()[0]


def test_the_readmes_second_command_runs_all_tests() -> None:
    """The same line that `.ci/run` picks out of the README and runs."""
    second = readme_commands()[1]
    assert ".[test]" in second
    assert second.endswith(".venv/bin/pytest")
    assert read("README.md").count(second) == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    """`wparchive NAME --help` begins with what it does, and shows a line to paste."""
    text = help_of(name)
    usage, _, rest = text.partition("\n\n")
    assert usage.startswith(f"Usage: wparchive {name}")
    assert re.search(rf"(^\s+|Example: )wparchive {name}\b", rest, re.MULTILINE), text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    command = COMMANDS[name]
    silent = [one.name for one in command.params if isinstance(one, click.Option) and not (one.help or one.hidden)]
    assert silent == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert re.search(rf"\bwparchive {name}\b", read("README.md"))


@pytest.fixture(params=MODULES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(request.param)


def test_public_names_are_listed_sorted_and_there(module: ModuleType) -> None:
    """`__all__` is in order (constants, classes, functions) and holds only names that exist."""
    names = list(getattr(module, "__all__", []))
    assert names == sorted(names, key=lambda name: (0 if name.isupper() else 1 if name[0].isupper() else 2, name))
    assert [name for name in names if not hasattr(module, name)] == []


def test_public_names_have_a_docstring(module: ModuleType) -> None:
    """A module, and every class and function that it makes public, says in a sentence what it is for."""
    assert module.__doc__
    public = [getattr(module, name) for name in getattr(module, "__all__", [])]
    made = [one for one in public if getattr(one, "__module__", "") == module.__name__ and hasattr(one, "__name__")]
    assert [one.__name__ for one in made if not inspect.getdoc(one)] == []


def test_possessive_groups_end_with_what_never_matches() -> None:
    """Before 3.11.5 Python goes on behind what the last, failed round of such a group had taken; `(?!)` puts it back.

    Without it a database that was made with one Python isn't what another one reads in the same WARCs.
    """
    group = re.compile(r"(?<!\()\)(?:[*+?]|\{[\d,]+\})\+")
    found = 0
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            value = node.value if isinstance(node, ast.Constant) else None
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            for match in group.finditer(text) if isinstance(text, str) else ():
                assert text[: match.start()].endswith("|(?!)"), f"{path.name}: {text[: match.end()]}"
                found += 1
    assert found
