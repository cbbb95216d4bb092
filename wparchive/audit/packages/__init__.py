"""Are evidence packages and WACZ files what was sealed? Checked without the archive that they came from."""
