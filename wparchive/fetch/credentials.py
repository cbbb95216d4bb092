"""Application passwords: looked up by the secret's name, sent only below the API root, redacted everywhere else."""

import base64
import html
import importlib
import ipaddress
import json
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_plus, unquote

from wparchive.config import Settings
from wparchive.errors import CredentialsError
from wparchive.fetch.escapes import however_escaped
from wparchive.fetch.guard import Refusal, parse
from wparchive.urls import Place

__all__ = ["Credentials", "load"]

_TELLING = 8  # characters: a shorter form occurs in many texts by chance


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user and an application password for the API at `root_url`; its repr hides the secret."""

    user: str
    secret: str = field(repr=False)
    root_url: str

    def header_for(self, url: str) -> str | None:
        """Return the Authorization header for `url`; None unless `url` is below the API root, by https or on loopback.

        Both spellings of the root count (`/wp-json/...` and `?rest_route=`), at exactly the same origin.
        """
        root, place = parse(self.root_url), parse(url)
        if isinstance(root, Refusal) or isinstance(place, Refusal) or place.origin != root.origin:
            return None
        if place.scheme != "https" and not _loopback(place.host):
            return None
        return f"Basic {_in_base64(f'{self.user}:{self.secret}')}" if _under(root, place) else None

    def occurs_in(self, pieces: Iterable[bytes]) -> bool:
        """Whether the secret occurs in the concatenation of `pieces`, in any of its forms, however escaped."""
        forms = [form.encode() for form in self._forms() if len(form) >= _TELLING]
        escaped = however_escaped(self.secret.replace(" ", ""))
        overlap = max(escaped.longest if escaped else 1, *(_BROKEN * len(form) for form in forms), 1)
        before = b""
        for piece in pieces:
            data = before + piece
            texts = (data, _joined(data))
            if any(form in text for form in forms for text in texts) or (escaped and escaped.occurs_in(data)):
                return True
            # A form may be cut by the end of a piece.
            before = data[-overlap:]
        return False

    def _forms(self) -> set[str]:
        compact = self.secret.replace(" ", "")
        plain = {form for form in (self.secret, compact) if form}
        tokens = {_in_base64(text) for form in plain for text in (form, f"{self.user}:{form}")}
        return plain | tokens | {spell(form) for form in plain for spell in _SPELLINGS} | _inside(plain)


def _in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


_BROKEN = 8  # bytes that a character of Base64 may take with the break behind it
_BREAKS = (b"\\r", b"\\n", b"\\t", b"%0D", b"%0d", b"%0A", b"%0a", b"&#13;", b"&#10;", b"<br>", b"<br/>", b"<br />")
_SIGNS = ((b"%2F", b"/"), (b"%2f", b"/"), (b"%2B", b"+"), (b"%2b", b"+"), (b"%3D", b"="), (b"%3d", b"="))
_IN_BASE64 = (*((mark, b"") for mark in _BREAKS), *_SIGNS)


def _quoted_low(text: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda code: code[0].lower(), quote(text, safe=""))


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1].replace("/", "\\/")  # as PHP writes it


_SPELLINGS = (
    quote,
    quote_plus,
    _quoted_low,
    _in_json,
    html.escape,
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
)


def _joined(data: bytes) -> bytes:
    """Return `data` as a Base64 decoder reads it: without line breaks, and with its characters unescaped."""
    for sign, plain in _IN_BASE64:
        data = data.replace(sign, plain)
    return data.translate(None, b" \t\r\n\\")


def _inside(plain: set[str]) -> set[str]:
    """Return the Base64 substrings that any text containing one of `plain` has, one for each offset within a quantum."""
    found = set()
    for form in plain:
        for before in range(3):
            coded = base64.b64encode(bytes(before) + form.encode()).decode("ascii").rstrip("=")
            inner = coded[(before * 8 + 5) // 6 : -1]
            found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _under(root: Place, place: Place) -> bool:
    """Whether `place` is below the API of `root`, in either spelling; their origins are known to be equal."""
    base = _base(root)
    path, _, query = place.target.partition("?")
    decoded = unquote(path)
    # Servers differ on whether an encoded slash is a separator, and on how often they decode.
    if re.search(r"//|\\|(?:^|/)\.\.?(?:/|$)", decoded) or re.search(r"%(?:25)*(?:2f|5c)", path, re.IGNORECASE):
        return False
    # WordPress lets the parameter win over the path (WP::parse_request), so the route is in the query.
    if any(name == "rest_route" for name, _ in parse_qsl(query, keep_blank_values=True)):
        return decoded in (base, f"{base}index.php")
    pretty = unquote(root.target.partition("?")[0])
    roots = {f"{base}wp-json/", f"{base}index.php/wp-json/"}
    if "rest_route=" not in root.target and pretty.rstrip("/"):
        roots.add(pretty.rstrip("/") + "/")
    return f"{decoded.rstrip('/')}/".startswith(tuple(roots))


def _base(root: Place) -> str:
    """Return the path of the site's front page, derived from the spelling of its REST root."""
    path = unquote(root.target.partition("?")[0])
    if "rest_route=" in root.target:
        return path.removesuffix("index.php")
    path = path.rstrip("/")
    return path.rpartition("/")[0].removesuffix("/index.php") + "/"


def load(settings: Settings, folder: Path) -> str | None:
    """Return the secret that `settings` name; None when they name none.

    A file's path is relative to `folder`, and only its owner may be able to read the file. Raises CredentialsError,
    which names the user, never the secret.
    """
    for name, reader in (
        (settings.password_env, _from_environment),
        (settings.password_file, lambda path: _from_file(folder / path)),
        (settings.password_keyring, lambda entry: _from_keyring(entry, settings.user or "")),
    ):
        if name:
            secret = reader(name).strip()
            if not secret or not secret.isprintable():
                raise CredentialsError(f"the password of {settings.user} in {name} is empty or isn't one line of text")
            return secret
    return None


def _from_environment(variable: str) -> str:
    try:
        return os.environ[variable]
    except KeyError:
        raise CredentialsError(f"the environment variable {variable} isn't set; put the password into it") from None


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_IMODE(mode) & 0o077:
                raise CredentialsError(f"{path}: others can read this password; run: chmod 600 {path}")
            return file.read(4096).decode("utf-8")
    except OSError as error:
        raise CredentialsError(f"{path}: the password can't be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise CredentialsError(f"{path}: the password isn't text in UTF-8") from None


def _from_keyring(entry: str, user: str) -> str:
    """Return the password of `entry`: SERVICE or SERVICE/USER, by default with the site's own user."""
    try:
        keyring = importlib.import_module("keyring")  # an optional extra, and slow to load
    except ImportError:
        raise CredentialsError("password_keyring needs the extra: pip install 'wparchive[keyring]'") from None
    service, _, name = entry.partition("/")
    candidates = [(entry, user)] + ([(service, name)] if name else [])
    try:
        found = [secret for pair in candidates if (secret := keyring.get_password(*pair))]
    except Exception as error:  # noqa: BLE001  (each keyring backend raises its own)
        raise CredentialsError(f"the keyring can't be read ({type(error).__name__})") from None
    if not found:
        raise CredentialsError(f"the keyring has no password for {user} in {entry}")
    return str(found[0])
