"""One module a page: SQL becomes frozen values; there is no HTML here."""
