"""What a person would mark, in forty cases and eleven languages: the sentences are invented."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wparchive.wordpress.prose import Row, changed, html_diff, text_of_side
from wparchive.wordpress.prose.blocks import blocks

FERRY = "The ferry struck the breakwater in thick fog on Sunday evening, and eleven people were taken to hospital."
LIGHT = "The harbour authority said the fog signal on the east light was working normally at the time."
ISLAND = "Sallow Island lies four miles from the town and has been without a doctor since the spring."
MAYOR = "The mayor will speak to the families on Thursday."


def p(*texts: str) -> str:
    return "".join(f"<p>{text}</p>\n" for text in texts)


def told(row: Row) -> str:
    """`edited: The [-old-]{+new+} text (notes)`."""
    marks = {"equal": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    words = "".join(marks[piece.op].format(piece.text) for piece in row.pieces)
    words = words.replace("\t", "|").replace("\n", "¶").replace("\ufffc", "▣")
    notes = f"({'; '.join(map(str, row.notes))})"
    return (
        f"{row.change}: {notes}" if row.change == "formatted" else f"{row.change}: {words}{notes if row.notes else ''}"
    )


CASES: dict[str, tuple[str, str, list[str]]] = {
    # --- words
    "a word for another": (
        p(LIGHT),
        p(LIGHT.replace("said", "denied")),
        [
            "edited: The harbour authority [-said-]{+denied+} the fog signal on the east light was working normally at the time."
        ],
    ),
    "words for a word, and one left out": (
        p(LIGHT),
        p(LIGHT.replace("said", "declined to say whether").replace(" normally", "")),
        [
            "edited: The harbour authority [-said-]{+declined to say whether+} the fog signal on the east light was "
            "working[- normally-] at the time."
        ],
    ),
    "a sentence put in": (
        p(f"{FERRY} {MAYOR}"),
        p(f"{FERRY} Two are children. {MAYOR}"),
        [f"edited: {FERRY}{{+ Two are children.+}} {MAYOR}"],
    ),
    "a sentence that begins like the next one": (
        p("It rained. The quay is shut."),
        p("It rained. The pier is shut. The quay is shut."),
        ["edited: It rained.{+ The pier is shut.+} The quay is shut."],
    ),
    "the first sentence taken out": (p(f"{MAYOR} {ISLAND}"), p(ISLAND), [f"edited: [-{MAYOR} -]{ISLAND}"]),
    "a comma between two changes": (
        p(f"{ISLAND} It has a shop, church."),
        p(f"{ISLAND} It has a school, mill."),
        [f"edited: {ISLAND} It has a [-shop, church-]{{+school, mill+}}."],
    ),
    "little words between long changes": (
        p(f"{ISLAND} Nobody on board was hurt in the sudden storm of last night."),
        p(f"{ISLAND} Nineteen people from town drowned in the heavy seas off the point."),
        [
            f"edited: {ISLAND} [-Nobody on board was hurt in the sudden storm of last night-]"
            "{+Nineteen people from town drowned in the heavy seas off the point+}."
        ],
    ),
    "capitals": (
        p(MAYOR),
        p(MAYOR.replace("mayor", "Mayor")),
        ["edited: The [-mayor-]{+Mayor+} will speak to the families on Thursday."],
    ),
    "a full stop": (p("The quay is shut"), p("The quay is shut."), ["edited: The quay is shut{+.+}"]),
    "nothing but white space": (f"<p>{MAYOR}</p>", f"<p>\n  {MAYOR.replace(' ', '&nbsp; ')}</p>\n\n", []),
    "nothing but other tags": (f"<p>{MAYOR}</p>", f"<div class='a'><p style='b'>{MAYOR}<span></span></p></div>", []),
    "a line break for a paragraph": (p(FERRY, MAYOR), f"<p>{FERRY}<br>{MAYOR}</p>", []),
    # --- numbers
    "a number with its comma": (
        p("It carried 1,204 passengers."),
        p("It carried 1,214 passengers."),
        ["edited: It carried [-1,204-]{+1,214+} passengers."],
    ),
    "a number with spaces (French)": (
        p("Le port a coûté 1 204 500 euros à la ville."),
        p("Le port a coûté 1 304 500 euros à la ville."),
        ["edited: Le port a coûté [-1 204 500-]{+1 304 500+} euros à la ville."],
    ),
    "a number with points (German)": (
        p("Der Kai kostete 1.204,50 Euro."),
        p("Der Kai kostete 1.304,50 Euro."),
        ["edited: Der Kai kostete [-1.204,50-]{+1.304,50+} Euro."],
    ),
    "a time and a date": (
        p("At 12:30 on 2026-11-20 it stopped."),
        p("At 13:30 on 2026-11-21 it stopped."),
        ["edited: At [-12:30-]{+13:30+} on [-2026-11-20-]{+2026-11-21+} it stopped."],
    ),
    "money": (
        p("Repairs cost €3.5m so far."),
        p("Repairs cost €5.3m so far."),
        ["edited: Repairs cost €[-3.5m-]{+5.3m+} so far."],
    ),
    # --- paragraphs
    "added": (p(FERRY, MAYOR), p(FERRY, ISLAND, MAYOR), [f"added: {{+{ISLAND}+}}"]),
    "removed": (p(FERRY, ISLAND, MAYOR), p(FERRY, MAYOR), [f"removed: [-{ISLAND}-]"]),
    "another one in its place": (
        p(FERRY, "Nobody was hurt.", MAYOR),
        p(FERRY, "Trains run late.", MAYOR),
        ["removed: [-Nobody was hurt.-]", "added: {+Trains run late.+}"],
    ),
    "moved": (p(LIGHT, FERRY, MAYOR), p(FERRY, MAYOR, LIGHT), [f"moved: {LIGHT}"]),
    "moved and reworded": (
        p(LIGHT, FERRY, MAYOR),
        p(FERRY, MAYOR, LIGHT.replace("said", "says")),
        [f"moved: {LIGHT.replace('said', '[-said-]{+says+}')}"],
    ),
    "a short line is not moved but removed and added": (
        p("Photo: Ward", FERRY, MAYOR),
        p(FERRY, MAYOR, "Photo: Ward"),
        ["removed: [-Photo: Ward-]", "added: {+Photo: Ward+}"],
    ),
    "split": (p(f"{FERRY} {ISLAND}"), p(FERRY, ISLAND), [f"split: {FERRY}[- -]{{+¶+}}{ISLAND}"]),
    "split and reworded": (
        p(f"{FERRY} {ISLAND}"),
        p(FERRY.replace("eleven", "twelve"), ISLAND),
        [f"split: {FERRY.replace('eleven', '[-eleven-]{+twelve+}')}[- -]{{+¶+}}{ISLAND}"],
    ),
    "joined": (p(FERRY, ISLAND), p(f"{FERRY} {ISLAND}"), [f"joined: {FERRY}[-¶-]{{+ +}}{ISLAND}"]),
    "joined beside one that is removed": (
        p(MAYOR, FERRY, ISLAND),
        p(f"{FERRY} {ISLAND}"),
        [f"removed: [-{MAYOR}-]", f"joined: {FERRY}[-¶-]{{+ +}}{ISLAND}"],
    ),
    # --- without a word
    "the target of a link": (
        p(f'{MAYOR} <a href="/a">Read more</a>'),
        p(f'{MAYOR} <a href="/b">Read more</a>'),
        ["formatted: (link of “Read more”: /a → /b)"],
    ),
    "a link taken away": (
        p('See <a href="/a">the report</a>.'),
        p("See the report."),
        ["formatted: (link of “the report”: /a → none)"],
    ),
    "bold type": (
        p("Nobody was hurt."),
        p("<strong>Nobody</strong> was hurt."),
        ["formatted: (bold type of “Nobody”: none → yes)"],
    ),
    "a heading for a paragraph": (
        p("What is known"),
        "<h2>What is known</h2>",
        ["formatted: (kind: paragraph → heading 2)"],
    ),
    "a picture": (
        '<figure><img src="/quay-300x200.jpg" alt="The quay"><figcaption>The quay on Sunday.</figcaption></figure>',
        '<figure><img src="/pier-300x200.jpg" alt="The pier"><figcaption>The quay on Sunday.</figcaption></figure>',
        ["edited: [-▣-]{+▣+}"],
    ),
    "a picture of another size": (
        '<figure><img src="/quay-300x200.jpg"></figure>',
        '<figure><img src="/quay.jpg"></figure>',
        ["formatted: (picture: /quay-300x200.jpg → /quay.jpg)"],
    ),
    "the caption": (
        '<figure><img src="/quay.jpg"><figcaption>The quay. Photo: A. Ward</figcaption></figure>',
        '<figure><img src="/quay.jpg"><figcaption>The quay. Photo: R. Adeyemi</figcaption></figure>',
        ["edited: The quay. Photo: [-A. Ward-]{+R. Adeyemi+}"],
    ),
    "a cell of a table": (
        "<table><tr><th></th><th>2025</th><th>2026</th></tr><tr><td>Ferries</td><td>14</td><td>15</td></tr></table>",
        "<table><tr><th></th><th>2025</th><th>2026</th></tr><tr><td>Ferries</td><td>14</td><td>16</td></tr></table>",
        ["edited: Ferries|14|[-15-]{+16+}"],
    ),
    "a line of code": (
        "<pre>if fog:\n    sound()\n</pre>",
        "<pre>if fog:\n    sound(2)\n</pre>",
        ["edited:     sound({+2+})"],
    ),
    # --- languages
    "German": (
        p("Die Fähre lief bei dichtem Nebel auf; elf Menschen wurden verletzt."),
        p("Die Fähre lief bei dichtem Nebel auf; zwölf Menschen wurden schwer verletzt."),
        ["edited: Die Fähre lief bei dichtem Nebel auf; [-elf-]{+zwölf+} Menschen wurden{+ schwer+} verletzt."],
    ),
    "Spanish": (
        p("¿Quién apagó la sirena? Nadie lo sabe todavía."),
        p("¿Quién apagó la sirena? El puerto lo sabe."),
        ["edited: ¿Quién apagó la sirena? [-Nadie-]{+El puerto+} lo sabe[- todavía-]."],
    ),
    "Russian": (
        p("Паром ударился о мол в густом тумане, пострадали одиннадцать человек."),
        p("Паром ударился о мол в густом тумане, пострадали двенадцать человек."),
        ["edited: Паром ударился о мол в густом тумане, пострадали [-одиннадцать-]{+двенадцать+} человек."],
    ),
    "Arabic": (
        p("اصطدمت العبارة بالرصيف مساء الأحد، وأصيب أحد عشر شخصا."),
        p("اصطدمت العبارة بالرصيف مساء السبت، وأصيب أحد عشر شخصا."),
        ["edited: اصطدمت العبارة بالرصيف مساء [-الأحد-]{+السبت+}، وأصيب أحد عشر شخصا."],
    ),
    "Hebrew, with vowels": (
        p("הַסְּפִינָה פגעה במזח בערפל כבד."),
        p("הַסְּפִינָה פגעה בסלע בערפל כבד."),
        ["edited: הַסְּפִינָה פגעה [-במזח-]{+בסלע+} בערפל כבד."],
    ),
    "Hindi": (
        p("नाव घने कोहरे में बाँध से टकरा गई। ग्यारह लोग घायल हुए।"),
        p("नाव घने कोहरे में बाँध से टकरा गई। बारह लोग घायल हुए।"),
        ["edited: नाव घने कोहरे में बाँध से टकरा गई। [-ग्यारह-]{+बारह+} लोग घायल हुए।"],
    ),
    "Chinese": (
        p("港务局说，雾信号当时正常工作，十一人受伤。"),
        p("港务局拒绝说明雾信号当时是否正常工作，十二人受伤。"),
        ["edited: 港务局{+拒绝+}说[-，-]{+明+}雾信号当时{+是否+}正常工作，十[-一-]{+二+}人受伤。"],
    ),
    "Japanese": (
        p("フェリーは日曜日の夜に防波堤に衝突した。"),
        p("フェリーは土曜日の夜に防波堤に衝突した。"),
        ["edited: フェリーは[-日-]{+土+}曜日の夜に防波堤に衝突した。"],
    ),
    "Thai": (
        p("เรือข้ามฟากชนเขื่อนในหมอกหนา มีผู้บาดเจ็บ 11 คน"),
        p("เรือข้ามฟากชนเขื่อนในหมอกหนา มีผู้บาดเจ็บ 12 คน"),
        ["edited: เรือข้ามฟากชนเขื่อนในหมอกหนา มีผู้บาดเจ็บ [-11-]{+12+} คน"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_person_would_mark(case: str) -> None:
    old, new, wanted = CASES[case]
    assert [told(row) for row in changed(html_diff(old, new))] == wanted


@pytest.mark.parametrize("case", CASES)
def test_the_other_way_round_the_same_words_are_marked(case: str) -> None:
    """What is added one way is removed the other way."""
    old, new, _ = CASES[case]

    def marked(rows: list[Row], op: str) -> list[str]:
        return sorted(piece.text for row in rows for piece in row.pieces if piece.op == op and piece.text.strip())

    there, back = html_diff(old, new), html_diff(new, old)
    assert (marked(there, "added"), marked(there, "removed")) == (marked(back, "removed"), marked(back, "added"))


SENTENCES = st.lists(
    st.sampled_from([FERRY, LIGHT, ISLAND, MAYOR, "Nobody was hurt.", "It rained."]), min_size=1, max_size=3
)
ARTICLES = st.lists(SENTENCES, min_size=1, max_size=6)


@settings(deadline=None)
@given(
    ARTICLES,
    st.lists(
        st.tuples(st.sampled_from(["split", "join", "move", "drop", "word"]), st.integers(0, 5), st.integers(0, 5)),
        max_size=4,
    ),
)
def test_after_any_edits_both_texts_are_there(article: list[list[str]], edits: list[tuple[str, int, int]]) -> None:
    """Paragraphs split, joined, moved, dropped and reworded, in any order: nothing is lost and nothing told twice."""
    new = [list(one) for one in article]
    for edit, one, other in edits:
        if not new:
            break
        at, to = one % len(new), other % len(new)
        if edit == "split" and len(new[at]) > 1:
            new[at : at + 1] = [new[at][:1], new[at][1:]]
        elif edit == "join" and at + 1 < len(new):
            new[at : at + 2] = [new[at] + new[at + 1]]
        elif edit == "move":
            new.insert(to, new.pop(at))
        elif edit == "drop":
            new.pop(at)
        else:
            new[at] = [new[at][0].replace("the", "one"), *new[at][1:]]
    old_html, new_html = (p(*(" ".join(one) for one in each)) for each in (article, new))
    rows = html_diff(old_html, new_html)
    for side, html in (("old", old_html), ("new", new_html)):
        assert text_of_side(rows, side) == "\n".join(block.text for block in blocks(html))
    assert bool(changed(rows)) == (article != new and old_html != new_html)
