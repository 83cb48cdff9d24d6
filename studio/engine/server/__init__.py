"""A model of llama.cpp's own server, over HTTP: what is asked there, and what comes back."""
