"""The landscape: the last tokens as an image, position against rank."""
