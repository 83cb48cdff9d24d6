"""llama.cpp: the model, the context and its cells, behind Python. Nothing else imports it."""
