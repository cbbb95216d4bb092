"""Pages as readers see them: what kind of page an answer is, what it shows of its item, and which files it takes."""
