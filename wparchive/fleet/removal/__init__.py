"""Take an item out of an archive under law: which captures hold it, what stands with it, and what can't be reached."""
