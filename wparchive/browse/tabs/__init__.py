"""One module a tab of an item's page: what the tab shows below the head."""
