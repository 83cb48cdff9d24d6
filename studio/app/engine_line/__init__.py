"""The window's line to the engine: its child process, and what is sent and received."""
