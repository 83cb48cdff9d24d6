"""Carries out steps in the window's process, one after another, as the supervisor asks for them.

Between two events of a step the event loop turns: nothing is done faster than the window takes it.
"""

import gc
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import TracebackType

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QTimer,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)
from shiboken6 import isValid

from studio.ui.main_window import MainWindow
from tests.soak import (
    any_widget,
    compare_actions,
    file_actions,
    looking_actions,
    writing_actions,
)
from tests.soak.answers import Answers
from tests.soak.hand import Hand, Pauses
from tests.soak.stalls import StallWatch
from tests.soak.text_log import TextLog, mark_of

_MODULES = (any_widget, compare_actions, file_actions, looking_actions, writing_actions)
_OF_THE_PLATFORM = ("This plugin does not support",)
"""What Qt's offscreen platform says of itself."""


class Driver(QObject):
    """One window's.

    Args:
        window: The window.
        folder: Where the files lie that may be opened.
        log: Where its texts are reported.
    """

    commanded = Signal(str)
    """A line from the supervisor, from the thread that reads."""
    answers = Answers
    """What answers the window's questions."""

    def __init__(self, window: MainWindow, folder: Path, log: Path) -> None:
        super().__init__(window)
        self._hand = Hand(window, folder)
        self._window = window
        self._texts = TextLog(log)
        self._warnings: list[str] = []
        self._errors: list[str] = []
        self._number = -1
        self._pauses: Pauses | None = None
        self._listen_to_mistakes()
        draft = window.session.draft
        for changed in (draft.brief_changed, draft.file_changed):
            changed.connect(self._log_text)
        draft.manuscript.state_changed.connect(self._log_text)
        self._wrappers = (window.editor.viewport(), window.editor.document())
        self._answers = self.answers(self._hand)
        self._stalls = StallWatch(self)
        self.commanded.connect(self._handle)
        window.started.connect(self._begin)

    def _begin(self) -> None:
        self._log_text()
        threading.Thread(target=self._read, name="soak", daemon=True).start()
        self._say()

    def _read(self) -> None:
        for line in sys.stdin:
            self.commanded.emit(line)
        os._exit(3)  # the supervisor is gone

    def _handle(self, line: str) -> None:
        command = json.loads(line)
        self._number = command["number"]
        name = command["name"]
        chances = Random(command["chances"])
        self._answers.begin(Random(f"{command['chances']}/answers"))
        self._hand.is_disturbed = False
        self._pauses = _action(name)(self._hand, chances)
        self._go_on()

    def _go_on(self) -> None:
        assert self._pauses is not None, "a step is under way"
        try:
            pause = next(self._pauses)
        except StopIteration:
            QTimer.singleShot(0, self._say)
        except Exception:  # of the window, through an event that was sent
            QTimer.singleShot(0, self._say)
            raise
        else:
            QTimer.singleShot(pause, self._go_on)

    def _say(self) -> None:
        """Say the supervisor how things stand."""
        # What the collector breaks, it breaks in the step that left it.
        gc.collect()
        if not all(map(isValid, self._wrappers)):
            self._hand.complaints.append("the editor's document or viewport is Python's no more")
        session = self._window.session
        hand = self._hand
        answer = {
            "number": self._number,
            "notes": hand.notes[:],
            "complaints": hand.complaints[:],
            "warnings": self._warnings[:],
            "errors": self._errors[:],
            "stalls": self._stalls.take(),
            "offers": self._answers.offers,
            "mark": self._mark(),
            "is_modified": session.draft.is_modified,
            "is_empty": not hand.text and not session.draft.brief,
            "path": str(session.draft.path or ""),
            "model": session.model.phase.value,
            "engine": session.client.process_id,
        }
        for reported in (hand.notes, hand.complaints, self._warnings, self._errors):
            reported.clear()
        # In one piece: other threads may say something, too.
        os.write(1, json.dumps(answer).encode() + b"\n")

    def _log_text(self) -> None:
        self._texts.write(self._mark(), self._window.session.draft.is_modified)

    def _mark(self) -> str:
        """What there is now, as the log has it."""
        return mark_of(self._hand.text)

    def _listen_to_mistakes(self) -> None:
        """Have Qt's warnings, and errors that nobody has caught."""

        def on_message(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
            if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
                return
            if not message.startswith(_OF_THE_PLATFORM):
                self._warnings.append(message)

        def on_error(
            kind: type[BaseException], error: BaseException, trace: TracebackType | None
        ) -> None:
            self._errors.append(f"{kind.__name__}: {error}")
            former(kind, error, trace)

        qInstallMessageHandler(on_message)
        # The program's own hook, which rescues the text, has its turn.
        former = sys.excepthook
        sys.excepthook = on_error
        sys.unraisablehook = lambda reported: self._errors.append(
            f"unraisable: {reported.exc_value!r}"
        )
        threading.excepthook = lambda reported: self._errors.append(
            f"thread: {reported.exc_value!r}"
        )


def _action(name: str) -> Callable[[Hand, Random], Pauses]:
    """What a step of that name does."""
    for module in _MODULES:
        found = getattr(module, name, None) or getattr(module, f"{name}_", None)
        if found is not None:
            action: Callable[[Hand, Random], Pauses] = found
            return action
    raise ValueError(f"there is no step {name}")
