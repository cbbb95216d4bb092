"""A root stands for one list of leaves, and a path proves that one leaf stands in it at one place: and nothing else."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wparchive.seal.proof.checkpoint import Checkpoint, Proof
from wparchive.seal.proof.tree import EMPTY, Root, leaf_hash, path_to, root_by_path, root_of

# The eight leaves that the test suite of Certificate Transparency (RFC 6962) uses, and the root of the first n of them.
LEAVES = [
    bytes.fromhex(one)
    for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """The root as RFC 6962, 2.1 defines it, of data: written down once more, as plainly as can be."""
    if len(leaves) < 2:
        return hashlib.sha256(b"\0" + leaves[0] if leaves else b"").digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + plain_root(leaves[:half]) + plain_root(leaves[half:])).digest()


def test_the_vector_of_rfc_6962() -> None:
    for size, root in enumerate(ROOTS):
        assert root_of(map(leaf_hash, LEAVES[:size])).hex() == root
        assert plain_root(LEAVES[:size]).hex() == root
    assert EMPTY.hex() == ROOTS[0]


@given(st.lists(st.binary(max_size=3), max_size=70))
def test_a_growing_root_is_the_root_of_the_list_at_each_size(data: list[bytes]) -> None:
    root = Root()
    for size, leaf in enumerate(data):
        assert root.digest() == plain_root(data[:size])
        assert root.size == size
        root.add(leaf_hash(leaf))
    assert root.digest() == plain_root(data)


def leads(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof holds, as a reader of one asks."""
    return Proof(index, path, Checkpoint("o", size, root)).holds(leaf)


@given(size=st.integers(1, 70), data=st.data())
@example(size=1, data=None)
@example(size=2, data=None)
def test_a_path_proves_its_leaf_and_nothing_else(size: int, data: st.DataObject | None) -> None:
    """Not another leaf, place or root; not with a hash changed, left out, added, or two of them in another order.

    Not always another size: a place that has the same path in a tree of another size is the same place. But never with
    that size's own root, which is another.
    """
    leaves = [leaf_hash(b"%d" % number) for number in range(size)]
    root = root_of(leaves)
    for index in range(size) if data is None else (data.draw(st.integers(0, size - 1)),):
        path = path_to(leaves, index)
        assert leads(leaves[index], index, size, path, root)
        assert not leads(leaf_hash(b"other"), index, size, path, root)
        assert not leads(leaves[index], index, size, path, leaf_hash(b"other"))
        for other in {*range(-1, size + 2)} - {index}:
            assert not leads(leaves[index], other, size, path, root)
        for at in range(len(path)):
            assert not leads(leaves[index], index, size, [*path[:at], leaf_hash(path[at]), *path[at + 1 :]], root)
            assert not leads(leaves[index], index, size, [*path[:at], *path[at + 1 :]], root)
            assert not leads(leaves[index], index, size, [*path[:at], path[at], *path[at:]], root)
        assert not leads(leaves[index], index, size, [*path, root], root)
        if len(path) > 1:
            assert not leads(leaves[index], index, size, path[::-1], root)
        for other in {*range(72)} - {size}:
            grown = root_of(leaf_hash(b"%d" % number) for number in range(other))
            assert not leads(leaves[index], index, other, path, grown)


@given(size=st.integers(2, 70), data=st.data())
def test_a_path_has_the_length_that_its_place_has(size: int, data: st.DataObject) -> None:
    """So a size that needs another length is refused, whatever the hashes are."""
    leaves = [leaf_hash(b"%d" % number) for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path = path_to(leaves, index)
    assert len(path) <= (size - 1).bit_length()
    for wrong in (path[:-1], [*path, root_of(leaves)]):
        with pytest.raises(ValueError, match=r"too (short|long)"):
            root_by_path(leaves[index], index, size, wrong)


@given(st.integers(3, 70))
def test_a_node_is_no_leaf(size: int) -> None:
    """A node's two hashes given as a leaf hash as something else; a node given as a leaf's hash leads to no such place."""
    leaves = [leaf_hash(b"%d" % number) for number in range(size)]
    root, path = root_of(leaves), path_to(leaves, 0)
    node = hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    assert leaf_hash(leaves[0] + leaves[1]) != node
    assert not leads(leaf_hash(leaves[0] + leaves[1]), 0, size, path[1:], root)
    assert not leads(node, 0, size, path[1:], root)
    assert not leads(node, 0, size, path, root)


def test_a_node_passes_for_a_leaf_in_a_tree_of_another_size() -> None:
    """Which is why a proof's size must be the count that the entry states, not only its root."""
    leaves = [leaf_hash(b"%d" % number) for number in range(3)]
    node = hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    assert leads(node, 0, 2, [leaves[2]], root_of(leaves))
    assert not leads(node, 0, 3, [leaves[2]], root_of(leaves))


def test_a_tree_of_one_and_of_two() -> None:
    one, two = leaf_hash(b"1"), leaf_hash(b"2")
    assert root_of([one]) == one
    assert path_to([one], 0) == []
    assert leads(one, 0, 1, [], one)
    assert not leads(one, 0, 1, [two], root_of([one, two]))
    assert not leads(one, 0, 0, [], one)
    assert path_to([one, two], 0) == [two]
    assert path_to([one, two], 1) == [one]
    assert leads(one, 0, 2, [two], root_of([one, two]))
    assert not leads(one, 1, 2, [two], root_of([one, two]))
    assert not leads(two, 0, 2, [one], root_of([one, two]))
    for wrong in (-1, 1, 5):
        with pytest.raises(IndexError):
            path_to([one], wrong)
    with pytest.raises(IndexError):
        path_to([], 0)


HEAD = Checkpoint("wparchive/0123456789abcdef", 3, leaf_hash(b"x"))


@given(size=st.integers(1, 40), data=st.data())
def test_a_proof_reads_as_it_was_written(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(b"%d" % number) for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    proof = Proof(index, path_to(leaves, index), Checkpoint("one.example/warc/ü.warc.gz", size, root_of(leaves)))
    read = Proof.parse(bytes(proof))
    assert read == proof
    assert bytes(read) == bytes(proof)
    assert read.holds(leaves[index])


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"o\n3\n",
        bytes(HEAD)[:-1],
        bytes(HEAD) + b"\n",
        bytes(HEAD) + b"more\n",
        bytes(HEAD).replace(b"\n", b"\r\n"),
        bytes(HEAD).replace(b"\n3\n", b"\n03\n"),
        bytes(HEAD).replace(b"\n3\n", b"\n+3\n"),
        bytes(HEAD).replace(b"\n3\n", b"\n-3\n"),
        bytes(HEAD).replace(b"\n3\n", b"\n 3\n"),
        bytes(HEAD).replace(b"\n3\n", "\n٣\n".encode()),
        bytes(HEAD).replace(b"\n3\n", b"\n" + b"9" * 5000 + b"\n"),
        b"\n3\n" + bytes(HEAD).split(b"\n")[2] + b"\n",
        bytes(HEAD).replace(b"=", b""),
        bytes(HEAD).replace(b"=\n", b"==\n"),
        bytes(HEAD)[:-3] + b"1=\n",
        b"\xff\xff\n3\n" + bytes(HEAD).split(b"\n")[2] + b"\n",
    ],
)
def test_a_head_is_spelled_in_one_way_only(text: bytes) -> None:
    """What a signature and a stamp stand for must not be read in two ways."""
    assert bytes(Checkpoint.parse(bytes(HEAD))) == bytes(HEAD)
    with pytest.raises(ValueError):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"c2sp.org/tlog-proof@v1", b"c2sp.org/tlog-proof@v2"),
        (b"index 1", b"index 01"),
        (b"index 1", b"index -1"),
        (b"index 1", b"index"),
        (b"index 1", b"place 1"),
        (b"\n\n", b"\n"),
        (b"\n\n", b"\n" + b"A" * 43 + b"=\n" * 64 + b"\n\n"),
        (b"=\n", b"\n"),
    ],
)
def test_a_proof_is_spelled_in_one_way_only(old: bytes, new: bytes) -> None:
    leaves = [leaf_hash(b"%d" % number) for number in range(3)]
    text = bytes(Proof(1, path_to(leaves, 1), Checkpoint("o", 3, root_of(leaves))))
    assert Proof.parse(text).holds(leaves[1])
    with pytest.raises(ValueError):
        Proof.parse(text.replace(old, new, 1))
