"""What a record of a foreign file is to the archive: of which site, held already, one with another, for whom."""
