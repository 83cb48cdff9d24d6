"""Deletes temporary files that programs of ours left behind when they were killed.

Only what `atomic_write` made: a regular file of its pattern of name and of this user, that no
process is writing.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from studio.file_lock import try_lock

_NAME = re.compile(r"\.[0-9a-f]{16}\.tmp")
_MOST_ENTRIES = 20_000
"""That are looked at in one folder."""
_YOUNG = 60.0
"""Seconds. A file that nobody holds is as old at least, should two machines share the folder."""
_OLD = 86_400.0
"""The same where the system has no locks to show it."""


def remove_stale(folders: Iterable[Path]) -> int:
    """Delete what is stale in these folders, not below them; how many files that were."""
    count = 0
    for folder in dict.fromkeys(folders):
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in islice(entries, _MOST_ENTRIES):
                if _NAME.fullmatch(entry.name):
                    count += _removed_if_stale(folder / entry.name)
    return count


def _removed_if_stale(path: Path) -> bool:
    """Delete a temporary file if it is stale; whether it was."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return False
    is_open = True
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            return False
        if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
            return False
        age = time.time() - status.st_mtime
        try:
            if os.name == "nt":
                raise OSError("temporary files are not locked there")
            # Held until it is gone: whoever made it this moment sees that and makes another one.
            if not try_lock(descriptor) or age < _YOUNG:
                return False
        except OSError:
            if age < _OLD:
                return False
        if os.name == "nt":
            os.close(descriptor)  # an open file cannot be deleted there
            is_open = False
        path.unlink()
    except OSError:
        return False
    finally:
        if is_open:
            os.close(descriptor)
    return True
