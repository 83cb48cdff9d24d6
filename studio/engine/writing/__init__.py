"""One text: its prompt, what may follow it, how it is scored and spelled."""
