"""What a commit has listed isn't sent again, and a name that another worker took means that the site is another's."""

from dataclasses import replace
from pathlib import Path

from fakewp import FakeWordPress
from turnkit import SITE, Turn, turn

from wparchive.fleet.manifest import fold, read_head, write_head
from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.turns.claims import Claim
from wparchive.fleet.turns.pushing import Pushed, push
from wparchive.fleet.uploader import Uploader

TINY = {"posts": 2, "pages": 0, "books": 0, "media": 0, "comments": 0, "users": 1, "terms": 0}


def first_turn(machine: Path, objects: ObjectStore) -> Turn:
    with FakeWordPress(**TINY) as site:
        return turn(machine, site.url, objects)


def pushed_again(done: Turn, objects: ObjectStore) -> tuple[Pushed, Uploader]:
    """A push from the folder of a turn that stays for the next one."""
    head, etag = read_head(objects, SITE) or (done.head, "")
    claimed = Claim(SITE, head.url, head.epoch + 1, head.generation, "", 0, 0, 0, 0, {})
    with Uploader(done.archive.site(SITE), objects) as uploader:
        return push(done.archive, claimed, head, etag, done.report, uploader, objects, changed=False), uploader


def test_files_of_a_month_that_is_over_are_not_sent_again(objects: ObjectStore, tmp_path: Path) -> None:
    """Nor do they come back into HEAD, although they lie here still."""
    done = first_turn(tmp_path / "one", objects)
    _, etag = read_head(objects, SITE) or (done.head, "")
    write_head(objects, SITE, fold(objects, SITE, replace(done.head, epoch=2), "9999-12"), etag)
    pushed, uploader = pushed_again(done, objects)
    assert pushed.generation == 2
    assert uploader.sent.up == uploader.sent.left == {}
    head, _ = read_head(objects, SITE) or (done.head, "")
    assert head.files == {}
    assert len(head.months) == 1


def test_a_name_that_is_taken_fences_the_turn(objects: ObjectStore, tmp_path: Path) -> None:
    done = first_turn(tmp_path / "one", objects)
    (path,) = done.archive.site(SITE).warcs()
    ours = path.with_name(path.name.replace("-00000", "-00001"))
    ours.write_bytes(path.read_bytes())
    objects.put_new(f"{SITE}/warc/{ours.name}", b"another's")
    pushed, uploader = pushed_again(done, objects)
    assert pushed.fenced
    assert uploader.sent.taken == {f"warc/{ours.name}"}
    assert read_head(objects, SITE)[0] == done.head  # type: ignore[index]
