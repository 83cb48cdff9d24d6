"""A window that leaves nothing behind: for measuring it, and for taking its picture.

What it remembers, and what it puts in safety, goes to places of its own that are deleted at the
end. Nothing of the user's is read either, so that every machine shows and measures the same.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QStandardPaths

from studio.app.user_folders import (
    config_folder,
    data_folder,
    engine_cache_folder,
    state_folder,
)


@contextmanager
def no_traces() -> Iterator[None]:
    """To be entered before the first window is made, when the application has its name."""
    QStandardPaths.setTestModeEnabled(True)
    # The cache, too: a timing that is kept there decides how a model is evaluated.
    folders = config_folder(), data_folder(), state_folder(), engine_cache_folder()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)  # of one that was killed
    yield
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
