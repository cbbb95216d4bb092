"""What comparing two states of an article costs, against difflib on words: `python tests/benchmarks/prose.py`.

Articles of invented words with the frequencies of a language; edits of ten kinds, rewritten ones, others. The best of three
runs, in milliseconds of the processor. difflib gets what is left of a minute; where that isn't enough, its time is a lower bound.
"""

import random
import signal
import time
from collections.abc import Callable
from difflib import SequenceMatcher

from wparchive.wordpress.prose import as_html, html_diff, tally
from wparchive.wordpress.prose.words import tokens
from wparchive.wordpress.text import visible_text

COMMON_WORDS = (
    "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they"
)
COMMON = COMMON_WORDS.split()
RARE = [f"word{n}" for n in range(3_000)]
SIGNS = "港务局说雾信号北岸壁船员旅客受伤时间工作正常没有的了在是人一不大中上个国我以要他"
_MOST = 20  # seconds that difflib gets

Article = list[list[str]]
chance = random.Random(3)


def word() -> str:
    return chance.choice(COMMON if chance.random() < 0.5 else RARE)


def sentence() -> str:
    return " ".join(word() for _ in range(chance.randint(8, 28))).capitalize() + "."


def article(size: int) -> Article:
    """Paragraphs of sentences, of about `size` characters."""
    made: Article = []
    while sum(len(one) for paragraph in made for one in paragraph) < size:
        made.append([sentence() for _ in range(chance.randint(2, 6))])
    return made


def html(made: Article) -> str:
    return "\n".join(f'<p>{" ".join(paragraph)} <a href="/a">more</a></p>' for paragraph in made)


def edited(made: Article) -> Article:
    """Words for others, a sentence put in, one left out; paragraphs moved, added, removed, split."""
    new = [list(paragraph) for paragraph in made]
    for kind in range(10):
        at = chance.randrange(len(new))
        if kind < 4:
            new[at][0] = new[at][0].replace(" ", " indeed ", 1)
        elif kind == 4:
            new[at].insert(1, sentence())
        elif kind == 5:
            del new[at][-1:]
        elif kind == 6:
            new.insert(chance.randrange(len(new)), new.pop(at))
        elif kind == 7:
            new.insert(at, [sentence()])
        elif kind == 8:
            del new[at]
        else:
            new[at : at + 1] = [new[at][:1], new[at][1:] or [sentence()]]
    return [paragraph for paragraph in new if paragraph]


def rewritten(made: Article, kept: float) -> Article:
    """Every sentence with only this share of its words."""
    return [
        [" ".join(old if chance.random() < kept else word() for old in one.split()) for one in paragraph]
        for paragraph in made
    ]


def signs(count: int) -> str:
    return "".join(chance.choice(SIGNS) for _ in range(count))


def cases() -> list[tuple[str, str, str, float]]:
    """Name, both texts, and the milliseconds that it may take."""
    short, long = article(20_000), article(60_000)
    found = [
        ("20 kB, edits of ten kinds", html(short), html(edited(short)), 30),
        ("20 kB, rewritten, half kept", html(short), html(rewritten(short, 0.55)), 400),
        ("20 kB, another article", html(short), html(article(20_000)), 400),
        ("60 kB, edits of ten kinds", html(long), html(edited(long)), 400),
    ]
    found += [
        (f"60 kB, rewritten, {kept} kept", html(long), html(rewritten(long, kept)), 400.0) for kept in (0.3, 0.55, 0.8)
    ]
    one, other = ([[" ".join(" ".join(paragraph) for paragraph in made)]] for made in (long, rewritten(long, 0.6)))
    found += [
        ("60 kB, one paragraph, rewritten", html(one), html(other), 400),
        ("60 kB, turned round", html(long), html(long[::-1]), 400),
        ("60 kB, another article", html(long), html(article(60_000)), 400),
        ("60 kB, one word over and over", "a " * 30_000, "a b " * 15_000, 400),
        ("60 kB, short lines", "a<br>" * 12_000, "a<br>b<br>" * 6_000, 400),
        ("60 kB, cells", "<tr><td>a<td>b" * 4_000, "<tr><td>b<td>a" * 4_000, 400),
    ]
    text = [signs(100) for _ in range(200)]
    changed = [one if chance.random() < 0.9 else f"{one[:50]}{signs(5)}{one[60:]}" for one in text]
    found.append(
        (
            "20,000 Chinese signs, edits",
            "".join(f"<p>{one}</p>" for one in text),
            "".join(f"<p>{one}</p>" for one in changed),
            30,
        )
    )
    return found


def best(run: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times) * 1000


class _LateError(Exception):
    pass


def _late(_signal: int, _frame: object) -> None:
    raise _LateError


def _words(text: str) -> list[str]:
    return tokens(visible_text(text)).words


def by_difflib(old: str, new: str) -> float | None:
    """Milliseconds that difflib takes for the words of both; None if that is too long."""
    signal.setitimer(signal.ITIMER_PROF, _MOST)
    start = time.process_time()
    try:
        SequenceMatcher(None, _words(old), _words(new), autojunk=False).get_opcodes()
    except _LateError:
        return None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return (time.process_time() - start) * 1000


def main() -> None:
    signal.signal(signal.SIGPROF, _late)
    print(f"{'':34} {'rows':>8} {'+ HTML':>8} {'may be':>7} {'difflib':>10} {'ratio':>7}  what is shown")
    for name, old, new, most in cases():
        rows = html_diff(old, new)
        ours = best(lambda old=old, new=new: html_diff(old, new))  # type: ignore[misc]
        written = best(lambda rows=rows: [as_html(row.pieces) for row in rows])  # type: ignore[misc]
        theirs = by_difflib(old, new)
        other = f"{theirs:10,.0f}" if theirs is not None else f"{f'> {_MOST * 1000:,}':>10}"
        ratio = (_MOST * 1000 if theirs is None else theirs) / ours
        print(f"{name:34} {ours:8.1f} {written:8.1f} {most:7.0f} {other} {ratio:7.1f}  {tally(rows)}")


if __name__ == "__main__":
    main()
