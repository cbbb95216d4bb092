"""News agencies as texts name them: the same agency's text under two names is no copy of one from the other.

A name counts where a credit stands, at either end of a text: in a dateline, in brackets, behind a dash, or in a line of its
own; never in a sentence. A photograph's credit is none of the text.
"""

import re
from collections.abc import Iterator

__all__ = ["agencies_of", "agency_of_both"]

# How an agency is credited, with its name first; short ones count only as they are written here.
_NAMES = """
Anadolu: AA, Anadolu Agency, Anadolu Ajansı, Agence Anadolu, الأناضول
AFP: AFP-Services, Agence France-Presse, Agence France Presse, АФП, أ ف ب, أ.ف.ب, أ ف پ, فرانس برس, 法新社
AGERPRES: Agerpres
ANA-MPA: ΑΠΕ-ΜΠΕ, ΑΠΕ
ANI:
ANP:
ANSA:
ANTARA: Antara
AP: Associated Press, أ ب, 美联社, 美聯社
APA:
ATS: Keystone-ATS
BELTA: БЕЛТА
BNS:
BTA: БТА
Belga:
Bernama: BERNAMA
CNA: 中央社
CP: Canadian Press, Presse Canadienne
China News Service: 中新社, 中新网
dpa: DPA, dpa-AFX, dpa-infocom
EFE: Efe
ETA:
epd: EPD
Europa Press: EUROPA PRESS
FIDES: Fides
HINA: Hina
IANS:
INA:
IRNA: ایرنا
Interfax: INTERFAX, Интерфакс
Jiji: Jiji Press, 時事, 時事通信
KNA:
KUNA: كونا
Kyodo: Kyodo News, 共同, 共同通信
LETA:
LUSA: Lusa
MENA: أ ش أ
MTI:
MIA:
NAN:
NTB:
Newsis: 뉴시스
News1: 뉴스1
PA: PA Media, Press Association
PAP:
PNA:
PTI: Press Trust of India
QNA: قنا
RIA Novosti: RIA, РИА Новости, РИА, Ria Novosti
Reuters: REUTERS, Reuters Staff, Рейтер, رويترز, 路透社, 路透, ロイター
Ritzau:
SANA: سانا
SDA: sda, Keystone-SDA
SID:
SPA: واس
STT:
Sputnik: SPUTNIK, Спутник
TASR:
TASS: ТАСС, ИТАР-ТАСС
TT:
Tanjug: TANJUG, Танјуг
UPI:
UNI:
Ukrinform: Укрінформ, Укринформ
VNA: TTXVN, VietnamPlus
WAFA: وفا
WAM: وام
Xinhua: XINHUA, 新华社, 新華社, 新华网
Yonhap: Yonhap News Agency, 연합뉴스
ČTK: ČTK, CTK
"""
_LONG = 5  # characters of a name that is one in whatever case
_KNOWN = {
    spelling.strip() if len(spelling.strip()) < _LONG else spelling.strip().casefold(): line.partition(":")[0]
    for line in _NAMES.split("\n")
    if line
    for spelling in (line.partition(":")[0], *line.partition(":")[2].split(","))
    if spelling.strip()
}
_SIGNS = "\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af"  # scripts in which a name stands right beside a place
_IS_SIGN = re.compile(f"[{_SIGNS}]")
_WRITTEN = sorted((name for name in _KNOWN if _IS_SIGN.search(name)), key=len, reverse=True)
_WORD = re.compile(r"\w+")
_FIRST_WORDS = frozenset(_WORD.findall(name.casefold())[0] for name in _KNOWN)
_BESIDE = re.compile("|".join(map(re.escape, _WRITTEN)))
_SHOWN = re.compile(
    "foto|photo|imag|bild|pict|video|grafi|graphi|фото|φωτο|kép|写真|撮影|图|圖|摄|صور|사진|kuva|zdjęci|obraz|gambar|ảnh|ภาพ|फोटो",
    re.IGNORECASE,
)
_PARTS = re.compile(r"\s*[/,;&+|·=＝]\s*|\s+(?:\w{1,3})\s+")  # a word of three letters is an "and" of some language

_EITHER_END = 240  # characters in which a credit stands
_DATELINE = 90
_LINES = 3
_LONGEST = 70  # characters of a line that is nothing but a credit
_DASH = r"\-—–−‐―"
_BRACKET = re.compile(r"[(\[（【]([^()\[\]（）【】\n]{2,40})[)\]）】]")
_BEFORE = re.compile(r"\W*\Z|.*\d[\w.]{0,3} ?\Z")  # nothing, or a date
_BEHIND = re.compile(rf"[\s.]*(?:[{_DASH}:]|\Z)")
_BEGINS = re.compile(rf"\W{{0,2}}([^\W\d_][\w .&]{{1,24}}?)(?:\s?[:/—–−]|\s[{_DASH}])")
_BETWEEN = re.compile(rf"(?:[/{_DASH}]|\.\s)\s?([^\W\d_][^()\[\]/\n{_DASH}]{{1,30}}?)\s?(?=[/{_DASH}.:]|\Z)")
_BY_PLACE = re.compile(r"[^\s-]{2,20}-([^\s-]{2,12})\s")
_DATED = re.compile(f"\\W{{0,2}}([{_SIGNS}]{{2,5}})[^。，]{{0,30}}[电電讯訊]")
_ENDS = re.compile(r"[(\[（【]([^()\[\]（）【】\n]{2,60})[)\]）】]\W*\Z")
_LAST = re.compile(rf"(?:[/{_DASH}]\s?|[.!?。»”\"’)]\s+)([^\W\d_][^\n/{_DASH}.]{{1,30}}?)\W*\Z")
# © and a year; a word for the source and a colon; a short word as By, Von, Par; or nothing.
_ALONE = re.compile(
    r"(?:(?i:©|\(c\)|copyright)\W*(?:\d{4}\W+)?|[^:：\n]{1,30}[:：]\s*|(?![a-z])\w{1,4}\s|)\W*(.{2,40}?)\W*"
)


def agencies_of(text: str) -> frozenset[str]:
    """Return the agencies that `text` is credited to at its beginning or end, as in "PARIS (AFP) -" or "Source: AFP"."""
    head, tail = text[:_EITHER_END], text[-_EITHER_END:]
    ends = f"{head}\n{tail}"
    if _FIRST_WORDS.isdisjoint(_WORD.findall(ends.casefold())) and (ends.isascii() or not _BESIDE.search(ends)):
        return frozenset()  # as most texts name none, wherever
    found: set[str] = set()
    for credit in (*_at_beginning(head), *_at_end(tail)):
        found.update(_named(credit))
    return frozenset(found)


def agency_of_both(one: str, other: str) -> str | None:
    """Return the agency that both texts are credited to, or several in one word; None if there is none."""
    found = agencies_of(one)
    return "/".join(sorted(found & agencies_of(other))) or None if found else None


def _at_beginning(head: str) -> Iterator[str]:
    for line in head.split("\n")[: _LINES - 1]:
        for found in _BRACKET.finditer(line[:_DATELINE]):
            if _BEFORE.match(line[: found.start()]) or _BEHIND.match(line, found.end()):
                yield found[1]
        yield from (begun[1] for pattern in (_BEGINS, _DATED, _BY_PLACE) if (begun := pattern.match(line)))
        yield from (between[1] for between in _BETWEEN.finditer(line[:_DATELINE]))
        yield from _whole_line(line)


def _at_end(tail: str) -> Iterator[str]:
    for line in tail.rstrip().split("\n")[-_LINES:]:
        if _SHOWN.search(line[-_LONGEST:]):
            continue
        if ends := _ENDS.search(line):
            yield ends[1]
            yield from (word for word in ends[1].split() if len(word) > len("AP"))  # "with PTI inputs"
        if (last := _LAST.search(line)) and _name(last[1]):
            yield last[1]
        yield from _whole_line(line)


def _whole_line(line: str) -> Iterator[str]:
    """The name in a line that is nothing but a credit of the text."""
    line = line.strip().strip("()[]（）【】/").strip()
    if len(line) <= _LONGEST and not _SHOWN.search(line) and (found := _ALONE.fullmatch(line)):
        yield found[1]


def _named(credit: str) -> Iterator[str]:
    """The agencies in what stands where a credit does: alone, before others, or beside a place, as in ワシントン共同."""
    if name := _name(credit.strip()):
        yield name
        return
    found = [_of_part(part) for part in _PARTS.split(credit.strip()) if part]
    if found and found[0]:
        yield from filter(None, found)
    yield from (_KNOWN[sign[0]] for sign in _BESIDE.finditer(credit))


def _of_part(part: str) -> str | None:
    """The agency that a part is, or whose name ends it or stands before a hyphen, if it has more than two letters."""
    words = (part.split()[-1], part.partition("-")[0])
    return _name(part) or next((name for word in words if len(word) > len("AP") and (name := _name(word))), None)


def _name(written: str) -> str | None:
    written = written.removeprefix("The ")
    return _KNOWN.get(written if len(written) < _LONG else written.casefold())
