"""What a site says of itself beside its REST API: sitemaps and feeds, as bytes in, values out."""
