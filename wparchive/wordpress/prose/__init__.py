"""The comparison of two states of an article, as a reader would make it: one for the whole program."""

from wparchive.wordpress.prose.diff import html_diff, text_diff
from wparchive.wordpress.prose.markup import as_html, name_of
from wparchive.wordpress.prose.result import Mark, Note, Piece, Row, as_values, text_of_side
from wparchive.wordpress.prose.summary import Tally, changed, in_context, tally, telling

__all__ = [
    "Mark",
    "Note",
    "Piece",
    "Row",
    "Tally",
    "as_html",
    "as_values",
    "changed",
    "html_diff",
    "in_context",
    "name_of",
    "tally",
    "telling",
    "text_diff",
    "text_of_side",
]
