"""Each kind of destination, with real servers on loopback: what gets there, what is said if it doesn't, what is never shown."""

import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from crawlkit import SMALL
from fakewp import FakeWordPress
from mailserver import MailServer
from notifykit import Telling, entries, invocation, keys_told, moment
from webhooks import Webhooks

from wparchive.errors import ExitCode


@pytest.fixture(scope="module")
def site() -> Iterator[FakeWordPress]:
    with FakeWordPress(**SMALL) as site:
        yield site


@pytest.fixture
def telling(tmp_path: Path) -> Telling:
    return Telling(tmp_path)


def edited(
    telling: Telling, site: FakeWordPress, notify: str, title: str = "The harbour moves", **how: object
) -> list[str]:
    """Crawl, edit a headline, crawl again; the warnings of the second run, whose exit code is that of any other."""
    telling.write(notify, {"example.org": site.url})
    assert invocation(telling.config).warnings == []
    site.edit(site.ids("post")[0], title=f"{title} {time.monotonic_ns()}")
    ended = invocation(telling.config, **how)
    assert ended.code is ExitCode.COMPLETE
    return ended.warnings


def mail_table(mail: MailServer, more: str = "", to: str = '"desk@example.org"') -> str:
    lines = f'to = {to}\nfrom = "The Archive <archive@example.org>"\nsmtp = "127.0.0.1:{mail.port}"\n{more}'
    return f"[notify.mail]\n{lines}\n"


def test_mail_is_plain_and_says_what_to_run(telling: Telling, site: FakeWordPress, mail: MailServer) -> None:
    """Subject: how much and the strongest kind. Body: headline, item, link, words, evidence, and commands that work."""
    assert edited(telling, site, mail_table(mail)) == []
    (received,) = mail.received
    letter, text = received.letter, received.text
    assert (received.sender, received.recipients) == ("archive@example.org", ("desk@example.org",))
    assert str(letter["Subject"]).strip().startswith("wparchive: 1 change: edited: The harbour moves ")
    assert str(letter["Subject"]).endswith(" (example.org)")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert abs(parsedate_to_datetime(letter["Date"]).timestamp() - time.time()) < 600
    assert received.raw.isascii()
    assert max(map(len, received.raw.splitlines())) <= 998
    for part in (
        "edited: The harbour moves",
        "  example.org/post/",
        f"  {site.url}",
        "{+The harbour moves ",
        "  before: urn:uuid:",
    ):
        assert part in text
    html = letter.get_body(("html",))
    assert html
    assert "<ins>The harbour moves " in html.get_content()
    for line in text.splitlines():
        if " wparchive " in line:
            command = line.partition(" wparchive ")[2]
            done = subprocess.run(
                f"{sys.executable} -m wparchive {command}", shell=True, capture_output=True, check=False
            )
            assert done.returncode == 0, (command, done.stderr)


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate that is trusted for as long as the test runs."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-nodes",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=loopback", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.mark.parametrize("how", ["starttls", "tls"])
def test_mail_over_tls_with_an_account(
    telling: Telling, site: FakeWordPress, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The password is sent behind TLS alone; where it is wrong, or TLS isn't what it seems, no line shows it."""
    table = f'tls = "{how}"\nuser = "archive"\npassword_env = "DESK_SECRET"'
    with MailServer(("archive", "pa ss"), tls, at_once=how == "tls") as mail:
        monkeypatch.setenv("DESK_SECRET", "wrong-secret")
        (line,) = edited(telling, site, mail_table(mail, table))
        assert "refuses archive or the password (535)" in line
        assert "wrong-secret" not in line
        monkeypatch.delenv("DESK_SECRET")
        assert "DESK_SECRET isn't set" in invocation(telling.config).warnings[0]
        monkeypatch.setenv("DESK_SECRET", "pa ss")
        with monkeypatch.context() as untrusted:
            untrusted.delenv("SSL_CERT_FILE")
            asked = len(mail.said)
            assert "certificate verify failed" in invocation(telling.config).warnings[0]
            assert not [line for line in mail.said[asked:] if line.startswith("AUTH")]
        assert invocation(telling.config).warnings == []
        (received,) = mail.received
        assert (received.user, received.tls) == ("archive", True)
    assert "pa ss" not in (telling.archive / ".notify.json").read_text()


def test_without_tls_nothing_is_sent_to_who_should_offer_it(
    telling: Telling, site: FakeWordPress, mail: MailServer
) -> None:
    (line,) = edited(telling, site, mail_table(mail, 'tls = "starttls"'))
    assert "STARTTLS" in line
    assert mail.received == []


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"EHLO": "421 busy", "HELO": "421 busy"}, "421 busy"),
        ({"MAIL": "451 greylisted"}, "451 greylisted"),
        ({"desk@example.org": "550 no such user"}, "refuses desk@example.org (550 no such user)"),
        ({"DATA": "552 too much"}, "552 too much"),
        ({".": "451 later"}, "451 later"),
    ],
)
def test_a_server_that_does_not_take_it_gets_it_from_the_next_run(
    telling: Telling, site: FakeWordPress, mail: MailServer, answers: dict[str, str], said: str
) -> None:
    """One line, whatever it answered; then once."""
    mail.answers = dict(answers)
    (line,) = edited(telling, site, mail_table(mail))
    assert line.startswith("not sent, the next run tries again: mail to desk@example.org: ")
    assert said in line
    assert "\n" not in line
    mail.answers = {}
    assert (invocation(telling.config).warnings, invocation(telling.config).warnings) == ([], [])
    assert len(mail.received) == 1


def test_who_took_it_gets_no_second_copy_for_the_others_sake(
    telling: Telling, site: FakeWordPress, mail: MailServer
) -> None:
    mail.answers = {"gone@example.org": "550 gone"}
    both = mail_table(mail, to='["Desk, News <desk@example.org>", "gone@example.org"]')
    (line,) = edited(telling, site, both)
    assert "took it, but not for gone@example.org (550 gone)" in line
    assert invocation(telling.config).warnings == []
    assert [one.recipients for one in mail.received] == [("desk@example.org",)]


def test_a_stop_ends_a_mail_that_the_server_is_slow_to_take(
    telling: Telling, site: FakeWordPress, mail: MailServer
) -> None:
    """A machine that shuts down doesn't wait half a minute; the next run sends it."""
    telling.write(mail_table(mail), {"example.org": site.url})
    invocation(telling.config)
    site.edit(site.ids("post")[0], title=f"Slow {time.monotonic_ns()}")
    stop, mail.silent = threading.Event(), threading.Event()
    mail.on_data = stop.set
    (line,) = invocation(telling.config, stop=stop).warnings
    assert line.startswith("not sent, the next run tries again: mail to desk@example.org: ")
    mail.silent.set()
    assert invocation(telling.config).warnings == []
    assert len(mail.received) == 1


def test_hostile_headlines_make_no_headers(telling: Telling, site: FakeWordPress, mail: MailServer) -> None:
    """What a site writes stands in the subject and the body, and nowhere else."""
    title = "Harbour\r\nBcc: everyone@example.net\r\n\r\n.\r\nQUIT\x1b[2J\u202e Ünïcødé 漢字 <script>alert(1)</script>"
    assert edited(telling, site, mail_table(mail), title) == []
    (received,) = mail.received
    assert received.recipients == ("desk@example.org",)
    assert received.letter["Bcc"] is None
    assert "漢字" in str(received.letter["Subject"])
    html = received.letter.get_body(("html",))
    assert html
    assert "<script" not in html.get_content()
    assert "\x1b" not in received.text


def test_a_webhook_is_tried_again_and_then_by_the_next_run(
    telling: Telling, site: FakeWordPress, hook: Webhooks
) -> None:
    """What may pass is tried again at once, with the same id; all else is said in one line without the path, a secret."""
    hook.statuses = [503, 429]
    assert edited(telling, site, f'webhook = "{hook.url}"') == []
    assert len(hook.asked) == 3
    assert len({one.headers["Idempotency-Key"] for one in hook.asked}) == 1
    (posted,) = hook.taken
    assert (posted.path, posted.headers["Content-Type"]) == ("/desk/s3cret", "application/json")
    assert posted.message["text"].startswith("wparchive: 1 change: edited")
    assert posted.message["changes"][0]["words"]["title"]
    site.edit(site.ids("post")[1], title="Another")
    for status in (404, 302, 410):
        hook.statuses, hook.headers = [status], {"Location": "http://127.0.0.1:1/elsewhere"}
        (line,) = invocation(telling.config).warnings
        assert f"HTTP {status}" in line
        assert "s3cret" not in line
    assert len(hook.asked) == 6, "none of these is tried again within the run, and no redirect is followed"
    assert invocation(telling.config).warnings == []
    assert len(keys_told([one.message for one in hook.taken])) == 2


def test_a_webhook_is_guarded_unless_its_address_was_written_out_or_allowed(
    telling: Telling, site: FakeWordPress, hook: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads into one's own network is refused: whoever keeps the name decides where it leads."""

    def look_up(host: str, port: int, **how: object) -> list[object]:
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    url = hook.url.replace("127.0.0.1", "hooks.example.org")
    monkeypatch.setattr("socket.getaddrinfo", look_up)
    (line,) = edited(telling, site, f'webhook = "{url}"')
    assert "hooks.example.org resolves to 127.0.0.1, which isn't a public address; if that is meant" in line
    assert hook.asked == []
    telling.write(f'webhook = {{ url = "{url}", allow_private = true }}', {"example.org": site.url})
    assert invocation(telling.config).warnings == []
    assert len(hook.taken) == 1


def test_a_webhook_out_of_the_environment(
    telling: Telling, site: FakeWordPress, hook: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DESK_HOOK", raising=False)
    (line,) = edited(telling, site, 'webhook = { url_env = "DESK_HOOK" }')
    assert "DESK_HOOK is not set" in line
    monkeypatch.setenv("DESK_HOOK", hook.url)
    assert invocation(telling.config).warnings == []
    assert len(hook.taken) == 1


def test_a_command_gets_json_on_stdin(telling: Telling, site: FakeWordPress) -> None:
    """As a list, as a text in quotes, or by a shell when asked; what it prints doesn't mix with ours."""
    script = telling.folder / "keep it.sh"
    script.write_text('#!/bin/sh\necho noise\ncat > "$1"\n')
    script.chmod(0o755)
    forms = ['command = ["./keep it.sh", "one"]', "command = \"'./keep it.sh' two\"",
             'command = { run = "cat > three && false || true", shell = true }']  # fmt: skip
    for form, name in zip(forms, ("one", "two", "three"), strict=True):
        assert edited(telling, site, form) == []
        assert '"kind": "edited"' in (telling.folder / name).read_text()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ('"false"', "exit code 1"),
        ('"/no/such/program"', "No such file"),
        ('{ run = "kill -9 $$", shell = true }', "ended by signal 9"),
        ('["/etc/passwd"]', "Permission denied"),
    ],
)
def test_a_command_that_fails_is_run_again_by_the_next_run(
    telling: Telling, site: FakeWordPress, command: str, said: str
) -> None:
    (line,) = edited(telling, site, f"command = {command}")
    assert said in line
    telling.write(f"command = {command}", {"example.org": site.url})
    assert said in invocation(telling.config).warnings[0]


def test_a_command_that_reads_nothing_was_told(telling: Telling, site: FakeWordPress) -> None:
    assert edited(telling, site, 'command = "true"') == []


def _runs(number: str) -> bool:
    """Whether there is such a process, other than as what its parent hasn't taken note of yet."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.usefixtures("must_end")
def test_a_stop_ends_a_command_and_all_that_it_started(telling: Telling, site: FakeWordPress) -> None:
    """Within a second, and it counts as not told."""
    command = '{ run = "sleep 999 & echo $! > child; sleep 999", shell = true }'
    stop = threading.Event()
    child = telling.folder / "child"

    def stopping() -> None:
        while not child.exists() or not child.read_text().strip():
            time.sleep(0.01)
        stop.set()

    watching = threading.Thread(target=stopping)
    telling.write(f"command = {command}", {"example.org": site.url})
    invocation(telling.config)
    site.edit(site.ids("post")[0], title=f"Stopped {time.monotonic_ns()}")
    watching.start()
    (line,) = invocation(telling.config, stop=stop).warnings
    watching.join()
    assert "stopped" in line
    while _runs(child.read_text().strip()):
        time.sleep(0.01)


def test_the_feed_keeps_the_newest_entries_and_their_ids(telling: Telling, site: FakeWordPress) -> None:
    """In the order in which they were told; an entry that is there stays as it is; the file's mode is its owner's choice."""
    atom = 'atom = { path = "changes.xml", entries = 3 }'
    before: list[tuple[str, str]] = []
    for number in range(5):
        assert edited(telling, site, atom, f"Edit {number}") == []
        if number == 0:
            telling.feed.chmod(0o640)
        found = [*entries(telling.feed)]
        assert len(found) == min(number + 1, 3)
        assert f"Edit {number} " in found[0][1]
        assert found[1:] == before[: len(found) - 1]
        before = found
    assert telling.feed.stat().st_mode & 0o777 == 0o640
    telling.feed.unlink()
    assert edited(telling, site, atom, "After it was removed") == []
    assert len([*entries(telling.feed)]) == 1


def test_a_file_that_is_no_feed_of_ours_is_never_written_over(telling: Telling, site: FakeWordPress) -> None:
    telling.write('atom = "changes.xml"', {"example.org": site.url})
    for held in (
        "My thesis.\n",
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><id>x</id>',
    ):
        invocation(telling.config)
        telling.feed.write_text(held)
        site.edit(site.ids("post")[0], title=f"Kept {time.monotonic_ns()}")
        (line,) = invocation(telling.config).warnings
        assert "holds something else than a feed of wparchive; name another file" in line
        assert telling.feed.read_text() == held
        telling.feed.unlink()
    telling.write('atom = "no-folder/changes.xml"', {"example.org": site.url})
    invocation(telling.config)
    (line,) = edited(telling, site, 'atom = "no-folder/changes.xml"')
    assert "No such file or directory" in line


def test_what_was_told_is_dated_by_the_clock_that_was_passed_in(
    telling: Telling, site: FakeWordPress, mail: MailServer
) -> None:
    telling.write(f'atom = "changes.xml"\n{mail_table(mail)}', {"example.org": site.url})
    invocation(telling.config, moment("2026-03-01T04:00"))
    site.edit(site.ids("post")[0], title=f"Dated {time.monotonic_ns()}")
    invocation(telling.config, moment("2026-03-01T05:00"))
    assert mail.received[0].letter["Date"] == "Sun, 01 Mar 2026 05:00:00 +0000"
    assert "<updated>2026-03-01T05:00:00.000000Z</updated>" in telling.feed.read_text()
