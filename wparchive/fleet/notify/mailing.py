"""Mail by the SMTP server that the configuration names: plain text, with the same as HTML beside it."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from threading import Event, Thread
from time import monotonic

from wparchive.events import clean, told
from wparchive.fetch import load_secret
from wparchive.fleet.notify.destinations import Mail, party
from wparchive.fleet.notify.message import Message, html, subject, text
from wparchive.fleet.notify.undelivered import Undelivered

__all__ = ["as_mail", "send"]

_SILENCE = 30.0  # seconds that the server may take for one answer
_LONGEST = 180.0  # seconds for all of it
_SLICE = 0.2  # seconds between two looks at the stop event
_LARGEST = 1 << 20  # characters of HTML


def send(message: Message, mail: Mail, at: datetime, stop: Event) -> str:
    """Send `message` to all addresses at once; raises Undelivered unless the server took it for at least one of them.

    Returns for whom it didn't, or "". Setting `stop` ends it.
    """
    secret = load_secret(mail.account, mail.folder)
    letter = as_mail(message, mail, at)
    try:
        with _server(mail, stop) as server:
            if secret:
                server.login(str(mail.account.user), secret)
            refused = server.send_message(
                letter, party(mail.sender).addr_spec, [party(one).addr_spec for one in mail.to]
            )
    except smtplib.SMTPAuthenticationError as error:  # what it says may repeat what it was sent
        raise Undelivered(f"{mail.host} refuses {mail.account.user} or the password ({error.smtp_code})") from None
    except smtplib.SMTPRecipientsRefused as error:
        raise Undelivered(f"{mail.host} refuses {_refusals(error.recipients)}") from None
    except smtplib.SMTPResponseException as error:
        raise Undelivered(f"{mail.host}: {error.smtp_code} {_plain(error.smtp_error)}") from None
    except smtplib.SMTPNotSupportedError as error:
        raise Undelivered(f"{mail.host}: {told(error, 200)}") from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Undelivered(f"{mail.host}:{mail.port}: {told(reason, 200)}") from None
    return f"{mail.host} took it, but not for {_refusals(refused)}" if refused else ""


@contextmanager
def _server(mail: Mail, stop: Event) -> Iterator[smtplib.SMTP]:
    """A connection, encrypted as `mail` says; it is cut on a stop, and when all takes too long, as a server may trickle."""
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if mail.tls == "tls":
        server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=_SILENCE, context=context)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=_SILENCE)
    done = Event()
    watching = Thread(target=_cut_late, args=(server, stop, done), daemon=True)
    watching.start()
    try:
        if mail.tls == "starttls":
            server.starttls(context=context)
        yield server
        with suppress(smtplib.SMTPException, OSError):  # the message was taken before
            server.quit()
    finally:
        done.set()
        watching.join()
        server.close()


def _cut_late(server: smtplib.SMTP, stop: Event, done: Event) -> None:
    latest = monotonic() + _LONGEST
    while not done.wait(_SLICE):
        if (stop.is_set() or monotonic() > latest) and (connection := server.sock):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def as_mail(message: Message, mail: Mail, at: datetime) -> EmailMessage:
    """The message as mail; it has the same Message-ID whenever it is sent, so that a second copy is recognised."""
    letter = EmailMessage(policy=SMTP)
    letter["Subject"] = clean(subject(message)).encode("utf-8", "replace").decode()
    sender = party(mail.sender)
    letter["From"] = sender
    letter["To"] = [party(one) for one in mail.to]
    letter["Date"] = format_datetime(at)
    letter["Message-ID"] = f"<{message.id.removeprefix('urn:uuid:')}@{sender.domain}>"
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office notes, please
    plain = "\n".join(text(message)) + "\n"
    letter.set_content(plain.encode("utf-8", "replace").decode(), cte="quoted-printable")
    page = html(message)
    if len(page) < _LARGEST:  # beyond that mail servers refuse it; the plain text is always short
        letter.add_alternative(page, subtype="html", cte="quoted-printable")
    return letter


def _refusals(recipients: dict[str, tuple[int, bytes]]) -> str:
    return ", ".join(f"{address} ({code} {_plain(why)})" for address, (code, why) in recipients.items())


def _plain(said: bytes | str) -> str:
    return told(" ".join((said.decode("utf-8", "replace") if isinstance(said, bytes) else said).split()), 200)
