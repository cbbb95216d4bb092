"""What a seal's proof is made of: trees, their heads, and what is hashed of a file and its items."""
