"""Items: from the JSON of a response to rows."""
