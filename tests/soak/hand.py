"""A writer's hand in the window's process: real events to what has the keyboard or lies below.

What it does is a generator: between two events it gives the event loop its turn, for as many
milliseconds as it yields.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QInputMethodEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from studio.ui.main_window import MainWindow
from tests.soak.desk import EXPORTS
from tests.soak.text_log import mark_of

Pauses = Iterator[int]
"""Milliseconds until the next event."""

Key = Qt.Key
NONE = Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton


class Hand:
    """One writer at one window.

    Attributes:
        window: The window.
        folder: Where the files lie that may be opened.
        complaints: What was found that may not be.
        notes: What was done, as a reader of the log wants it.
        is_disturbed: Whether the present step met a question, another text or a refusal: what it
            expected of the text does not hold.
        loads: The mark of each text that was opened, as it came, before a key of the same step
            reached it.
    """

    def __init__(self, window: MainWindow, folder: Path) -> None:
        self.window = window
        self.folder = folder
        self.complaints: list[str] = []
        self.notes: list[str] = []
        self.is_disturbed = False
        self.loads: list[str] = []
        window.session.draft.manuscript.loaded.connect(self._on_loaded)
        # While a long text is laid out keys are refused, and the writer informed.
        window.editor.refused.connect(lambda _why: self._disturb())

    def _on_loaded(self) -> None:
        self.loads.append(mark_of(self.text))
        self.is_disturbed = True

    def _disturb(self) -> None:
        self.is_disturbed = True

    @property
    def text(self) -> str:
        """What the manuscript holds."""
        return self.window.session.draft.manuscript.text

    @property
    def is_at_rest(self) -> bool:
        """Whether nobody but the writer changes the text."""
        return self.window.session.writing.is_idle

    @property
    def keyboard(self) -> QWidget:
        """Who has it."""
        return QApplication.focusWidget() or QApplication.activeWindow() or self.window

    def note(self, words: str) -> None:
        """Say the log something of this step."""
        self.notes.append(words)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        """Press a key."""
        QTest.keyClick(self.keyboard, key, modifier)

    def shortcut(self, key: Qt.Key, modifier: Qt.KeyboardModifier = CONTROL) -> None:
        """Press a key of the main window's."""
        self.window.activateWindow()
        QTest.keyClick(self.window.focusWidget() or self.window, key, modifier)

    def write(self, text: str, widget: QWidget | None = None) -> Pauses:
        """Type, letter by letter; what no key has comes as from an input method."""
        for letter in text:
            target = widget or self.keyboard
            if letter.isascii():
                QTest.keyClicks(target, letter)
            else:
                event = QInputMethodEvent()
                event.setCommitString(letter)
                QApplication.sendEvent(target, event)
            yield 0

    def click(self, widget: QWidget, point: QPoint | None = None) -> None:
        """Click on a widget, in its middle where no place is given."""
        if widget.isVisible():
            QTest.mouseClick(widget, LEFT, NONE, point or widget.rect().center())

    def wheel(self, widget: QWidget, point: QPoint, steps: int, modifier: object = NONE) -> None:
        """Turn the wheel over a widget."""
        event = QWheelEvent(
            QPointF(point),
            QPointF(widget.mapToGlobal(point)),
            QPoint(),
            QPoint(0, 120 * steps),
            Qt.MouseButton.NoButton,
            modifier if isinstance(modifier, Qt.KeyboardModifier) else NONE,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)

    def to_page(self) -> Pauses:
        """Have the keyboard in the manuscript."""
        if self.window.compare.is_shown:
            self.shortcut(Key.Key_1)
            yield 0
        self.window.activateWindow()
        self.window.editor.setFocus()
        if self.window.word.is_open:
            # Else what is typed is another word in the place of that one, and no text.
            self.press(Key.Key_Escape)
        yield 0

    def a_point(self, widget: QWidget, chances: Random) -> QPoint:
        """Somewhere on a widget."""
        x, y = chances.random(), chances.random()
        return QPoint(int(x * max(1, widget.width())), int(y * max(1, widget.height())))

    def files(self) -> list[Path]:
        """All files that lie there."""
        folders = (self.folder, self.folder / EXPORTS)
        return sorted(
            path
            for folder in folders
            for path in folder.iterdir()
            if path.is_file() and not path.name.startswith(".")
        )

    def a_file(self, chances: Random) -> Path:
        """One of those that lie there."""
        files = self.files()
        return files[int(chances.random() * len(files))]
