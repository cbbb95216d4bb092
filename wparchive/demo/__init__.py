"""A small site that ships inside the package: a read-only WordPress of our own on loopback, to try the archiver on."""
