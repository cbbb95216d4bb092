"""The capture log, `frontier.db`: what was captured and by which run; a view of the WARCs."""
