"""Links: every link in a captured item is followed or accounted for; a run over one item follows only its own."""
