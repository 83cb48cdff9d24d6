"""The bars of the next token."""
