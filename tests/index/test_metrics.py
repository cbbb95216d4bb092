"""`status --prometheus`: a textfile that node_exporter's collector can read."""

import re

from wparchive.index.metrics import metrics, write_metrics
from wparchive.index.status import SiteStatus

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
    sample = re.compile(r'[a-z_]+\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="(?:[^"\\\n]|\\.)*")*\} -?[0-9.]+')
    samples = [line for line in metrics([SITE]) if not line.startswith("#")]
    assert samples
    assert all(sample.fullmatch(line) for line in samples), samples


def test_a_run_that_has_not_ended_has_no_end_time():
    assert not [line for line in metrics([SITE]) if line.startswith("wparchive_last_run_finished")]


def test_the_file_is_replaced_in_one_step(tmp_path):
    target = tmp_path / "wparchive.prom"
    target.write_text("old")
    write_metrics(target, [SITE])
    assert "wparchive_items" in target.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["wparchive.prom"]
