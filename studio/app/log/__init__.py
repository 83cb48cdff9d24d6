"""The program's log: one rotating file in the state folder, and nothing of the manuscript in it.

The window's process alone writes it; what the engine's process and llama.cpp say reaches it through
their standard error. Modules log with `logging.getLogger(__name__)`: facts, kinds, counts and
timings, names of models as they are shown; never a text, a prompt, a token or a document's name.
"""
