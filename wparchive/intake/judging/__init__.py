"""What a record of a foreign file is, by itself: an answer of a REST API, or a page, sitemap or feed of a site."""
