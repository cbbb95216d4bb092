"""Pages as readers get them, and the files that they are shown with."""
