"""The public face: what `from wparchive import …` gives, its examples, and the README's lines of Python."""

import doctest
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import frugal
import pytest

import wparchive
from wparchive import Archive, Settings, crawl, history, index, verify
from wparchive.demo.server import ReplayedSite

README = Path(__file__).parents[1] / "README.md"
FUNCTIONS = {"crawl": wparchive.crawl.crawl, "index": wparchive.index.index, "history": history, "verify": verify}
FACE = {"Archive": Archive, "Settings": Settings, **FUNCTIONS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose `archive` holds the demo's site, crawled and indexed through the face itself."""
    folder = tmp_path_factory.mktemp("face")
    with ReplayedSite("pretty") as site, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        archive = Archive("archive")
        report = crawl(archive, site.url, Settings(**frugal.SETTINGS))
        assert (report.outcome, report.gaps) == ("complete", 0)
        index(archive)
        (folder / "site").write_text(site.url)
        yield folder


def in_the_demo(text: str, folder: Path) -> str:
    """`text` with the demo's site in place of the one that documentation names."""
    url = (folder / "site").read_text()
    name = Archive(folder / "archive").sites()[0].name
    return text.replace("https://example.org/", url).replace("'example.org'", f"'{name}'")


@pytest.mark.parametrize("name", FACE)
def test_each_docstring_has_an_example_that_is_true(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    text = in_the_demo(inspect.getdoc(FACE[name]) or "", folder)
    test = doctest.DocTestParser().get_doctest(text, dict(FACE), name, None, None)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


def test_the_readmes_lines_of_python_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    found = re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    exec(in_the_demo(found[0], folder).replace("example.org/post/68908", "post/7"), {})
    first, *versions = capsys.readouterr().out.splitlines()
    assert first == "complete 0"
    assert len(versions) == 1
    assert "Dredger stuck" in versions[0]


@pytest.mark.parametrize("name", ["crawl", "index"])
def test_a_package_that_can_be_called_is_a_package_still(name: str) -> None:
    """`wparchive.index` is called as its function, shows that one's signature, and has its modules."""
    package = getattr(wparchive, name)
    assert inspect.ismodule(package)
    assert inspect.signature(package) == inspect.signature(FUNCTIONS[name])


def test_importing_the_package_loads_no_http_library() -> None:
    """A command that only reads starts in a fraction of the time that `requests` takes to load."""
    code = "import sys, wparchive.cli; print([name for name in ('requests', 'sqlite_utils') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_what_is_not_there_is_said_as_of_any_module() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        wparchive.nothing  # noqa: B018
