"""Merkle trees: the hash of a list, and the proof that one leaf stands in it at its place.

A leaf hashes as H(00 ‖ data), a node as H(01 ‖ left ‖ right), H being SHA-256; a list of n leaves is split at the largest
power of two below n. Source: RFC 9162, section 2.1.
"""

import hashlib
from collections.abc import Iterable, Sequence

__all__ = ["EMPTY", "Root", "leaf_hash", "path_to", "root_by_path", "root_of"]

EMPTY = hashlib.sha256().digest()
"""The root of no leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Root:
    """The root of a growing list of leaf hashes, in the memory of its height.

    >>> root = Root()
    >>> root.add(leaf_hash(b"one"))
    >>> root.digest() == leaf_hash(b"one")
    True
    """

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []  # the roots of the perfect trees that the leaves make up, the largest first

    def add(self, leaf: bytes) -> None:
        """Append the hash of a leaf."""
        # Each bit that the count carries over joins two perfect trees of the same size.
        carried = self.size
        while carried & 1:
            leaf = _node_hash(self._peaks.pop(), leaf)
            carried >>= 1
        self._peaks.append(leaf)
        self.size += 1

    def digest(self) -> bytes:
        """Return the root of what was added so far."""
        if not self._peaks:
            return EMPTY
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = _node_hash(peak, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root of the leaf hashes `leaves`."""
    root = Root()
    for leaf in leaves:
        root.add(leaf)
    return root.digest()


def path_to(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the inclusion path of the leaf at `index` of the leaf hashes `leaves`, from the leaf up.

    Raises IndexError when there is no such leaf. Source: RFC 9162, section 2.1.3.1.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} in a tree of {len(leaves)}")
    first, last = 0, len(leaves)
    path: list[bytes] = []
    while last - first > 1:
        middle = first + (1 << (last - first - 1).bit_length() - 1)
        if index < middle:
            path.append(root_of(leaves[middle:last]))
            last = middle
        else:
            path.append(root_of(leaves[first:middle]))
            first = middle
    return path[::-1]


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root to which `path` leads from the hash of the leaf at `index`, in a tree of `size` leaves.

    Raises ValueError for a path that isn't as long as it must be. Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    place, last, root = index, size - 1, leaf
    for other in path:
        if not last:
            raise ValueError("the path is too long")
        if place & 1 or place == last:
            root = _node_hash(other, root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = _node_hash(root, other)
        place, last = place >> 1, last >> 1
    if last:
        raise ValueError("the path is too short")
    return root
