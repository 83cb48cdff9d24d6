"""From the manuscript to the engine and back: writing, previews, scoring, files, recovery."""
