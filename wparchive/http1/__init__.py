"""HTTP/1.1 messages as bytes, and byte ranges. Source: RFC 9112, RFC 9110."""
