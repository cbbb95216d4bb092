"""Pictures: what they look like, whom they name, and finding the same one again."""

import io
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="wparchive[pictures] isn't installed")

from crawlkit import crawl, invoke
from mediakit import ORIGINALS, FileSite, files
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from wparchive.ask.find_image import NEAR, find_image
from wparchive.errors import ExitCode, UsageError
from wparchive.index import index, logical_dump
from wparchive.index.files.pictures import distance, look
from wparchive.store import Archive

MADE_BY = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><rdf:Description xmp:CreatorTool="Editor 9"
 xmpMM:OriginalDocumentID="xmp.did:1" Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/trainedAlgorithmicMedia"/>
</rdf:RDF></x:xmpmeta>"""
XMP = b"""<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"><rdf:Description photoshop:Credit="Agency X">
 <dc:creator><rdf:Seq><rdf:li>Olena K.</rdf:li><rdf:li>Li Lei</rdf:li></rdf:Seq></dc:creator>
 <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">All rights reserved</rdf:li></rdf:Alt></dc:rights>
</rdf:Description></rdf:RDF></x:xmpmeta>"""
BILLION = b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><a xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>&b;</dc:creator></a>'


def scene(seed: int, size: tuple[int, int] = (1200, 800)) -> Image.Image:
    """A picture of a few shapes."""
    image = Image.new("RGB", size, (seed * 40 % 255, 90, 160))
    draw = ImageDraw.Draw(image)
    width, height = size
    for n in range(6):
        x, y = (seed * 37 + n * 61) % 80 / 100 * width, (seed * 53 + n * 29) % 80 / 100 * height
        draw.ellipse((x, y, x + width / 4, y + height / 4), fill=((n * 50 + seed * 9) % 255, (seed * 70) % 255, n * 40))
    return image


def packed(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def hash_of(data: bytes) -> str:
    found = look(data).phash
    assert found
    return found


def test_copies_of_one_picture_are_near_and_other_pictures_far() -> None:
    copies = [
        packed(scene(1)),
        packed(scene(1), quality=35),
        packed(scene(1).resize((300, 200))),
        packed(scene(1).resize((768, 512)), "PNG"),
        packed(scene(1).resize((640, 427)), "WEBP", quality=70),
        packed(scene(1).convert("P"), "GIF"),
    ]
    first = hash_of(copies[0])
    assert max(distance(first, hash_of(copy)) for copy in copies) <= NEAR
    others = [hash_of(packed(scene(seed))) for seed in range(2, 40)]
    assert min(distance(first, other) for other in others) > NEAR


def test_a_turned_camera_changes_nothing() -> None:
    """EXIF orientation is what a viewer applies, so a server that applied it shows the same picture."""
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = packed(scene(3).rotate(90, expand=True), exif=exif)
    assert distance(hash_of(turned), hash_of(packed(scene(3)))) <= NEAR


def test_one_colour_has_no_hash() -> None:
    assert look(packed(Image.new("RGB", (50, 50), "red"))).phash is None


def test_authorship_is_read_from_exif_iptc_and_xmp() -> None:
    exif = Image.Exif()
    exif[315], exif[33432], exif[272] = "Exif Artist", "(c) Exif", "Camera 3000"
    found = look(packed(scene(1), exif=exif))
    assert found.fields["author"] == "Exif Artist"
    assert found.fields["copyright"] == "(c) Exif"
    assert found.fields["camera"] == "Camera 3000"
    both = look(packed(scene(1), exif=exif, xmp=XMP))
    assert both.fields["author"] == "Olena K.; Li Lei"
    assert both.fields["credit"] == "Agency X"
    assert both.fields["copyright"] == "All rights reserved"
    assert both.tags["exif Artist"] == "Exif Artist"


def test_iptc_of_a_jpeg() -> None:
    def entry(dataset: int, text: bytes) -> bytes:
        return b"\x1c\x02" + bytes([dataset]) + len(text).to_bytes(2, "big") + text

    data = (
        entry(40, b"FBMD01000a") + entry(80, "Ім'я".encode()) + entry(110, b"IPTC Credit") + entry(116, b"\xa9 latin-1")
    )
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + len(data).to_bytes(4, "big") + data + b"\0" * (len(data) % 2)
    jpeg = packed(scene(1))
    segment = b"\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block
    found = look(jpeg[:2] + segment + jpeg[2:])
    assert found.fields["author"] == "Ім'я"
    assert found.fields["credit"] == "IPTC Credit"
    assert found.fields["copyright"] == "© latin-1"
    assert found.tags["iptc SpecialInstructions"] == "FBMD01000a"


def test_what_made_a_picture_is_among_its_tags() -> None:
    exif = Image.Exif()
    exif[305] = "Camera firmware 1"
    found = look(packed(scene(1), exif=exif, xmp=MADE_BY))
    assert found.tags == {
        "exif Software": "Camera firmware 1",
        "xmp xmp:CreatorTool": "Editor 9",
        "xmp xmpMM:OriginalDocumentID": "xmp.did:1",
        "xmp Iptc4xmpExt:DigitalSourceType": "http://cv.iptc.org/trainedAlgorithmicMedia",
    }
    assert found.fields == {}


@pytest.mark.skipif(not find_spec("PIL._avif"), reason="this Pillow reads no AVIF")
def test_an_avif_is_a_picture_like_any_other() -> None:
    assert distance(hash_of(packed(scene(1), "AVIF", speed=10)), hash_of(packed(scene(1)))) <= NEAR
    vast = look(packed(scene(1, (3000, 2500)), "AVIF", speed=10))
    assert (vast.format, vast.phash) == ("AVIF", None)


def test_text_of_a_png() -> None:
    info = PngInfo()
    info.add_text("Author", "A. Painter")
    assert look(packed(scene(1), "PNG", pnginfo=info)).fields["author"] == "A. Painter"


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", packed(scene(1))[:300], b"\xff\xd8\xff\xe0" + bytes(500), b"\x89PNG\r\n\x1a\n" + bytes(64),
     b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%touch pwned) (w) file\n", b"II*\0" + bytes(100)],
)  # fmt: skip
def test_what_is_no_picture_is_borne(data: bytes) -> None:
    assert look(data).phash is None


def test_entities_in_xmp_are_not_expanded() -> None:
    assert "author" not in look(packed(scene(1), xmp=BILLION)).fields


@pytest.mark.usefixtures("must_end")
def test_properties_inside_properties_are_read_once() -> None:
    """Each was read again for each around it: 176 kB took 31 s."""
    info = PngInfo()
    deep = "<dc:creator>Ada" * 8_000 + "</dc:creator>" * 8_000
    info.add_itxt("XML:com.adobe.xmp", f'<a xmlns:dc="http://purl.org/dc/elements/1.1/">{deep}</a>')
    assert look(packed(scene(1), "PNG", pnginfo=info)).fields["author"].startswith("Ada; Ada; ")


def test_a_picture_with_too_many_pixels_is_not_decoded() -> None:
    vast = packed(Image.new("1", (9000, 9000)), "PNG")
    found = look(vast)
    assert (found.width, found.height, found.phash) == (9000, 9000, None)


# --- in an archive


@pytest.fixture
def sites() -> Iterator[tuple[FileSite, FileSite]]:
    """Two sites with the same picture in different sizes and formats."""
    with FileSite() as one, FileSite() as other:
        exif = Image.Exif()
        exif[315] = "Original Author"
        one.attach("harbour.jpg", packed(scene(1), exif=exif), mime="image/jpeg")
        one.attach("else.jpg", packed(scene(2)), mime="image/jpeg")
        other.attach("stolen.webp", packed(scene(1).resize((600, 400)), "WEBP"), mime="image/webp")
        other.attach("other.png", packed(scene(9), "PNG"))
        yield one, other


def test_the_same_picture_is_found_across_sites(sites: tuple[FileSite, FileSite], tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    crawled = crawl(folder, sites[0].url, sites[1].url, settings=ORIGINALS)
    assert [result.report.exit_code for result in crawled.results] == [ExitCode.COMPLETE] * 2
    assert crawled.number("SELECT count(*) FROM pictures WHERE phash IS NOT NULL") == 4
    query = "SELECT p.author FROM media_files f JOIN pictures p USING (sha256) WHERE f.url LIKE '%harbour.jpg'"
    assert crawled.rows(query) == [("Original Author",)]

    number = max(sites[0].ids("attachment")) - 1
    site = crawled.rows("SELECT site FROM media_files WHERE url LIKE '%harbour.jpg'")[0][0]
    found = find_image(folder / "archive.db", f"{site}/attachment/{number}")
    assert [(one.url.rpartition("/")[2], one.same) for one in found] == [("harbour.jpg", True), ("stolen.webp", False)]

    small = tmp_path / "small.png"
    small.write_bytes(packed(scene(1).resize((150, 100)), "PNG"))
    assert {one.url.rpartition("/")[2] for one in find_image(folder / "archive.db", str(small))} == {
        "harbour.jpg",
        "stolen.webp",
    }
    said = invoke("find-image", small, "-a", folder)
    assert "harbour.jpg" in said.stdout
    assert "stolen.webp" in said.stdout
    assert "other.png" not in said.stdout

    dump = crawled.dump()
    index(Archive(folder), rebuild=True)
    assert list(logical_dump(folder / "archive.db")) == dump


@pytest.mark.parametrize("size", [(1200, 800), (800, 1200)])
def test_a_cropped_thumbnail_is_found_by_its_original_and_the_other_way(
    sites: tuple[FileSite, FileSite], tmp_path: Path, size: tuple[int, int]
) -> None:
    """WordPress cuts the sides off: what is hot-linked is often just that, `name-150x150.jpg`."""
    picture = scene(5, size)
    left, top = (size[0] - 800) // 2, (size[1] - 800) // 2
    thumbnail = picture.crop((left, top, left + 800, top + 800)).resize((150, 150))
    sites[0].attach("whole.jpg", packed(picture), mime="image/jpeg")
    sites[1].attach("cropped-150x150.jpg", packed(thumbnail), mime="image/jpeg")
    crawl(tmp_path, sites[0].url, sites[1].url, settings=ORIGINALS)
    for sought in (picture, thumbnail):
        path = tmp_path / "sought.webp"
        path.write_bytes(packed(sought, "WEBP"))
        found = find_image(tmp_path / "archive.db", str(path))
        assert {one.url.rpartition("/")[2] for one in found} == {"whole.jpg", "cropped-150x150.jpg"}


def test_an_article_is_found_by_the_pictures_that_it_embeds(sites: tuple[FileSite, FileSite], tmp_path: Path) -> None:
    one, other = sites
    number = other.write(f'<img src="{other.upload("2025/01/stolen.webp")}">')
    crawl(tmp_path, one.url, other.url, settings=replace(ORIGINALS, media="used"))
    site = next(
        path.name
        for path in tmp_path.iterdir()
        if path.is_dir() and path.name.endswith(other.url.split(":")[2].strip("/"))
    )
    names = {match.url.rpartition("/")[2] for match in find_image(tmp_path / "archive.db", f"{site}/post/{number}")}
    assert names == {"stolen.webp", "harbour.jpg"}


def test_what_cannot_be_sought_says_so(sites: tuple[FileSite, FileSite], tmp_path: Path) -> None:
    crawl(tmp_path, sites[0].url, settings=ORIGINALS)
    text = tmp_path / "a.txt"
    text.write_text("no picture")
    for what in (str(text), "nobody/post/1", "nothing"):
        with pytest.raises(UsageError):
            find_image(tmp_path / "archive.db", what)
    with pytest.raises(UsageError, match="isn't there"):
        find_image(tmp_path / "none.db", str(text))


def test_a_file_that_was_replaced_leaves_no_picture_behind(sites: tuple[FileSite, FileSite], tmp_path: Path) -> None:
    site = sites[0]
    crawl(tmp_path, site.url, settings=ORIGINALS)
    site.plays["2025/01/else.jpg"].data = packed(scene(7))  # type: ignore[attr-defined]
    again = crawl(tmp_path, site.url, settings=ORIGINALS, full=True)
    assert again.number("SELECT count(*) FROM pictures") == len(files(tmp_path))
