"""llama.cpp behind a process boundary: loading, prompts, evaluation, the token loop.

`messages` and `framing` import without llama_cpp and are all that the window's process needs of
this package. Everything else runs in the engine's child process, or in process for the command
line. Its parts, of which each knows only those before it:

- `model_files` reads what a file says of itself, before llama.cpp sees it.
- `llama` is llama.cpp, and all that imports it; `templates` renders a model's own chat template.
- `writing` is one text: its prompt, the token loop, stops, scoring, the tokens told.
- `lanes` continues one prompt several times at once.
- `engine` carries out commands; `child` is the process that reads them, `inbox` their order.
"""
