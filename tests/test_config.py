"""The configuration: what the example holds, what is refused and in which words."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from wparchive.config import Config, Settings, load, merged
from wparchive.errors import ConfigError, ExitCode

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"
NAMES = [field.name for field in fields(Settings)]


def written(folder: Path, text: str) -> Path:
    path = folder / "sites.toml"
    path.write_text(text, "utf-8")
    return path


def example_setting(name: str) -> re.Match[str] | None:
    """The example's line for a setting, commented out or not, and the comment line before it."""
    text = EXAMPLE.read_text("utf-8")
    return re.search(rf"^# (?P<says>.+)\n(?P<off># )?{name} = (?P<value>.+)$", text, re.MULTILINE)


def test_the_example_parses() -> None:
    config = load(EXAMPLE)
    assert [site.name for site in config.sites] == ["example"]
    assert config.archive == EXAMPLE.resolve().parent / "archive"


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_in_the_example_with_a_plain_sentence(name: str) -> None:
    """No setting is missing from the example, and a line before it says what it does."""
    found = example_setting(name)
    assert found, f"{name} stands nowhere in {EXAMPLE.name} under a comment of its own"
    assert found["says"][-1] in ".:,"


def test_the_example_shows_the_defaults() -> None:
    """Pasting the example's [defaults] changes nothing."""
    config = load(EXAMPLE)
    assert config.sites[0].settings == Settings(contact="archive@example.org")


def test_the_examples_credentials_work_when_uncommented(tmp_path: Path) -> None:
    """Each of the three ways to name a secret is accepted as the example spells it."""
    text = EXAMPLE.read_text("utf-8").replace("# user =", "user =")
    for name in ("password_env", "password_file", "password_keyring"):
        settings = load(written(tmp_path, text.replace(f"# {name} =", f"{name} ="))).sites[0].settings
        assert settings.user == "archiver"
        assert getattr(settings, name)


def test_a_site_overrides_the_defaults(tmp_path: Path) -> None:
    """A site's own setting counts, else the default's, else the program's."""
    text = '[defaults]\ndelay = 1\nretries = 2\n[[sites]]\nurl = "https://a.example/"\ndelay = 3\n'
    settings = load(written(tmp_path, text)).sites[0].settings
    assert (settings.delay, settings.retries, settings.media) == (3.0, 2, "originals")


def test_spaces_around_an_address_are_no_part_of_it(tmp_path: Path) -> None:
    config = load(written(tmp_path, '[[sites]]\nurl = " https://example.org/?p=68908 "\n'))
    assert config.sites[0].url == "https://example.org/?p=68908"


def test_the_archive_lies_beside_the_file(tmp_path: Path) -> None:
    """A relative path is the same from wherever a cron job starts."""
    path = written(tmp_path, '[archive]\npath = "kept"\n')
    assert load(path) == Config(archive=tmp_path.resolve() / "kept", sites=(), folder=tmp_path.resolve())


WRONG = {
    "an unknown key": ("[defaults]\ndealy = 1", "dealy"),
    "an unknown table": ("[default]\ndelay = 1", "default"),
    "an unknown key of a site": ('[[sites]]\nurl = "https://a.example/"\nspeed = 1', "speed"),
    "a site without a URL": ('[[sites]]\nname = "a"', "url"),
    "a site of another scheme": ('[[sites]]\nurl = "ftp://a.example/"', "url"),
    "a name that leaves the archive": ('[[sites]]\nurl = "https://a.example/"\nname = "../a"', "name"),
    "sites that are no list": ('[sites]\nurl = "https://a.example/"', "[[sites]]"),
    "text for a number": ('[defaults]\ndelay = "1"', "delay must be a number"),
    "a fraction for a whole number": ("[defaults]\nretries = 1.5", "retries must be a whole number"),
    "true for a number": ("[defaults]\nretries = true", "retries must be a whole number"),
    "a number for a switch": ("[defaults]\nlinked = 1", "linked must be true or false"),
    "a word that is no choice": ('[defaults]\nmedia = "some"', "none, originals, used, all"),
    "a value out of range": ("[defaults]\nconcurrency = 0", "at least 1"),
    "a number that is none": ("[defaults]\ndelay = nan", "delay must be a finite number"),
    "a number without end": ("[defaults]\nmax_time = inf", "max_time must be a finite number"),
    "a contact of two lines": ('[defaults]\ncontact = "a\\nX-Evil: 1"', "contact goes into a header"),
    "a contact that no header can hold": ('[archive]\ncontact = "\u65e5\u672c"', "contact goes into a header"),
    "a contact that is no text": ("[archive]\ncontact = 5", "contact must be a string"),
    "a path that is no text": ("[archive]\npath = 5", "path must be a string"),
    "a word for a list": ('[defaults]\nnoise = "field:x"', "list of strings"),
    "the secret itself": ('[[sites]]\nurl = "https://a.example/"\nuser = "u"\npassword = "hunter2"', "password_env"),
    "two places for one secret": (
        '[defaults]\nuser = "u"\npassword_env = "A"\npassword_file = "b"',
        "only one of password_env",
    ),
    "a user without a secret": ('[defaults]\nuser = "u"', "user goes with"),
    "a secret without a user": ('[defaults]\npassword_env = "A"', "user goes with"),
    "no TOML": ("delay: 1", "not valid TOML"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, name: str) -> None:
    """Exit 2, one line with the file and what is wrong in it, and never a secret."""
    text, says = WRONG[name]
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    message = str(caught.value)
    assert str(path) in message
    assert says in message
    assert "\n" not in message
    assert "hunter2" not in message
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_missing_file_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read") as caught:
        load(tmp_path / "none.toml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_none_leaves_a_setting_as_it_is(name: str) -> None:
    """An option that was not given on the command line changes nothing."""
    base: Any = Settings(delay=2.0, media="all")
    assert getattr(merged(base, {name: None}, "options"), name) == getattr(base, name)
