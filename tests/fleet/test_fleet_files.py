"""What a fleet is told: its configuration, its lists of sites."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from crawlkit import invoke
from fleetrows import add_site

from wparchive.config import SiteConfig
from wparchive.errors import ConfigError, UsageError
from wparchive.fleet.queue.fleet_file import FleetFile, Network, load_fleet, seconds_of
from wparchive.fleet.queue.networks import note_networks
from wparchive.fleet.queue.roster import Added, add, change, entries_of, selected

HEAD = '[fleet]\ndatabase = "dbname=x"\nstore = "s3://bucket/prefix/"\ncontact = "a@example.org"\n'


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        path = tmp_path / "fleet.toml"
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def fleet(written: Any) -> FleetFile:
    return load_fleet(written(HEAD))


def test_a_fleet_as_it_is_written(written: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are relative to the file, settings are those of a crawl, a password may come from the environment."""
    monkeypatch.setenv("OF_A_TEST", "postgresql://u:secret@h/d")
    path = written(
        '[fleet]\ndatabase_env = "OF_A_TEST"\nstore = "file:///a"\nprivate_store = "gs://b"\ncontact = "c"\nscratch = "s"\n'
        'turn = 60\nmemory = 300000000\nscratch_free = 0\n[defaults]\nevery = "2h"\nevery_max = "3d"\ndelay = 0.5\n'
        '[[networks]]\nname = "n"\ncidr = ["192.0.64.0/18"]\nhosts = ["*.example.org"]\nslots = 4\nby = "host"\n'
    )
    found = load_fleet(path)
    assert (found.database, found.store, found.private_store) == ("postgresql://u:secret@h/d", "file:///a", "gs://b")
    assert (found.scratch, found.turn, found.memory, found.scratch_free) == (path.parent / "s", 60, 300_000_000, 0)
    assert (found.every, found.every_max, found.settings.delay, found.settings.contact) == (7_200, 259_200, 0.5, "c")
    assert found.settings.media == "none"
    assert found.networks == (Network("n", ("192.0.64.0/18",), ("*.example.org",), 4, "host"),)


def test_what_is_not_said_is_safe(fleet: FleetFile) -> None:
    assert (fleet.store, fleet.private_store, fleet.turn, fleet.networks) == ("s3://bucket/prefix", None, 900, ())
    assert fleet.settings.rotate == 256 << 20


def test_a_turn_asks_for_what_the_api_says_unless_more_is_wanted(fleet: FleetFile, written: Any) -> None:
    """Files, pages, sitemaps and feeds are left out as long as [defaults] don't name them; each can be had by itself."""
    left_out = {"media": "none", "pages": "none", "inventory": False}
    wanted = {"media": "all", "pages": "changed", "inventory": True}
    assert {name: getattr(fleet.settings, name) for name in left_out} == left_out
    for name, line in (("media", 'media = "all"'), ("pages", 'pages = "changed"'), ("inventory", "inventory = true")):
        settings = load_fleet(written(f"{HEAD}[defaults]\n{line}\n")).settings
        assert {each: getattr(settings, each) for each in left_out} == {**left_out, name: wanted[name]}


WRONG = {
    "no TOML": ("[fleet", "not valid TOML"),
    "another table": (HEAD + "[fleets]\n", "fleets"),
    "another key": (HEAD + "turns = 3\n", "turns"),
    "no table": ("fleet = 3\n", "must be a table"),
    "no database": (HEAD.replace("database", "databank"), "databank"),
    "two databases": (HEAD + 'database_env = "X"\n', "give one of"),
    "no variable": (HEAD.replace('database = "dbname=x"', 'database_env = "NONE_OF_OURS"'), "NONE_OF_OURS is not set"),
    "no store": (HEAD.replace('store = "s3://bucket/prefix/"\n', ""), "store is missing"),
    "a store elsewhere": (HEAD.replace("s3://", "ftp://"), "must begin with one of"),
    "a relative store": (HEAD.replace("s3://bucket", "file://x"), "must begin with one of"),
    "no contact": (HEAD.replace('contact = "a@example.org"\n', ""), "contact is missing"),
    "an empty contact": (HEAD.replace("a@example.org", " "), "contact must be"),
    "a turn of no time": (HEAD + "turn = 0\n", "turn must be a whole number"),
    "a turn that is true": (HEAD + "turn = true\n", "turn must be a whole number"),
    "little memory": (HEAD + "memory = 1000\n", "memory must be"),
    "an odd span": (HEAD + '[defaults]\nevery = "1w"\n', "every must be a span"),
    "a span without unit": (HEAD + "[defaults]\nevery = 60\n", "every must be a span"),
    "a long span": (HEAD + '[defaults]\nevery_max = "401d"\n', "at most 400 days"),
    "slower than the slowest": (HEAD + '[defaults]\nevery = "2d"\nevery_max = "1d"\n', "must not be less than every"),
    "no setting": (HEAD + "[defaults]\ndeley = 1\n", "deley"),
    "a wrong setting": (HEAD + '[defaults]\ndelay = "x"\n', "delay"),
    "credentials for all": (HEAD + '[defaults]\nuser = "u"\npassword_env = "P"\n', "private_store"),
    "networks no list": (HEAD + "[networks]\n", r"\[\[networks\]\]"),
    "a network without a name": (HEAD + '[[networks]]\nhosts = ["a.org"]\n', "name must have"),
    "a network of nothing": (HEAD + '[[networks]]\nname = "n"\n', "names nothing"),
    "no block": (HEAD + '[[networks]]\nname = "n"\ncidr = ["10.0.0.1/8"]\n', "cidr"),
    "no host": (HEAD + '[[networks]]\nname = "n"\nhosts = ["https://a.org"]\n', "no host name"),
    "no slot": (HEAD + '[[networks]]\nname = "n"\nhosts = ["a.org"]\nslots = 0\n', "slots must be"),
    "by nothing": (HEAD + '[[networks]]\nname = "n"\nhosts = ["a.org"]\nby = "port"\n', "by must be"),
    "twice": (HEAD + 2 * '[[networks]]\nname = "n"\nhosts = ["a.org"]\n', "two are called n"),
}


@pytest.mark.parametrize(("text", "fault"), WRONG.values(), ids=WRONG)
def test_each_fault_is_one_line_that_names_the_file(text: str, fault: str, written: Any) -> None:
    with pytest.raises(ConfigError, match=fault) as told:
        load_fleet(written(text))
    assert str(told.value).startswith(str(written(text))) and "\n" not in str(told.value)


def test_a_wrong_fleet_is_exit_code_2(written: Any, tmp_path: Path) -> None:
    done = invoke("fleet", "status", "--config", written(HEAD + "turn = 0\n"), code=2)
    assert len(done.stderr.splitlines()) == 1
    assert "can't be read" in invoke("fleet", "status", "--config", tmp_path / "none.toml", code=2).stderr


@pytest.mark.parametrize(("text", "seconds"), [("1m", 60), ("90m", 5_400), ("12h", 43_200), ("400d", 34_560_000)])
def test_spans(text: str, seconds: int) -> None:
    assert seconds_of(text, "every") == seconds


def test_lists_of_sites(fleet: FleetFile, tmp_path: Path) -> None:
    """An address a line, # for remarks, addresses without a scheme; a crawl's configuration with its settings."""
    (tmp_path / "sites.txt").write_text("\ufeff# ours\nexample.org\r\n\n  https://example.net/blog/  \n", "utf-8")
    (tmp_path / "own.toml").write_text('[[sites]]\nurl = "https://own.example/"\nname = "own"\ndelay = 3\n', "utf-8")
    words = [str(tmp_path / "sites.txt"), str(tmp_path / "own.toml"), "example.com"]
    found = list(entries_of(words, fleet))
    urls = ["https://example.org/", "https://example.net/blog/", "https://own.example/", "https://example.com/"]
    assert [site.url.rstrip("/") for site in found] == [url.rstrip("/") for url in urls]
    assert (found[2].name, found[2].settings.delay) == ("own", 3)
    (tmp_path / "sites.txt").write_text("example.org\nhttp://\n", "utf-8")
    with pytest.raises(UsageError, match=r"sites\.txt:2"):
        list(entries_of(words, fleet))


def put(conn: Any, fleet: FleetFile, *sites: SiteConfig, every: float | None = None, priority: int = 0) -> Added:
    return add(conn, fleet, sites, every=every, priority=priority, look_up=lambda host: ["192.0.2.1"])


def test_what_is_added_again_gets_its_new_settings(conn: Any, fleet: FleetFile) -> None:
    """And keeps when it is due, its owner, and what is known of it."""
    site = SiteConfig(url="https://a.example/", settings=fleet.settings)
    assert put(conn, fleet, site, site) == Added(new=1, known=1, faults=[])
    conn.execute("UPDATE fleet.sites SET epoch = 7, generation = 3, pace = 10, due_at = 'epoch'")
    slow = replace(site, settings=replace(fleet.settings, delay=2.0))
    assert put(conn, fleet, slow, every=3600, priority=5).known == 1
    row = conn.execute("SELECT *, due_at = 'epoch' AS kept FROM fleet.sites").fetchone()
    assert (row["epoch"], row["generation"], row["kept"], row["priority"]) == (7, 3, True, 5)
    assert (row["settings"], row["every"], row["every_max"], row["pace"]) == ({"delay": 2.0}, 3600, 3600, 3600)


def test_a_crawls_configuration_keeps_what_a_fleet_needs(conn: Any, fleet: FleetFile, tmp_path: Path) -> None:
    """Who asks, and the size of files, stay the fleet's where it says nothing."""
    (tmp_path / "own.toml").write_text(
        '[[sites]]\nurl = "https://own.example/"\nmedia = "none"\npages = "none"\ninventory = false\n', "utf-8"
    )
    put(conn, fleet, *entries_of([str(tmp_path / "own.toml")], fleet))
    assert conn.execute("SELECT settings FROM fleet.sites").fetchone() == {"settings": {}}


def test_credentials_need_a_private_store(conn: Any, fleet: FleetFile) -> None:
    """Else what they let see could never be pushed, and the worker that has it would take nothing more."""
    login = replace(fleet.settings, user="me", password_env="NAME")
    site = SiteConfig(url="https://a.example/", settings=login)
    done = put(conn, fleet, site)
    assert (done.new, done.known) == (0, 0) and "private_store" in done.faults[0]
    assert put(conn, replace(fleet, private_store="file:///p"), site).new == 1


def test_two_addresses_of_one_name_are_not_mixed_up(conn: Any, fleet: FleetFile) -> None:
    """The second is refused and named, the others are added."""
    sites = [SiteConfig(url=f"https://{host}.example/", name="same", settings=fleet.settings) for host in "ab"]
    done = put(conn, fleet, *sites, SiteConfig(url="https://c.example/", settings=fleet.settings))
    assert (done.new, done.known, len(done.faults)) == (2, 0, 1)
    assert "b.example" in done.faults[0] and "same" in done.faults[0]


def test_what_runs_is_not_dropped(conn: Any) -> None:
    add_site(conn, "a.example", job=1, lock="net#1")
    add_site(conn, "b.example")
    assert change(conn, "drop", sites=["a.example", "b.example"]) == 1
    with pytest.raises(UsageError, match="not in this fleet"):
        selected(conn, ["b.example"])
    with pytest.raises(UsageError, match="no such network"):
        change(conn, "pause", network="none")


def test_slots_follow_the_configuration(conn: Any) -> None:
    """Fewer at once; more as the network was calm."""
    network = Network("n", hosts=("a.org",), slots=4)
    note_networks(conn, ["n", "unknown", "192.0.2.1"], [network])
    found = {row["network"]: row["slots_now"] for row in conn.execute("SELECT * FROM fleet.networks")}
    assert found == {"n": 4, "unknown": 1, "192.0.2.1": 2}
    note_networks(conn, ["n"], [replace(network, slots=1)])
    note_networks(conn, ["n"], [replace(network, slots=8)])
    assert conn.execute("SELECT slots, slots_now FROM fleet.networks WHERE network = 'n'").fetchone() == {
        "slots": 8,
        "slots_now": 1,
    }
