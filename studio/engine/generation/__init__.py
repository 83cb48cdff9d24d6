"""The loop over sequences: one prompt continued in one or several, a token of each a step."""
