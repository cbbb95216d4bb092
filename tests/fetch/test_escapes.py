"""A secret is found in an answer however its characters are spelled there, and nothing else is taken for it."""

import json
import random
from urllib.parse import quote

import pytest

from wparchive.fetch.escapes import however_escaped

SECRETS = ("aB3dE5gH7jK9mN1p", "x;&y+%z/\\\"'wv", "pässwörd-€-😀ab", "25%25&#38;u0026")


def spellings(letter: str) -> list[str]:
    units = json.dumps(letter + "é")[1:-7]
    code, coded = ord(letter), "".join(f"%{byte:02x}" for byte in letter.encode())
    forms = [
        letter,
        coded,
        coded.replace("%", "%25"),
        f"&#{code};",
        f"&#x{code:X};",
        f"&amp;#{code:03};",
        f"%26#{code};",
    ]
    utf16 = letter.encode("utf-16-be")
    forms.append("".join(f"\\u{utf16[at]:02x}{utf16[at + 1]:02x}" for at in range(0, len(utf16), 2)))
    return [*forms, f"\\\\u0026#{code};", coded.replace("%", "\\u0025"), quote(letter, safe=""), units or letter]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_found_in_any_mixture_of_spellings(secret: str) -> None:
    chosen = random.Random(secret)
    found = however_escaped(secret)
    assert found
    for _ in range(500):
        between = chosen.choice(["", " ", "\t", "+", "&nbsp;", "%20", "\r\n "])
        text = between.join(chosen.choice(spellings(letter)) for letter in secret)
        assert found.occurs_in(f"before {text} behind".encode()), text


@pytest.mark.parametrize("secret", SECRETS)
def test_what_differs_in_one_character_is_not_the_secret(secret: str) -> None:
    found = however_escaped(secret)
    assert found
    for at in range(len(secret)):
        assert not found.occurs_in(f"{secret[:at]}~{secret[at + 1 :]}".encode())
