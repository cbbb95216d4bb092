"""The error of a delivery that failed; the next run tries it again."""

__all__ = ["Undelivered"]


class Undelivered(Exception):
    """Why a message isn't there, in a few words without a secret."""
