"""The panel of one word: what else could have stood there."""
