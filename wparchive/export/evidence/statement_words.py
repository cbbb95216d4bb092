"""What every statement says, whatever it is about."""

from collections.abc import Mapping, Sequence

__all__ = [
    "CERTIFICATION",
    "CHECKING",
    "HEAD",
    "HOW_MADE",
    "HOW_OTHERS_MADE",
    "NEITHER",
    "NOT_PROVEN",
    "RECORDS_PROVEN",
    "SHOWN_TO_USERS",
    "SIGNED",
    "STAMPED",
    "WORDS_OF_CHANGES",
]

HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Statement: TITLE</title>
<style>
:root { color-scheme: light dark; --ink: #1b1b1b; --quiet: #5b5b5b; --line: #c9c9c9; --paper: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e3; --quiet: #aaa5a0; --line: #4a4744; --paper: #191817 } }
body { font: 1rem/1.5 Georgia, "Times New Roman", serif; margin: 0; color: var(--ink); background: var(--paper) }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; overflow-wrap: anywhere }
h1, h2, h3, h4, th, .kind { font-family: system-ui, -apple-system, "Segoe UI", sans-serif }
.kind { color: var(--quiet); margin: 0; font-size: .9rem }
h1 { font-size: 1.7rem; line-height: 1.25; margin: .2rem 0 1rem }
h2 { font-size: 1.25rem; border-top: 2px solid var(--ink); padding-top: .6rem; margin: 2.2rem 0 .6rem }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .2rem }
h4 { font-size: .9rem; margin: .9rem 0 .2rem; color: var(--quiet) }
p { margin: .4rem 0 }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: .5rem 0 1rem }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; font-weight: normal;
  border-bottom: 1px solid var(--line) }
th { color: var(--quiet) }
.facts th { width: 10.5rem }
code, .exact { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .82rem }
.count { white-space: nowrap }
.title { font-size: 1.15rem }
.words { border-left: 3px solid var(--line); padding-left: .9rem }
ins { background: #d5f5d5; color: #043d04; text-decoration: underline }
del { background: #fbdcdc; color: #6a0000; text-decoration: line-through }
.blank { border-bottom: 1px solid var(--ink); display: inline-block; min-width: 14rem }
@media (max-width: 34rem) {
  .facts tr { display: block; border-bottom: 1px solid var(--line); padding: .25rem 0 }
  .facts th, .facts td { display: block; width: auto; padding: 0; border: 0 }
}
@media print {
  @page { size: A4; margin: 18mm 16mm 20mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif } }
  :root { --ink: #000; --quiet: #444; --line: #bbb; --paper: #fff; color-scheme: light }
  main { max-width: none; padding: 0 }
  body { font-size: 10pt }
  h2, h3, h4, .title, .seen { break-after: avoid }
  code, .exact { font-size: 7.5pt }
  tr, li, .facts, .certification { break-inside: avoid }
  p { orphans: 3; widows: 3 }
}
</style></head><body><main>
"""

RECORDS_PROVEN = (
    "Each record here stood in the archive, as it is here to the byte, when the seal that covers it was made. A changed byte "
    "of it, of its file’s hash tree or of the log shows."
)
STAMPED: Mapping[str, str] = {
    "all": "Each seal here was there no later than the time that an authority stamped on it.",
    "some": "The seals that an authority stamped were there no later than that. Of the others, only the archive’s own word "
    "says when they were made.",
    "none": "No authority stamped the seals here: only the archive’s own word says when they were made.",
}
SIGNED: Mapping[str, str] = {
    "all": "Whoever holds the signing key stands by the archive as it was at each seal here.",
    "some": "Whoever holds the signing key stands by the archive as it was at each signed seal; not every seal here is.",
    "none": "Nobody signed the seals here: nothing in them says whose archive this is.",
}
NEITHER = (
    "<strong>Neither signed nor stamped,</strong> all of this can have been made by anybody, at any time. The proofs show that "
    "its parts fit each other, and no more."
)
NOT_PROVEN: Sequence[str] = (
    "<strong>Not that the server sent it.</strong> TLS leaves no proof that a third party can check. What supports it is the "
    "statement of whoever ran the program, the server’s own time in the answer, and other archives.",
    "<strong>Not that nothing else was captured,</strong> or that the package shows all of it: what it shows is its maker’s "
    "choice.",
    "<strong>Not when the capture began to exist,</strong> only by when it did, and that only where an authority stamped it. Our "
    "clock’s time is the archive’s own word. Of its start, this alone is certain: the seal was made after the seal before it.",
    "<strong>Not that there is only one history.</strong> A time stamp doesn’t keep anybody from keeping two archives. Heads of "
    "the log that were published, or kept by others, do: compare them with <code>wparchive verify --expect</code>.",
    "Of each version, the package has the record in which it was first seen; when it was seen last, and that nothing else came "
    "between, is the archive’s own word.",
    "A time without a zone is as WordPress wrote it. What the site says of its own times is its own word.",
)
CHECKING = """<p>On a computer with OpenSSH and OpenSSL, in the folder of this package: <code>sh verify.sh</code>. It is 60
lines of plain shell, to be read by whoever runs it; <code>VERIFY.txt</code> says how to do the same by hand. Bring your own
list of signers (with the public key as its holder gave it to you) and certificates of the authorities:
<code>sh verify.sh SIGNERS CA.pem</code>. With the files of this package alone, signers and authorities are the word of
whoever made it. So is this page: only the records, texts and seals that it names are checked.
<code>records.warc.gz</code> is a WARC file (ISO 28500), which every viewer of web archives opens.</p>
"""
HOW_MADE = """<p>The program wparchive asked the site over HTTP for what its WordPress REST interface shows, and wrote each
answer with its request, byte for byte as they crossed the network, into a WARC file (ISO 28500), with SHA-256 digests;
credentials are left out of requests. The digest of every finished file, and the root of a hash tree (RFC 9162) over its
records, were appended to a log that is only ever added to. A seal is the head of that log: SEALING. This package was cut out
of these files by wparchive VERSION, without a person’s hand in it; the texts shown are computed from the records, and each
file of JSON is a part of a record’s body. Rule 902(13) of the US Federal Rules of Evidence asks a qualified person to certify
that such a process produces an accurate result; there is room for that below.</p>
"""
HOW_OTHERS_MADE = """<p>Some of the files were made by another tool and imported: what it recorded, and the dates in its
records, are its word. They were sealed as they came.</p>
"""
SHOWN_TO_USERS = """<p>Some of the answers were shown only to a user who had logged in; they are marked.</p>
"""
CERTIFICATION = """<section class="certification"><h2>Certification</h2>
<p>(To be completed by a person who knows how the archive is run. Rules 902(11), (13) and (14).)</p>
<p>I, <span class="blank">&nbsp;</span>, am <span class="blank">&nbsp;</span>. The archive described above is kept in
the regular course of this activity by the process described. I have checked that the digests of the files of
this package are those in its SHA256SUMS, whose own SHA-256 is <span class="blank">&nbsp;</span>.</p>
<p>I declare under penalty of perjury that this is true. <span class="blank">&nbsp;</span> (signature)
<span class="blank">&nbsp;</span> (place, date)</p></section>
"""
WORDS_OF_CHANGES: Mapping[str, str] = {
    "appeared": "It stands in a listing. That it stood in none before is the archive’s own word: no record here shows it.",
    "edited": "Its content differs from before, and so does the time at which WordPress says that it was modified.",
    "silently_edited": "Its content differs from before, though WordPress states the same time of modification; a second "
    "reading showed the same.",
    "fields_changed": "Fields other than its content differ from before.",
    "markup_changed": "Its markup differs from before; a reader sees the same words.",
    "unpublished": "It is no longer shown to everyone; the site says that it exists, or doesn’t say that it doesn’t.",
    "deleted": "It isn’t in the listing any more, and the site answers that there is no such item.",
    "page_differs": "Its page showed something else than the site’s API said of it; an earlier look at the page had shown the "
    "same. “Before” is what the API said.",
    "copied": "Its text stands in an item of another site too, which the archive held before: “before” is the capture that "
    "showed that one. Nothing here says who took it from whom.",
    "restored": "It is shown again after it was gone.",
}
