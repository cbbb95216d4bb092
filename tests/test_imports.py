"""The stages know only what lies to their left: the real imports are walked, those inside functions too."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import wparchive

PACKAGE = Path(wparchive.__file__).parent

# Part of the package: the parts that it may import besides itself. Modules at the top are parts of their own.
BASE = {
    "apart",
    "bell",
    "callable",
    "version",
    "naming",
    "setting_values",
    "errors",
    "model",
    "config",
    "events",
    "urls",
}
ALLOWED: Mapping[str, set[str]] = {
    **dict.fromkeys(BASE, BASE),
    "model": BASE | {"http1", "transit"},
    "http1": BASE,
    "transit": BASE | {"http1"},
    "wordpress": BASE | {"http1"},
    "kinship": BASE | {"wordpress"},
    "fetch": BASE | {"http1", "transit"},
    "store": BASE | {"http1", "transit"},
    "crawl": BASE | {"http1", "transit", "wordpress", "fetch", "store"},
    "index": BASE | {"http1", "wordpress", "kinship", "store"},
    "intake": BASE | {"http1", "wordpress", "store"},
    "ask": BASE | {"wordpress", "kinship", "store", "index"},
    "seal": BASE | {"http1", "store"},
    "audit": BASE | {"http1", "wordpress", "store", "index", "ask", "seal"},
    "browse": BASE | {"http1", "wordpress", "kinship", "store", "index", "ask", "audit", "seal"},
    "export": BASE | {"http1", "wordpress", "store", "index", "ask", "seal"},
    "demo": BASE,
    "fleet": BASE | {"wordpress", "fetch", "store", "crawl", "index", "ask", "seal"},
    "cli": BASE
    | {"wordpress", "fetch", "store", "crawl", "index", "ask", "audit", "browse", "seal", "export", "demo", "fleet"}
    | {"intake"},
    "__main__": {"cli"},
}


def module_name(package: Path, path: Path) -> str:
    """`store.warc.writer` for the file of that module; a package is called after its folder, the whole package ``""``."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(package: Path, path: Path, modules: set[str]) -> Iterator[str]:
    """The modules of the package at `package` that the file at `path` imports anywhere in it."""
    top = package.name
    here = path.parent.relative_to(package.parent).parts
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            dotted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = ".".join(
                [*here[: len(here) - node.level + 1], node.module or ""] if node.level else [node.module or ""]
            )
            dotted = [f"{origin.rstrip('.')}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in dotted:
            if name == top or name.startswith(f"{top}."):
                # `from package.module import thing`: the module is what is imported.
                inner = name[len(top) + 1 :]
                while inner not in modules:
                    inner = inner.rpartition(".")[0]
                yield inner


def graph(package: Path) -> dict[str, set[str]]:
    """Module → the modules of the same package that it imports."""
    paths = {module_name(package, path): path for path in package.rglob("*.py")}
    return {name: set(imports(package, path, set(paths))) - {name} for name, path in paths.items()}


def circle(edges: Mapping[str, set[str]]) -> list[str]:
    """The modules of one circle, in order, or none."""
    done: set[str] = set()

    def walk(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done:
            return []
        for other in sorted(edges.get(name, ())):
            if found := walk(other, [*trail, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(edges) if (found := walk(name, []))), [])


def upward(edges: Mapping[str, set[str]]) -> list[str]:
    """Each import that the table does not allow; the package's own `__init__` (version, re-exports) is open to all."""
    return [
        f"{name} imports {other}"
        for name, others in sorted(edges.items())
        for other in sorted(others - {""})
        if name and other.partition(".")[0] not in {name.partition(".")[0], *ALLOWED.get(name.partition(".")[0], ())}
    ]


def test_every_part_has_its_place_in_the_table() -> None:
    """A new folder or module at the top of the package needs a row that says what it may import."""
    parts = {name.partition(".")[0] for name in graph(PACKAGE)} - {""}
    assert parts <= ALLOWED.keys()


def test_no_import_goes_up() -> None:
    assert upward(graph(PACKAGE)) == []


def test_no_imports_go_in_a_circle() -> None:
    assert circle(graph(PACKAGE)) == []


def test_crawl_and_index_never_meet() -> None:
    """The WARC is their only contract: neither reaches the other, not even through a third."""
    edges = graph(PACKAGE)
    for one, other in (("crawl", "index"), ("index", "crawl")):
        reached: set[str] = set()
        ahead = {name for name in edges if name.partition(".")[0] == one}
        while ahead:
            reached |= ahead
            ahead = set().union(*(edges[name] for name in ahead)) - reached
        assert not [name for name in reached if name.partition(".")[0] == other]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A small package with an import of every spelling."""
    files = {
        "__init__.py": "from made.errors import Wrong",
        "errors.py": "import os",
        "store/__init__.py": "from made.store.warc import write",
        "store/warc.py": "import made.errors\nfrom . import reader",
        "store/reader.py": "from ..errors import Wrong\n\ndef late():\n    from made import crawl",
        "crawl/__init__.py": "from made import store",
    }
    for name, text in files.items():
        path = tmp_path / "made" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "made"


def test_the_walk_sees_every_spelling_of_an_import(package: Path) -> None:
    assert graph(package) == {
        "": {"errors"},
        "errors": set(),
        "store": {"store.warc"},
        "store.warc": {"errors", "store.reader"},
        "store.reader": {"errors", "crawl"},
        "crawl": {"store"},
    }


def test_the_walk_finds_an_upward_import_and_a_circle(package: Path) -> None:
    assert upward(graph(package)) == ["store.reader imports crawl"]
    assert circle(graph(package)) == ["crawl", "store", "store.warc", "store.reader", "crawl"]


# Modules that open a database: the owner of each of the two files, copies and notes of an audit, models in memory.
OPENERS = {
    "store.sqlite", "store.log.database", "store.log.soundness", "store.warc.referred_answers", "index.database.writing",
    "index.database.creation", "export.publish", "intake.shelf", "audit.notes", "audit.rebuilt_rows",
}  # fmt: skip


def test_a_database_is_opened_by_its_owner_alone() -> None:
    """Crawls and commands never open one themselves, and there is one way to open one that is only read."""
    sources = {module_name(PACKAGE, path): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
    assert {name for name, source in sources.items() if "sqlite3.connect(" in source} == OPENERS
    assert {name for name, source in sources.items() if "mode=ro" in source or "immutable=1" in source} == {
        "store.sqlite"
    }
    assert not [name for name, source in sources.items() if name.startswith(("crawl", "cli")) and "sqlite3" in source]
