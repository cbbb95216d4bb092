"""One walk over a paginated collection, as a machine without a network: what to ask next, what it means, what is proven.

Sources: map section 7 (paging, end of list, order, change during a sweep, poisoned pages), failure-modes 1-5, 12, 16, 28, 30.
"""

from wparchive.wordpress.listing.pages import Page, PageReply, read_reply
from wparchive.wordpress.listing.proof import NOT_ASKED, Gap, ListingOutcome, Proof
from wparchive.wordpress.listing.sweep import Sweep

__all__ = ["NOT_ASKED", "Gap", "ListingOutcome", "Page", "PageReply", "Proof", "Sweep", "read_reply"]
