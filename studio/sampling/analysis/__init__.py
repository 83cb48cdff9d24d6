"""What a writer asks of a distribution: which T, what if, how far apart."""
