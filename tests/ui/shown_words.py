"""All words that the program's windows show or speak, and what no stranger's word may do there.

Walks every widget there is, shown or not: labels, buttons, tooltips, titles, actions, the cells of
lists and tables, what is spoken, and what is painted. What is typed into fields and the manuscript
itself are the writer's, and are not looked at.
"""

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QAction, QPainter, QStaticText, Qt, QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTabBar,
    QTableView,
    QTextBrowser,
    QTextEdit,
    QToolTip,
    QWidget,
)

MARK = "Zqx"
"""What every hostile word begins with."""
SIGNS = "<img src=file:///etc/passwd><b>&amp;&k"
"""What would be a picture, bold, an entity, and a key of its own."""
STEERS = "\n\x1b]0;pwned\x07\u202e"
LONG = "W" * 300

HOSTILE = f"{MARK}{SIGNS}{STEERS}{LONG}"
"""The word that is tried everywhere; a file's name has no stroke in it and fewer letters."""
HOSTILE_NAME = f"{MARK}<img src=x><b>&amp;&k[*]{STEERS}{'W' * 150}"

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u200e\u200f\u061c\u2066-\u2069]")
_WIDEST, _HIGHEST = 1320, 1200
"""Pixels of a small screen; no window of ours may need more for a stranger's word."""


@dataclass(frozen=True)
class Words:
    """Something that is shown.

    Attributes:
        where: The widget's class, and what of it.
        text: The words as Qt has them.
        is_guessed: Whether Qt guesses if they are rich text.
        has_keys: Whether an & in them marks a key.
        is_page: Whether they are a text to be read, in lines of its own.
    """

    where: str
    text: str
    is_guessed: bool = False
    has_keys: bool = False
    is_page: bool = False


@contextmanager
def painting(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[Words]]:
    """Collects what is painted within by the program's own widgets."""
    found: set[Words] = set()

    def recorded(name: str, of: type) -> None:
        paint: Callable[..., object] = getattr(QPainter, name)

        def record(painter: QPainter, *arguments: object) -> object:
            for argument in arguments:
                if isinstance(argument, QStaticText):
                    assert argument.textFormat() == Qt.TextFormat.PlainText, argument.text()
                    found.add(Words("painted", argument.text()))
                elif isinstance(argument, str):
                    found.add(Words("painted", argument))
            return paint(painter, *arguments)

        monkeypatch.setattr(QPainter, name, record)

    def record_tip(_place: object, text: str, *_: object) -> None:
        found.add(Words("shown tip", text, is_guessed=True))

    with monkeypatch.context():
        monkeypatch.setattr(QToolTip, "showText", record_tip)
        recorded("drawText", str)
        recorded("drawStaticText", QStaticText)
        yield found


def shown_words(besides: Collection[QWidget] = ()) -> list[Words]:
    """All that is shown or spoken now.

    Args:
        besides: Widgets that are not looked at.
    """
    found: list[Words] = []
    for widget in QApplication.allWidgets():
        if widget not in besides:
            found += _of_widget(widget)
    return found


def faults(found: set[Words] | list[Words]) -> list[str]:
    """What is wrong with the strangers' words among them."""
    wrong = []
    for words in found:
        why = _fault(words)
        if why:
            wrong.append(f"{words.where}: {why}: {words.text[:120]!r}")
    return sorted(set(wrong))


def too_large() -> list[str]:
    """The windows, dialogs and menus that want more room than a screen has."""
    return [
        f"{type(widget).__name__} {widget.windowTitle()[:40]!r}: {size.width()} × {size.height()}"
        for widget in QApplication.topLevelWidgets()
        if isinstance(widget, QDialog | QMenu) or widget.isVisible()
        for size in [
            widget.sizeHint() if isinstance(widget, QMenu) else widget.minimumSizeHint(),
        ]
        if size.width() > _WIDEST or size.height() > _HIGHEST
    ]


def places(found: set[Words] | list[Words]) -> set[str]:
    """Where hostile words are seen."""
    return {words.where for words in found if MARK in words.text}


def _of_widget(widget: QWidget) -> Iterator[Words]:
    kind = type(widget).__name__

    def at(what: str, text: str, **values: bool) -> Words:
        return Words(f"{kind}.{what}", text, **values)

    yield at("tip", widget.toolTip(), is_guessed=True)
    yield at("status", widget.statusTip())
    yield at("help", widget.whatsThis(), is_guessed=True)
    yield at("name", widget.accessibleName())
    yield at("description", widget.accessibleDescription())
    yield at("title", widget.windowTitle())
    for action in widget.actions():
        yield from _of_action(action)
    match widget:
        case QLabel():
            is_plain = widget.textFormat() == Qt.TextFormat.PlainText
            yield at("text", widget.text(), is_guessed=not is_plain)
        case QMenu():
            yield at("text", widget.title(), has_keys=True)
        case QAbstractButton():
            yield at("text", widget.text(), has_keys=True)
        case QComboBox():
            for place in range(widget.count()):
                yield at("item", widget.itemText(place))
                tip = widget.itemData(place, Qt.ItemDataRole.ToolTipRole)
                yield at("item tip", str(tip or ""), is_guessed=True)
        case QLineEdit():
            yield at("placeholder", widget.placeholderText())
        case QTextBrowser():
            yield at("page", widget.toHtml(), is_guessed=True, is_page=True)
        case QTextEdit() | QPlainTextEdit():
            yield at("placeholder", widget.placeholderText())
        case QTabBar():
            for place in range(widget.count()):
                yield at("tab", widget.tabText(place), has_keys=True)
                yield at("tab tip", widget.tabToolTip(place), is_guessed=True)
        case QAbstractItemView():
            for where, text, is_guessed in _of_cells(widget):
                yield at(where, text, is_guessed=is_guessed)


def _of_action(action: QAction) -> Iterator[Words]:
    yield Words("action", action.text(), has_keys=True)
    yield Words("action tip", action.toolTip(), is_guessed=True)
    yield Words("action status", action.statusTip())


def _of_cells(view: QAbstractItemView) -> Iterator[tuple[str, str, bool]]:
    model = view.model()
    if model is None:
        return
    role = Qt.ItemDataRole
    root = QModelIndex()
    columns = model.columnCount(root) if isinstance(view, QTableView) else 1
    for row in range(model.rowCount(root)):
        for column in range(columns):
            index = model.index(row, column, root)
            yield "cell", str(index.data(role.DisplayRole) or ""), False
            yield "cell tip", str(index.data(role.ToolTipRole) or ""), True
            yield "cell spoken", str(index.data(role.AccessibleTextRole) or ""), False
    if isinstance(view, QTableView):
        for column in range(columns):
            header = model.headerData(column, Qt.Orientation.Horizontal, role.DisplayRole)
            yield "header", str(header or ""), False


def _fault(words: Words) -> str:
    text = words.text
    is_rich = words.is_guessed and Qt.mightBeRichText(text)
    if is_rich:
        document = QTextDocument()
        document.setHtml(text)
        text = document.toPlainText().replace("\u200b", "")
        if "\ufffc" in text:
            return "a picture"
    if found := _STEERING.search(text):
        return f"the character {found[0]!r}"
    if MARK not in text:
        return ""
    if "W" * 201 in text and not words.is_page:
        return "more than 200 characters"
    if "\n\\x1b" in text and not words.is_page:
        return "a line end"
    after = text.partition(MARK)[2]
    if after and after[0] not in "<… ":
        return "a sign that acted"
    if words.has_keys and "&k" in text.replace("&&", ""):
        return "a key of its own"
    return ""
