"""Whatever is done to a text at the editor, its saved bytes and its formats are a plain model's."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.manuscript import Manuscript, TextFile, TextShape
from studio.ui.editor.document import pasted, shown
from studio.ui.editor.editor import ManuscriptEditor

SHIFT = Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key

typed = st.text("a. ", min_size=1, max_size=4)
written = st.text("ab \n\u00a0\u2028😀", max_size=8)
strange = "\0\x0b\x0c\x1f\u2028\u2029\ufdd0\ufdd1\ufeff\ufffc\ufffd\ufffe"
"""What a document has a meaning of its own for, or no text file can hold."""

foreign = st.text("ab \n\u00a0😀" + strange, max_size=8)
files = st.lists(
    st.sampled_from(["a", "é ", "😀", "\n", "\n", "\r\n", "\r", *strange[1:]]), max_size=8
).map(lambda parts: "".join(parts).encode())
places = st.integers(0, 30)


class AnyEdits(RuleBasedStateMachine):
    """A text, its caret and the other end of its selection, in the plainest way."""

    def __init__(self) -> None:
        super().__init__()
        self.manuscript = Manuscript()
        self.editor = ManuscriptEditor(self.manuscript)
        self.editor.resize(300, 200)
        self.editor.show()
        self.file = TextFile("")
        self.text = ""
        self.caret = self.anchor = 0
        self.earlier = {""}  # every text since the file was opened
        self.undone: list[str] = []

    def teardown(self) -> None:
        self.take_all_back()
        self.editor.close()
        self.editor.deleteLater()

    # What the model says of each edit

    def replace(self, start: int, end: int, new: str) -> None:
        self.undone = [] if start != end or new else self.undone
        self.text = self.text[:start] + new + self.text[end:]
        self.caret = self.anchor = start + len(new)

    def put(self, new: str) -> None:
        self.replace(min(self.caret, self.anchor), max(self.caret, self.anchor), new)

    # What the writer does, and the model

    @rule(letters=typed)
    def type(self, letters: str) -> None:
        for letter in letters:
            QTest.keyClicks(self.editor, letter)
            self.settle()
            self.put(letter)
            self.earlier.add(self.text)

    @rule(letters=st.sampled_from(["é", "か", "😀", "\0", "\u2028", "\ufdd0", "\ufffc", "\x0c"]))
    def compose(self, letters: str) -> None:
        first, last = sorted((self.caret, self.anchor))
        if letters == "\ufdd0" and "\u2029" in self.text[first:last]:
            return  # one paragraph's end in place of another: a document does not say
        event = QInputMethodEvent()
        event.setCommitString(letters)
        QApplication.sendEvent(self.editor, event)
        QApplication.processEvents()  # what no manuscript holds is taken back a turn later
        # A document takes this one for the end of a paragraph.
        self.put("\n" if letters == "\ufdd0" else pasted(letters))

    @rule(times=st.integers(1, 3), modifier=st.sampled_from([Qt.KeyboardModifier(0), SHIFT]))
    def press_enter(self, times: int, modifier: Qt.KeyboardModifier) -> None:
        for _ in range(times):
            QTest.keyClick(self.editor, Key.Key_Return, modifier)
            self.settle()
            self.put("\n")
            self.earlier.add(self.text)

    @rule(key=st.sampled_from([Key.Key_Backspace, Key.Key_Delete]))
    def delete(self, key: Key) -> None:
        QTest.keyClick(self.editor, key)
        if self.caret != self.anchor:
            self.put("")
        elif key == Key.Key_Backspace and self.caret > 0:
            self.replace(self.caret - 1, self.caret, "")
        elif key == Key.Key_Delete and self.caret < len(self.text):
            self.replace(self.caret, self.caret + 1, "")

    @rule(start=places, end=places)
    def select(self, start: int, end: int) -> None:
        start, end = sorted(place % (len(self.text) + 1) for place in (start, end))
        self.editor.select_range(start, end)
        self.caret, self.anchor = end, start

    @rule(place=places)
    def move_caret(self, place: int) -> None:
        self.caret = self.anchor = place % (len(self.text) + 1)
        self.editor.move_caret(self.caret)

    @rule(text=foreign | st.sampled_from(["a\r\nb\r\n", "\r", "\u2029"]))
    def paste(self, text: str) -> None:
        data = QMimeData()
        data.setText(text)
        self.editor.insertFromMimeData(data)
        self.put(pasted(data.text()))

    @rule(place=places, parts=st.lists(written | st.sampled_from(strange[1:]), max_size=4))
    def generate(self, place: int, parts: list[str]) -> None:
        place %= len(self.text) + 1
        take = self.manuscript.begin_take(place)
        for part in parts:
            take.append(part)
        self.manuscript.end_take()
        text = "".join(parts)
        if text:
            self.undone = []
        self.text = self.text[:place] + text + self.text[place:]
        self.caret = self.anchor = place + len(text)
        self.editor.move_caret(self.caret)

    @rule(data=files)
    def open(self, data: bytes) -> None:
        self.file = TextFile.of_bytes(data)
        self.manuscript.load(self.file.text)
        self.editor.move_caret(0)
        assert self.file.to_bytes() == data
        self.text, self.caret, self.anchor = self.file.text, 0, 0
        self.earlier, self.undone = {self.text}, []

    @rule()
    def undo(self) -> None:
        before, could = self.text, self.manuscript.can_undo
        QTest.keyClick(self.editor, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        self.text = self.manuscript.text
        assert self.text in self.earlier
        if could:
            self.undone.append(before)
            self.caret = self.anchor = self.editor.caret

    @rule()
    def redo(self) -> None:
        QTest.keyClick(self.editor, Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        if self.undone:
            self.text = self.undone.pop()
            self.caret = self.anchor = self.editor.caret

    # What must hold after each

    def settle(self) -> None:
        """A long text is all there after some turns of the event loop."""
        while not self.editor.is_whole:
            QApplication.processEvents()

    @invariant()
    def the_saved_bytes_are_the_models(self) -> None:
        self.settle()
        self.earlier.add(self.text)
        file = TextFile(self.manuscript.text, self.file.newline, self.file.encoding)
        text = self.text.replace("\n", file.newline.value).encode()
        # What begins as a mark does would be taken for one.
        mark = codecs.BOM_UTF8 if self.text.startswith("\ufeff") else b""
        assert file.to_bytes() == (file.encoding.mark or mark) + text
        assert self.editor.document().toRawText() == shown(self.text)

    @invariant()
    def every_paragraph_has_the_one_format(self) -> None:
        self.settle()
        document = self.editor.document()
        blocks = [document.findBlockByNumber(number) for number in range(document.blockCount())]
        assert len(blocks) == self.text.count("\n") + self.text.count("\u2029") + 1
        assert {block.blockFormat() == self.editor.paragraph_format for block in blocks} == {True}
        assert {block.charFormat().isEmpty() for block in blocks} == {True}

    @invariant()
    def the_caret_is_the_models(self) -> None:
        chosen = tuple(sorted((self.caret, self.anchor)))
        assert self.editor.selection == chosen
        assert self.editor.caret == self.caret

    def take_all_back(self) -> None:
        """In the end every step goes back and comes again."""
        last = self.manuscript.text
        steps = 0
        while self.manuscript.can_undo:
            self.editor.undo()
            self.text = self.manuscript.text
            self.settle()
            self.every_paragraph_has_the_one_format()
            steps += 1
        assert self.text == self.file.text
        for _ in range(steps):
            self.editor.redo()
        assert self.manuscript.text == last


@pytest.mark.usefixtures("qapp")
def test_any_edits_leave_what_a_plain_model_says() -> None:
    run_state_machine_as_test(AnyEdits, settings=settings(max_examples=200, stateful_step_count=40))


class AnyEditsInPieces(AnyEdits):
    """The same where a few characters are a long text, which comes to the page in pieces."""

    @rule(width=st.sampled_from([200, 300, 400]), size=st.sampled_from([12, 18]))
    def lay_out_anew(self, width: int, size: int) -> None:
        font = self.editor.prose_font
        font.setPixelSize(size)
        self.editor.set_prose_font(font)
        self.editor.resize(width, 200)

    @rule(place=places, letters=st.sampled_from(["a", "b\n", "😀"]), turns=st.integers(0, 3))
    def load_and_write(self, place: int, letters: str, turns: int) -> None:
        """What happens to the text while it comes is on the page in the end."""
        text = "ab 😀\n" * 5
        self.manuscript.load(text)
        for _ in range(turns):
            QApplication.processEvents()
        place %= len(text) + 1
        self.editor.move_caret(place)
        take = self.manuscript.begin_take(place)
        for letter in letters:
            take.append(letter)
            QApplication.processEvents()
        self.manuscript.end_take()
        QTest.keyClicks(self.editor, "x" if not self.editor.is_whole else "")  # refused
        self.text = text[:place] + letters + text[place:]
        self.caret = self.anchor = place + len(letters)
        self.editor.move_caret(self.caret)
        self.file = TextFile(text)
        self.earlier, self.undone = {text, self.text}, []


@pytest.mark.usefixtures("qapp")
def test_a_text_that_comes_in_pieces_is_edited_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.ui.editor.document.AT_ONCE", TextShape(4, 2, 4))
    monkeypatch.setattr("studio.ui.editor.document._PIECE", TextShape(3, 1, 3))
    monkeypatch.setattr("studio.ui.editor.document._TAKEN_OUT", 2)
    run_state_machine_as_test(
        AnyEditsInPieces, settings=settings(max_examples=50, stateful_step_count=25)
    )
