"""The brief's field: what the model is told before the manuscript. It can be folded."""

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QResizeEvent, QTextDocument
from PySide6.QtWidgets import (
    QFrame,
    QPlainTextDocumentLayout,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from studio.app.writing.draft import Draft
from studio.manuscript import ManuscriptContent
from studio.translation import tr
from studio.ui.theme.spacing import set_margins
from studio.ui.widgets.bounded_edit import BoundedEdit
from studio.ui.widgets.card import Card
from studio.ui.widgets.labels import ElidedLabel
from studio.ui.widgets.tips import set_tip
from studio.visible_text import LONGEST_LINE, visible_line

_FEWEST_LINES, _MOST_LINES = 1, 6
"""The field grows with its text up to so many lines; a longer text scrolls."""


class _BriefEdit(BoundedEdit):
    """As high as its text, within limits."""

    def __init__(self) -> None:
        super().__init__(tr("with it the brief"))
        self._prompt = tr("What the model should know or do: tone, setting, task.")
        # Else a space at a line's end, which hangs over, would bring a scroll bar of its own.
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.take_up(self.new_document())

    def new_document(self) -> QTextDocument:
        """What the field shows, empty: `take_up` has it shown."""
        document = QTextDocument()
        layout = QPlainTextDocumentLayout(document)
        document.setDocumentLayout(layout)
        document.setUndoRedoEnabled(False)  # else this would be its first step
        document.setDocumentMargin(0)
        document.setUndoRedoEnabled(True)
        layout.documentSizeChanged.connect(self._fit)
        return document

    def take_up(self, document: QTextDocument) -> None:
        """Show another text, with its own undo steps, as the one that is shown."""
        document.setDefaultFont(self.font())
        document.setDefaultTextOption(self.document().defaultTextOption())
        self.setDocument(document)
        self._shown = document  # which belongs to nobody else
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Count the lines again: at another width they wrap differently."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        # Of such a document the layout counts lines, wrapped ones too.
        lines = round(self.document().documentLayout().documentSize().height())
        shown = min(max(lines, _FEWEST_LINES), _MOST_LINES)
        # What an empty field asks for stays in its one line.
        metrics, width = self.fontMetrics(), self.viewport().width()
        prompt = metrics.elidedText(self._prompt, Qt.TextElideMode.ElideRight, width)
        if prompt != self.placeholderText():
            self.setPlaceholderText(prompt)
        # A laid-out line may be higher than the font's spacing, and the last one is to be seen.
        first = self.document().firstBlock()
        line = self.blockBoundingRect(first).height() / max(first.lineCount(), 1)
        line = max(line, self.fontMetrics().lineSpacing())
        self.setFixedHeight(math.ceil(line * shown) + 4)


class BriefCard(Card):
    """A few lines of plain text, bound to the draft.

    Args:
        draft: The document.
        parent: The Qt parent, if any.
    """

    def __init__(self, draft: Draft, parent: QWidget | None = None) -> None:
        super().__init__(tr("Brief"), parent)
        set_tip(
            self,
            tr(
                "<p><b>The brief</b>: what the model is told before the manuscript. "
                "Instructions, notes, a customer's message, a function to write. It is never "
                "cut, however long the manuscript grows. May be empty.</p>"
            ),
        )
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._toggle = QPushButton("⌄")
        self._toggle.setProperty("flat", True)
        self._toggle.setProperty("role", "muted")
        self._toggle.setProperty("fold", True)
        self._toggle.setCheckable(True)
        self._toggle.setChecked(True)
        self._toggle.setAccessibleName(tr("Show the brief"))
        self._toggle.setToolTip(tr("Show or hide the brief"))
        self.edit = _BriefEdit()
        self._summary = ElidedLabel()
        self._summary.setProperty("role", "muted")
        self._summary.hide()
        top = Qt.AlignmentFlag.AlignTop
        if heading := self.header.itemAt(0):
            heading.setAlignment(top)
            if name := heading.widget():
                name.setContentsMargins(0, 2, 0, 0)  # on the line of the field's first letters
        # In one line with the name, and with the text of the page below.
        self.header.insertWidget(1, self.edit, 1)
        self.header.insertWidget(2, self._summary, 1)
        self.header.setStretch(3, 0)
        self.header.addWidget(self._toggle, 0, top)
        set_margins(self.body, 26, 8, 20, 8)
        self.edit.setFrameShape(QFrame.Shape.NoFrame)
        self.edit.setTabChangesFocus(True)
        self.edit.setAccessibleName(tr("Brief"))
        set_tip(self.edit, self.toolTip())
        self._draft = draft
        self._is_following = False
        self.edit.textChanged.connect(self._on_edited)
        draft.manuscript.putting_aside.connect(self._put_aside)
        draft.manuscript.taking_up.connect(self._take_up)
        draft.brief_changed.connect(self._follow)
        self._follow()
        self._toggle.toggled.connect(self._on_toggled)

    def add_link(self, link: QWidget) -> None:
        """Have a link to what belongs to the brief stand at the end of its line."""
        link.setProperty("inline", True)
        self.header.insertWidget(self.header.count() - 1, link, 0, Qt.AlignmentFlag.AlignTop)

    @property
    def is_open(self) -> bool:
        """Whether the field is shown."""
        return self._toggle.isChecked()

    def set_open(self, is_open: bool) -> None:
        """Show or fold the field."""
        self._toggle.setChecked(is_open)

    def _on_edited(self) -> None:
        if not self._is_following:
            self._draft.set_brief(self.edit.text())

    def _put_aside(self, content: ManuscriptContent) -> None:
        """Another document comes to the front: this one's undo steps stay with it."""
        content.known[self] = self.edit.document()

    def _take_up(self, content: ManuscriptContent) -> None:
        known = content.known.pop(self, None)
        self._is_following = True
        self.edit.take_up(known if isinstance(known, QTextDocument) else self.edit.new_document())
        self._is_following = False

    def _follow(self) -> None:
        """Show the brief of another document, without the undo steps of the one before."""
        if self.edit.text() == self._draft.brief:
            return
        self._is_following = True
        # A field cannot show every text as it is: the brief is what the document says.
        self.edit.setPlainText(self._draft.brief)
        self._is_following = False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open a folded brief that is clicked."""
        super().mousePressEvent(event)
        if not self.is_open:
            self.set_open(True)
            self.edit.setFocus()

    def _on_toggled(self, is_open: bool) -> None:
        self.edit.setVisible(is_open)
        self._summary.setVisible(not is_open)
        brief = " ".join(self._draft.brief[: 4 * LONGEST_LINE].split())
        self._summary.setText(visible_line(brief) or tr("none"))
        self._toggle.setText("⌄" if is_open else "›")
