from tests.ui.conftest import known_seeds, open_window, own_settings, window

__all__ = ["known_seeds", "open_window", "own_settings", "window"]
