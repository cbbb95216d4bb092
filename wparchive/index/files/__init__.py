"""Media files: from answers to rows."""
