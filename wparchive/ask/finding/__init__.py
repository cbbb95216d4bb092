"""Finding what a person names or describes: by an address, by words, by a headline; `lookup` is the door."""
