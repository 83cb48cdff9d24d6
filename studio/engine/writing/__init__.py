"""One text: its prompt, the token loop, stops, scoring, and the tokens told."""
