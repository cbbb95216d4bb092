"""The end of a run: what it says beyond what each capture showed."""
