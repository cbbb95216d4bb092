"""News agencies as texts name them: the same agency's text under two names is no copy of one from the other."""

import re

__all__ = ["agency_of"]

# How an agency is credited, with its name; only where a dateline or a credit stands.
_NAMES = {
    "AP": "AP|Associated Press",
    "AFP": "AFP|Agence France-Presse",
    "Reuters": "Reuters|Рейтер|رويترز|路透社|ロイター",
    "dpa": "dpa",
    "APA": "APA",
    "KNA": "KNA",
    "epd": "epd",
    "EFE": "EFE",
    "ANSA": "ANSA",
    "TASS": "TASS|ТАСС",
    "Interfax": "Interfax|Интерфакс",
    "RIA Novosti": "RIA Novosti|РИА Новости",
    "Xinhua": "Xinhua|新华社",
    "Kyodo": "Kyodo|共同|共同通信",
    "Jiji": "Jiji|時事|時事通信",
    "UPI": "UPI",
    "IANS": "IANS",
    "PTI": "PTI",
    "ANI": "ANI",
    "SANA": "SANA|سانا",
    "WAFA": "WAFA|وفا",
    "MENA": "MENA",
    "Anadolu": "Anadolu|Anadolu Agency|AA",
    "Bernama": "Bernama",
    "Yonhap": "Yonhap|연합뉴스",
    "Ukrinform": "Ukrinform|Укрінформ",
    "Sputnik": "Sputnik",
    "IRNA": "IRNA",
    "CNA": "CNA",
}
_KNOWN = {spelling.casefold(): name for name, spellings in _NAMES.items() for spelling in spellings.split("|")}
_CREDIT = re.compile(r"[(\[（【/—–-]\s?([^\W\d_][^()\[\]（）【】/\n—–-]{1,24})\s?(?=[)\]）】/—–-])")
_AT_EITHER_END = 300  # characters in which a credit stands


def agency_of(text: str) -> str | None:
    """Return the agency that `text` is credited to at its beginning or end, as in "PARIS (AFP) -"; None without one."""
    for part in (text[:_AT_EITHER_END], text[-_AT_EITHER_END:]):
        for found in _CREDIT.finditer(part):
            if name := _KNOWN.get(found[1].strip().casefold()):
                return name
    return None
