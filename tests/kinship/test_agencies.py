"""The same agency's text under two names is told as that: an agency is known where it is credited, in its own way."""

import pytest
from archives import World, post
from test_kin_rows import crawl, fresh, html

from wparchive.kinship.agencies import agencies_of, agency_of_both

TEXT = (
    "the harbour was closed on Monday after a ship had run into the pier, the office said, and nobody knew for how long. "
    * 6
)
BEFORE = {
    "dpa": ["Düsseldorf (dpa/lnw) – ", "Berlin (dpa-AFX) - ", "BERLIN (DPA) – ", "(dpa) "],
    "AFP": ["AFP: Paris, 3 March. ", "AFP/Paris – ", "PARIS (AFP) - ", "By AFP\n", "القاهرة (أ ف ب) - ", "【AFP】"],
    "AP": ["By The Associated Press\n", "PARIS (The Associated Press) — ", "PARIS, March 3 (AP) "],
    "Reuters": [
        "LONDON, March 3 (Reuters) - ",
        "[東京 3日 ロイター] - ",
        "路透社伦敦3月3日电 ",
        "ЛОНДОН, 3 мар (Рейтер) - ",
    ],
    "Xinhua": ["新华社北京3月3日电（记者张三）", "（新华社）", "BEIJING, March 3 (Xinhua) -- "],
    "CNA": ["（中央社記者王小明台北3日電）"],
    "TASS": ["MOSCOW, March 3. /TASS/. ", "МОСКВА (ТАСС) - "],
    "RIA Novosti": ["МОСКВА, 3 мая - РИА Новости. "],
    "Interfax": ["МОСКВА. 3 марта. ИНТЕРФАКС - "],
    "Kyodo": ["【ワシントン共同】"],
    "Yonhap": ["(서울=연합뉴스) 홍길동 기자 = "],
    "SPA": ["الرياض (واس) - ", "الرياض - واس - "],
    "SANA": ["دمشق-سانا "],
    "ANI": ["New Delhi [India], March 3 (ANI): "],
    "PA": ["London (PA Media) – "],
    "EFE": ["Madrid, 3 mar (EFE).- "],
    "Anadolu": ["ANKARA (AA) - "],
    "Tanjug": ["Београд, 3. март (Танјуг) - "],
    "AGERPRES": ["București, 3 mar /Agerpres/ - "],
    "Ukrinform": ["KYIV, March 3 – Ukrinform. "],
}
BEHIND = {
    "dpa": ["\nQuelle: dpa", "\n(dpa)", "\ndpa", " dpa", "\n© dpa-infocom, dpa:260303-99-123/4", "\n(dpa/tmn)"],
    "AFP": ["\nSource: AFP", "\n© 2026 AFP", " — AFP", "\n(Avec AFP)", "\n(Mit Material von AFP und anderen)"],
    "Xinhua": ["\n来源：新华社"],
    "Kyodo": ["（共同）"],
    "PAP": ["\nŹródło: PAP", " (PAP)"],
    "TT": ["\nTT", "\n(TT)"],
    "NTB": ["\n(©NTB)"],
    "Ritzau": ["\n/ritzau/"],
    "SDA": ["\n(Keystone-SDA)"],
    "ČTK": ["\nZdroj: ČTK"],
    "PTI": [" PTI", "\n(With PTI inputs)"],
    "Bernama": [" – Bernama"],
}
NONE = [
    f"The AFP said so. {TEXT}",
    f"The report by Reuters said that {TEXT}",
    f"The Palestinian Authority (PA) said on Monday that {TEXT}",
    f"He is a member of AA and so on, {TEXT}",
    f"{TEXT}\nFoto: dpa",
    f"{TEXT}\n(AP Photo/John Smith)",
    f"{TEXT} He joined the AA.",
    f"{TEXT}\nTags: news, PA, council",
    f"{'x' * 400} (AFP) {'y' * 400}",
]


@pytest.mark.parametrize("agency", sorted({*BEFORE, *BEHIND}))
def test_an_agency_is_named_where_it_is_credited(agency: str) -> None:
    """In a dateline, in brackets, behind a dash, in a line of its own; in its own script."""
    texts = [credit + TEXT for credit in BEFORE.get(agency, ())] + [TEXT + credit for credit in BEHIND.get(agency, ())]
    assert [text[:30] + text[-30:] for text in texts if agencies_of(text) != {agency}] == []


def test_a_name_in_a_sentence_is_no_credit() -> None:
    """Nor a photograph's credit, a tag, or a name in the middle of a text."""
    assert [(text, found) for text in NONE if (found := agencies_of(text))] == []


def test_both_texts_must_credit_it() -> None:
    """Of several agencies, the ones that both name."""
    assert agency_of_both(f"Paris (AFP/dpa) - {TEXT}", f"{TEXT}\nQuelle: dpa") == "dpa"
    assert agency_of_both(f"Paris (AFP/dpa) - {TEXT}", f"{TEXT}\n(dpa/AFP)") == "AFP/dpa"
    assert agency_of_both(f"Paris (AFP) - {TEXT}", f"Berlin (dpa) - {TEXT}") is None
    assert agency_of_both(TEXT, TEXT) is None


def test_a_pair_is_told_as_an_agencys(world: World) -> None:
    """However the two sites credit it."""
    story = fresh(80)
    crawl(world, "one.test", post(1, html(f"PARIS (AFP) - {story.lines[0]}", *story.lines[1:])))
    crawl(world, "two.test", post(2, html(*story.lines, "© AFP")), post(3, html(*fresh(81).lines)))
    assert world.rows("SELECT kind, agency FROM kinship") == [("copy", "AFP")]


def test_hostile_lines_cost_what_their_length_does() -> None:
    for part in ("(", "/a", "- ", "a:", "（新", "©", "(a"):
        assert agencies_of(part * 100_000) == frozenset()
