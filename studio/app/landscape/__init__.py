"""The last tokens as an image, position against rank."""
