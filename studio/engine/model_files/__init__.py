"""What a model's file says of itself, and what it will need, before llama.cpp sees it."""
