"""The notes of a document: what the model is told beside the brief, and when.

It binds `PlanEdits` and `PromptCosts`, and keeps nothing but which note is chosen.
"""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QDropEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app.session import Session
from studio.app.writing.plan_edits import PlanEdits
from studio.app.writing.prompt_costs import PromptCosts, note_name
from studio.manuscript.prompt_plan import (
    LONGEST_KEYS,
    LONGEST_NAME,
    MOST_PARAGRAPHS,
    Note,
    Sent,
)
from studio.translation import mark, tr
from studio.ui.theme.controls import ComboBox, SpinBox
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.bounded_edit import BoundedEdit
from studio.ui.widgets.keys import claims_escape, claims_step, step_of
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.side_dock import INSET, SideDock
from studio.ui.widgets.tips import set_tip
from studio.ui.widgets.token_limit import token_limit

NO_NOTES = mark(
    "What the model should know of people, places and tone. A note is sent always, or near the "
    "caret, or when one of its keys is in the text. Add the first one."
)
_WHEN = {
    "always": mark("always, with the brief"),
    "near": mark("in the text, near the caret"),
    "called": mark("when a key is in the text"),
}
_WHEN_TIP = mark(
    "<p><b>Always</b>: behind the brief. With a chat format that is the user's turn.</p>"
    "<p><b>Near the caret</b>: in the text, as a paragraph of its own before the last ones, where "
    "it weighs most. It moves as the text grows, and the model reads again what stands behind "
    "it: some hundred tokens each time.</p>"
    "<p><b>When a key is in the text</b>: behind the brief, while one of its keys stands in the "
    "last paragraphs. Where it comes or goes the model reads the whole text again.</p>"
)
_KEYS_TIP = mark(
    "Words or phrases, with commas between them. Whole words count, upper or lower case alike"
)
_CHARACTERS = 52
_NARROWEST = 40
_LOWEST, _HIGHEST = 320, 620
_NAME, _COST = range(2)


class NotesPanel(QFrame):
    """The list of notes, and the one that is chosen.

    Attributes:
        list: The notes; ticked are those that are on.
        text: What the chosen one says.

    Args:
        edits: Changes the notes.
        costs: Knows what they cost.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    close_asked = Signal()
    """Esc."""

    def __init__(
        self, edits: PlanEdits, costs: PromptCosts, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setAccessibleName(tr("Notes"))
        self._edits = edits
        self._costs = costs
        self._is_following = False
        self._nothing = PlainLabel(tr(NO_NOTES))
        self._nothing.setWordWrap(True)
        self._nothing.setProperty("role", "muted")
        self._add_button = _button(tr("Add"), tr("Add a note"), self.add)
        self._delete_button = _button(
            tr("Delete"), tr("Delete the chosen note; it can be brought back"), self._delete
        )
        self._bring_back_button = _button(
            tr("Undo delete"), tr("Bring back the note that was deleted last"), self._bring_back
        )
        self.list = _NoteList()
        self.list.currentItemChanged.connect(self._follow_choice)
        self.list.itemChanged.connect(self._on_ticked)
        self.list.dropped.connect(self._move)
        self.name = QLineEdit()
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setPlaceholderText(tr("Name, for you alone"))
        self.name.setAccessibleName(tr("Name of the note"))
        self.name.setToolTip(tr("What the note is called here; the model does not see it"))
        self.name.textEdited.connect(lambda text: self._change(name=text))
        self.sent = ComboBox(theme)
        for sent in get_args(Sent):
            self.sent.addItem(tr(_WHEN[sent]), sent)
        self.sent.setAccessibleName(tr("When the note is sent"))
        set_tip(self.sent, tr(_WHEN_TIP))
        self.sent.activated.connect(lambda _: self._change(sent=self.sent.currentData()))
        self.paragraphs = SpinBox(theme)
        self.paragraphs.setRange(1, MOST_PARAGRAPHS)
        self.paragraphs.setAccessibleName(tr("Paragraphs before the caret"))
        self.paragraphs.setToolTip(
            tr("Before how many paragraphs it stands, counted back from the caret")
        )
        self.paragraphs.valueChanged.connect(lambda count: self._change(paragraphs=count))
        self._paragraphs_row = _row(self.paragraphs, PlainLabel(tr("paragraphs before the caret")))
        self.keys = QLineEdit()
        self.keys.setMaxLength(LONGEST_KEYS)
        self.keys.setPlaceholderText(tr("Keys: lighthouse, Mara"))
        self.keys.setAccessibleName(tr("Keys"))
        self.keys.setToolTip(tr(_KEYS_TIP))
        self.keys.textEdited.connect(lambda text: self._change(keys=text))
        self.text = BoundedEdit(tr("with it the note"))
        self.text.setAccessibleName(tr("Text of the note"))
        self.text.setPlaceholderText(tr("What the model is told"))
        self.text.setTabChangesFocus(True)
        self.text.setProperty("field", True)
        self.text.textChanged.connect(lambda: self._change(text=self.text.text()))
        self.most = token_limit(theme, tr("Tokens of the note at most"))
        self.most.valueChanged.connect(lambda count: self._change(most=count))
        self._cost = PlainLabel()
        self._cost.setProperty("role", "muted")
        self._cost.setAccessibleName(tr("What the note costs"))
        self.looked_at = SpinBox(theme)
        self.looked_at.setRange(1, MOST_PARAGRAPHS)
        self.looked_at.setSuffix(tr(" paragraphs"))
        self.looked_at.setAccessibleName(tr("Paragraphs in which keys are looked for"))
        self.looked_at.setToolTip(
            tr("Keys call their note while they stand in so many of the last paragraphs")
        )
        self.looked_at.valueChanged.connect(lambda count: self._set(looked_at=count))
        self.most_called = token_limit(theme, tr("Tokens of all called notes at most"))
        self.most_called.setToolTip(
            tr("All called notes together take no more; those last in the list have no room then")
        )
        self.most_called.valueChanged.connect(lambda count: self._set(most_called=count))
        self._build_layout()
        edits.changed.connect(self._follow)
        costs.changed.connect(self._follow_costs)

    def _build_layout(self) -> None:
        buttons = QHBoxLayout()
        set_spacing(buttons, 8)
        for button in (self._add_button, self._delete_button, self._bring_back_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._form = QWidget()
        form = QVBoxLayout(self._form)
        set_margins(form, 0, 0, 0, 0)
        set_spacing(form, 6)
        form.addWidget(self.name)
        form.addWidget(self.sent)
        form.addWidget(self._paragraphs_row)
        form.addWidget(self.keys)
        form.addWidget(self.text, 1)
        form.addWidget(_row(PlainLabel(tr("At most")), self.most, self._cost))
        self._called = QWidget()
        called = QVBoxLayout(self._called)
        set_margins(called, 0, 0, 0, 0)
        set_spacing(called, 6)
        called.addWidget(_row(PlainLabel(tr("Keys in the last")), self.looked_at))
        called.addWidget(_row(PlainLabel(tr("Called notes at most")), self.most_called))
        column = QVBoxLayout(self)
        set_margins(column, INSET, 11, INSET, 10)
        set_spacing(column, 8)
        column.addLayout(buttons)
        column.addWidget(self._nothing)
        column.addWidget(self.list, 2)
        column.addWidget(self._form, 3)
        column.addWidget(self._called)
        self._space = QWidget()
        column.addWidget(self._space, 1)

    def sizeHint(self) -> QSize:
        """Wide enough for a line of a note."""
        width = self.fontMetrics().averageCharWidth() * _CHARACTERS + 2 * INSET
        return QSize(width, _HIGHEST)

    def minimumSizeHint(self) -> QSize:
        """Narrow, and as low as a few rows."""
        width = self.fontMetrics().averageCharWidth() * _NARROWEST + 2 * INSET
        return QSize(width, max(_LOWEST, super().minimumSizeHint().height()))

    def focus(self) -> None:
        """Give the keyboard to the list, or where it is empty to what adds a note."""
        first = self.list if self._edits.plan.notes else self._add_button
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def add(self) -> None:
        """Add a note and give its name the keyboard."""
        if self._edits.can_add:
            self._choose(self._edits.add())
            self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while it was hidden."""
        super().showEvent(event)
        self._follow()

    def event(self, event: QEvent) -> bool:
        """Claims its keys from shortcuts of the window while the keyboard is here."""
        return claims_escape(event) or claims_step(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes; in the list Delete deletes, Alt+Up and Alt+Down move the chosen note."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_asked.emit()
        elif event.key() == Qt.Key.Key_Delete and self.list.hasFocus():
            self._delete()
        elif step := step_of(event):
            self._move(self._number, self._number + step)
        else:
            super().keyPressEvent(event)

    @property
    def _number(self) -> int:
        """The number of the note that is chosen; -1 for none."""
        return self.list.number

    @property
    def _note(self) -> Note | None:
        number, notes = self._number, self._edits.plan.notes
        return notes[number] if 0 <= number < len(notes) else None

    def _choose(self, number: int) -> None:
        item = self.list.topLevelItem(number)
        if item is not None:
            self.list.setCurrentItem(item)

    def _delete(self) -> None:
        number = self._number
        if self._note is not None:
            self._edits.delete(number)
            self._choose(min(number, len(self._edits.plan.notes) - 1))
            self.focus()

    def _bring_back(self) -> None:
        self._choose(self._edits.bring_back())
        self.focus()

    def _move(self, number: int, to: int) -> None:
        if self._note is not None and 0 <= to < len(self._edits.plan.notes) and to != number:
            self._edits.move(number, to)
            self._choose(to)

    def _on_ticked(self, item: QTreeWidgetItem, column: int) -> None:
        if not self._is_following and column == _NAME:
            number = self.list.indexOfTopLevelItem(item)
            self._edits.change(number, is_on=item.checkState(_NAME) is Qt.CheckState.Checked)

    def _change(self, **fields: object) -> None:
        if not self._is_following and self._note is not None:
            self._edits.change(self._number, **fields)

    def _set(self, **fields: object) -> None:
        if not self._is_following:
            self._edits.set(**fields)

    def _follow(self) -> None:
        if not self.isVisible():
            return
        notes, number = self._edits.plan.notes, max(0, self._number)
        self._is_following = True
        while self.list.topLevelItemCount() > len(notes):
            self.list.takeTopLevelItem(self.list.topLevelItemCount() - 1)
        while self.list.topLevelItemCount() < len(notes):
            made = QTreeWidgetItem(self.list)
            made.setFlags(
                Qt.ItemFlag.ItemIsEnabled
                | Qt.ItemFlag.ItemIsSelectable
                | Qt.ItemFlag.ItemIsUserCheckable
                | Qt.ItemFlag.ItemIsDragEnabled
            )
            made.setTextAlignment(
                _COST, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            )
        for place, note in enumerate(notes):
            item = self.list.topLevelItem(place)
            assert item is not None, "there are as many as notes"
            item.setText(_NAME, note_name(note, place))
            is_on = Qt.CheckState.Checked if note.is_on else Qt.CheckState.Unchecked
            item.setCheckState(_NAME, is_on)
            item.setToolTip(_NAME, tr("Ticked notes are sent. Drag to order, or Alt+Up, Alt+Down"))
        if self.list.currentItem() is None:
            self._choose(min(number, len(notes) - 1))
        self._is_following = False
        for part in (self.list, self._form):
            part.setVisible(bool(notes))
        self._nothing.setVisible(not notes)
        self._space.setVisible(not notes)
        self._add_button.setEnabled(self._edits.can_add)
        self._delete_button.setEnabled(bool(notes))
        self._bring_back_button.setVisible(self._edits.deleted is not None)
        self._called.setVisible(any(note.sent == "called" for note in notes))
        self._follow_choice()
        self._follow_costs()

    def _follow_choice(self) -> None:
        """Show the chosen note."""
        note = self._note
        if note is None:
            return
        was_following, self._is_following = self._is_following, True
        for field, text in ((self.name, note.name), (self.keys, note.keys)):
            if field.text() != text:
                field.setText(text)
        if self.text.text() != note.text:
            self.text.setPlainText(note.text)
        self.sent.setCurrentIndex(self.sent.findData(note.sent))
        self.paragraphs.setValue(note.paragraphs)
        self.most.setValue(note.most)
        self.looked_at.setValue(self._edits.plan.looked_at)
        self.most_called.setValue(self._edits.plan.most_called)
        self._paragraphs_row.setVisible(note.sent == "near")
        self.keys.setVisible(note.sent == "called")
        self._is_following = was_following
        self._show_cost()

    def _follow_costs(self) -> None:
        if not self.isVisible():
            return
        self._is_following = True
        for number in range(min(self.list.topLevelItemCount(), len(self._edits.plan.notes))):
            item = self.list.topLevelItem(number)
            assert item is not None, "there are as many as notes"
            item.setText(_COST, self._costs.note_words(number))
        self._is_following = False
        self._show_cost()

    def _show_cost(self) -> None:
        if self._note is not None:
            self._cost.setText(tr("now: {cost}", cost=self._costs.note_words(self._number)))


class _NoteList(QTreeWidget):
    """Rows that are dragged into order; who listens moves the notes."""

    dropped = Signal(int, int)
    """The note of this number is to stand where that one stands."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Notes"))
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)

    @property
    def number(self) -> int:
        """The number of the chosen row; -1 for none."""
        item = self.currentItem()
        return -1 if item is None else self.indexOfTopLevelItem(item)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the keys that move a note to the panel."""
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Report where to; the rows follow the notes."""
        number = self.number
        over = self.itemAt(event.position().toPoint())
        to = self.topLevelItemCount() if over is None else self.indexOfTopLevelItem(over)
        if self.dropIndicatorPosition() is QAbstractItemView.DropIndicatorPosition.BelowItem:
            to += 1
        event.ignore()  # Qt would take the row away from where it was
        self.dropped.emit(number, to - (to > number))


class NotesDock(SideDock):
    """The notes beside the writing.

    Attributes:
        panel: The contents.

    Args:
        window: Where it docks.
        session: Whose notes they are.
        theme: Where the colours come from.
        place: Where it stood, as `place` reported; empty for the first time.
        width: How wide it was when it stood docked; 0 for the first time.
    """

    def __init__(
        self, window: QMainWindow, session: Session, theme: Theme, place: str, width: int
    ) -> None:
        panel = NotesPanel(session.plan_edits, session.prompt_costs, theme)
        super().__init__(window, panel, tr("Notes"), place, width)
        self.setObjectName("notes")
        self.panel = panel
        panel.close_asked.connect(self.dismiss)


def _button(text: str, tip: str, act: object) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.clicked.connect(act)
    return button


def _row(*parts: QWidget) -> QWidget:
    whole = QWidget()
    row = QHBoxLayout(whole)
    set_margins(row, 0, 0, 0, 0)
    set_spacing(row, 8)
    for part in parts:
        row.addWidget(part)
    row.addStretch(1)
    return whole
