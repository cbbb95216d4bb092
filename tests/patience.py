"""How long a test waits for what must come: nothing is slower for it, and the busiest machine gets there."""

from typing import Final

__all__ = ["PATIENCE"]

PATIENCE: Final = 240  # seconds
