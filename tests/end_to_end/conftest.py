from tests.ui.conftest import (
    kept_window,
    known_seeds,
    open_window,
    own_settings,
    widgets_end_with_their_test,
    window,
)

__all__ = [
    "kept_window",
    "known_seeds",
    "open_window",
    "own_settings",
    "widgets_end_with_their_test",
    "window",
]
