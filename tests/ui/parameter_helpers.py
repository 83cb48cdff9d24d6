"""The editor of all parameters as a writer's hands and eyes have it."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from studio.app.parameters.groups import PARAMETERS
from studio.sampling import SamplingParams
from studio.ui.main_window import MainWindow
from studio.ui.parameters.editor import ParameterEditor
from tests.ui.conftest import LONG

SENTENCE = "The old fisherman looked out over the"
LEFT = Qt.MouseButton.LeftButton


def opened(window: MainWindow) -> ParameterEditor:
    """The editor, opened as the menu does it, with all its rows made."""
    window.parameters.action.trigger()
    dock = window.parameters.dock
    assert dock is not None
    assert dock.isVisible()
    for name in PARAMETERS:
        dock.editor.row(name)
    QApplication.processEvents()  # they have their places
    return dock.editor


def opened_at_a_sentence(window: MainWindow, qtbot: QtBot) -> ParameterEditor:
    """The same, with bars of what follows `SENTENCE`, all parameters neutral."""
    session = window.session
    session.preset_choice.choose(
        next(p for p in session.preset_choice.presets if p.name == "Neutral")
    )
    session.draft.manuscript.load(SENTENCE)
    window.editor.move_caret(len(SENTENCE))
    qtbot.waitUntil(
        lambda: session.next_token_preview.is_settled and session.next_token.sketch is not None,
        timeout=LONG,
    )
    return opened(window)


def field(editor: ParameterEditor, name: str) -> QLineEdit:
    """A field by its name, in a group that is open."""
    found = editor.findChild(QLineEdit, name)
    assert isinstance(found, QLineEdit), name
    for section in editor.sections.values():
        if section.isAncestorOf(found):
            section.set_open(True)
    return found


def enter(edit: QLineEdit, text: str, qtbot: QtBot) -> None:
    """Type a text in place of what stands there, and press Enter."""
    edit.window().activateWindow()
    edit.setFocus()
    qtbot.waitUntil(edit.hasFocus, timeout=LONG)
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def button(parent: QWidget, name: str) -> QAbstractButton:
    """A button by its name."""
    for found in parent.findChildren(QAbstractButton):
        if name in (found.objectName(), found.accessibleName(), found.text()):
            return found
    raise AssertionError(f"no button {name}")


def click(parent: QWidget, name: str) -> None:
    """Press a button with the mouse."""
    found = button(parent, name)
    assert found.isVisible(), name
    assert found.isEnabled(), name
    QTest.mouseClick(found, LEFT)


def words(parent: QWidget) -> str:
    """All labels that can be seen."""
    return "\n".join(label.text() for label in parent.findChildren(QLabel) if label.isVisible())


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the keyboard is."""
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, key, modifiers)


def drag(row: QWidget, by: int, *, drop: bool = True) -> None:
    """Drag a row up or down by pixels, as a hand does: press, move, move on, let go."""
    start = QPoint(row.width() - 20, row.height() // 2)
    in_parent = row.mapToParent(start)
    QTest.mousePress(row, LEFT, pos=start)
    for part in (0.25, 0.5, 0.75, 1.0):
        target = in_parent + QPoint(0, round(by * part))
        QTest.mouseMove(row, row.mapFromParent(target))
    if drop:
        QTest.mouseRelease(row, LEFT, pos=row.mapFromParent(in_parent + QPoint(0, by)))


def probability(window: MainWindow, text: str) -> float:
    """What a token's bar shows; 0 where it is cut or has no row."""
    rows = window.session.next_token.rows(200)
    return sum(row.probability for row in rows if row.text.text == text)


def possible(window: MainWindow) -> int:
    """How many tokens the model itself gives a probability at the caret."""
    sketch = window.session.next_token.sketch
    assert sketch is not None
    return sketch.shaped(SamplingParams()).kept


def kept(window: MainWindow) -> int:
    """How many tokens can be drawn."""
    next_token = window.session.next_token
    rows = next_token.rows(20)
    tail = next_token.tail(rows)
    assert tail is not None
    return tail.kept + sum(row.probability > 0 for row in rows)
