"""Bodies of answers, read tolerantly."""
