"""`crawl --config` as cron runs it: what is printed, what the JSON carries, and that no delivery changes how it ends."""

import json
from collections.abc import Iterator
from pathlib import Path

import frugal
import pytest
from crawlkit import SMALL, end, invoke, launch, wait_for_requests
from fakewp import FakeWordPress
from notifykit import Telling, keys_told


@pytest.fixture
def site() -> Iterator[FakeWordPress]:
    with FakeWordPress(**SMALL) as site:
        yield site


def crawled(telling: Telling, *more: str, code: int = 0) -> tuple[str, str]:
    said = invoke("crawl", "--config", telling.config, *more, code=code)
    return said.stdout, said.stderr


def test_silent_prints_the_changes_alone_where_it_is_asked_to(tmp_path: Path, site: FakeWordPress) -> None:
    """Once; nothing on a run without any; and what couldn't be printed is printed by the next run."""
    telling = Telling(tmp_path)
    telling.write("print = true", {"example.org": site.url})
    assert crawled(telling, "--silent") == ("", "")
    site.edit(site.ids("post")[0], title="The harbour moves")
    assert json.loads(crawled(telling, "--json")[0])[0]["changes"][0]["title"] == "The harbour moves"
    printed, errors = crawled(telling, "--silent")
    assert printed.startswith("1 change on 1 site: 1 edited\n\nedited: The harbour moves\n  example.org/post/")
    assert errors == ""
    assert crawled(telling, "--silent") == ("", "")


def test_trouble_is_printed_by_the_crawl_alone(tmp_path: Path, site: FakeWordPress) -> None:
    """Not a second time among the changes."""
    telling = Telling(tmp_path)
    telling.write("print = true", {"example.org": site.url})
    crawled(telling, "--silent")
    site.fault("block")
    printed, errors = crawled(telling, "--silent", code=6)
    assert (printed + errors).count("blocked") == 1
    assert crawled(telling, code=6)[0].count("what to do: ") == 0


def test_without_it_silent_prints_nothing(tmp_path: Path, site: FakeWordPress) -> None:
    telling = Telling(tmp_path)
    telling.write(f'command = "{telling.command}"', {"example.org": site.url})
    crawled(telling, "--silent")
    site.edit(site.ids("post")[0], title="The harbour moves")
    assert crawled(telling, "--silent") == ("", "")
    assert len(keys_told(telling.commanded())) == 1


def test_a_crawl_that_is_not_silent_prints_each_change_once(tmp_path: Path, site: FakeWordPress) -> None:
    telling = Telling(tmp_path)
    telling.write("print = true", {"example.org": site.url})
    crawled(telling)
    site.edit(site.ids("post")[0], title="The harbour moves")
    assert crawled(telling)[0].count("{+The harbour moves+}") == 1


def test_json_carries_the_changes_of_each_run(tmp_path: Path, site: FakeWordPress) -> None:
    """With or without [notify]; null where nothing was indexed, for then nobody knows."""
    telling = Telling(tmp_path)
    telling.write("", {"example.org": site.url})
    assert json.loads(crawled(telling, "--json")[0])[0]["changes"] == []
    site.delete(site.ids("post")[0])
    (result,) = json.loads(crawled(telling, "--json", "--full")[0])
    assert "deleted" in [change["kind"] for change in result["changes"]]
    assert {change["run"] for change in result["changes"]} == {result["run"]}
    assert json.loads(crawled(telling, "--json", "--no-index")[0])[0]["changes"] is None


@pytest.mark.parametrize("how", ["--silent", "--json", "--log-json"])
def test_a_failed_delivery_is_one_line_and_changes_no_exit_code(tmp_path: Path, site: FakeWordPress, how: str) -> None:
    telling = Telling(tmp_path)
    telling.write('command = "false"', {"example.org": site.url})
    crawled(telling, how)
    site.edit(site.ids("post")[0], title="The harbour moves")
    for _ in range(2):
        errors = crawled(telling, how)[1].splitlines()
        assert [line for line in errors if line.startswith("wparchive: ")] == [
            "wparchive: not sent, the next run tries again: command false: exit code 1"
        ]


def test_a_stopped_crawl_tells_nothing_and_the_next_tells_all(tmp_path: Path, site: FakeWordPress) -> None:
    """A machine that shuts down waits for no mail server."""
    telling = Telling(tmp_path)
    telling.write(f'command = "{telling.command}"', {"example.org": site.url})
    crawled(telling)
    site.edit(site.ids("post")[0], title="The harbour moves")
    site.fault("walled", form="429")
    process = launch("crawl", "--config", telling.config)
    assert wait_for_requests(site, len(site.requests) + 8, process)
    assert end(process)[0] == 130
    assert telling.commanded() == []
    site.mend()
    crawled(telling)
    (message,) = telling.commanded()
    assert [change["title"] for change in message["changes"]] == ["The harbour moves"]


def test_a_crawl_of_targets_tells_nobody(tmp_path: Path, site: FakeWordPress) -> None:
    """It has no configuration."""
    invoke("crawl", site.url, *frugal.OPTIONS, "-a", tmp_path / "archive")
    assert not [*(tmp_path / "archive").glob(".notify*")]
