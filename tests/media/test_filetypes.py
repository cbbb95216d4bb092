"""What the first bytes of a file say, whatever stands in them."""

import pytest

from wparchive.index.files.filetypes import HEAD, TAIL, dimensions, ends, sniff

SVG = b'<svg width="10" height="20">'


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (SVG, "image/svg+xml"),
        (b"\xef\xbb\xbf <?xml version='1.0'?>\n<!-- by hand --><!---->\n" + SVG, "image/svg+xml"),
        (b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://x/svg11.dtd">' + SVG, "image/svg+xml"),
        (b'<!DOCTYPE svg [ <!ENTITY ns "http://x/"> <!ENTITY b ">"> ]>' + SVG, "image/svg+xml"),
        (b"<!-- moved --><!doctype html><svg>", "text/html"),
        (b"<!-- never ends <svg>", ""),
        (b"<?xml never ends <svg>", ""),
        (b"<svgs>", ""),
        (b"", ""),
    ],
)
def test_a_text_is_told_by_its_first_element(head: bytes, mime: str) -> None:
    assert sniff(head) == mime


@pytest.mark.usefixtures("must_end")
@pytest.mark.parametrize(
    "piece", [b"<!---->", b"<!-- -->", b"<??>", b" ", b"<!doctype svg>", b"<!doctype svg", b"<!--", b"<?"]
)
def test_what_stands_before_it_costs_its_length(piece: bytes) -> None:
    """24 comments took 8 s once, 40 would have taken days."""
    head = piece * (HEAD // len(piece))
    assert sniff(head[:4000] + b"<svg>") in ("image/svg+xml", "")
    sniff(head)


@pytest.mark.parametrize(
    "value", [b"1e999", b"-1e999", b"nan", b"inf", b"9" * 80, b"1e308", b"0", b"-5", b"", b"1px px"]
)
def test_a_size_that_is_none_is_not_stated(value: bytes) -> None:
    assert dimensions("image/svg+xml", b'<svg width="' + value + b'" height="' + value + b'">') is None
    assert dimensions("image/svg+xml", b'<svg viewBox="0 0 ' + value + b" " + value + b'">') is None


GIF = b"GIF89a\x01\0\x01\0\x80\0\0" + b"\0" * 6 + b",\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"


@pytest.mark.parametrize(
    ("mime", "whole", "cut"),
    [
        ("image/gif", GIF, GIF[:-1]),
        ("image/gif", GIF + b"\0\0\r\n", GIF[:-9]),
        ("image/svg+xml", b"<svg><g><rect/></g></svg>", b"<svg><g><rect/></g>"),
        ("image/svg+xml", b"<s:svg><g/></s:SVG >\n<!-- by hand -->", b"<s:svg><g/><rect "),
        ("image/svg+xml", b"<?xml version='1.0'?><svg width='1'/>\n", b"<?xml version='1.0'?><svg width='1'"),
    ],
)
def test_a_picture_without_its_end_is_a_cut_one(mime: str, whole: bytes, cut: bytes) -> None:
    assert ends(mime, whole[:HEAD], whole[-TAIL:], len(whole))
    assert not ends(mime, cut[:HEAD], cut[-TAIL:], len(cut))
