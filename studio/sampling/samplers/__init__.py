"""From logits to the token drawn: filters, penalties, temperature, their order, and the draw."""
