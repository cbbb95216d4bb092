"""What is in storage brought together: an archive of chosen sites, a catalogue of all, tables for questions across all."""
