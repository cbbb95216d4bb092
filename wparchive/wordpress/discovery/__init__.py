"""Where a site's REST API is, and what it says of itself."""
