"""llama.cpp behind a process boundary: loading, prompts, evaluation, the token loop.

`messages` and `framing` import without llama_cpp and are all that the window's process needs of
this package. Everything else runs in the engine's child process, or in process for the command
line. The package does not know Qt, presets or manuscripts.
"""
