"""Items: from the JSON of an answer to rows."""
