"""Deletes at start, in another thread, the temporary files that killed runs have left."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from studio.app.settings import FOLDER, PRESETS_FROM, RECENT_FILES, Settings
from studio.app.user_folders import config_folder, data_folder, engine_cache_folder, recovery_folder
from studio.in_place import backup_folder
from studio.presets import preset_folder
from studio.stale_files import remove_stale


def clean_up(settings: Settings) -> threading.Thread:
    """Delete stale temporary files, in a thread that holds up neither the window nor its end.

    One of the writer's folders may be on a drive that does not answer.

    Args:
        settings: Has the folders in which the writer has worked.
    """
    files = [Path(path).parent for path in settings.get(RECENT_FILES)]
    folders = [Path(place) for place in (settings.get(FOLDER), settings.get(PRESETS_FROM)) if place]
    thread = threading.Thread(
        target=lambda: remove_stale([*_own(), *files, *folders]), name="stale files", daemon=True
    )
    thread.start()
    return thread


def _own() -> Iterator[Path]:
    """The program's own folders."""
    yield from (config_folder(), preset_folder(), backup_folder(), data_folder() / "briefs")
    yield data_folder() / "comparisons"
    yield from (engine_cache_folder(), engine_cache_folder() / "prompts")
    with contextlib.suppress(OSError):
        yield from recovery_folder().iterdir()
