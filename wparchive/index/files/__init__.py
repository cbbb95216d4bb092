"""Media files: from captures to rows."""
