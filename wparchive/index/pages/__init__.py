"""The rows of pages as readers got them, and of the files that they are shown with."""
