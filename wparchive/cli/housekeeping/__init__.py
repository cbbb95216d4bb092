"""Commands beside crawling and reading: sites removed or renamed, configurations, completion, the manual page."""
