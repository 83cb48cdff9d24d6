"""What every write to the disk does: all of the bytes, and the folder's entry of them."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write all of some bytes: one call may take less, on a full disk and above 2 GiB.

    Args:
        descriptor: An open file's.
        data: The bytes.

    Raises:
        OSError: The system failed.
    """
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_folder(folder: Path) -> None:
    """Make a name in a folder last, new or changed.

    The file itself is there already, so failing here is no loss of text; and some systems cannot
    open or flush a folder at all.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
