"""Finds a site's REST API, and reads what the site says about itself."""
