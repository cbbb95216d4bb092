"""Links: each that a run met is followed or accounted for; and a run over one item follows nothing else."""
