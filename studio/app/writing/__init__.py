"""From the manuscript to the engine and back: what is written, looked ahead, opened, saved."""
