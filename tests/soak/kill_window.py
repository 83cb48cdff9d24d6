"""The program as it is started by its user, which says what it is at: it is to be killed then.

`python -P -m tests.soak.kill_window FOLDER LOG [FILE]`: as `tests.soak.window`, but for what it
says. The log has of each document all that a kill may not take: a number for it, the name of its
file, and its `document_mark`. Each write of a document is announced before it begins and when it
has ended, and each frame of a generation.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from studio.app.timers import single_shot
from studio.app.writing.document_state import DocumentState
from studio.manuscript import Document, Journal, RecoveryRecord, document_file
from studio.ui.main_window import MainWindow
from studio.ui.writing import document_saving
from studio.ui.writing.file_guard import KEEP
from studio.ui.writing.recovery_dialog import RecoveryDialog
from tests.soak.answers import Answers
from tests.soak.driver import Driver
from tests.soak.hand import LEFT
from tests.soak.text_log import document_mark, mark_of
from tests.soak.window import main


class _Restoring(Answers):
    """Has all restored that is offered, and keeps its own text where another stands in the file."""

    def _recover(self, asked: RecoveryDialog, chance: float) -> None:
        self.offers = max(self.offers, asked.list.count())
        QTest.mouseClick(asked.restore_all if asked.list.count() > 1 else asked.restore, LEFT)

    def _push(self, asked: QWidget, chance: float, place: float) -> None:
        for button in asked.findChildren(QPushButton):
            if button.text().replace("&", "") == KEEP:
                QTest.mouseClick(button, LEFT)
                return
        super()._push(asked, chance, place)


class _KillDriver(Driver):
    """Says what it is at."""

    answers = _Restoring

    def __init__(self, window: MainWindow, folder: Path, log: Path) -> None:
        super().__init__(window, folder, log)
        self._numbers: dict[DocumentState, int] = {}
        # A turn later: in the middle of a change of the text the takes are where they were.
        soon = single_shot(self, self._log_text)
        window.session.draft.prompt_changed.connect(soon.start)
        writing = window.session.writing
        writing.progressed.connect(lambda: _report("writing"))
        writing.ended.connect(lambda: _report("writing", has_ended=True))
        self._watch_writes()

    def _mark(self) -> str:
        draft = self._window.session.draft
        return self._mark_of(draft.state, draft.document())

    def _mark_of(self, state: DocumentState, document: Document) -> str:
        number = self._numbers.setdefault(state, len(self._numbers))
        name = quote(state.path.name if state.path else "", safe="")
        return f"{number}/{name}/{document_mark(document)}"

    def _watch_writes(self) -> None:
        journals = self._window.session.recovery._journals

        def described(journal: Journal, record: RecoveryRecord) -> tuple[str, None]:
            # None where the document was saved or closed before its turn came.
            states = [state for state, known in list(journals.items()) if known is journal]
            return self._mark_of(states[0], record.whole) if states else "", None

        _watch(Journal, "write", "keeping", described)
        _watch_saves()


def _watch_saves() -> None:
    _watch(
        document_file,
        "write_document",
        "saving",
        lambda path, document: (document_mark(document), path),
    )
    _watch(
        document_saving, "write_text_file", "saving", lambda path, file: (mark_of(file.text), path)
    )


def _watch(
    owner: object, name: str, what: str, described: Callable[..., tuple[str, Path | None]]
) -> None:
    """Have each call announced that writes something, before and after.

    Args:
        owner: What has the function.
        name: Its name.
        what: What it does.
        described: Gives the mark of what it writes, and where it is written.
    """
    write = getattr(owner, name)

    def watched(*arguments: Any) -> Any:
        mark, path = described(*arguments)
        _report(what, mark, path)
        written = write(*arguments)
        _report(what, mark, path, has_ended=True)
        return written

    setattr(owner, name, watched)


def _report(
    what: str, mark: str = "", path: Path | None = None, *, has_ended: bool = False
) -> None:
    """Say the supervisor what begins, or has ended. In one write: two threads may say something."""
    said = {
        "announced": what,
        "mark": mark,
        "path": str(path or ""),
        "has_ended": has_ended,
        "at": time.monotonic(),
    }
    os.write(1, json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main(_KillDriver))
