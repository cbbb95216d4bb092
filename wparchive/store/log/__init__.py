"""The capture log, `frontier.db`: what was captured, and by which run. A view of the WARCs."""
