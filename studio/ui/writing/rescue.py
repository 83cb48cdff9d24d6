"""When we have a bug: the error is logged, the text is put in safety, and the writer told once.

Knows nothing of how the error came about.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, QStandardPaths, Signal

from studio.manuscript import ManuscriptFileError, TextFile, write_text_file


class Rescue(QObject):
    """Python's excepthook for as long as the window lives.

    Qt prints an exception in a slot and goes on; without this nobody would see it. The hook that
    was there before still has its turn, and logs the error.
    """

    happened = Signal(str)
    """What to tell the writer; emitted once a session."""

    def __init__(self, text: Callable[[], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self._has_told = False
        self._log = sys.excepthook

    def install(self) -> None:
        """Take over from here on."""
        self._log = sys.excepthook
        sys.excepthook = self._on_exception

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        self._log(kind, error, trace)
        if self._has_told or issubclass(kind, KeyboardInterrupt):
            return
        self._has_told = True
        path = self._save()
        where = f"A copy of your text is in “{path}”." if path else "Your text is still here."
        self.happened.emit(
            f"Kelvin Studio made a mistake ({kind.__name__}: {error}). {where} Save your work "
            "under a new name; if the program behaves oddly, start it again."
        )

    def _save(self) -> Path | None:
        text = self._text()
        if not text:
            return None
        folder = Path(
            QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
        )
        path = folder / time.strftime("rescued-%Y-%m-%d-%H-%M-%S.txt")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_text_file(path, TextFile(text))
        except (OSError, ManuscriptFileError):
            return None
        return path
