"""Small parts that any panel may use. They know nothing of models, tokens or text."""
