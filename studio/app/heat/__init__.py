"""The manuscript tinted."""
