"""The audits are tested on what the store writes, and on archives of crawls."""

import sys
from pathlib import Path

for folder in ("store", "crawl", "audit"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))
