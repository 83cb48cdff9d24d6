"""Keeps a `QTextDocument` and a `Manuscript` the same text, whichever of the two changes.

The manuscript is the truth. A document cannot hold every text: it makes paragraphs of carriage
returns and of the noncharacters that frame its tables. So it shows stand-ins for those, one code
point for one, and what was not edited is never read back from it. Positions differ too: a document
counts UTF-16 units, a manuscript code points.

A text that is long comes into the document in pieces, one a turn of the event loop, and so goes the
one before it: the document is filled then, and until it is whole it holds the text's beginning.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QTextCursor, QTextDocument

from studio.app.timers import single_shot
from studio.manuscript import Manuscript, TextShape
from studio.translation import mark, tr

REFUSED = mark("This text is being written. Press Esc to stop, or write before or behind it.")
"""What is said to a writer who wants to change the growing take."""

AT_ONCE = TextShape(characters=100_000, paragraphs=2_000, longest=100_000)
"""What comes into a document in one go, or out of it: some 50 ms on a slow machine."""

_PIECE = TextShape(characters=25_000, paragraphs=500, longest=25_000)
"""What comes in at each turn while a document is filled: some 15 ms."""

_TAKEN_OUT = 2_000
"""Paragraphs that go at each turn before that."""

_PARAGRAPH = "\u2029"  # what a document has between two paragraphs
_SHOWN = str.maketrans(
    {
        "\r": "\u200b",  # one beside a line feed, in a file of mixed line ends: takes no room
        "\ufdd0": "\ufffd",
        "\ufdd1": "\ufffd",
        "\ufffc": "\ufffd",  # in a document: a picture
        "\0": "\ufffd",
        "\ufeff": "\u2060",  # as first of a text it would be a mark of byte order, and go
        "\ufffe": "\ufffd",  # and this the other order: what follows would be other letters
    }
)
_OF_TWO_UNITS = re.compile("[\U00010000-\U0010ffff]")
_PASTED = re.compile("\r\n?|\u2029")
_UNFIT = re.compile("[\0\ud800-\udfff\ufdd0\ufdd1\ufffe]")


def shown(text: str) -> str:
    """What a document holds for a manuscript's text: as many code points, paragraphs as U+2029."""
    return text.translate(_SHOWN).replace("\n", _PARAGRAPH)


def pasted(text: str) -> str:
    """What a foreign text becomes on its way into a manuscript.

    Its line ends become U+000A, what no file could hold becomes U+FFFD, and the places of pictures
    go.
    """
    text = _PASTED.sub("\n", text).replace("\ufffc", "")
    return _UNFIT.sub("\ufffd", text)


def utf16_length(text: str) -> int:
    """How many UTF-16 units a text takes."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def in_units(text: str) -> str:
    """The same text with a null behind each character that Qt counts as two, so that all count."""
    return _OF_TWO_UNITS.sub(r"\g<0>\0", text)


class Utf16Index:
    """Translates positions between code points and UTF-16 units, kept up to date change by change.

    It holds the positions of the characters that take two units; there are few in prose.
    """

    def __init__(self) -> None:
        self._astral = np.zeros(0, dtype=np.int64)

    def change(self, position: int, removed_length: int, inserted: str) -> None:
        """Follows a change of the text, in code points.

        Args:
            position: Where.
            removed_length: How many code points are gone there.
            inserted: The text that came.
        """
        added = _astral_of(inserted)
        known = self._astral
        if not known.size and not added.size:
            return
        first, last = np.searchsorted(known, (position, position + removed_length)).tolist()
        if added.size or first != last:
            self._astral = np.concatenate((known[:first], added + position, known[last:]))
        self._astral[first + added.size :] += len(inserted) - removed_length

    def units(self, position: int) -> int:
        """The UTF-16 position of a code point."""
        known = self._astral
        return position + int(known.searchsorted(position)) if known.size else position

    def code_points(self, units: int) -> int:
        """The code point at a UTF-16 position; inside a pair, the one behind it."""
        if not self._astral.size:
            return units
        # The n-th astral character begins n units later than its code points say.
        pairs = bisect_left(range(len(self._astral)), units, key=lambda n: self._astral[n] + n)
        return max(units - pairs, int(self._astral[pairs - 1]) + 1) if pairs else units


def _astral_of(text: str) -> NDArray[np.int64]:
    """Which characters of a text take two units."""
    if text.isascii():
        return np.zeros(0, dtype=np.int64)
    characters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return np.nonzero(characters > 0xFFFF)[0].astype(np.int64)


def difference(old: str, new: str, caret: int | None) -> tuple[int, int, str]:
    """The smallest replacement that makes one text of another: position, length, inserted text.

    Args:
        old: What stood there.
        new: What stands there.
        caret: Where the caret stands in `new`. Of equally small replacements the one is meant that
            ends there: it says which of two like letters was typed.
    """
    if old == new:
        return 0, 0, ""
    room = min(len(old), len(new))
    most = room if caret is None else min(room, max(0, len(new) - caret))
    tail = 0
    while tail < most and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    head = 0
    while head < room - tail and old[head] == new[head]:
        head += 1
    while tail < room - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, len(old) - head - tail, new[head : len(new) - tail]


class DocumentMirror(QObject):
    """The bond between one document and one manuscript.

    Switches the document's own undo off, which knows neither provenance nor takes. Make it before
    anything that reads provenance when the document changes, such as a highlighter.

    Args:
        document: What a view shows and edits. What it held gives way to the manuscript's text.
        manuscript: The text.
        caret: Says where the view's caret stands in the document, in UTF-16 units.
    """

    refused = Signal(str)
    """The document was changed where the manuscript may not be; it is about to be set right."""

    about_to_apply = Signal(int, int)
    """The manuscript changed: this range of the document, in UTF-16 units, will be replaced."""

    applied = Signal(int)
    """The document has followed; the inserted text ends at this UTF-16 unit."""

    filling = Signal()
    """The document is about to be filled anew; all positions are still those of the text before."""

    passed = Signal(int, int, int)
    """While it is filled the manuscript changed: where, and how many code points went and came."""

    emptied = Signal()
    """While it is filled nothing is in it: what would lay it out anew costs nothing now."""

    progressed = Signal()
    """Another piece of it is there: `fraction`."""

    filled = Signal()
    """It is whole again."""

    def __init__(
        self, document: QTextDocument, manuscript: Manuscript, caret: Callable[[], int]
    ) -> None:
        super().__init__(document)
        self._document = document
        self._manuscript = manuscript
        self._caret = caret
        self._index = Utf16Index()
        self._busy = False  # one of the two is being given a change of the other
        self._strayed = False  # the document holds what the manuscript does not
        self._astray = 0, 0, 0
        self._good: int | None = None
        """While it is filled: how many code points of the manuscript stand in it by now."""
        self._waits = False
        """Whether it is filled later, whatever happens to the manuscript until then."""
        self._when_empty: list[Callable[[], object]] = []
        self._turn = single_shot(self, self._fill)
        document.setUndoRedoEnabled(False)
        document.documentLayout()  # Qt emits no changes of a document before it has a layout
        self._index.change(0, 0, manuscript.text)
        self._return()
        document.contentsChange.connect(self._document_changed)
        self.leave = manuscript.changed.connect(self._manuscript_changed)
        """Stops following the manuscript, which may outlive the document."""

    def units(self, position: int) -> int:
        """The document's position of a code point of the manuscript."""
        return self._index.units(position)

    def code_points(self, units: int) -> int:
        """The manuscript's position of a UTF-16 unit of the document."""
        return self._index.code_points(units)

    def cursor(self, start: int, end: int) -> QTextCursor:
        """A cursor over code points of the manuscript, as far as the document holds them by now.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        cursor = QTextCursor(self._document)
        last = self._document.characterCount() - 1
        cursor.setPosition(min(self.units(start), last))
        if end != start:
            cursor.setPosition(min(self.units(end), last), QTextCursor.MoveMode.KeepAnchor)
        return cursor

    @property
    def is_whole(self) -> bool:
        """Whether the document holds all of the text; while it is filled, nobody may edit it."""
        return self._good is None

    @property
    def fraction(self) -> float:
        """How much of the text it holds, 0 to 1."""
        return 1.0 if self._good is None else self._good / max(len(self._manuscript), 1)

    @property
    def is_long(self) -> bool:
        """Whether to lay all of it out anew takes so long that it is better filled anew."""
        document, manuscript = self._document, self._manuscript
        return (
            max(len(manuscript), document.characterCount()) > AT_ONCE.characters
            or document.blockCount() > AT_ONCE.paragraphs
            # Not all of it may be there yet.
            or (self._good is not None and manuscript.text.count("\n") > AT_ONCE.paragraphs)
        )

    def is_large(self, start: int, end: int) -> bool:
        """Whether to take a range out, in UTF-16 units, takes more than a turn.

        Args:
            start: The first unit.
            end: The one behind the last.
        """
        if end - start > AT_ONCE.characters:
            return True
        if end - start <= AT_ONCE.paragraphs:
            return False
        document = self._document
        first, last = document.findBlock(start), document.findBlock(end)
        return last.blockNumber() - first.blockNumber() > AT_ONCE.paragraphs

    def refill(self, when_empty: Callable[[], object] = lambda: None) -> None:
        """Take everything out and fill the document anew, in pieces.

        Args:
            when_empty: Called once, when nothing is in it.
        """
        if self._good is None:
            self.filling.emit()
        self._when_empty.append(when_empty)
        self._good = 0
        self._turn.start()

    @contextmanager
    def filled_afterwards(self) -> Iterator[None]:
        """Let the manuscript change in many places: the document follows them all at once.

        It is filled anew then, in pieces; each change would lay out its paragraph.
        """
        self.refill()
        self._waits = True
        try:
            yield
        finally:
            self._waits = False

    def _manuscript_changed(self, position: int, removed: int, text: str, _: bytes) -> None:
        start, end = self.units(position), self.units(position + removed)
        is_large = not self._busy and (
            self.is_large(start, end)
            or len(text) > AT_ONCE.characters
            or text.count("\n") > AT_ONCE.paragraphs
        )
        if is_large and self._good is None:
            self.filling.emit()
        self._index.change(position, removed, text)
        if self._busy:
            return
        if self._waits:
            self._good = 0
            self.passed.emit(position, removed, len(text))
            return
        if is_large or self._good is not None:
            self.passed.emit(position, removed, len(text))
            if self._good is not None and position + removed <= self._good and not is_large:
                # Else a take that grows would begin the filling anew at each frame.
                self._replace(start, end, shown(text))
                self._good += len(text) - removed
            else:
                # What is there of the text before goes, and this one comes.
                self._good = 0 if self._good is None else min(self._good, position)
            self._fill()
            return
        if self._strayed:
            self._return()
            return
        self.about_to_apply.emit(start, end)
        self._replace(start, end, shown(text))
        self.applied.emit(start + utf16_length(text))

    def _fill(self) -> None:
        """A turn's worth of filling: take a piece out that is not the text's, or put one in."""
        if self._good is None:
            return
        document, good = self._document, self.units(self._good)
        length = document.characterCount() - 1
        if length > good:
            last = document.findBlockByNumber(max(document.blockCount() - _TAKEN_OUT, 0))
            self._replace(max(good, last.position()), length, "")
        else:
            if length == 0:
                waiting, self._when_empty = self._when_empty, []
                for act in waiting:
                    act()
                self.emptied.emit()
            if piece := self._next_piece(self._good):
                self._replace(good, good, shown(piece))
                self._good += len(piece)
        is_whole = document.characterCount() - 1 == self.units(len(self._manuscript))
        if self._good == len(self._manuscript) and is_whole:
            self._good, self._strayed = None, False
            self.filled.emit()
        else:
            self.progressed.emit()
            self._turn.start()

    def _next_piece(self, start: int) -> str:
        piece = self._manuscript.part(start, start + _PIECE.characters)
        paragraphs = piece.split("\n", _PIECE.paragraphs)
        if len(paragraphs) > _PIECE.paragraphs:
            return piece[: len(piece) - len(paragraphs[-1])]
        # A paragraph that is cut would be laid out twice.
        end = piece.rfind("\n") + 1
        return piece[:end] if end and start + len(piece) < len(self._manuscript) else piece

    def _replace(self, start: int, end: int, text: str) -> None:
        cursor = QTextCursor(self._document)
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        self._busy = True
        try:
            if start != end and not text:
                cursor.removeSelectedText()
            elif text:
                cursor.insertText(text)
        finally:
            self._busy = False

    def _document_changed(self, position: int, removed: int, added: int) -> None:
        if self._busy or self._strayed:
            return
        if self._good is not None:
            self._good = min(self._good, self.code_points(position))
            return
        # The report may name more than has changed, even the end of the document, which is no
        # character; never less. What it says was removed follows from the lengths.
        length = self._document.characterCount() - 1
        added = min(added, length - position)
        removed = added + self.units(len(self._manuscript)) - length
        first = self.code_points(position)
        if self.units(first) > position:  # inside a surrogate pair
            first -= 1
        last = self.code_points(position + removed)
        start = self.units(first)
        end = position + added + self.units(last) - (position + removed)
        new = self._read(start, end)
        caret = self._caret() - start
        before_caret = new.encode("utf-16-le")[: 2 * max(0, caret)].decode("utf-16-le", "ignore")
        old = shown(self._manuscript.part(first, last))
        head, replaced, text = difference(old, new, len(before_caret))
        inserted = text.replace(_PARAGRAPH, "\n")
        if utf16_length(new) != end - start or not self._manuscript.editable(
            first + head, replaced
        ):
            self._stray(first + head, len(text), replaced)
        elif replaced or text:
            self._busy = True
            try:
                self._manuscript.edit(first + head, replaced, pasted(inserted))
            finally:
                self._busy = False
            if shown(pasted(inserted)) != text:
                self._stray(first + head, len(text), len(pasted(inserted)))

    def _read(self, start: int, end: int) -> str:
        cursor = QTextCursor(self._document)
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        # Unlike toPlainText() this keeps no-break spaces and line separators.
        return cursor.selectedText()

    def _stray(self, position: int, length: int, own_length: int) -> None:
        """The document has other code points at a place than the manuscript: so many, and so."""
        # A document must not be changed while it emits a change.
        self._strayed = True
        self._astray = position, length, own_length
        QTimer.singleShot(0, self, self._return_if_strayed)
        self.refused.emit(tr(REFUSED))

    def _return_if_strayed(self) -> None:
        if self._strayed:
            self._return()

    def _return(self) -> None:
        """Makes the document show the manuscript's text, whatever it held."""
        self._strayed = False
        if self.is_long:
            self.refill()
            self.passed.emit(*self._astray)
            return
        length = self._document.characterCount() - 1
        present, text = self._read(0, length), shown(self._manuscript.text)
        if utf16_length(present) != length:  # a lone surrogate, which does not reach Python
            self._replace(0, length, text)
            return
        head, replaced, inserted = difference(present, text, None)
        start = utf16_length(present[:head])
        self._replace(start, start + utf16_length(present[head : head + replaced]), inserted)
