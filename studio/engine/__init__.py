"""A model behind a process boundary: loading, prompts, evaluation, the loop over sequences.

`messages` and `framing` import without llama_cpp and are all that the window's process needs of
this package. Everything else runs in the engine's child process, or in process for the command
line. Its parts, of which each knows only those before it:

- `model_files` reads what a file says of itself, before llama.cpp sees it.
- `context` and `vocabulary` are what all above them know of a model, wherever it is.
- `llama` is llama.cpp, and all that imports it; `server` asks llama.cpp's own server; `templates`
  renders a model's own chat template.
- `writing` is one text: its prompt, what follows it, how it is scored and spelled.
- `generation` is the loop over sequences, which continue one prompt: alone, or several at once.
- `engine` carries out commands; `child` is the process that reads them, `inbox` their order.
"""
