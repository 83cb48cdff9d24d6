"""The manuscript on the screen."""
