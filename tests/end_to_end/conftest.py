from tests.ui.conftest import (
    known_seeds,
    open_window,
    own_settings,
    widgets_end_with_their_test,
    window,
)

__all__ = ["known_seeds", "open_window", "own_settings", "widgets_end_with_their_test", "window"]
