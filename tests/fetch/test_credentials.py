"""Credentials go under their API root only, and their secret into nothing else."""

import base64
import sys
import types
from urllib.parse import quote

import pytest

from wparchive.config import Settings
from wparchive.errors import CredentialsError
from wparchive.fetch import Credentials, load_secret

SECRET = "abcd EFGH 1234 ijkl MNOP 5678"
HEADER = "Basic " + base64.b64encode(f"archiver:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    ("root", "url"),
    [
        ("https://example.org/wp-json/", "https://example.org/wp-json/wp/v2/posts?page=2"),
        ("https://example.org/wp-json/", "https://EXAMPLE.org:443/wp-json"),
        ("https://example.org/wp-json/", "https://example.org/?rest_route=/wp/v2/posts"),
        ("https://example.org/wp-json/", "https://example.org/index.php?rest_route=%2Fwp%2Fv2%2Fposts"),
        ("https://example.org/blog/wp-json/", "https://example.org/blog/?rest_route=/"),
        ("https://example.org/blog/?rest_route=/", "https://example.org/blog/wp-json/wp/v2/users/me"),
        ("https://example.org/?rest_route=/", "https://example.org/index.php?rest_route=/wp/v2/posts"),
        ("https://example.org/index.php/wp-json/", "https://example.org/index.php/wp-json/wp/v2"),
        ("https://example.org/api/", "https://example.org/api/wp/v2/posts"),
        ("http://127.0.0.1:8081/wp-json/", "http://127.0.0.1:8081/wp-json/wp/v2/posts"),
        ("http://localhost:8081/wp-json/", "http://localhost:8081/wp-json/"),
    ],
)
def test_they_go_under_the_root_in_either_form(root, url):
    assert Credentials("archiver", SECRET, root).header_for(url) == HEADER


@pytest.mark.parametrize(
    ("root", "url"),
    [
        ("http://example.org/wp-json/", "http://example.org/wp-json/wp/v2/posts"),
        ("https://example.org/wp-json/", "http://example.org/wp-json/wp/v2/posts"),
        ("https://example.org/wp-json/", "https://example.org:8443/wp-json/"),
        ("https://example.org/wp-json/", "https://www.example.org/wp-json/"),
        ("https://example.org/wp-json/", "https://example.org.evil.example/wp-json/"),
        ("https://example.org/wp-json/", "https://evil.example/wp-json/?https://example.org/wp-json/"),
        ("https://example.org/wp-json/", "https://example.org@evil.example/wp-json/"),
        ("https://example.org/wp-json/", "https://example.org/"),
        ("https://example.org/wp-json/", "https://example.org/wp-jsonx/"),
        ("https://example.org/wp-json/", "https://example.org/wp-content/uploads/a.jpg"),
        ("https://example.org/wp-json/", "https://example.org/wp-json/../wp-admin/"),
        ("https://example.org/wp-json/", "https://example.org/wp-json/%2e%2e/wp-admin/"),
        ("https://example.org/wp-json/", "https://example.org/wp-json%2fx"),
        ("https://example.org/wp-json/", "https://example.org/wp-json/wp%2Fv2/users/me"),
        ("https://example.org/wp-json/", "https://example.org/wp-json/wp%252fv2/users/me"),
        ("https://example.org/wp-json/", "https://example.org/wp-json/%5cevil"),
        ("https://example.org/wp-json/", "https://example.org/redirect.php?rest_route=/"),
        ("https://example.org/blog/wp-json/", "https://example.org/?rest_route=/"),
        ("https://example.org/blog/wp-json/", "https://example.org/wp-json/"),
        ("http://127.0.0.1:8081/wp-json/", "http://127.0.0.1:8082/wp-json/"),
        ("http://192.168.1.5/wp-json/", "http://192.168.1.5/wp-json/"),
    ],
)
def test_they_go_nowhere_else(root, url):
    assert Credentials("archiver", SECRET, root).header_for(url) is None


def test_the_secret_shows_in_no_repr():
    assert "abcd" not in repr(Credentials("archiver", SECRET, "https://example.org/wp-json/"))


COMPACT = SECRET.replace(" ", "")


@pytest.mark.parametrize(
    "form",
    [
        *(SECRET, COMPACT, HEADER, quote(SECRET), SECRET.replace(" ", "+")),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"archiver:{COMPACT}".encode()).decode(),
    ],
)
def test_every_form_of_the_secret_is_recognised(form):
    """Whichever way a site sends the password back, the response that holds it is found."""
    credentials = Credentials("archiver", SECRET, "https://example.org/wp-json/")
    assert credentials.occurs_in([f"x {form} y".encode()])
    assert not credentials.occurs_in([f"x {form[1:-1].swapcase()} y".encode()])


def test_a_secret_comes_out_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("APP_PASSWORD", f"{SECRET}\n")
    assert load_secret(Settings(user="archiver", password_env="APP_PASSWORD"), tmp_path) == SECRET
    assert load_secret(Settings(), tmp_path) is None


def test_a_secret_comes_out_of_a_file_beside_the_config(tmp_path):
    file = tmp_path / "example.secret"
    file.write_text(SECRET)
    file.chmod(0o600)
    assert load_secret(Settings(user="archiver", password_file="example.secret"), tmp_path) == SECRET


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path, mode):
    file = tmp_path / "example.secret"
    file.write_text(SECRET)
    file.chmod(mode)
    with pytest.raises(CredentialsError, match="chmod 600") as caught:
        load_secret(Settings(user="archiver", password_file="example.secret"), tmp_path)
    assert "abcd" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"one\ntwo", b"\xff\xfe"])
def test_a_file_without_a_password_is_refused(tmp_path, content):
    file = tmp_path / "example.secret"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(CredentialsError):
        load_secret(Settings(user="archiver", password_file="example.secret"), tmp_path)


def test_what_is_not_there_is_said(tmp_path, monkeypatch):
    monkeypatch.delenv("APP_PASSWORD", raising=False)
    with pytest.raises(CredentialsError, match="APP_PASSWORD isn't set"):
        load_secret(Settings(user="archiver", password_env="APP_PASSWORD"), tmp_path)
    with pytest.raises(CredentialsError, match="No such file"):
        load_secret(Settings(user="archiver", password_file="nothing"), tmp_path)


def test_a_keyring_is_asked_for_the_entry_and_missing_it_is_said(tmp_path, monkeypatch):
    settings = Settings(user="archiver", password_keyring="wparchive/example")
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(CredentialsError, match=r"wparchive\[keyring\]"):
        load_secret(settings, tmp_path)
    held = {("wparchive", "example"): SECRET}
    fake = types.SimpleNamespace(get_password=lambda service, user: held.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", fake)
    assert load_secret(settings, tmp_path) == SECRET
    held.clear()
    with pytest.raises(CredentialsError, match="no password for archiver"):
        load_secret(settings, tmp_path)
