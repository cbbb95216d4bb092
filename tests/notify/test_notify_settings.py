"""The tables [notify] and [sites.notify]: the example works, and what is wrong is said in one line before anything starts."""

import re
from pathlib import Path

import pytest
from crawlkit import invoke

from wparchive.config import load
from wparchive.errors import ConfigError, ExitCode
from wparchive.fleet.notify.destinations import AtomFile, Command, Mail, Print, Webhook, party
from wparchive.fleet.notify.settings import Notices, notices

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
MAIL = 'to = "a@b.example"\nfrom = "c@d.example"\nsmtp = "localhost:25"\n'
HEADER = r"a@b.example\r\nBcc: x@y.example"
WRONG = {
    "an unknown key": ("[notify]\ncomand = 'x'", "unknown key 'comand'; did you mean command?"),
    "an unknown key of a destination": ("[notify]\nwebhook = { ulr = 'https://a.example/' }", "did you mean url?"),
    "no table": ("notify = 3", "notify must be a table, written [notify]"),
    "no table of a site": ("[[sites]]\nurl = 'https://a.example/'\nnotify = 3", "must be a table, written [sites.notify]"),
    "a table that is empty": ("[notify]\n", "notifies nobody; give command, webhook, mail, atom or print"),
    "nowhere to tell": ("[notify]\nkinds = ['deleted']", "notifies nobody; give command, webhook, mail, atom or print"),
    "an unknown kind": ("[notify]\nkinds = ['delted']", "did you mean deleted?"),
    "kinds that are no list": ("[notify]\nkinds = 3", "kinds: must be a list of strings, not 3"),
    "an empty entry": ("[notify]\nwords = ['a', ' ']", "an entry is empty"),
    "words that are numbers": ("[notify]\nwords = [3]", "words: must be a list of strings"),
    "print as a word": ("[notify]\nprint = 'yes'", "print: must be true or false, not 'yes'"),
    "events as a number": ("[notify]\nevents = 1", "events: must be true or false"),
    "a command of nothing": ("[notify]\ncommand = []", "command: is empty"),
    "a command of spaces": ("[notify]\ncommand = ' '", "command: is empty"),
    "a quote that isn't closed": ("[notify]\ncommand = \"a 'b\"", "no closing quotation"),
    "a list for a shell": ("[notify]\ncommand = { run = ['a'], shell = true }", "one text, not a list"),
    "a command of numbers": ("[notify]\ncommand = [1]", "must be a list of strings"),
    "a NUL": ('[notify]\ncommand = "a\\u0000b"', "control character"),
    "true for a destination": ("[notify]\ncommand = true", "must be a text, or a table [notify.command], or false"),
    "a webhook of another scheme": ("[notify]\nwebhook = 'ftp://a.example/'", "write it as https://example.org/hook"),
    "a webhook with a password": ("[notify]\nwebhook = 'https://u:hunter2@a.example/'", "credentials don't belong"),
    "a webhook twice": ("[notify]\nwebhook = { url = 'https://a.example/', url_env = 'X' }", "one of url and url_env"),
    "no webhook": ("[notify]\nwebhook = { allow_private = true }", "one of url and url_env"),
    "a URL for its variable": ("[notify]\nwebhook = { url_env = 'https://a.example/' }", "name of an environment variable"),
    "an Atom file of no name": ("[notify]\natom = ' '", "atom: path is empty"),
    "no entries": ("[notify]\natom = { path = 'x', entries = 0 }", "a whole number from 1 to 10,000"),
    "entries that are true": ("[notify]\natom = { path = 'x', entries = true }", "a whole number from 1 to 10,000"),
    "mail as a text": ("[notify]\nmail = 'a@b.example'", "must be a table [notify.mail], or false for none"),
    "mail to nobody": ("[notify.mail]\nfrom = 'c@d.example'\nsmtp = 'localhost:25'", 'needs to = "desk@example.org"'),
    "mail from nobody": ("[notify.mail]\nto = 'a@b.example'\nsmtp = 'localhost:25'", 'needs from = "desk@example.org"'),
    "no mail address": (f"[notify.mail]\n{MAIL.replace('a@b', 'a b')}", "is no mail address"),
    "an address with a header": (f"[notify.mail]\n{MAIL.replace('a@b.example', HEADER)}", "is no mail address"),
    "a server without a port": (f"[notify.mail]\n{MAIL.replace(':25', '')}", 'as in smtp = "smtp.example.org:587"'),
    "a port beyond all": (f"[notify.mail]\n{MAIL.replace(':25', ':70000')}", 'as in smtp = "smtp.example.org:587"'),
    "another word for TLS": (f"[notify.mail]\n{MAIL}tls = 'start_tls'", "did you mean starttls?"),
    "a password": (f"[notify.mail]\n{MAIL}password = 'hunter2'", "write the name of the secret"),
    "a user without one": (f"[notify.mail]\n{MAIL}user = 'u'", "user goes with one of password_env"),
    "two of them": (f"[notify.mail]\n{MAIL}user = 'u'\npassword_env = 'A'\npassword_file = 'b'", "only one of password_env"),
    "a password that all can read": (
        f"[notify.mail]\n{MAIL.replace('localhost', 'mail.example')}user = 'u'\npassword_env = 'A'\ntls = 'none'",
        "would send the password where all can read it",
    ),
}  # fmt: skip


def asked(folder: Path, text: str) -> Notices:
    path = folder / "sites.toml"
    path.write_text(text, "utf-8")
    return notices(path, load(path))


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_one_line_with_the_place(tmp_path: Path, name: str) -> None:
    """The archive's table or a site's: exit 2, and never a secret."""
    text, says = WRONG[name]
    tables = [text]
    if text.startswith("[notify"):
        site = '[[sites]]\nurl = "https://a.example/"\n'
        tables.append(site + text.replace("[notify", "[sites.notify", 1))
    for table in tables:
        with pytest.raises(ConfigError) as caught:
            asked(tmp_path, table)
        message = str(caught.value)
        assert says in message
        assert message.startswith(str(tmp_path / "sites.toml"))
        assert "\n" not in message
        assert "hunter2" not in message
        assert caught.value.exit_code is ExitCode.USAGE


def test_a_wrong_table_stops_a_crawl_before_it_starts(tmp_path: Path) -> None:
    path = tmp_path / "sites.toml"
    path.write_text('[[sites]]\nurl = "http://127.0.0.1:9/"\n[sites.notify]\nkinds = ["gone"]\n', "utf-8")
    said = invoke("crawl", "--config", path, "-a", tmp_path / "archive", code=2)
    assert said.stderr.count("\n") == 1
    assert "[[sites]] number 1: notify: kinds: no kind 'gone'" in said.stderr
    assert not (tmp_path / "archive").exists()


def test_the_example_works_when_it_is_uncommented(tmp_path: Path) -> None:
    """Every form of every destination that it shows, alone and all together."""
    text = EXAMPLE.read_text("utf-8")
    begin, end = text.index("# [notify]\n"), text.index("# One site each.")
    lines = [
        line.removeprefix("# ") for line in text[begin:end].splitlines() if re.match(r"# (\[|  )|# [a-z]+ = ", line)
    ]
    forms = {"command": Command, "webhook": Webhook, "atom": AtomFile}
    for name, kind in forms.items():
        shown = [line for line in lines if line.startswith(f"{name} = ")]
        assert len(shown) >= 2
        for line in shown:
            (destination,) = asked(tmp_path, f"[notify]\n{line}").wanted
            assert isinstance(destination, kind)
    last = {line.partition(" = ")[0]: line for line in lines[: lines.index("[notify.mail]")]}
    table = "\n".join([*last.values(), *lines[lines.index("[notify.mail]") :]])
    site = '\n[[sites]]\nurl = "https://a.example/"\n' + "\n".join(
        line.removeprefix("# ") for line in text[text.index("# [sites.notify]") :].splitlines()
    )
    found = asked(tmp_path, table + site)
    assert {type(one) for one in found.wanted} == {Command, Webhook, AtomFile, Mail}
    assert [one.to for one in found.wanted if isinstance(one, Mail)] == [("desk@example.org",), ("legal@example.org",)]
    switched = asked(tmp_path, "[notify]\nprint = true")
    assert [*switched.wanted] == [Print()]
    for switch in ("kinds", "words", "events", "print"):
        assert any(line.startswith(f"{switch} = ") for line in lines)


def test_a_site_says_what_differs(tmp_path: Path) -> None:
    """A destination's keys are the archive's where the site gives none; another user comes with another password."""
    general = '[notify]\natom = "a.xml"\nwebhook = { url_env = "X", allow_private = true }\n'
    general += f'[notify.mail]\n{MAIL}user = "u"\npassword_env = "A"\n'
    site = '[[sites]]\nurl = "https://a.example/"\n[sites.notify]\natom = {{ entries = 5 }}\n{more}\n'
    more = 'webhook = "https://b.example/"\nmail = { to = "x@y.example", user = "v", password_file = "f" }'
    found = asked(tmp_path, general + site.format(more=more))
    (entry,) = found.sites
    mine = [one for one, wanted in found.wanted.items() if entry in wanted]
    mail = next(one for one in mine if isinstance(one, Mail))
    assert (mail.to, mail.sender, mail.host, mail.port) == (("x@y.example",), "c@d.example", "localhost", 25)
    assert (mail.account.user, mail.account.password_env, mail.account.password_file) == ("v", None, "f")
    webhook = next(one for one in mine if isinstance(one, Webhook))
    assert (webhook.url, webhook.url_env, webhook.allow_private) == ("https://b.example/", "", True)
    assert len([one for one in found.wanted if isinstance(one, AtomFile)]) == 1, "one file, one feed"


@pytest.mark.parametrize(
    ("server", "tls"),
    [("mail.example:587", "starttls"), ("mail.example:25", "starttls"), ("mail.example:465", "tls"),
     ("localhost:25", "none"), ("127.0.0.1:2525", "none"), ("[::1]:25", "none")],
)  # fmt: skip
def test_mail_leaves_the_machine_encrypted_unless_it_is_told_otherwise(tmp_path: Path, server: str, tls: str) -> None:
    (mail,) = asked(tmp_path, f"[notify.mail]\n{MAIL.replace('localhost:25', server)}").wanted
    assert isinstance(mail, Mail)
    assert mail.tls == tls


def test_mail_is_the_same_destination_whatever_server_takes_it(tmp_path: Path) -> None:
    """Who mends a wrong server is told what it didn't take."""
    (one,) = asked(tmp_path, f"[notify.mail]\n{MAIL}").wanted
    (other,) = asked(tmp_path, f"[notify.mail]\n{MAIL.replace('localhost:25', 'mail.example:587')}").wanted
    assert one.key == other.key
    assert one != other


def test_check_config_names_each_destination_and_what_it_lacks_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong table is exit 2, as for a crawl; what only this machine lacks is a remark, since a delivery ends no crawl."""
    for name in ("NO_HOOK", "NO_SECRET"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "sites.toml"
    notify = 'command = "no-such-program"\natom = "no-folder/x.xml"\nwebhook = { url_env = "NO_HOOK" }\n'
    mail = f'[notify.mail]\n{MAIL}user = "u"\npassword_env = "NO_SECRET"\n'
    path.write_text(f'[notify]\n{notify}{mail}[[sites]]\nurl = "https://a.example/"\n')
    said = invoke("check-config", path)
    assert said.stdout.count("\nnotified: ") == 4
    for lack in ("no such program", "no folder", "NO_HOOK is not set", "NO_SECRET isn't set"):
        assert lack in said.stderr
    path.write_text('[notify]\nkinds = ["gone"]\n[[sites]]\nurl = "https://a.example/"\n')
    assert "no kind 'gone'" in invoke("check-config", path, code=2).stderr


def test_mail_addresses_are_what_a_header_can_hold(tmp_path: Path) -> None:
    """With or without a name, whatever is in the name; the address itself without spaces and in ASCII."""
    for right in (
        "a@b.example",
        "A B <a@b.example>",
        "Archive, Web <a@b.example>",
        "Zürich <a+c@b.example>",
        "'A' <a@b>",
    ):
        (mail,) = asked(tmp_path, f"[notify.mail]\n{MAIL.replace('a@b.example', right)}").wanted
        assert isinstance(mail, Mail)
        assert party(mail.to[0]).domain.startswith("b")
    for wrong in (
        "a",
        "a@",
        "@b",
        "a@b@c",
        "a b@c",
        "a@b, c@d",
        "<a@b",
        "a@b>",
        "A <a@b> <c@d>",
        "a@bü.example",
        ".a@b",
        "<>",
        "A <a>",
    ):
        with pytest.raises(ConfigError, match="is no mail address; write it as desk@example"):
            asked(tmp_path, f"[notify.mail]\n{MAIL.replace('a@b.example', wrong)}")
