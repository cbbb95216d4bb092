"""All that the program knows about WordPress, pure: bytes and values in, values out."""
