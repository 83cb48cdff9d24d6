"""Answers what the window asks: dialogs of files, questions, names, menus that opened.

Runs in the window's process. A writer looks at a question before answering it: it is answered at
the second look.
"""

from pathlib import Path
from random import Random

from PySide6.QtCore import QObject, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPushButton,
    QWidget,
)

from studio.manuscript.journal import Leftover
from studio.ui.presets.name_dialog import PresetNameDialog
from studio.ui.writing.recovery_dialog import RecoveryDialog
from tests.soak.desk import EXPORTS
from tests.soak.hand import LEFT, Hand, Key
from tests.soak.text_log import mark_of

_LOOK_MS = 60
_PATIENT = 12
"""Looks at one question until it is sent away."""
_STUBBORN = 200
"""And until it counts as one that cannot be answered."""
_NAMES = (
    *("Draft.txt", "Second draft", "Chapter 1. The sea", "notes.md", "Runs", "Runs.json"),
    *("Draft.kelvin", "Third draft.kelvin"),
)
_LOCK = "lock"
"""The file that is there while a program holds what it offers (`studio.manuscript.journal`)."""


class Answers(QObject):
    """Looks for questions as long as the window is there.

    Attributes:
        offers: How many texts the program has offered to restore.
    """

    def __init__(self, hand: Hand) -> None:
        super().__init__(hand.window)
        self._hand = hand
        self._chances = Random(0)
        self._seen: QWidget | None = None
        self._looks = 0
        self.offers = 0
        self._restored: tuple[Leftover, str, int] | None = None
        """What is to be restored, its text's mark, and how many texts had come before."""
        QTimer.singleShot(_LOOK_MS, self._look)

    def begin(self, chances: Random) -> None:
        """Another step: its questions are answered by its own draws."""
        self._chances = chances

    def _look(self) -> None:
        # First: an answer may lead to a question of its own, whose loop runs inside this call.
        QTimer.singleShot(_LOOK_MS, self._look)
        asked = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if asked is None or not asked.isVisible():
            self._seen = None
            self._check_restored()
            return
        if asked is not self._seen:
            self._seen, self._looks = asked, 0
            return
        self._looks += 1
        self._hand.is_disturbed = True
        if self._looks > _PATIENT:
            if self._looks == _STUBBORN:
                self._hand.complaints.append(f"{_words(asked)} does not close")
            QTest.keyClick(asked, Key.Key_Escape)
            return
        if self._looks > 1 and self._looks % 3:
            return  # it gets time to go
        self._hand.note(_words(asked))
        self._answer(asked)

    def _answer(self, asked: QWidget) -> None:
        chance, place = self._chances.random(), self._chances.random()
        match asked:
            case QFileDialog():
                self._choose_file(asked, chance, place)
            case RecoveryDialog():
                self._recover(asked, chance)
            case PresetNameDialog():
                asked.edit.setText(f"Soaked {int(place * 6)}")
                QTest.keyClick(asked, Key.Key_Return if chance < 0.8 else Key.Key_Escape)
            case QMessageBox() | QDialog():
                self._push(asked, chance, place)
            case QMenu():
                for _ in range(1 + int(place * 8)):
                    QTest.keyClick(asked, Key.Key_Down)
                QTest.keyClick(asked, Key.Key_Return if chance < 0.6 else Key.Key_Escape)
            case _:
                views = asked.findChildren(QAbstractItemView)
                if views:  # a list of choices
                    for _ in range(1 + int(place * 5)):
                        QTest.keyClick(views[0], Key.Key_Down)
                    QTest.keyClick(views[0], Key.Key_Return if chance < 0.8 else Key.Key_Escape)
                else:
                    self._push(asked, chance, place)
                    QTest.keyClick(asked, Key.Key_Escape)

    def _push(self, asked: QWidget, chance: float, place: float) -> None:
        """One of the buttons, or none."""
        buttons = [
            button
            for button in asked.findChildren(QPushButton)
            if button.isVisible() and button.isEnabled()
        ]
        if not buttons or chance > 0.9:
            QTest.keyClick(asked, Key.Key_Escape)
            return
        button: QAbstractButton = buttons[int(place * len(buttons))]
        self._hand.note(button.text())
        QTest.mouseClick(button, LEFT)

    def _choose_file(self, asked: QFileDialog, chance: float, place: float) -> None:
        edit = asked.findChild(QLineEdit)
        if chance > 0.88 or self._looks > 6 or not isinstance(edit, QLineEdit):
            QTest.keyClick(asked, Key.Key_Escape)
            return
        folder = self._hand.folder
        if asked.acceptMode() is QFileDialog.AcceptMode.AcceptSave:
            # What is exported is no manuscript, whatever it is called.
            is_text = asked.windowTitle() == "Save manuscript"
            place_of = folder if is_text else folder / EXPORTS
            path = place_of / _NAMES[int(place * len(_NAMES))]
        elif asked.fileMode() is QFileDialog.FileMode.Directory:
            path = folder
        else:
            path = self._file(asked, place)
        self._hand.note(path.name)
        edit.setText(str(path))
        edit.setFocus()
        QTest.keyClick(edit, Key.Key_Return)

    def _file(self, asked: QFileDialog, place: float) -> Path:
        """Mostly one that is asked for."""
        files = self._hand.files()
        wanted = "".join(asked.nameFilters()[:1])
        fitting = [path for path in files if path.suffix and path.suffix in wanted]
        among = fitting if fitting and place < 0.8 else files
        return among[int(place / 0.8 * len(among)) % len(among)]

    def _recover(self, asked: RecoveryDialog, chance: float) -> None:
        self.offers = max(self.offers, asked.list.count())
        if chance < 0.75 and asked.chosen is not None:
            mark = mark_of(asked.chosen.read().text)
            self._restored = asked.chosen, mark, len(self._hand.loads)
            QTest.mouseClick(asked.restore, LEFT)
        elif chance < 0.9:
            QTest.mouseClick(asked.later, LEFT)
        else:
            QTest.mouseClick(asked.discard, LEFT)

    def _check_restored(self) -> None:
        """What was to be restored is offered again, or has come, to the letter.

        It is offered again where the writer would rather keep what was there, and was asked.
        """
        if self._restored is None:
            return
        leftover, wanted, before = self._restored
        if leftover.folder.exists():
            if not (leftover.folder / _LOCK).exists():
                self._restored = None  # it was left
            return
        self._restored = None
        came = self._hand.loads[before:]
        if wanted not in came:
            self._hand.complaints.append(f"restored was {wanted}, and what came was {came}")


def _words(asked: QWidget) -> str:
    words = asked.text() if isinstance(asked, QMessageBox) else asked.windowTitle()
    return f"{type(asked).__name__} {words[:60]!r}"
