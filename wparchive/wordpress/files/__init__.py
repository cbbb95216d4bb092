"""Which files belong to an attachment, and which are hot-linked."""
