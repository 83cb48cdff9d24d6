from tests.ui.conftest import (
    hashed_once,
    kept_window,
    known_seeds,
    open_window,
    own_settings,
    widgets_end_with_their_test,
    window,
)

__all__ = [
    "hashed_once",
    "kept_window",
    "known_seeds",
    "open_window",
    "own_settings",
    "widgets_end_with_their_test",
    "window",
]
