"""`status --prometheus`: a textfile that node_exporter's collector can read."""

import re
from dataclasses import replace

from wparchive.ask.metrics import metrics, write_metrics
from wparchive.ask.status import SiteStatus

SAMPLE = re.compile(r'[a-z_]+\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="(?:[^"\\\n]|\\.)*")*\} -?[0-9.]+')
SITE = SiteStatus(
    site='a"b\n',
    home="https://example.org/",
    state="ok",
    reason=None,
    last_run="r",
    outcome="complete",
    exit_code=0,
    started_at="2026-01-01T00:00:00.000000Z",
    finished_at=None,
    requests=7,
    items={"post": 3},
    gaps=[],
    links={"covered": 2},
    observations={},
)


def test_every_sample_is_in_the_exposition_format():
    samples = [line for line in metrics([SITE]) if not line.startswith("#")]
    assert samples
    assert all(SAMPLE.fullmatch(line) for line in samples), samples


def test_what_an_archive_from_elsewhere_says_forges_no_line(tmp_path):
    odd = {
        "exit_code": '0\nwparchive_site_ok{site="x"} 1',
        "started_at": "soon",
        "requests": None,
        "site": "a\udc80\n#",
    }
    target = tmp_path / "wparchive.prom"
    write_metrics(target, [replace(SITE, **odd, items={"po\nst": "3\n", "page": 2})])
    lines = [line for line in target.read_text().split("\n") if line and not line.startswith("#")]
    assert all(SAMPLE.fullmatch(line) for line in lines), lines
    assert not [line for line in lines if line.startswith(("wparchive_last_run_exit", "wparchive_last_run_started"))]


def test_a_run_that_has_not_ended_has_no_end_time():
    assert not [line for line in metrics([SITE]) if line.startswith("wparchive_last_run_finished")]


def test_the_file_is_replaced_in_one_step(tmp_path):
    target = tmp_path / "wparchive.prom"
    target.write_text("old")
    write_metrics(target, [SITE])
    assert "wparchive_items" in target.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["wparchive.prom"]
