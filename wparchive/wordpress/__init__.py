"""Everything the program knows about WordPress, as pure functions: bytes and values in, values out, no input or output."""
