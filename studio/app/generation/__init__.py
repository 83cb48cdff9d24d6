"""A generation of the engine as the window follows it."""
