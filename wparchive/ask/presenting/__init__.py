"""Changes for a person or a program: lines, CSV, JSON, Atom, HTML; text in, text out, each escaped by its own rules."""
