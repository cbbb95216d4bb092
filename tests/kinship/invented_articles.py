"""Articles in eight languages, made of a grammar: real little words, invented names and nouns; the same ones each time."""

from dataclasses import dataclass
from random import Random

__all__ = ["LANGUAGES", "Language", "Story", "Writer"]


@dataclass(frozen=True)
class Language:
    """How words are built and put together: N noun, V verb, A adjective, P name, T number in each pattern."""

    name: str
    onsets: str
    vowels: str
    codas: str
    patterns: tuple[str, ...]
    space: str = " "
    stop: str = ". "
    quotes: tuple[str, str] = ("“", "”")
    capitals: bool = True


_LATIN = "b c d f g h k l m n p r s t v br dr gr kl pr st tr"
LANGUAGES = (
    Language(
        "en", _LATIN, "a e i o u ea ou", ". n r s t l nd rt",
        (
            "the A N of P V the N after T N had V in P", "P V that the N would not V before the N of P",
            "in P the N V and the A N V the N", "according to the N , T N V from the A N near P",
            "the N that V P on N was A , P V", "no N V the N , but the A N of the N V on",
            "it was the N who V the A N to P", "P and P V a N with the N for T N",
            "since the N the A N has V more N than P", "whether the N V , the N did not V",
        ),
    ),
    Language(
        "de", _LATIN + " sch zw pf", "a e i o u ei au ä ü", ". n r s t l nd cht",
        (
            "der A N von P V den N , nachdem T N in P V", "P V , dass die N nicht vor dem N V werde",
            "in P V der N und die A N V das N", "nach N der N V T N aus dem A N bei P",
            "das N , das P am N V , war A , V P", "kein N V die N , doch der A N des N V weiter",
            "es war die N , die den A N nach P V", "P und P V mit dem N einen N für T N",
            "seit dem N hat die A N mehr N als P V", "ob der N V , V die N nicht",
        ),
        quotes=("„", "“"),
    ),
    Language(
        "fr", _LATIN + " ch", "a é i o u ou ai oi", ". n r s t l",
        (
            "le N A de P a V la N après que T N ont V à P", "P V que la N ne V pas avant le N de P",
            "à P , le N V et la N A V le N", "selon le N , T N V du N A près de P",
            "la N que P V au N était A , V P", "aucun N ne V la N , mais le N A du N V encore",
            "c' est la N qui V le N A vers P", "P et P V un N avec la N pour T N",
            "depuis le N la N A a V plus de N que P", "la N n' a pas V si le N V",
        ),
        quotes=("«", "»"),
    ),
    Language(
        "es", _LATIN + " ll ñ", "a e i o u ie ue", ". n r s l",
        (
            "el N A de P V la N después de que T N V en P", "P V que la N no V antes del N de P",
            "en P el N V y la N A V el N", "según el N , T N V del N A cerca de P",
            "la N que P V en el N era A , V P", "ningún N V la N , pero el N A del N V todavía",
            "fue la N quien V el N A hacia P", "P y P V un N con la N por T N",
            "desde el N la N A ha V más N que P", "la N no V si el N V",
        ),
        quotes=("«", "»"),
    ),
    Language(
        "ru", "б в г д ж з к л м н п р с т ф х ш ст пр тр", "а е и о у ы я", ". н р с т л й ть",
        (
            "A N в P V N после того как T N V N", "P V что N не V до N из P",
            "в P N V и A N V N", "по N из N T N V у A N под P",
            "N который P V на N был A , V P", "ни один N не V N , но A N N V дальше",
            "именно N V A N в P", "P и P V N с N за T N", "после N A N V больше N чем P", "V ли N , N не V",
        ),
        quotes=("«", "»"),
    ),
    Language(
        "ar", "ب ت ج ح د ر ز س ش ص ط ع ف ق ك ل م ن", "ا و ي .", "ن ر س ت ل م",
        (
            "V N في P إن N A لم V قبل T N", "و V P أن N لن V إلى N في P", "في P V N و V N A N",
            "بحسب N V T N من N A قرب P", "كان N الذي V P في N A كما V P", "لا N V N لكن N A في N V",
            "هو N الذي V N A إلى P", "V P و P مع N على N ب T N", "منذ N V N A أكثر من N في P", "هل V N لم V N",
        ),
        quotes=("«", "»"), capitals=False,
    ),
    Language(
        "zh", "市 港 山 水 国 民 工 商 农 林 电 车 路 桥 船 学 院 局 部 队 法 税 银 钱 物 价 房 地 年 会 议 案 报 告 书 文 史 "
        "名 人 员",
        "",
        "长 员 会 局 所 法 案 费 量 率 家 者 部 区 县 镇 河 厂 站 线 网 店 馆 楼 室 机 器 品 料 款 权 责 任 务 情 况 题",
        (
            "P的AN在T日VN,并V了N", "PV,N不会在N之前V", "在P,NV,而AN也VN", "根据N,T名N从P附近的AN V",
            "P在N上V的N是A的,PV", "没有NVN,但N的AN仍V", "正是N把AN V到P", "P与P就N同NV,共T项N",
            "自N以来,AN比PV更多N", "N是否V,N没有V",
        ),
        space="", stop="。", quotes=("“", "”"), capitals=False,
    ),
    Language(
        "ja", "市 港 山 水 国 民 工 商 農 林 電 車 路 橋 船 学 院 局 部 隊 法 税 銀 金 物 価 家 地 年 会 議 案 報 告 書 文 史 "
        "名 人 員",
        "",
        "長 員 会 局 所 法 案 費 量 率 家 者 部 区 県 町 河 場 駅 線 網 店 館 楼 室 機 器 品 料 款 権 責 任 務 情 況 題",
        (
            "PのNは、T日にANをVした", "Pは、NがNまでにVすることはないとVした", "PではNがVし、ANもNをVした",
            "Nによると、T人のNがP近くのANからVした", "PがNでVしたNはANだったとPはVした",
            "NをVするNはなかったが、NのANはVを続けた",
            "ANをPへVしたのはNである", "PとPは、NについてNとT件のNをVした", "N以来、ANはPよりも多くのNをVしている",
            "NがVするかどうか、NはVしなかった",
        ),
        space="", stop="。", quotes=("「", "」"), capitals=False,
    ),
)  # fmt: skip


class Writer:
    """Writes in one language with a vocabulary of its own."""

    def __init__(self, language: Language, seed: int) -> None:
        self.language = language
        self._random = Random(f"{language.name} {seed}")
        words = Random(f"words of {language.name}")
        self.lexicon = {
            kind: [self._word(words) for _ in range(count)] for kind, count in (("N", 900), ("V", 400), ("A", 300))
        }
        self.names = [self.name() for _ in range(40)]

    def _word(self, random: Random) -> str:
        of = self.language
        if not of.vowels:
            return random.choice(of.onsets.split()) + random.choice(of.codas.split())
        parts = [
            random.choice(of.onsets.split()) + random.choice(of.vowels.split()) for _ in range(random.randint(1, 3))
        ]
        return ("".join(parts) + random.choice(of.codas.split())).replace(".", "")

    def name(self) -> str:
        """A new name."""
        found = self._word(self._random) + (self._word(self._random) if not self.language.vowels else "")
        return found.capitalize() if self.language.capitals else found

    def word(self, kind: str) -> str:
        """A noun, verb or adjective of the language; few are frequent."""
        of = self.lexicon[kind]
        return of[int(len(of) * self._random.random() ** 2)]

    def sentence(self, topic: "Topic") -> list[str]:
        """One sentence as words; some of them are those of the topic."""
        words: list[str] = []
        pattern = self._random.choice(self.language.patterns)
        for sign in pattern.split() if self.language.space else pattern:
            if sign in "NVA" and sign.isascii():
                words.append(self._random.choice(topic.words[sign]) if self._random.random() < 0.4 else self.word(sign))
            elif sign == "P":
                words.append(self._random.choice(topic.names))
            elif sign == "T":
                words.append(str(self._random.randint(2, 99)))
            elif sign != " ":
                words.append(sign)
        return words

    def topic(self) -> "Topic":
        """An event: the words and names that every story about it has."""
        words = {kind: [self.word(kind) for _ in range(12)] for kind in "NVA"}
        return Topic(words, [self.name() for _ in range(6)])

    def story(self, topic: "Topic", paragraphs: int = 6) -> "Story":
        """A story on the event in words of its own."""
        made = [[self.sentence(topic) for _ in range(self._random.randint(3, 5))] for _ in range(paragraphs)]
        return Story(self, made)

    def changed(self, story: "Story", share: float) -> "Story":
        """The story with so large a share of its words replaced by others."""

        def other(word: str) -> str:
            return self.word(self._random.choice("NVA")) if self._random.random() < share and word != "," else word

        return Story(self, [[[other(word) for word in sentence] for sentence in one] for one in story.paragraphs])


@dataclass(frozen=True)
class Topic:
    """What an event is about."""

    words: dict[str, list[str]]
    names: list[str]


@dataclass(frozen=True)
class Story:
    """Paragraphs of sentences of words."""

    writer: Writer
    paragraphs: list[list[list[str]]]

    @property
    def lines(self) -> list[str]:
        """Each paragraph as a reader sees it."""
        of = self.writer.language
        lines = []
        for paragraph in self.paragraphs:
            said = [of.space.join(words).replace(" ,", ",") for words in paragraph]
            lines.append(
                "".join((one[:1].upper() if of.capitals else one[:1]) + one[1:] + of.stop for one in said).strip()
            )
        return lines

    @property
    def text(self) -> str:
        """All of it, a line for each paragraph."""
        return "\n".join(self.lines)
