"""What proving every row costs: `verify` against `index --rebuild` of the same archive, in pairs by turns; run by hand:

    python tests/benchmarks/verify.py [--posts 3000] [--runs 5]

wanted: wall <= 1.5 times, and peak memory no more than that at a tenth of the posts, give or take a fifth
"""

import argparse
import sys
import tempfile
from pathlib import Path

import fastserver
from compare import PYTHON, compare, crawl, measured


def main() -> None:
    """Print the ratio, and the peaks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=3_000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "archive"
        peaks = []
        for posts, runs in ((given.posts // 10, 2), (given.posts, given.runs)):
            with fastserver.run(posts) as url:
                measured(crawl(url, folder))
            command = [PYTHON, "-m", "wparchive"]
            rebuild = [*command, "index", "--rebuild", "--silent", "-a", str(folder)]
            verify = [*command, "verify", "--silent", "-a", str(folder)]
            _, peak = compare(f"{posts} verify : index --rebuild", runs, lambda v=verify: v, lambda r=rebuild: r)
            peaks.append(peak)
        print(f"peak memory of verify {peaks[1]:.0f} MB, {peaks[1] / peaks[0]:.2f} times that at a tenth of the posts")


if __name__ == "__main__":
    sys.exit(main())
