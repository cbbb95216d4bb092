"""One module a page: a request becomes what the template shows."""
