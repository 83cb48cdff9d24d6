from tests.ui.conftest import open_window, own_settings, window

__all__ = ["open_window", "own_settings", "window"]
