"""Where the tests have their temporary files: in memory, where the system has a folder there.

On a disk each file that is flushed takes about 10 ms, and the tests of journals, settings and
presets flush thousands.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
LEAST_FREE = 2 * 2**30  # bytes; the largest texts and models of all tests together take a third


@contextlib.contextmanager
def in_memory(env: Mapping[str, str], folder: Path = IN_MEMORY) -> Iterator[dict[str, str]]:
    """Yields an environment whose temporary folder is a new one in memory while the block runs.

    The environment is the same where it names a temporary folder, or where there is none in memory
    with room enough.

    Args:
        env: the whole environment of the tests.
        folder: in which the new one is made.
    """
    if "TMPDIR" in env or not _has_room(folder):
        yield dict(env)
        return
    with tempfile.TemporaryDirectory(
        prefix="kelvin-studio-tests-", dir=folder, ignore_cleanup_errors=True
    ) as made:
        Path(made).chmod(0o755)  # as the system's own: some tests go on as another user
        yield {**env, "TMPDIR": made}


def _has_room(folder: Path) -> bool:
    try:
        return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= LEAST_FREE
    except OSError:
        return False
