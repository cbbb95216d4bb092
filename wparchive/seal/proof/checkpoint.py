"""The text that is sealed, and the proof that a leaf is under it.

A checkpoint is three lines: the log's origin, how many entries it has, and their root. A proof is the leaf's index, the
hashes of its path, and the three lines of the tree that it leads to. Source: C2SP tlog-checkpoint, tlog-proof@v1.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from wparchive.seal.proof.tree import root_by_path

__all__ = ["Checkpoint", "Proof", "from_base64", "is_origin", "to_base64"]

_HASH = 32  # bytes
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_ORIGIN = re.compile(r"[\x21-\x2a\x2c-\x7e]{1,200}")  # printable ASCII without space and plus
_MOST = 63  # hashes in a path
_FIRST = "c2sp.org/tlog-proof@v1"


def to_base64(digest: bytes) -> str:
    """Return a hash as the log writes it."""
    return base64.b64encode(digest).decode("ascii")


def from_base64(text: object) -> bytes:
    """Return the hash that `text` spells in just one way. Raises ValueError."""
    try:
        digest = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except binascii.Error:
        digest = b""
    if len(digest) != _HASH or to_base64(digest) != text:
        raise ValueError("no hash in base64")
    return digest


def is_origin(text: str) -> bool:
    """Whether a log can be called so: printable ASCII without spaces and plus signs."""
    return _ORIGIN.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a tree: whose it is, how many leaves it has, and their root."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read the three lines, and nothing after them. Raises ValueError."""
        lines = text.decode("utf-8").split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _NUMBER.fullmatch(lines[1]):
            raise ValueError("no checkpoint of three lines")
        return cls(lines[0], int(lines[1]), from_base64(lines[2]))

    def __bytes__(self) -> bytes:
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n".encode()


@dataclass(frozen=True, slots=True)
class Proof:
    """That the leaf at `index` is in the tree with the head `checkpoint`."""

    index: int
    path: Sequence[bytes]
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read a proof. Raises ValueError."""
        above, _, below = text.decode("utf-8").partition("\n\n")
        first, index, *path = above.split("\n")
        name, _, number = index.partition(" ")
        if first != _FIRST or name != "index" or not _NUMBER.fullmatch(number) or len(path) > _MOST:
            raise ValueError("no proof")
        return cls(int(number), [from_base64(line) for line in path], Checkpoint.parse(below.encode()))

    def __bytes__(self) -> bytes:
        lines = [_FIRST, f"index {self.index}", *map(to_base64, self.path), "", ""]
        return "\n".join(lines).encode() + bytes(self.checkpoint)

    def holds(self, leaf: bytes) -> bool:
        """Whether it leads from the hash `leaf` to its checkpoint."""
        try:
            return root_by_path(leaf, self.index, self.checkpoint.size, self.path) == self.checkpoint.root
        except ValueError:
            return False
