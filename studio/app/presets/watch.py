"""Reports when a folder of presets, or a file in it, was changed outside. Reads neither."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, Signal

from studio.app.timers import single_shot
from studio.path_checks import exists, is_folder

_SETTLES = 100
"""Milliseconds within which the changes of one save arrive."""


class PresetWatch(QObject):
    """Watches a folder, which need not be there yet, and files in it."""

    changed = Signal()
    """Something has changed; emitted once a save is complete."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watcher = QFileSystemWatcher(self)
        self._settling = single_shot(self, self.changed.emit, _SETTLES)
        for signal in (self._watcher.directoryChanged, self._watcher.fileChanged):
            signal.connect(self._wait)

    def follow(self, folder: Path, files: Iterable[Path]) -> None:
        """Watch this folder and these files from now on, and nothing else.

        Args:
            folder: The folder; it need not be there yet.
            files: The files in it.
        """
        wanted = {str(path) for path in files if exists(path)}
        # A folder that is not there yet shows itself in the one above.
        there = next((place for place in (folder, *folder.parents) if is_folder(place)), None)
        wanted |= {str(there)} if there else set()
        watched = {*self._watcher.files(), *self._watcher.directories()}
        if watched - wanted:
            self._watcher.removePaths(sorted(watched - wanted))
        if wanted - watched:
            self._watcher.addPaths(sorted(wanted - watched))

    def _wait(self, _path: str) -> None:
        self._settling.start()
