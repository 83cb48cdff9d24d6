"""The editor: where the writer reads and writes the manuscript.

It shows a `Manuscript` and lets the writer change it; whoever generates appends to the manuscript's
take, and the editor follows.
"""

from contextlib import AbstractContextManager, nullcontext

from PySide6.QtCore import QMimeData, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFont,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QApplication, QMenu, QTextEdit, QWidget

from studio.app.writing.smart_quotes import STRAIGHT, QuoteStyle, curled
from studio.manuscript import Edit, Manuscript, Origin, TextShape, shape_of, with_own_records
from studio.manuscript.text_shape import LIMITS, fits, too_large
from studio.translation import mark, tr
from studio.ui.editor.changed_lines import ChangedLines
from studio.ui.editor.document import REFUSED, DocumentMirror, pasted
from studio.ui.editor.filling import PageFilling
from studio.ui.editor.keys import PARAGRAPH_KEYS, asks_redo, changed_by, inserted_by
from studio.ui.editor.page import Page
from studio.ui.editor.passage_mime import Clippings
from studio.ui.editor.placeholder import EditorPlaceholder
from studio.ui.editor.provenance_highlighter import ProvenanceHighlighter
from studio.ui.editor.scroll import ScrollKeeper

_STANDARD_KEYS = {
    "edit-undo": QKeySequence.StandardKey.Undo,
    "edit-redo": QKeySequence.StandardKey.Redo,
    "edit-cut": QKeySequence.StandardKey.Cut,
    "edit-copy": QKeySequence.StandardKey.Copy,
    "edit-paste": QKeySequence.StandardKey.Paste,
    "select-all": QKeySequence.StandardKey.SelectAll,
}
"""By the names that Qt gives the entries of its context menu."""

EMPTY_STATE = mark("Write the first sentence, then press Ctrl+Enter to continue it.")

UNDO_REFUSED = mark("A text is being written. Press Esc to stop; then it can be undone.")
"""What is said to a writer who wants to undo while a take grows."""

LAYING_OUT = mark("The text is still being laid out. It can be written in as soon as it is there.")
"""What is said to a writer who wants to edit a long text that is not all there yet."""

_ALWAYS = 1000
"""Code points that may be pasted anywhere: as if somebody had typed them."""

_QUOTED = 1000
"""Code points before a quotation mark that are looked at, for one that is open still."""

_MOST_EDITS = 200
"""That are made at once in the page; of more, the page is filled anew."""

_AS_A_FILE = mark("Save it as a text file and open that: it can be opened wrapped, or in parts.")


class ManuscriptEditor(Page):
    """Plain text on a page, bound to a manuscript for good.

    Everything the writer does reaches the manuscript, and everything that happens to the manuscript
    (a growing take, undo, an opened file) is shown. Positions are the manuscript's code points.
    Undo is the manuscript's. The text's setters that `QTextEdit` inherits must not be used.

    A long text comes to the page, and is laid out anew in another width or size, in pieces between
    which the window answers. Until it is whole, caret and selection are where they will be then.

    Attributes:
        context_menus: What the context menu offers beside Qt's own.

    Args:
        manuscript: What is edited.
        parent: The Qt parent, if any.
    """

    refused = Signal(str)
    """An edit inside the growing take was refused; says why and what to do."""

    laid_out = Signal()
    """All of the text is on the page, where it was not for a moment."""

    scrolled = Signal()
    """Other lines are in view. It comes a turn of the event loop later, before they are painted: a
    change of the text scrolls before takes, records and matches know of it."""

    menu_asked = Signal(QMenu, QPoint)
    """A menu is about to open at a point of the viewport; entries may be put into it."""

    caret_moved = Signal(int, int)
    """Where the caret stands or the selection ends, and how many code points are selected."""

    def __init__(self, manuscript: Manuscript, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._manuscript = manuscript
        self.context_menus: list[QMenu] = []
        self._clippings = Clippings()
        self.setAcceptRichText(False)
        self.setAccessibleName(tr("Manuscript"))
        self._placeholder = EditorPlaceholder(self, self.underlay, tr(EMPTY_STATE))
        self._mirror = DocumentMirror(
            self.document(), manuscript, lambda: self.textCursor().position()
        )
        self._mirror.refused.connect(self._refuse)
        self._mirror.filled.connect(self.laid_out)
        self._filling = PageFilling(self, self._mirror)
        self._filling.moved.connect(self._emit_selection)
        self._quote_style: QuoteStyle = "off"
        self._highlighter = ProvenanceHighlighter(self.document(), manuscript, self._mirror)
        self._scroll = ScrollKeeper(self)
        self._mirror.about_to_apply.connect(self._scroll.remember)
        self._kept: tuple[int, int] | None = None
        self._marked: list[QTextEdit.ExtraSelection] = []
        self._faded: list[QTextEdit.ExtraSelection] = []
        self._mirror.about_to_apply.connect(self._keep_selection)
        self._lines = ChangedLines(self)
        self._mirror.about_to_apply.connect(self._hold_lines)
        # First: what follows scrolls, and paints another selection.
        self._mirror.applied.connect(self._lines.release)
        self._mirror.applied.connect(self._restore_selection)
        self._mirror.applied.connect(self._scroll.restore)
        self.verticalScrollBar().valueChanged.connect(
            self._emit_scrolled, Qt.ConnectionType.QueuedConnection
        )
        self.cursorPositionChanged.connect(self._emit_selection)
        self.selectionChanged.connect(self._emit_selection)
        self.destroyed.connect(self._mirror.leave)
        self.move_caret(0)

    # Caret and selection

    @property
    def manuscript(self) -> Manuscript:
        """What is edited."""
        return self._manuscript

    @property
    def caret(self) -> int:
        """The code point the caret stands before."""
        if (awaited := self._filling.selection) is not None:
            return awaited[1]
        return self._mirror.code_points(self.textCursor().position())

    @property
    def selection(self) -> tuple[int, int]:
        """Start and end of the selected code points; equal where none is selected."""
        if (awaited := self._filling.selection) is not None:
            return min(awaited), max(awaited)
        return self._code_points(self.textCursor())

    def move_caret(self, position: int) -> None:
        """Puts the caret before a code point, and scrolls to it."""
        self.select_range(position, position)

    def select_range(self, start: int, end: int) -> None:
        """Selects code points, the caret behind the last, and scrolls to it.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        if self._filling.selection is not None:
            self._filling.select(start, end)
            return
        self.setTextCursor(self._mirror.cursor(start, end))
        if start == end:
            self.show_caret()
        else:
            self.ensureCursorVisible()

    def line_in_view(self) -> tuple[int, int] | None:
        """A code point and where in the viewport its line stands, to come back to: see `go_to`."""
        return self._filling.line_in_view()

    def go_to(self, start: int, end: int, line: tuple[int, int] | None) -> None:
        """Selects code points, the caret behind the last, and has a line stand where it stood.

        Args:
            start: The first code point.
            end: The one behind the last.
            line: What `line_in_view` gave; None to scroll to the caret.
        """
        self._filling.select(start, end, line)

    @property
    def is_whole(self) -> bool:
        """Whether all of the text is on the page."""
        return self._mirror.is_whole

    def release_selection(self) -> None:
        """Puts the caret behind what is selected, where the model continues."""
        self.move_caret(self.selection[1])

    def reveal(self, start: int, end: int) -> None:
        """Scrolls to code points where they are out of view; the caret stays where it is.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        if not self._mirror.is_whole:
            return
        rect = self.cursorRect(self._mirror.cursor(start, end))
        area = self.viewport().rect()
        if rect.top() < area.top() or rect.bottom() > area.bottom():
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + rect.center().y() - area.center().y())

    def line_at(self, position: int) -> QRect:
        """Where, in the viewport, the line of a code point stands: as high as it, and not wide."""
        return self.cursorRect(self._mirror.cursor(position, position))

    def units(self, position: int) -> int:
        """The document's position of a code point, in UTF-16 units."""
        return self._mirror.units(position)

    def code_points(self, units: int) -> int:
        """The code point at a position of the document, in UTF-16 units."""
        return self._mirror.code_points(units)

    def visible_range(self) -> tuple[int, int]:
        """Start and end of the code points that the viewport shows, to the nearest line."""
        area = self.viewport().rect()
        first = self.cursorForPosition(QPoint(0, 0))
        first.movePosition(QTextCursor.MoveOperation.StartOfLine)
        last = self.cursorForPosition(QPoint(area.right(), area.bottom()))
        last.movePosition(QTextCursor.MoveOperation.EndOfLine)
        return self._mirror.code_points(first.position()), self._mirror.code_points(last.position())

    def mark_ranges(self, ranges: list[tuple[int, int]], background: QColor) -> None:
        """Gives ranges of code points a background; those marked before lose it.

        Args:
            ranges: Half open.
            background: Their colour.
        """
        marked = QTextCharFormat()
        marked.setBackground(background)
        self._marked = [self._shown_as(marked, start, end) for start, end in ranges]
        self.setExtraSelections([*self._faded, *self._marked])

    def fade(self, start: int, end: int, color: QColor) -> None:
        """Shows code points in another colour; those shown so before have their own again.

        Args:
            start: The first code point.
            end: The one behind the last; where there is none, all have their own colour.
            color: Of their letters.
        """
        if start == end and not self._faded:
            return
        faded = QTextCharFormat()
        faded.setForeground(color)
        self._faded = [self._shown_as(faded, start, end)] if start < end else []
        self.setExtraSelections([*self._faded, *self._marked])

    def _shown_as(self, look: QTextCharFormat, start: int, end: int) -> QTextEdit.ExtraSelection:
        selection = QTextEdit.ExtraSelection()
        selection.cursor = self._mirror.cursor(start, end)
        selection.format = look
        return selection

    def _emit_selection(self) -> None:
        start, end = self.selection
        self.caret_moved.emit(end, end - start)

    def _keep_selection(self, start: int, end: int) -> None:
        cursor = self.textCursor()
        # Qt would take what comes at the end of a selection into it.
        comes_behind = cursor.hasSelection() and start == end == cursor.selectionEnd()
        self._kept = (cursor.anchor(), cursor.position()) if comes_behind else None

    def _hold_lines(self, start: int, end: int) -> None:
        # A sign of Markdown that comes can give lines that stay another look.
        if not self._highlighter.shows_markdown:
            self._lines.hold(start, end)

    def _restore_selection(self) -> None:
        if self._kept is not None:
            cursor = self.textCursor()
            cursor.setPosition(self._kept[0])
            cursor.setPosition(self._kept[1], QTextCursor.MoveMode.KeepAnchor)
            self.setTextCursor(cursor)
            self._kept = None

    # A long text, in pieces

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays a long text out anew once the width stays."""
        super().resizeEvent(event)
        self._filling.follow_width()

    def set_prose_font(self, font: QFont) -> None:
        """Set the text in another face or size: see `Page.set_prose_font`."""
        if self._mirror.is_whole and not self._mirror.is_long:
            super().set_prose_font(font)
            if self._highlighter.shows_markdown:
                with self._in_place():
                    self._highlighter.rehighlight()
            return
        asked = QFont(font)
        self._filling.lay_out_anew(lambda: self._set_prose_font(asked))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the text, or while not all of it is there, how much is."""
        if self._mirror.is_whole:
            super().paintEvent(event)
        else:
            self._filling.paint()

    # Appearance

    def set_generated_color(self, color: QColor) -> None:
        """Sets the colour of what the model wrote. Until then it looks like all other text."""
        self._highlighter.set_generated_color(color)

    def show_markdown(self, muted: QColor | None) -> None:
        """Shows Markdown as what it means, or no longer. The text stays what it is.

        Args:
            muted: The colour of its signs; None where it is not to be shown.
        """
        if muted is None and not self._highlighter.shows_markdown:
            return
        if self._mirror.is_whole and not self._mirror.is_long:
            with self._in_place():
                self._highlighter.show_markdown(muted)
                self._highlighter.rehighlight()
        else:
            self._filling.lay_out_anew(lambda: self._highlighter.show_markdown(muted))

    def set_smart_quotes(self, style: QuoteStyle) -> None:
        """Sets what straight quotation marks become as they are typed; ``off`` for nothing."""
        self._quote_style = style

    # Editing

    def undo(self) -> None:
        """Takes the manuscript's last step back, and puts the caret there."""
        if self._manuscript.can_undo:
            with self._ready_for(self._manuscript.changes_to_undo):
                caret = self._manuscript.undo()
            self.move_caret(caret)
        elif self._manuscript.growing:
            self._refuse(tr(UNDO_REFUSED))

    def redo(self) -> None:
        """Brings the step undone last back, and puts the caret there."""
        if self._manuscript.can_redo:
            with self._ready_for(self._manuscript.changes_to_redo):
                caret = self._manuscript.redo()
            self.move_caret(caret)
        elif self._manuscript.growing:
            self._refuse(tr(UNDO_REFUSED))

    def _ready_for(self, changes: int) -> AbstractContextManager[None]:
        """Be ready for so many changes of the text at once."""
        return self._mirror.filled_afterwards() if changes > _MOST_EDITS else nullcontext()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Lets Qt edit, unless that would change the growing take."""
        goes_back = event.matches(QKeySequence.StandardKey.Undo) or asks_redo(event)
        if not self._mirror.is_whole and not goes_back:
            if changed_by(event, self.textCursor()):
                self._refuse(tr(LAYING_OUT))
                event.accept()
            else:
                event.ignore()
            return
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif asks_redo(event):
            self.redo()
        elif (reach := changed_by(event, self.textCursor())) and not self._editable(*reach):
            self._refuse(tr(REFUSED))
        elif reach and self._mirror.is_large(*reach) and (typed := inserted_by(event)) is not None:
            if event.matches(QKeySequence.StandardKey.Cut):
                self.copy()
            self._put_in_place(reach, pasted(typed))
        elif any(event.matches(key) for key in PARAGRAPH_KEYS):
            if reach and reach[0] != reach[1]:
                # In the document a U+2029 among what goes is the same as the line end that comes.
                self._put_in_place(reach, "\n")
            else:
                self.insert_paragraph()
        else:
            super().keyPressEvent(event)
            if reach and event.text() in STRAIGHT:
                self._curl()
            return
        event.accept()

    def _curl(self) -> None:
        """Makes the quotation mark that was just typed one of the language, as a step of its own.

        Undo then gives the straight one back.
        """
        caret = self.caret
        typed = self._manuscript.part(caret - 1, caret)
        near = self._manuscript.part(max(0, caret - 1 - _QUOTED), caret - 1)
        if self._quote_style == "off" or typed not in STRAIGHT:
            return
        sign = curled(typed, near.rpartition("\n")[2], self._quote_style)
        if sign != typed:
            self._manuscript.close_step()
            self._manuscript.edit(caret - 1, 1, sign)
            self._manuscript.close_step()

    def cut(self) -> None:
        """Puts what is selected on the clipboard and takes it out of the text."""
        self.copy()
        self._delete()

    def _delete(self) -> None:
        cursor = self.textCursor()
        reach = cursor.selectionStart(), cursor.selectionEnd()
        if not self._editable(*reach):
            self._refuse(self._why_refused)
        elif self._mirror.is_large(*reach):
            self._put_in_place(reach, "")
        else:
            cursor.removeSelectedText()

    def _put_in_place(self, reach: tuple[int, int], text: str) -> None:
        """Replaces a part of the text by way of the manuscript, and not of Qt's editing."""
        start, end = map(self._mirror.code_points, reach)
        self._manuscript.close_step()
        self._manuscript.edit(start, end - start, text)
        self.move_caret(start + len(text))

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Lets an input method compose, unless that would change the growing take."""
        cursor = self.textCursor()
        start, end = cursor.selectionStart(), cursor.selectionEnd()
        if event.replacementLength():
            start = cursor.position() + event.replacementStart()
            end = start + event.replacementLength()
        edits = event.commitString() or event.preeditString() or event.replacementLength()
        if edits and not self._editable(start, end):
            event.ignore()
            QGuiApplication.inputMethod().reset()
            self._refuse(self._why_refused)
        else:
            super().inputMethodEvent(event)
            if event.commitString() in STRAIGHT:
                self._curl()

    def createMimeDataFromSelection(self) -> QMimeData:
        """What Copy gives away: the manuscript's own characters, not what a document shows."""
        start, end = self.selection
        return self._clippings.copy(self._manuscript.passage(start, end))

    def canInsertFromMimeData(self, source: QMimeData) -> bool:  # noqa: N802 - Qt's name
        """Takes text. Files are for the window, which knows what to do with each."""
        return source.hasText() and not source.hasUrls()

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802 - Qt's name
        """Pastes text in an undo step of its own, unless that would change the growing take."""
        cursor = self.textCursor()
        if not self._editable(cursor.selectionStart(), cursor.selectionEnd()):
            self._refuse(self._why_refused)
            return
        start, end = self.selection
        foreign = source.text()
        if why := self._why_too_large(foreign, end - start):
            self._refuse(why)
            return
        text = pasted(foreign)
        passage = self._clippings.passage_in(source, text)
        edit = Edit(start, end - start, text)
        if passage is not None:
            edit = Edit(*edit[:3], passage.origins, passage.marks, passage.brushes)
        self._manuscript.close_step()
        self._manuscript.edit_all([edit], Origin.PASTED)
        self._manuscript.close_step()
        self.move_caret(start + len(text))

    def replace_ranges(self, edits: list[Edit]) -> bool:
        """Puts other texts in the place of some, in one undo step.

        Args:
            edits: None overlapping another.

        Returns:
            Whether it was done. It is not where one of them would change the growing take, or where
            no page would hold the text; the editor says so.
        """
        editable = self._manuscript.editable
        is_free = all(editable(edit.position, edit.removed_length) for edit in edits)
        if not (self._mirror.is_whole and is_free):
            self._refuse(self._why_refused)
            return False
        growth = sum(len(edit.inserted) - edit.removed_length for edit in edits)
        whole = TextShape(len(self._manuscript) + growth, 1, 1)
        if growth > 0 and not fits(whole):
            self._refuse(
                tr("Nothing is replaced. {why}", why=too_large(tr("with it the page"), whole))
            )
            return False
        self._manuscript.close_step()
        with self._ready_for(len(edits)):
            self._manuscript.edit_all(edits)
        self._manuscript.close_step()
        return True

    def _why_too_large(self, text: str, replaced: int) -> str:
        """Why a text that comes from elsewhere cannot come to the page; "" where it can."""
        if len(text) <= _ALWAYS:
            return ""
        length = len(self._manuscript) - replaced + len(text)
        # What is longer than all of a page is not looked at.
        shape = shape_of(text) if length <= LIMITS.characters else TextShape(length, 1, 1)
        paragraphs = self.document().blockCount() + shape.paragraphs - 1
        longest = shape.longest if shape.paragraphs > 2 else shape.longest + self._here()
        whole = TextShape(length, paragraphs, longest)
        if fits(whole):
            return ""
        return tr(
            "The text is not put in. {why} {way_on}",
            why=too_large(tr("with it the page"), whole),
            way_on=tr(_AS_A_FILE),
        )

    def _here(self) -> int:
        """How long the paragraph is that the caret stands in."""
        return self.textCursor().block().length() - 1

    def dropEvent(self, event: QDropEvent) -> None:
        """Moves text within the manuscript in one undo step; takes text from elsewhere in."""
        if not self._mirror.is_whole:
            self._refuse(tr(LAYING_OUT))
            event.ignore()
            return
        own = event.source() in (self, self.viewport())
        if not own or event.dropAction() != Qt.DropAction.MoveAction:
            super().dropEvent(event)
            self._manuscript.close_step()
            return
        # Qt would delete and insert in one edit, and report only the whole range between.
        super().dragLeaveEvent(QDragLeaveEvent())
        event.setDropAction(Qt.DropAction.CopyAction)  # so that the drag deletes nothing after us
        event.accept()
        start, end = self.selection
        target = self._mirror.code_points(
            self.cursorForPosition(event.position().toPoint()).position()
        )
        self._move_text(start, end, target)

    def _move_text(self, start: int, end: int, target: int) -> None:
        if start <= target <= end:
            return
        manuscript = self._manuscript
        if not (manuscript.editable(start, end - start) and manuscript.editable(target, 0)):
            self._refuse(tr(REFUSED))
            return
        # Undo brings the records back that stood there: those that are moved are others.
        moved = with_own_records(manuscript.passage(start, end))
        text = moved.text
        arrival = Edit(target, 0, text, moved.origins, moved.marks, moved.brushes)
        manuscript.edit_all([Edit(start, end - start, ""), arrival])
        arrived = target if target < start else target - len(text)
        self.select_range(arrived, arrived + len(text))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers what can be done here."""
        if not self._mirror.is_whole:
            return
        menu = self.context_menu(event.pos())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def context_menu(self, position: QPoint) -> QMenu:
        """Qt's menu, with the manuscript's undo, and without edits of the growing take.

        Behind it stand the actions that were added to the editor.
        """
        menu = self.createStandardContextMenu(position)
        manuscript, cursor = self._manuscript, self.textCursor()
        editable = self._editable(cursor.selectionStart(), cursor.selectionEnd())
        ours = {
            "edit-undo": (self.undo, manuscript.can_undo),
            "edit-redo": (self.redo, manuscript.can_redo),
            "edit-cut": (self.cut, editable and cursor.hasSelection()),
            "edit-delete": (self._delete, editable and cursor.hasSelection()),
        }
        for action in menu.actions():
            if (standard := _STANDARD_KEYS.get(action.objectName())) is not None:
                # Qt names no key that an action of the window has too.
                keys = QKeySequence(standard).toString(QKeySequence.SequenceFormat.NativeText)
                action.setText("\t".join(filter(None, (action.text().split("\t")[0], keys))))
            if action.objectName() in ours:
                slot, enabled = ours[action.objectName()]
                action.triggered.disconnect()
                action.triggered.connect(slot)
                action.setEnabled(enabled)
            elif action.objectName() == "edit-paste":
                action.setEnabled(action.isEnabled() and editable)
        for more in self.context_menus:
            menu.addSeparator()
            menu.addMenu(more)
        menu.addSeparator()
        menu.addActions(self.actions())
        self.menu_asked.emit(menu, position)
        return menu

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Puts the caret, where there is text to put it in."""
        if self._mirror.is_whole:
            super().mousePressEvent(event)

    @property
    def _why_refused(self) -> str:
        return tr(REFUSED) if self._mirror.is_whole else tr(LAYING_OUT)

    def _editable(self, start: int, end: int) -> bool:
        if not self._mirror.is_whole:
            return False
        first = self._mirror.code_points(start)
        return self._manuscript.editable(first, self._mirror.code_points(end) - first)

    def _emit_scrolled(self) -> None:
        self.scrolled.emit()

    def _refuse(self, why: str) -> None:
        QApplication.alert(self)
        self.refused.emit(why)

    def _code_points(self, cursor: QTextCursor) -> tuple[int, int]:
        return (
            self._mirror.code_points(cursor.selectionStart()),
            self._mirror.code_points(cursor.selectionEnd()),
        )
