"""What every statement says, whatever it is about."""

from collections.abc import Mapping, Sequence

__all__ = ["CERTIFICATION", "CHECKING", "HEAD", "HOW_MADE", "NOT_PROVEN", "PROVEN", "WORDS_OF_CHANGES"]

HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Statement: TITLE</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 Georgia, serif; margin: 0 }
main { max-width: 48rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere }
h1, h2, h3, h4, th { font-family: system-ui, sans-serif }
h1 { font-size: 1.6rem; line-height: 1.25 }
h2 { font-size: 1.2rem; border-top: 1px solid; padding-top: .6rem; margin-top: 2rem }
h3, h4 { font-size: 1rem; margin-bottom: .2rem }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: .5rem 0 1rem }
th, td { text-align: left; vertical-align: top; padding: .15rem .6rem .15rem 0; font-weight: normal }
.facts th { width: 11rem; opacity: .75 }
code, .facts td { font-family: ui-monospace, monospace; font-size: .85rem }
.title { font-size: 1.1rem }
.words { border-left: 3px solid; padding-left: .8rem }
ins { background: #cfc; color: #040 }
del { background: #fdd; color: #600 }
.blank { border-bottom: 1px solid; display: inline-block; min-width: 14rem }
@media (max-width: 30rem) { .facts th, .facts td { display: block; width: auto; padding: 0 } .facts th { margin-top: .4rem } }
@media print {
  @page { size: A4; margin: 18mm 16mm }
  main { max-width: none; padding: 0 }
  body { font-size: 10pt }
  h2, h3, h4 { break-after: avoid }
  tr, li { break-inside: avoid }
  .certification { break-inside: avoid }
}
</style></head><body><main>
"""

PROVEN: Sequence[str] = (
    "Each record here stood in the archive, as it is here to the byte, when its seal was made; and it was made no later than "
    "the time that an authority stamped, if one did.",
    "Nothing of it was altered since: a changed byte, a changed order, a record left out of the middle of a proof, or another "
    "log shows.",
    "Whoever holds the key stands by the archive as it was at each signed seal.",
)
NOT_PROVEN: Sequence[str] = (
    "<strong>Not that the server sent it.</strong> TLS leaves no proof that a third party can check. What supports it is the "
    "statement of whoever ran the program, the server’s own time in the answer, and other archives.",
    "<strong>Not that nothing else was captured,</strong> or that the package shows all of it: what it shows is its maker’s "
    "choice.",
    "<strong>Not when the capture began to exist, only by when it did.</strong> Our clock’s time is the archive’s own word. Of "
    "its start, this alone is certain: the seal was made after the seal before it.",
    "<strong>Not that there is only one history.</strong> A time stamp doesn’t keep anybody from keeping two archives. Heads of "
    "the log that were published, or kept by others, do: compare them with <code>wparchive verify --expect</code>.",
    "A time without a zone is as WordPress wrote it. What the site says of its own times is its own word.",
)
CHECKING = """<p>On a computer with OpenSSH and OpenSSL, in the folder of this package: <code>sh verify.sh</code>. It is 60
lines of plain shell, to be read by whoever runs it; <code>VERIFY.txt</code> says how to do the same by hand. Bring your own
<code>allowed_signers</code> (the public key, from its holder) and certificates of the authorities:
<code>sh verify.sh MY_SIGNERS MY_CA.pem</code>. With the files of this package alone, signer and authorities are the word of
whoever made it. <code>records.warc.gz</code> is a WARC file (ISO 28500), which every viewer of web archives opens.</p>
"""
HOW_MADE = """<p>The program wparchive VERSION asked the site over HTTP for what its WordPress REST interface shows to
everyone, and
wrote each answer with its request, byte for byte as they crossed the network, into a WARC file (ISO 28500), with
SHA-256 digests. After each crawl it appended the digest of every finished file, and the root of a hash tree (RFC
9162) over its records, to a log that is only ever added to, and sealed the log’s head: signed with an SSH key,
stamped by the authorities named above (RFC 3161). This package was cut out of these files by the program, without a
person’s hand in it; the texts shown are computed from the records, and each file of JSON is a part of a record’s
body. This is a process that produces an accurate result as meant by rule 902(13) of the US Federal Rules of Evidence,
if the person who ran it certifies so below.</p>
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
    "appeared": "It was there for the first time.",
    "edited": "Its content differs from before, and so does the time at which WordPress says that it was modified.",
    "silently_edited": "Its content differs from before, though WordPress states the same time of modification; a second "
    "reading showed the same.",
    "fields_changed": "Fields other than its content differ from before.",
    "markup_changed": "Its markup differs from before; a reader sees the same words.",
    "unpublished": "It is no longer shown to everyone; the site says that it exists, or doesn’t say that it doesn’t.",
    "deleted": "It is in no listing any more, and the site answers that there is no such item.",
    "restored": "It is shown again after it was gone.",
}
