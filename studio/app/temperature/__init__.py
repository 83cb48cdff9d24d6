"""The temperature card: the number, the track, the curve of choices."""
