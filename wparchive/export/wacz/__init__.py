"""WACZ, the package that viewers of web archives open: WARCs as they are, an index, pages to read, and the seals."""
