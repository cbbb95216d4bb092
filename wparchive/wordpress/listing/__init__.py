"""One walk over a paginated collection, as a state machine without network access.

It decides which page to request next, interprets each reply, and states at the end what is proven. It covers paging,
the end of a list, its order, changes during the walk, and pages that fail.
"""

from wparchive.wordpress.listing.pages import Page, PageReply, Spelling, read_reply
from wparchive.wordpress.listing.proof import NOT_ASKED, Gap, ListingOutcome, Proof
from wparchive.wordpress.listing.sweep import Sweep

__all__ = ["NOT_ASKED", "Gap", "ListingOutcome", "Page", "PageReply", "Proof", "Spelling", "Sweep", "read_reply"]
