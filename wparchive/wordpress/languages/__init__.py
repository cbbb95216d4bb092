"""The languages of a site: what tells them, how its lists are told apart by them, and what items say of theirs."""
