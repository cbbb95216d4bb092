"""What telling noise from content costs: indexing articles of several makes, and hostile HTML at n and 4n. Run by hand:

    python tests/benchmarks/noise.py [--posts 3000] [--runs 3]

Figures of two versions are compared by running this file on each in turn; only ratios of the same minutes say anything.
"""

import argparse
import resource
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "index"), str(HERE.parent / "wordpress_pure")]

from archives import HOME, World, post  # noqa: E402 - the path comes first, so that it runs from anywhere

from wparchive.wordpress.changes.digests import payload_sha256, text_sha256  # noqa: E402
from wparchive.wordpress.changes.noise import NOISE  # noqa: E402
from wparchive.wordpress.text import plain, references  # noqa: E402

WORDS = (
    "harbour",
    "tide",
    "ledger",
    "vessel",
    "keel",
    "mooring",
    "lantern",
    "quay",
    "current",
    "captain&#8217;s",
    "rope",
)


def paragraph(n: int) -> str:
    """Some sixty words with a link in them."""
    words = [WORDS[(n * 7 + i * i) % len(WORDS)] for i in range(60)]
    return f'<p>{" ".join(words)} <a href="{HOME}a/{n}?x=1&amp;y=2">{words[0]}</a> &#8220;{words[1]}&#8221;.</p>\n'


def picture(n: int) -> str:
    """An image block as core renders it."""
    at = f"{HOME}wp-content/uploads/2024/02/p-{n}"
    return (
        f'<figure class="wp-block-image size-large"><img loading="lazy" decoding="async" width="1024" height="683" '
        f'src="{at}-1024x683.jpg" alt="x" class="wp-image-{n}" srcset="{at}-1024x683.jpg 1024w, {at}-300x200.jpg 300w, '
        f'{at}-768x512.jpg 768w" sizes="auto, (max-width: 1024px) 100vw, 1024px" /></figure>\n'
    )


def article(make: str, n: int) -> str:
    """Classic text, text with blocks and pictures, or what a page builder makes."""
    if make == "classic":
        return "".join(paragraph(n + i) for i in range(8))
    if make == "blocks":
        group = f'<div class="wp-block-group is-layout-flow wp-container-{n % 50} wp-elements-{n:032x}">'
        return "".join(paragraph(n + i) + (picture(n + i) if i % 3 == 0 else "") for i in range(8)) + f"{group}x</div>"
    modules = "".join(
        f'<div class="et_pb_module et_pb_text et_pb_text_{n % 90 + i} et_pb_text_align_left" data-x="{i}"><div '
        f'class="et_pb_text_inner">{paragraph(n + i)}</div></div>'
        for i in range(8)
    )
    return f'<div class="et_pb_section et_pb_section_{n % 30} et_section_regular">{modules}</div><div class="sharedaddy">3</div>'


def posts(make: str, count: int) -> list[dict[str, Any]]:
    """`count` posts of one make."""
    return [
        {**post(n, title=f"Title {n}"), "content": {"rendered": article(make, n), "protected": False}}
        for n in range(1, count + 1)
    ]


def spent() -> float:
    """CPU seconds of this process and those that it has started: others' work on the machine counts less so."""
    return sum(
        one.ru_utime + one.ru_stime for one in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def cost_of_index(make: str, count: int, runs: int) -> float:
    """Milliseconds a post that an index made anew takes."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        run = world.run().site()
        items = posts(make, count)
        for at in range(0, count, 100):
            run.get(f"/wp/v2/posts?order=asc&orderby=id&per_page=100&page={at // 100 + 1}", items[at : at + 100])
        run.end()
        times = []
        for _ in range(runs):
            began = spent()
            world.index(rebuild=True)
            times.append(spent() - began)
    return min(times) / count * 1000


def cost_of_digests(make: str, count: int, runs: int) -> float:
    """Microseconds a post that both digests take."""
    items = posts(make, count)
    times = []
    for _ in range(runs):
        began = spent()
        for item in items:
            payload_sha256(item)
            text_sha256(item)
        times.append(spent() - began)
    return min(times) / count * 1e6


HOSTILE = (
    "<a b ",
    "<div class='sharedaddy'>",
    "<div class='sharedaddy' ",
    "<span class='sharedaddy'><b ",
    "<p class='gallery-icon gallery-icon ",
    "gallery-icon ",
    "wp-container-",
    "<i class='wp-container-",
    ",",
    "<img srcset=',",
    "<img srcset='a ,",
    "href ",
    "<style>",
    "<script>",
    "<noscript",
    "<!-- -",
    "&#",
    "&amp;#106;",
    "mailto:%6a",
    "<a href='mailto:",
    "data-cfemail='",
    "/wp-json/wp/v2/posts",
    "%2Fwp-json%2Fwp%2Fv2%2Fposts%3F",
    "rest_route=/wp/v2/posts&",
    "url(",
    "url('",
    "a.jpg?v=1&",
    "<a href='a.jpg?v=1&",
)


def growth(piece: str) -> tuple[float, float]:
    """Seconds that reading HTML made of `piece` takes, at some length and at four times that."""
    taken = []
    for length in (50_000, 200_000):
        marks = "<i class='sharedaddy gallery-icon wp-container-1 wp-elements-1'>x</i><img loading='lazy'>"
        html = marks + piece * (length // len(piece))
        item = {**post(1), "content": {"rendered": html}}
        began = spent()
        payload_sha256(item)
        text_sha256(item)
        plain(html)
        list(references(html, HOME))
        taken.append(spent() - began)
    return taken[0], taken[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=3000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--growth", action="store_true", help="hostile HTML only")
    given = parser.parse_args()
    for make in () if given.growth else ("classic", "blocks", "builder"):
        size = statistics.mean(len(article(make, n)) for n in range(20))
        digests = cost_of_digests(make, given.posts, given.runs)
        whole = cost_of_index(make, given.posts, given.runs)
        print(f"{make:8} {size:7.0f} characters   digests {digests:7.1f} us   index {whole:6.3f} ms a post", flush=True)
    for piece in () if not given.growth else HOSTILE:
        small, large = growth(piece)
        print(f"{piece!r:45} {small * 1000:8.1f} ms   4n: {large * 1000:8.1f} ms   x {large / small:5.1f}", flush=True)
    assert NOISE.denoised("") == ""


if __name__ == "__main__":
    main()
