"""Commands beside crawling and reading: sites taken out or renamed, configurations, completion, the manual page."""
