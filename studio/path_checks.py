"""What stands at a path, asked without an error.

`pathlib` raises where a folder on the way may not be searched, a disk has gone or a name is too
long. What cannot be found out counts as not there.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def exists(path: Path) -> bool:
    """Whether something is there; a link counts as what it leads to."""
    return os.path.exists(path)  # noqa: PTH110 - which raises nothing, unlike Path.exists


def is_file(path: Path) -> bool:
    """Whether a regular file is there."""
    return os.path.isfile(path)  # noqa: PTH113 - as above


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where that cannot be found out."""
    try:
        return os.stat(path).st_size  # noqa: PTH116 - which takes any path
    except (OSError, ValueError):  # ValueError: a null character in the path
        return 0


def is_folder(path: Path) -> bool:
    """Whether a folder is there."""
    return os.path.isdir(path)  # noqa: PTH112 - as above
