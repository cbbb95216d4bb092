"""XML as sites really send it, read piece by piece in constant memory; entities are refused.

Bytes that aren't valid in the document's encoding, and control characters that XML forbids, are replaced or left out
before parsing: they are common in feeds, and would end the reading of everything behind them.
"""

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from wparchive.http1.content_codings import without_coding

__all__ = ["ENTITIES", "LEFT", "MOST_BYTES", "Enough", "parse"]

MOST_BYTES = 50 << 20
"""The largest document that is read, in bytes and unpacked: what sitemaps.org allows."""

LEFT = ": the rest isn't read"
"""How the reason of a limit of ours ends."""

ENTITIES = "it declares entities, which are refused"
"""Why a document that may be a bomb was not read."""

_GZIP = b"\x1f\x8b"
_START = 1024  # bytes in which the encoding is declared
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9._-]{1,40})")
_TEXTUAL = re.compile(
    r"utf-?8|utf-?16(-?[lb]e)?|(us-)?ascii|iso-?8859-\d{1,2}|latin-?1|(windows-|cp)12\d\d|koi8-[ru]|gb2312|gbk|gb18030|"
    r"big5|euc-(jp|kr)|shift[_-]jis|iso-2022-(jp|kr)|tis-620|macintosh",
    re.IGNORECASE,
)
_LISTED = re.compile(r"https?://\S", re.IGNORECASE)
_FORBIDDEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])


class Enough(Exception):
    """Raised by a handler that wants no more of a document; its text says why."""


def parse(
    chunks: Iterable[bytes], handler: ContentHandler, listed: Callable[[Iterator[str]], None] | None = None
) -> str:
    """Send the elements of an XML document to `handler`; returns why it was not read to its end, or "".

    The document may be gzipped. What stood before a fault has been sent by then. Nothing is raised for its content. With
    `listed`, that gets the pieces of a document that begins with a URL in place of an element.
    """
    parser = DefusedExpatParser(forbid_dtd=False, forbid_entities=True, forbid_external=True)
    parser.setContentHandler(handler)
    faults: list[str] = []
    try:
        texts = _texts(chunks, faults)
        first = next(texts, "")
        if listed and _LISTED.match(first):
            listed(chain([first], texts))
            return faults[0] if faults else ""
        for text in chain([first] if first else [], texts):
            parser.feed(text)
        parser.close()
    except Enough as enough:
        return str(enough)
    except DefusedXmlException:
        return ENTITIES
    except SAXParseException as error:
        return _fault(error, faults)
    except (SAXException, ValueError, RecursionError) as error:
        return f"not readable as XML: {type(error).__name__}"
    return faults[0] if faults else ""


def _fault(error: SAXParseException, faults: list[str]) -> str:
    if faults:
        return faults[0]
    place = f" in line {error.getLineNumber()}" if (error.getLineNumber() or 0) > 0 else ""
    return f"broken XML{place}: {error.getMessage()}"


def _texts(chunks: Iterable[bytes], faults: list[str]) -> Iterator[str]:
    """Yield the document's text; `faults` says what was wrong with its bytes."""
    stream = _started(_plain(chunks, faults))
    first = next(stream, b"")
    encoding, skipped = _encoding(first)
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    began, size = False, 0
    for chunk in chain([first[skipped:]], stream):
        size += len(chunk)
        text = decoder.decode(chunk).translate(_FORBIDDEN)
        if not began:
            text = text.lstrip()  # a blank line before the declaration is a common fault, and an error to a parser
            began = bool(text)
        if size > MOST_BYTES:
            raise Enough(f"more than {MOST_BYTES >> 20} MB{LEFT}")
        if text:
            yield text


def _plain(chunks: Iterable[bytes], faults: list[str]) -> Iterator[bytes]:
    """Yield the document without the gzip around it, if there is one."""
    stream = _started(iter(chunks))
    first = next(stream, b"")
    whole = chain([first], stream)
    if not first.startswith(_GZIP):
        yield from whole
        return
    flags: list[str] = []
    yield from without_coding(whole, "gzip", flags) or ()
    if flags:
        faults.append("the gzip file is cut off or damaged")


def _started(stream: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the same bytes, with a first piece in which the encoding's declaration is whole."""
    held = b""
    for chunk in stream:
        held += chunk
        if len(held) >= _START:
            yield held
            yield from stream
            return
    if held:
        yield held


def _encoding(first: bytes) -> tuple[str, int]:
    """Return the encoding of a document that begins so, and the length of the mark that says it."""
    for mark, name in _BOMS:
        if first.startswith(mark):
            return name, len(mark)
    found = _DECLARED.search(first.lstrip()[:_START])
    declared = found[1].decode("ascii") if found else "utf-8"
    # A declaration that can be read as ASCII isn't in UTF-16, whatever it says.
    if not _TEXTUAL.fullmatch(declared) or declared.lower().startswith("utf-16"):
        return "utf-8", 0
    try:
        return codecs.lookup(declared).name, 0
    except LookupError:
        return "utf-8", 0
