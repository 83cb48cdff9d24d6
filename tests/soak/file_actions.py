"""What a writer does with files: opens, saves, drops; texts, models, presets, comparisons."""

from random import Random

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from studio.app.model.state import ModelPhase
from studio.app.settings import EXPORT_FORMAT
from studio.interchange.formats import FORMATS
from tests.soak.hand import CONTROL, LEFT, NONE, SHIFT, Hand, Key, Pauses
from tests.soak.looking_actions import settle

_STARTER = "Starter.gguf"


def save(hand: Hand, chances: Random) -> Pauses:
    """Under its name, or a first one."""
    hand.shortcut(Key.Key_S)
    yield 0


def save_as(hand: Hand, chances: Random) -> Pauses:
    """Under another name."""
    hand.shortcut(Key.Key_S, CONTROL | SHIFT)
    yield 0


def export(hand: Hand, chances: Random) -> Pauses:
    """For other programs, as any of them."""
    chosen = chances.choice(FORMATS).key
    hand.note(chosen)
    hand.window.settings.set(EXPORT_FORMAT, chosen)
    hand.window.actions_.export.trigger()
    yield 300


def open_(hand: Hand, chances: Random) -> Pauses:
    """Another text."""
    hand.shortcut(Key.Key_O)
    yield 0


def new(hand: Hand, chances: Random) -> Pauses:
    """An empty page."""
    hand.shortcut(Key.Key_N)
    yield 0


def close_document(hand: Hand, chances: Random) -> Pauses:
    """The one in front, or one of the others."""
    states = hand.window.session.documents.all
    if chances.random() < 0.7:
        hand.shortcut(Key.Key_W)
    else:
        hand.window.files.close(chances.choice(states))
    yield 0


def walk(hand: Hand, chances: Random) -> Pauses:
    """To another tab."""
    hand.shortcut(chances.choice((Key.Key_PageDown, Key.Key_PageUp)))
    yield 0


def open_all(hand: Hand, chances: Random) -> Pauses:
    """All texts that lie there, each in a tab."""
    for path in hand.files():
        if path.suffix in (".kelvin", ".txt"):
            hand.window.open_path(path)
            yield from settle(hand, chances)


def walk_through(hand: Hand, chances: Random) -> Pauses:
    """To each tab, and back to the one in front."""
    for _ in hand.window.session.documents.all:
        hand.shortcut(Key.Key_PageDown)
        yield 0
        yield from settle(hand, chances)
        yield 50  # the caret goes to its place, and the log follows it a turn later


def drop(hand: Hand, chances: Random) -> Pauses:
    """One file on the window, or several."""
    paths = [hand.a_file(chances) for _ in range(chances.choice((1, 1, 1, 2, 4)))]
    hand.note(", ".join(path.name for path in paths))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(60, 60), copy, data, LEFT, NONE)
    QApplication.sendEvent(hand.window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(hand.window, QDropEvent(QPointF(60, 60), copy, data, LEFT, NONE))
    yield 0


def open_model(hand: Hand, chances: Random) -> Pauses:
    """A model: the one that is open, or one that is none."""
    hand.shortcut(Key.Key_O, CONTROL | SHIFT)
    yield 0


def mend_model(hand: Hand, chances: Random) -> Pauses:
    """Where no model is open, or one that knows nothing, have the starter model again."""
    model = hand.window.session.model
    if model.phase is ModelPhase.LOADING:
        yield 500
    elif not model.is_ready and chances.random() < 0.5:
        hand.note("reopen")
        hand.window.actions_.reopen_model.trigger()
        yield 500
    elif not (model.is_ready and model.path.endswith((_STARTER, "Q4_1.gguf", "q4_1.gguf"))):
        hand.note("the starter model")
        hand.window.open_path(hand.folder / _STARTER)
        yield 500


def leave(hand: Hand, chances: Random) -> Pauses:
    """The window is closed, if the writer does not think better of it."""
    hand.shortcut(Key.Key_Q)
    yield 0
