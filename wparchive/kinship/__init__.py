"""Which texts come from one another, and who had them first: pure, texts and values in, judgements out."""
