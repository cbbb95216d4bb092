"""What somebody could do to a sealed archive: each function alters a copy as section 8 of the design numbers it.

`CASES` says what must be found for each; the functions fit everything that the case says is fitted, so that only the layer
that is meant can answer.
"""

import base64
import hashlib
import json
import os
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from archives import World
from sealkit import Desk, crawled, make_key, members_of, packed, seals_of, warcs

from wparchive.audit.seals.trust import OWN_WORD, Trust
from wparchive.seal.endorsement.signing import sign
from wparchive.seal.entries import warc_value
from wparchive.seal.log import append
from wparchive.seal.proof.checkpoint import Checkpoint, to_base64
from wparchive.seal.proof.commitments import canonical
from wparchive.seal.proof.file_measure import leaf_of, measure_file
from wparchive.seal.proof.tree import leaf_hash, root_of
from wparchive.seal.seals_folder import Seal
from wparchive.store.warc.gzip_members import Deflating, stored

__all__ = ["CASES", "WEAK", "Case", "forge", "forged_signature", "refit", "refit_entry", "ssh_key"]

WEAK = (1).to_bytes(32, "little")
"""The public key that is the neutral point: R = this, S = 0 is its signature of every text."""


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def ssh_key(point: bytes) -> str:
    """An Ed25519 public key as OpenSSH writes it."""
    return f"ssh-ed25519 {base64.b64encode(_string(b'ssh-ed25519') + _string(point)).decode()}"


def forged_signature(namespace: bytes = b"wparchive") -> bytes:
    """A signature by `WEAK`, made without any text. Source: OpenSSH, PROTOCOL.sshsig."""
    key = _string(b"ssh-ed25519") + _string(WEAK)
    made = _string(b"ssh-ed25519") + _string(WEAK + bytes(32))
    blob = b"SSHSIG" + struct.pack(">I", 1) + b"".join(map(_string, (key, namespace, b"", b"sha512", made)))
    text = base64.b64encode(blob).decode()
    lines = "\n".join(text[at : at + 70] for at in range(0, len(text), 70))
    return f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n".encode()


# Records.


def _as_ours(content: bytes, raw: bytes) -> bytes:
    """A member of `content` in the form that `raw` has: deflated or stored, as the writer makes it."""
    if raw[10] & 7 == 0:
        return b"".join(stored([content]))
    out = Deflating()
    out.write(content)
    out.flush()
    return out.member


def _sha(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


def forge(path: Path, old: bytes, new: bytes) -> None:
    """Put `new` in place of `old`, of the same length, in the answers of a WARC; all digests are made to fit."""
    assert len(old) == len(new)
    swapped: dict[bytes, bytes] = {}
    out = b""
    for raw, content in members_of(path):
        header, _, block = content.partition(b"\r\n\r\n")
        if old in block and b"WARC-Type: response" in header:
            changed = block.replace(old, new)
            body, made = (one.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n\r\n") for one in (block, changed))
            swapped |= {_sha(body): _sha(made), _sha(block[:-4]): _sha(changed[:-4])}
            block = changed
        elif b"WARC-Type: metadata" in header and any(digest in block for digest in swapped):
            changed = block
            for before, after in swapped.items():
                changed = changed.replace(before, after)
            swapped |= {_sha(block[:-4]): _sha(changed[:-4])}
            block = changed
        for before, after in swapped.items():
            header = header.replace(before, after)
        member = _as_ours(header + b"\r\n\r\n" + block, raw)
        swapped[_sha(raw)] = _sha(member)
        out += member
    assert path.read_bytes() != out
    path.write_bytes(out)


def _edit(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(change([raw for raw, _ in members_of(path)])))


def _tombstone(raws: list[bytes]) -> bytes:
    """One stored member as long as `raws` together, as a removal leaves it."""
    room = sum(map(len, raws))

    def made(filler: int) -> bytes:
        block = json.dumps({"leaves": len(raws), "reason": "asked to", "filler": "0" * filler}).encode()
        header = (
            "WARC/1.1\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:uuid:11111111-2222-4333-8444-555555555555>\r\n"
            "WARC-Date: 2026-11-22T05:00:00Z\r\nWARC-Target-URI: urn:wparchive:removed:1\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(block):06d}\r\n"
            f"WARC-Block-Digest: sha256:{_sha(block).decode()}\r\n\r\n"
        )
        return b"".join(stored([header.encode() + block + b"\r\n\r\n"]))

    return made(room - len(made(0)))


# The log and the seals, made to fit.


def _values(root: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (root / "seals" / "log").read_bytes().splitlines()]


def _write_log(root: Path, values: list[dict[str, Any]]) -> None:
    (root / "seals" / "log").write_bytes(b"".join(canonical(value) + b"\n" for value in values))


def refit_entry(root: Path, path: Path) -> None:
    """Make the log's entry of a WARC fit what the file is now."""
    values, name = _values(root), path.relative_to(root).as_posix()
    _write_log(
        root,
        [
            warc_value(name, measure_file(path), foreign=False) if value.get("file") == name else value
            for value in values
        ],
    )


def refit(
    root: Path, desk: Desk, *, since: int = 1, chain: bool = False, key: Path | None = None, stamped: bool = False
) -> None:
    """Make all checkpoints from seal `since` on fit the log; with `chain` what each seal says of those before it.

    With `key` they are signed anew, with `stamped` stamped anew.
    """
    values, seals = _values(root), seals_of(root)
    before: list[Seal] = []
    named: set[str] = set()
    for index, value in enumerate(values):
        if value["type"] != "seal":
            continue
        if value["number"] < since:
            before.append(Seal(seals.place(value["number"])))
            named |= value["receipts"].keys()
            continue
        if chain:
            value["previous"] = hashlib.sha256(before[-1].text).hexdigest() if before else ""
            files = {f"{seal.folder.name}/{path.name}": path for seal in before for path in seal.files()}
            value["receipts"] = {
                name: hashlib.sha256(path.read_bytes()).hexdigest()
                for name, path in files.items()
                if not name.endswith("/checkpoint") and name not in named
            }
            named |= value["receipts"].keys()
            _write_log(root, values)
        seal = Seal(seals.place(value["number"]))
        leaves = [leaf_hash(canonical(one)) for one in values[: index + 1]]
        text = bytes(Checkpoint(values[0]["origin"], len(leaves), root_of(leaves)))
        (seal.folder / "checkpoint").write_bytes(text)
        if key:
            seal.signature.write_bytes(sign(key, text))
        if stamped:
            (seal.folder / "one.tsr").write_bytes(desk.authorities.stamp(seal.stamped()))
        before.append(seal)


# The cases.


@dataclass(frozen=True)
class Case:
    """What is done to a copy; the codes that must be found; whom the auditor believes (the archive's own word without)."""

    does: Callable[[Path, Desk], object]
    found: frozenset[str]
    trust: Callable[[Desk], Trust] = lambda _: OWN_WORD


CASES: dict[str, Case] = {}


def _case(
    *found: str, trust: Callable[[Desk], Trust] = lambda _: OWN_WORD
) -> Callable[..., Callable[[Path, Desk], None]]:
    def noted(does: Callable[[Path, Desk], None]) -> Callable[[Path, Desk], None]:
        CASES[does.__name__] = Case(does, frozenset(found), trust)
        return does

    return noted


def _auditor(desk: Desk) -> Trust:
    return desk.trust()


def _first(root: Path) -> Path:
    return warcs(root)[0]


def _lines(root: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    log = root / "seals" / "log"
    log.write_bytes(b"".join(change(log.read_bytes().splitlines(keepends=True))))


def _seal(root: Path, number: int) -> Seal:
    return Seal(seals_of(root).place(number))


@_case("seal-file")
def a01_byte_of_a_record(root: Path, desk: Desk) -> None:
    path = _first(root)
    contents = [content for _, content in members_of(path)]
    contents[4] = contents[4].replace(b"harbour", b"harbouR")
    _edit(path, lambda raws: [_as_ours(content, raw) for content, raw in zip(contents, raws, strict=True)])


@_case("seal-repacked")
def a02_bit_in_a_gzip_header(root: Path, desk: Desk) -> None:
    data = bytearray(_first(root).read_bytes())
    data[4] ^= 1  # the time
    _first(root).write_bytes(data)


@_case("seal-repacked")
def a03_packed_anew(root: Path, desk: Desk) -> None:
    path = _first(root)
    path.write_bytes(packed(content for _, content in members_of(path)))


@_case("seal-file")
def a04_file_cut(root: Path, desk: Desk) -> None:
    _edit(_first(root), lambda raws: raws[:-1])


@_case("seal-file")
def a04_file_cut_in_a_record(root: Path, desk: Desk) -> None:
    os.truncate(_first(root), _first(root).stat().st_size - 20)


@_case("seal-file")
def a05_record_out(root: Path, desk: Desk) -> None:
    _edit(_first(root), lambda raws: [*raws[:2], *raws[3:]])


@_case("seal-file")
def a06_two_swapped(root: Path, desk: Desk) -> None:
    _edit(_first(root), lambda raws: [*raws[:2], raws[3], raws[2], *raws[4:]])


@_case("seal-file")
def a07_one_added(root: Path, desk: Desk) -> None:
    _edit(_first(root), lambda raws: [*raws, _tombstone([bytes(900)])])


@_case("seal-file")
def a08_forged_with_fitting_digests(root: Path, desk: Desk) -> None:
    forge(_first(root), b"The harbour moves", b"The harbour sinks")


@_case("seal-gone")
def a09_file_deleted(root: Path, desk: Desk) -> None:
    _first(root).unlink()


@_case("seal-gone")
def a10_file_renamed(root: Path, desk: Desk) -> None:
    path = _first(root)
    path.rename(path.with_name(path.name.replace("-00000.", "-00007.")))


@_case("seal-root")
def a11_forged_and_its_entry_fitted(root: Path, desk: Desk) -> None:
    a08_forged_with_fitting_digests(root, desk)
    refit_entry(root, _first(root))


@_case("seal-signature", "seal-token", "seal-chain")
def a12_and_checkpoints_fitted(root: Path, desk: Desk) -> None:
    a11_forged_and_its_entry_fitted(root, desk)
    refit(root, desk)


@_case("seal-signature", "seal-token", "seal-chain")
def a13_and_signed_by_another_key(root: Path, desk: Desk) -> None:
    a11_forged_and_its_entry_fitted(root, desk)
    refit(root, desk, key=make_key(root.parent / "another"))


@_case("seal-token", "seal-receipt", "seal-chain")
def a14_and_signed_with_the_stolen_key(root: Path, desk: Desk) -> None:
    a11_forged_and_its_entry_fitted(root, desk)
    refit(root, desk, key=desk.key)


@_case("seal-expect")
def a15_and_stamped_anew_all_fitted(root: Path, desk: Desk) -> None:
    """What runs that came later say of the seals before them contradicts it."""
    a11_forged_and_its_entry_fitted(root, desk)
    refit(root, desk, chain=True, key=desk.key, stamped=True)


@_case("seal-missing")
def a17_seal_out_of_the_middle(root: Path, desk: Desk) -> None:
    shutil.rmtree(_seal(root, 2).folder)


@_case("seal-token")
def a18_token_of_another_seal(root: Path, desk: Desk) -> None:
    shutil.copy(_seal(root, 2).folder / "one.tsr", _seal(root, 3).folder / "one.tsr")


def _stamped_by(root: Path, desk: Desk, who: str) -> None:
    """The newest seal is stamped by somebody whose root is put beside that of the authority which was asked."""
    seal = _seal(root, 3)
    (seal.folder / "one.tsr").write_bytes(desk.authorities.stamp(seal.stamped(), who))
    with (root / "seals" / "authorities" / "one.pem").open("ab") as file:
        file.write(desk.authorities.signers[who].root.read_bytes())


@_case("seal-token", trust=_auditor)
def a19_rogue_authority(root: Path, desk: Desk) -> None:
    _stamped_by(root, desk, "rogue")


@_case("seal-token", trust=_auditor)
def a20_authority_of_a_trusted_name(root: Path, desk: Desk) -> None:
    _stamped_by(root, desk, "namesake")


@_case("seal-signature")
def a21_signature_for_another_purpose(root: Path, desk: Desk) -> None:
    seal = _seal(root, 3)
    seal.signature.write_bytes(sign(desk.key, seal.text, "git"))


@_case("seal-signature", trust=lambda desk: Trust((), desk.signers(options='valid-before="20200101"'), None))
def a22_key_no_longer_valid(root: Path, desk: Desk) -> None:
    pass


@_case("seal-short")
def a23_end_of_the_log_cut(root: Path, desk: Desk) -> None:
    _lines(root, lambda lines: lines[:-1])


@_case("seal-root")
def a24_log_lines_swapped(root: Path, desk: Desk) -> None:
    _lines(root, lambda lines: [lines[0], lines[1], lines[3], lines[2], *lines[4:]])


@_case("seal-log")
def a25_sealed_twice_with_other_content(root: Path, desk: Desk) -> None:
    path = _first(root)
    a08_forged_with_fitting_digests(root, desk)
    value = warc_value(path.relative_to(root).as_posix(), measure_file(path), foreign=False)
    append(root / "seals", seals_of(root).log(), [value], hidden=[False])
    assert desk.seal(root).made


@_case("seal-origin")
def a26_seal_of_another_archive(root: Path, desk: Desk) -> None:
    other = World(root.parent / "other")
    for _ in range(3):
        crawled(other, "one.example")
        desk.seal(other.archive.root)
    shutil.rmtree(_seal(root, 3).folder)
    shutil.copytree(_seal(other.archive.root, 3).folder, _seal(root, 3).folder)


@_case("seal-file")
def a28_tombstone_by_hand(root: Path, desk: Desk) -> None:
    _edit(_first(root), lambda raws: [*raws[:4], _tombstone(raws[4:7]), *raws[7:]])


@_case("seal-unsigned")
def a29_signature_gone(root: Path, desk: Desk) -> None:
    _seal(root, 3).signature.unlink()


@_case("seal-token", "seal-weak-key")
def a30_key_of_small_order(root: Path, desk: Desk) -> None:
    values = _values(root)
    for value in values:
        if value["type"] == "key":
            value["key"] = ssh_key(WEAK)
    _write_log(root, values)
    refit(root, desk)
    for seal in seals_of(root).all():
        seal.signature.write_bytes(forged_signature())


@_case("seal-tail")
def a31_entry_past_the_last_seal(root: Path, desk: Desk) -> None:
    value = {"type": "note", "at": "2026-11-27T00:00:00Z", "text": "slipped in"}
    append(root / "seals", seals_of(root).log(), [value], hidden=[False])


# Besides the design's.


@_case("seal-token", trust=_auditor)
def b1_token_without_the_purpose(root: Path, desk: Desk) -> None:
    seal = _seal(root, 3)
    when = desk.authorities.past + timedelta(days=730)
    (seal.folder / "one.tsr").write_bytes(desk.authorities.stamp(seal.stamped(), "plain", when))


@_case("seal-token", trust=_auditor)
def b2_token_of_a_time_after_its_certificate(root: Path, desk: Desk) -> None:
    seal = _seal(root, 3)
    when = desk.authorities.past + timedelta(days=730)
    (seal.folder / "one.tsr").write_bytes(desk.authorities.stamp(seal.stamped(), "expired", when))


@_case("seal-receipt", trust=_auditor)
def b3_older_seal_stamped_anew(root: Path, desk: Desk) -> None:
    seal = _seal(root, 1)
    (seal.folder / "one.tsr").write_bytes(desk.authorities.stamp(seal.stamped()))


@_case("seal-receipt", trust=_auditor)
def b4_token_of_an_older_seal_gone(root: Path, desk: Desk) -> None:
    (_seal(root, 1).folder / "one.tsr").unlink()


@_case("seal-checkpoint")
def b5_checkpoint_gone(root: Path, desk: Desk) -> None:
    (_seal(root, 2).folder / "checkpoint").unlink()


@_case("seal-checkpoint")
def b6_checkpoint_with_a_fourth_line(root: Path, desk: Desk) -> None:
    with (_seal(root, 3).folder / "checkpoint").open("ab") as file:
        file.write(b"more\n")


@_case("seal-signature", trust=_auditor)
def b7_another_key_throughout(root: Path, desk: Desk) -> None:
    """All is signed and stamped by somebody else, whose key is in the log: only the auditor's own signers know."""
    other = make_key(root.parent / "another")
    values = _values(root)
    for value in values:
        if value["type"] == "key":
            value["key"] = (other.with_name("key.pub")).read_text().strip()
    _write_log(root, values)
    refit(root, desk, chain=True, key=other, stamped=True)


@_case("seal-order", "seal-chain")
def b8_two_seals_swapped(root: Path, desk: Desk) -> None:
    second, third, aside = (_seal(root, number).folder for number in (2, 3, 9))
    second.rename(aside)
    third.rename(second)
    aside.rename(third)


@_case("seal-log")
def b9_key_twice_in_an_entry(root: Path, desk: Desk) -> None:
    """Python would read the last one, another reader the first."""
    _lines(root, lambda lines: [lines[0], lines[1], b'{"file":"two.example/x",' + lines[2][1:], *lines[3:]])


@_case("seal-unsigned", "seal-token", trust=_auditor)
def b10_as_if_it_had_never_been_signed_or_stamped(root: Path, desk: Desk) -> None:
    """Signatures and tokens thrown away, and all lines that tell of them; the rest is fitted."""
    a08_forged_with_fitting_digests(root, desk)
    refit_entry(root, _first(root))
    _write_log(root, [value for value in _values(root) if value["type"] != "key"])
    for path in (root / "seals").glob("0*/*"):
        if path.name != "checkpoint":
            path.unlink()
    refit(root, desk, chain=True)


@_case("seal-file")
def b11_the_sound_file_hidden_and_a_forged_one_in_its_place(root: Path, desk: Desk) -> None:
    path = _first(root)
    hidden = root / "forgotten" / "2026-11-27" / "one.example" / "warc"
    hidden.mkdir(parents=True)
    shutil.copy(path, hidden)
    forge(path, b"The harbour moves", b"The harbour smoke")


@_case("seal-file")
def b12_a_removal_that_left_no_tombstone(root: Path, desk: Desk) -> None:
    """The key's holder forges a record, and claims that the one before it was removed under law."""
    path = _first(root)
    raws, contents = zip(*members_of(path), strict=True)
    header, _, block = contents[4].partition(b"\r\n\r\n")
    leaf = leaf_of(header + b"\r\n\r\n", hashlib.sha256(block[:-4]).digest())
    forged = _as_ours(contents[4].replace(b"harbour", b"harbouR"), raws[4])
    _edit(path, lambda raws: [*raws[:4], forged, *raws[5:]])
    value = {
        "type": "removal",
        "at": "2026-11-27T00:00:00Z",
        "file": path.relative_to(root).as_posix(),
        "record": 4,
        "leaves": [to_base64(leaf)],
        "offset": sum(map(len, raws[:4])),
        "length": len(raws[4]),
        "reason": "law",
        "order": "",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    append(root / "seals", seals_of(root).log(), [value], hidden=[False])
    assert desk.seal(root).made


@_case("seal-missing")
def b13_a_seal_under_another_spelling_of_its_number(root: Path, desk: Desk) -> None:
    _seal(root, 2).folder.rename(root / "seals" / "0000002")
