"""Which model is open, how it is chosen, and what is known of its tokens."""
