"""Which text a key would change, asked before it does.

It mirrors what Qt's text widget does with keys.
"""

import unicodedata

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QTextCursor

_Key = QKeySequence.StandardKey
_Modifier = Qt.KeyboardModifier
_Move = QTextCursor.MoveOperation

_DELETIONS = (
    (_Key.Delete, _Move.NextCharacter),
    (_Key.DeleteStartOfWord, _Move.PreviousWord),
    (_Key.DeleteEndOfWord, _Move.NextWord),
    (_Key.DeleteEndOfLine, _Move.EndOfBlock),
)

PARAGRAPH_KEYS = (_Key.InsertParagraphSeparator, _Key.InsertLineSeparator)
"""What begins a new paragraph. The second, too: few programs take U+2028 for a new line."""

_INSERTIONS = (_Key.Paste, *PARAGRAPH_KEYS)


def changed_by(event: QKeyEvent, cursor: QTextCursor) -> tuple[int, int] | None:
    """The range of the document that a key press would replace, None if it edits nothing.

    Args:
        event: The key press.
        cursor: The caret or selection it would act upon.

    Returns:
        Start and end in UTF-16 units; equal where a key only inserts.
    """
    reach = QTextCursor(cursor)
    if event.matches(_Key.Cut):
        return _range(reach) if reach.hasSelection() else None
    if any(event.matches(key) for key in _INSERTIONS) or _types(event):
        return _range(reach)
    if event.matches(_Key.DeleteCompleteLine):
        reach.movePosition(_Move.StartOfBlock)
        reach.movePosition(_Move.NextBlock, QTextCursor.MoveMode.KeepAnchor)
        return _range(reach)
    move = next((move for key, move in _DELETIONS if event.matches(key)), None)
    if move is None and event.key() == Qt.Key.Key_Backspace and not _with_command(event):
        move = _Move.PreviousCharacter
    if move is None:
        return None
    if not reach.hasSelection():
        reach.movePosition(move, QTextCursor.MoveMode.KeepAnchor)
    return _range(reach)


def inserted_by(event: QKeyEvent) -> str | None:
    """What a key press that `changed_by` knows would insert; None for what is on the clipboard."""
    if event.matches(_Key.Paste):
        return None
    if any(event.matches(key) for key in PARAGRAPH_KEYS):
        return "\n"
    return event.text() if _types(event) else ""


def asks_redo(event: QKeyEvent) -> bool:
    """Whether a key press means redo: the desktop's own keys, and Ctrl+Y on all of them."""
    by_habit = event.key() == Qt.Key.Key_Y and event.modifiers() == _Modifier.ControlModifier
    return by_habit or event.matches(_Key.Redo)


def _types(event: QKeyEvent) -> bool:
    # As Qt has it: Ctrl makes a command of a key, but Ctrl with Alt is how AltGr arrives.
    modifiers = event.modifiers() & ~(_Modifier.KeypadModifier | _Modifier.ShiftModifier)
    text = event.text()
    if not text or modifiers == _Modifier.ControlModifier:
        return False
    return text[0] == "\t" or unicodedata.category(text[0]) != "Cc"


def _with_command(event: QKeyEvent) -> bool:
    return bool(event.modifiers() & (_Modifier.ControlModifier | _Modifier.AltModifier))


def _range(cursor: QTextCursor) -> tuple[int, int]:
    return cursor.selectionStart(), cursor.selectionEnd()
