"""What somebody could do to an evidence package: each function alters one as section 8 of the design numbers it.

Each function fits all that its case says is fitted; afterwards `refit` can make the list of files fit as well, so that what
is behind that list must answer.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evidence_archives import Evidence
from sealkit import make_key, members_of, packed

from wparchive.seal.endorsement.signing import PACKAGE_NAMESPACE, sign
from wparchive.seal.proof.checkpoint import Checkpoint, Proof
from wparchive.seal.proof.file_measure import leaf_of
from wparchive.seal.proof.tree import leaf_hash, path_to, root_of

__all__ = ["CASES", "Case", "Package"]


@dataclass(frozen=True, slots=True)
class Package:
    """A package in the folder `place`, whose maker and archive are known to whoever tampers with it."""

    place: Path
    evidence: Evidence

    def read(self, name: str) -> bytes:
        """A file of it."""
        return (self.place / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        """Put `data` in place of a file, or a new one."""
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def swap(self, name: str, old: bytes, new: bytes) -> None:
        """Put `new` in place of the first `old`, which must be there."""
        data = self.read(name)
        assert old in data, f"{name}: {old!r}"
        self.write(name, data.replace(old, new, 1))

    def rows(self, name: str = "records.tsv") -> list[list[str]]:
        """The lines of a table."""
        return [line.split("\t") for line in self.read(name).decode().splitlines()]

    def members(self) -> list[bytes]:
        """The records as they stand."""
        return [raw for raw, _ in members_of(self.place / "records.warc.gz")]

    def contents(self) -> list[bytes]:
        """The records, unpacked."""
        return [content for _, content in members_of(self.place / "records.warc.gz")]

    def put_records(self, members: list[bytes], rows: list[list[str]] | None = None) -> None:
        """Write the records, and the table of them."""
        at, lines = 0, []
        for (number, _, _, entry), raw in zip(rows or self.rows(), members, strict=True):
            lines.append(f"{number}\t{at}\t{len(raw)}\t{entry}\n")
            at += len(raw)
        self.write("records.warc.gz", b"".join(members))
        self.write("records.tsv", "".join(lines).encode())

    def put_record(self, number: int, content: bytes) -> None:
        """Put another record in the place of the record `number`."""
        members = self.members()
        members[number - 1] = packed([content])
        self.put_records(members)

    @property
    def body(self) -> int:
        """The number of the record that the item's text is read from."""
        return int(self.rows("items.tsv")[0][1])

    @property
    def entry(self) -> str:
        """The file of the entry of that record's WARC."""
        return f"entries/{self.rows()[self.body - 1][3]}"

    @property
    def seal(self) -> Path:
        """The first seal's folder."""
        return min((self.place / "seals").iterdir())

    def with_body(self) -> None:
        """Show the whole body that the item's text stands in, in place of the commitment to it."""
        content = self.contents()[self.body - 1]
        head, _, body = content.removesuffix(b"\r\n\r\n").partition(b"\r\n\r\n")[2].partition(b"\r\n\r\n")
        self.write(f"bodies/{self.body}", zlib.decompress(body, 31) if b"gzip" in head else body)
        self.write("bodies.tsv", b"%d\t%d\n" % (self.body, self.body + 2))
        shutil.rmtree(self.place / "commitments")

    def sums(self) -> None:
        """Make SHA256SUMS list what is here."""
        names = sorted(path.relative_to(self.place).as_posix() for path in self.place.rglob("*") if path.is_file())
        listed = [name for name in names if name not in ("SHA256SUMS", "SHA256SUMS.sig")]
        lines = [f"{hashlib.sha256(self.read(name)).hexdigest()}  {name}\n" for name in listed]
        self.write("SHA256SUMS", "".join(lines).encode())

    def refit(self, key: Path | None = None) -> None:
        """Make SHA256SUMS list what is here, signed by the archive's own key or by `key`."""
        self.sums()
        signature = sign(key or self.evidence.desk.key, self.read("SHA256SUMS"), PACKAGE_NAMESPACE)
        self.write("SHA256SUMS.sig", signature)


def leaf(content: bytes) -> bytes:
    """The leaf of an unpacked record."""
    header, _, rest = content.partition(b"\r\n\r\n")
    return leaf_of(header + b"\r\n\r\n", hashlib.sha256(rest.removesuffix(b"\r\n\r\n")).digest())


def changed_answer(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """A response record with another body; what its headers say of lengths and digests is made to fit."""
    header, _, block = content.removesuffix(b"\r\n\r\n").partition(b"\r\n\r\n")
    head, _, body = block.partition(b"\r\n\r\n")
    plain = zlib.decompress(body, 31) if b"gzip" in head else body
    made = change(plain)
    assert made != plain
    body = packed([made]) if b"gzip" in head else made
    head = re.sub(rb"(?i)(content-length: )\d+", rb"\g<1>%d" % len(body), head)
    block = head + b"\r\n\r\n" + body
    header = re.sub(rb"(Content-Length: )\d+", rb"\g<1>%d" % len(block), header)
    header = re.sub(rb"(WARC-Block-Digest: sha256:)\w+", rb"\g<1>" + hashlib.sha256(block).hexdigest().encode(), header)
    header = re.sub(
        rb"(WARC-Payload-Digest: sha256:)\w+", rb"\g<1>" + hashlib.sha256(body).hexdigest().encode(), header
    )
    return header + b"\r\n\r\n" + block + b"\r\n\r\n"


def _forged(package: Package) -> bytes:
    content = package.contents()[package.body - 1]
    return changed_answer(content, lambda text: text.replace(b"It came later.", b"It came sooner"))


# The cases.


@dataclass(frozen=True)
class Case:
    """What is done to a package of `kind`, and what refuses it.

    `shell` is what `verify.sh` says, `code` the finding's code of `wparchive verify`, once the list of files was made to fit
    and signed by the archive's own key: empty where that is the exporter's choice of what to show. With `own`, only the
    auditor's own files refuse it.
    """

    does: Callable[[Package], None]
    shell: str
    code: str
    kind: str = "fresh"
    own: bool = False


CASES: dict[str, Case] = {}


def _case(shell: str, code: str, **more: object) -> Callable[..., Callable[[Package], None]]:
    def noted(does: Callable[[Package], None]) -> Callable[[Package], None]:
        CASES[does.__name__] = Case(does, shell, code, **more)  # type: ignore[arg-type]
        return does

    return noted


_TO_ROOT = "proofs/4: it doesn't lead to its root"


@_case(_TO_ROOT, "package-proof")
def p01_text(package: Package) -> None:
    package.put_record(package.body, _forged(package))


@_case(_TO_ROOT, "package-proof")
def p02_date(package: Package) -> None:
    content = package.contents()[package.body - 1]
    package.put_record(package.body, re.sub(rb"(WARC-Date: )\d+", rb"\g<1>2019", content))


@_case(_TO_ROOT, "package-proof")
def p03_url(package: Package) -> None:
    content = package.contents()[package.body - 1]
    package.put_record(package.body, re.sub(rb"(WARC-Target-URI: http://)[^/]+", rb"\g<1>other.example", content))


@_case(_TO_ROOT, "package-proof")
def p04_another_record_in_its_place(package: Package) -> None:
    contents = package.contents()
    package.put_record(package.body, contents[package.body])  # the request, which is of the same file


@_case("bytes behind the last record", "package-record")
def p05_unlisted_record_at_the_end(package: Package) -> None:
    package.write("records.warc.gz", package.read("records.warc.gz") + package.members()[0])


@_case("record 3: bytes that nothing accounts for", "package-record")
def p06_unlisted_record_between_two(package: Package) -> None:
    members, rows = package.members(), package.rows()
    package.put_records([*members[:2], members[0], *members[2:]], [*rows[:2], rows[0], *rows[2:]])
    lines = package.read("records.tsv").splitlines(keepends=True)
    package.write("records.tsv", b"".join([*lines[:2], *lines[3:]]))


@_case("versions/1.json: not what was committed to", "package-text")
def p07_readable_text(package: Package) -> None:
    package.swap("versions/1.json", b"It came later.", b"It came sooner")


@_case("versions/1.json: doesn't stand there", "package-text")
def p07_readable_text_of_a_body(package: Package) -> None:
    package.with_body()
    p07_readable_text(package)


@_case("it doesn't lead to its root", "package-text")
def p08_readable_text_and_its_commitment(package: Package) -> None:
    (name,) = (path for path in (package.place / "commitments").iterdir() if path.suffix == "")
    old = hashlib.sha256(package.read("item.json")).hexdigest().encode()
    for text in ("versions/1.json", "item.json"):
        package.swap(text, b"It came later.", b"It came sooner")
    package.swap(f"commitments/{name.name}", old, hashlib.sha256(package.read("item.json")).hexdigest().encode())


@_case("bodies/4: not the body that was sealed", "package-text")
def p08_readable_text_and_its_body(package: Package) -> None:
    package.with_body()
    for name in ("versions/1.json", "item.json", f"bodies/{package.body}"):
        package.swap(name, b"It came later.", b"It came sooner")


@_case("doesn't stand there", "package-text")
def p08_whole_body_in_place_of_the_commitment(package: Package) -> None:
    """So it is for items that were asked for one by one, whose body is the item and nothing else."""
    package.with_body()


@_case("doesn't stand there", "package-text")
def p09_another_posts_text(package: Package) -> None:
    package.with_body()
    body, other = package.read(f"bodies/{package.body}"), package.evidence.edited
    start = body.index(b'{"id":%d,' % other)
    text = body[start : start + _end_of_object(body[start:])]
    lines = [f"{row[0]}\t{row[1]}\t{start}\t{len(text)}\t{other}\n" for row in package.rows("items.tsv")]
    package.write("items.tsv", "".join(lines).encode())
    for row in package.rows("items.tsv"):
        package.write(row[0], text)


@_case("commitments/4-", "package-text")
def p09_a_commitment_of_another_file(package: Package) -> None:
    """One that was sealed too, in another WARC."""
    other = package.place.parent / "other"
    package.evidence.package(other, f"post/{package.evidence.revised}")
    (theirs,) = (path for path in (other / "commitments").iterdir() if path.suffix == "")
    (ours,) = (path for path in (package.place / "commitments").iterdir() if path.suffix == "")
    shutil.copy(theirs, ours)
    shutil.copy(theirs.with_name(f"{theirs.name}.tlog-proof"), ours.with_name(f"{ours.name}.tlog-proof"))


@_case("doesn't stand there", "package-text")
def p09_another_posts_text_under_its_id(package: Package) -> None:
    ours = package.rows("items.tsv")[0][4]
    p09_another_posts_text(package)
    lines = ["\t".join([*row[:4], ours]) + "\n" for row in package.rows("items.tsv")]
    package.write("items.tsv", "".join(reversed(lines)).encode())


def _end_of_object(text: bytes) -> int:
    _, end = json.JSONDecoder().raw_decode(text.decode())
    return len(text.decode()[:end].encode())


@_case(_TO_ROOT, "package-proof")
def p10_hash_of_a_path(package: Package) -> None:
    lines = package.read(f"proofs/{package.body}").splitlines(keepends=True)
    lines[3] = base64.b64encode(bytes(32)) + b"\n"
    package.write(f"proofs/{package.body}", b"".join(lines))


@_case(_TO_ROOT, "package-proof")
def p11_path_short(package: Package) -> None:
    lines = package.read(f"proofs/{package.body}").splitlines(keepends=True)
    del lines[lines.index(b"\n") - 1]
    package.write(f"proofs/{package.body}", b"".join(lines))


@_case("proofs/4: the path is too long", "package-proof")
def p11_path_long(package: Package) -> None:
    package.swap(f"proofs/{package.body}", b"\n\n", b"\n" + base64.b64encode(bytes(32)) + b"\n\n")


@_case(_TO_ROOT, "package-proof")
def p12_index(package: Package) -> None:
    proof = Proof.parse(package.read(f"proofs/{package.body}"))
    package.swap(f"proofs/{package.body}", b"index %d\n" % proof.index, b"index %d\n" % (proof.index + 1))


@_case("proofs/4: no such place in its tree", "package-proof")
def p12_index_past_the_end(package: Package) -> None:
    proof = Proof.parse(package.read(f"proofs/{package.body}"))
    package.swap(f"proofs/{package.body}", b"index %d\n" % proof.index, b"index %d\n" % proof.checkpoint.size)


def _fit_proofs(package: Package) -> Checkpoint:
    """Prove all records in a tree of their own."""
    leaves = [leaf(content) for content in package.contents()]
    name = Proof.parse(package.read("proofs/1")).checkpoint.origin
    head = Checkpoint(name, len(leaves), root_of(leaves))
    for number in range(len(leaves)):
        package.write(f"proofs/{number + 1}", bytes(Proof(number, path_to(leaves, number), head)))
    return head


@_case("record 1: another tree than entries/5 names", "package-proof")
def p13_proofs_fitted(package: Package) -> None:
    p01_text(package)
    _fit_proofs(package)


@_case("entries/5.tlog-proof: it doesn't lead to its root", "package-entry")
def p14_entry_fitted_too(package: Package) -> None:
    p01_text(package)
    head = _fit_proofs(package)
    value = json.loads(package.read(package.entry))
    value |= {"records": head.size, "root": base64.b64encode(head.root).decode()}
    package.write(package.entry, json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def _fit_log(package: Package) -> Checkpoint:
    """Prove the entry in a log of its own."""
    p14_entry_fitted_too(package)
    line = leaf_hash(package.read(package.entry))
    origin = Checkpoint.parse((package.seal / "checkpoint").read_bytes()).origin
    head = Checkpoint(origin, 1, line)
    package.write(f"{package.entry}.tlog-proof", bytes(Proof(0, [], head)))
    return head


@_case("seals/000002/one.tsr: not a good time stamp", "package-token")
def p15_checkpoint_fitted_too(package: Package) -> None:
    (package.seal / "checkpoint").write_bytes(bytes(_fit_log(package)))


@_case("entries/5: no such seal", "package-entry")
def p16_proof_with_a_checkpoint_of_its_own(package: Package) -> None:
    _fit_log(package)


@_case("seals/000002/checkpoint.sig: ", "package-signature", own=True)
def p17_own_key_put_in(package: Package) -> None:
    p15_checkpoint_fitted_too(package)
    key = make_key(package.place.parent / "thief")
    public = key.with_name(f"{key.name}.pub").read_text().strip()
    (package.seal / "checkpoint.sig").write_bytes(sign(key, (package.seal / "checkpoint").read_bytes()))
    package.write("allowed_signers", f"{package.evidence.desk.identity} {public}\n".encode())
    text = (package.seal / "checkpoint").read_bytes() + (package.seal / "checkpoint.sig").read_bytes()
    (package.seal / "one.tsr").write_bytes(package.evidence.desk.authorities.stamp(text))


@_case("seals/000002/one.tsr: not a good time stamp", "package-token")
def p18_token_of_another_seal(package: Package) -> None:
    shutil.copy(package.evidence.folder / "seals" / "000003" / "one.tsr", package.seal / "one.tsr")


@_case("seals/000002/one.tsr: not a good time stamp", "package-token", own=True)
def p19_own_authority_put_in(package: Package) -> None:
    authorities = package.evidence.desk.authorities
    text = (package.seal / "checkpoint").read_bytes() + (package.seal / "checkpoint.sig").read_bytes()
    (package.seal / "one.tsr").write_bytes(authorities.stamp(text, "rogue"))
    package.write("authorities.pem", authorities.signers["rogue"].root.read_bytes())


@_case("", "", kind="deleted")
def p20_vanishing_left_out(package: Package) -> None:
    rows, members = package.rows(), package.members()
    last = rows[-1][3]
    kept = [number for number, row in enumerate(rows) if row[3] != last]
    gone = {row[0] for row in rows if row[3] == last}
    package.put_records([members[number] for number in kept], [rows[number] for number in kept])
    for number in gone:
        (package.place / "proofs" / number).unlink()
    for name in (f"entries/{last}", f"entries/{last}.tlog-proof"):
        (package.place / name).unlink()
    shutil.rmtree(max((package.place / "seals").iterdir()))


@_case("", "")
def p21_packed_anew(package: Package) -> None:
    package.put_records([packed([content], 1) for content in package.contents()])


# Besides the design's.


@_case("proofs/4: it doesn't lead to its root", "package-proof")
def q01_interior_node_as_a_leaf(package: Package) -> None:
    """A record whose leaf would be a node above the true ones: the prefixes of leaves and nodes keep them apart."""
    proof = Proof.parse(package.read(f"proofs/{package.body}"))
    shorter = Proof(proof.index // 2, proof.path[1:], proof.checkpoint)
    package.write(f"proofs/{package.body}", bytes(shorter))


@_case("no whole gzip member", "package-record")
def q02_cut_member(package: Package) -> None:
    members = package.members()
    members[-1] = members[-1][:-9]
    package.put_records(members)


@_case("record 8: not one whole record", "package-record")
def q03_two_records_in_one(package: Package) -> None:
    members = package.members()
    members[-1] += members[0]
    package.put_records(members)


@_case("item.json: nothing proves it", "package-files")
def q04_text_changed_and_taken_off_its_list(package: Package) -> None:
    """What the lists don't name is proven by nothing, be it signed or not."""
    package.swap("item.json", b"It came later.", b"It came sooner")
    lines = package.read("items.tsv").splitlines(keepends=True)
    package.write("items.tsv", b"".join(line for line in lines if not line.startswith(b"item.json")))


@_case("item.json: nothing proves it", "package-text")
def q05_text_changed_on_a_line_that_has_no_end(package: Package) -> None:
    """A shell's `read` passes over a last line without a newline."""
    package.swap("item.json", b"It came later.", b"It came sooner")
    package.write("items.tsv", package.read("items.tsv").removesuffix(b"\n"))


@_case("notes.html: nothing proves it", "package-files")
def q06_file_added(package: Package) -> None:
    package.write("notes.html", b"<p>See also.</p>")


@_case("SHA256SUMS.sig.sig: nothing proves it", "package-files")
def q07_file_with_almost_the_name_of_the_signature(package: Package) -> None:
    package.write("SHA256SUMS.sig.sig", b"x")


@_case("seals/000001/checkpoint: nothing proves it", "package-files")
def q08_seal_that_nothing_needs(package: Package) -> None:
    """An older seal of the archive beside the one that counts would make its time look like theirs."""
    shutil.copytree(package.evidence.folder / "seals" / "000001", package.place / "seals" / "000001")


@_case("bodies/5: not the body that was sealed", "package-text")
def q09_body_of_a_request(package: Package) -> None:
    """A site could print the digest of any text; only a metadata record's word counts."""
    package.with_body()
    package.write("bodies.tsv", b"5\t4\n")
    package.write("bodies/5", package.read("bodies/4"))
    (package.place / "bodies" / "4").unlink()
    package.write("items.tsv", package.read("items.tsv").replace(b"\t4\t", b"\t5\t"))


@_case("no record", "package-record")
def q10_no_records(package: Package) -> None:
    for name in ("records.warc.gz", "records.tsv", "bodies.tsv", "items.tsv"):
        package.write(name, b"")
    for folder in ("proofs", "entries", "commitments", "versions"):
        shutil.rmtree(package.place / folder)
    (package.place / "item.json").unlink()


def run_shell(package: Package, *trusted: Path, shell: str = "dash") -> "subprocess.CompletedProcess[str]":
    """Run `verify.sh` in another folder than the package's."""
    command = [*shell.split(), str(package.place / "verify.sh"), *map(str, trusted)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", stdin=subprocess.DEVNULL)
