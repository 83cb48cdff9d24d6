"""The bar that finds text in the manuscript, and puts another in its place."""

from collections.abc import Callable, Iterator
from itertools import islice

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.timers import single_shot
from studio.app.writing.text_search import (
    PatternError,
    Query,
    matches,
    matches_between,
    next_match,
    previous_match,
    replacements,
)
from studio.manuscript import Edit
from studio.translation import tr
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.theme.controls import CheckBox
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.keys import claims_escape
from studio.ui.widgets.labels import PlainLabel

_PIECE = 10_000
"""Matches that are looked for in a turn of the event loop, in some 3 ms."""
_MARK_STRENGTH = 0.45  # of the selection's colour, so that the selected match stands out


class FindBar(QWidget):
    """A row under the editor: what to find, how many there are, to the next and the one before.

    Hidden until `open`. Enter finds the next match, Shift+Enter the one before, Esc closes. Another
    row, hidden until `open_replacing`, has what is to stand instead, and other ways to find.

    Args:
        editor: Where to find.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    closed = Signal()
    """The bar has closed; the editor has the keyboard again."""

    def __init__(
        self, editor: ManuscriptEditor, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._editor = editor
        self._theme = theme
        self._found: list[tuple[int, int]] = []
        self._origin = 0  # where a search begins that goes on while the query is typed
        self._query = QLineEdit()
        self._query.setPlaceholderText(tr("Find in the manuscript"))
        self._query.setAccessibleName(tr("Text to find"))
        self._query.setToolTip(tr("Enter finds the next match, Shift+Enter the one before"))
        self._count = PlainLabel()
        self._count.setProperty("role", "muted")
        self._count.setAccessibleName(tr("Matches"))
        self._match_case = CheckBox(tr("Match case"), theme)
        self._match_case.setToolTip(tr("Distinguish capital letters from small ones"))
        self._instead = QLineEdit()
        self._instead.setPlaceholderText(tr("Replace with"))
        self._instead.setAccessibleName(tr("Text to stand instead"))
        self._instead.setToolTip(tr("Enter replaces the selected match, and finds the next"))
        self._whole_words = CheckBox(tr("Whole words"), theme)
        self._whole_words.setToolTip(tr("Find it only where no letter stands beside it"))
        self._is_pattern = CheckBox(tr("Regular expression"), theme)
        self._is_pattern.setToolTip(
            tr("Find what fits a pattern; \\1 instead stands for its first group")
        )
        row = QHBoxLayout()
        set_margins(row, 0, 0, 0, 0)
        set_spacing(row, 6)
        row.addWidget(self._query, 1)
        row.addWidget(self._count)
        row.addWidget(self._button(tr("Previous"), "‹", "Shift+F3", self.find_previous))
        row.addWidget(self._button(tr("Next"), "›", "F3", self.find_next))
        row.addWidget(self._match_case)
        row.addWidget(self._button(tr("Close"), "×", "Esc", self.close_bar))
        self._replacing = QWidget()
        second = QHBoxLayout(self._replacing)
        set_margins(second, 0, 0, 0, 0)
        set_spacing(second, 6)
        second.addWidget(self._instead, 1)
        self._replace_button = QPushButton(tr("Replace"))
        self._replace_button.setToolTip(tr("Replace the selected match, and find the next"))
        self._replace_button.clicked.connect(self.replace)
        self._all_button = QPushButton(tr("Replace all"))
        self._all_button.setToolTip(tr("Replace every match, in one step that can be undone"))
        self._all_button.clicked.connect(self.replace_all)
        for widget in (
            self._replace_button,
            self._all_button,
            self._whole_words,
            self._is_pattern,
        ):
            second.addWidget(widget)
        self._replacing.hide()
        rows = QVBoxLayout(self)
        set_margins(rows, 26, 6, 19, 6)
        set_spacing(rows, 6)
        rows.addLayout(row)
        rows.addWidget(self._replacing)
        # From what is found to what stands instead, as everywhere.
        self.setTabOrder(self._query, self._instead)
        self._problem = PlainLabel()
        """Why nothing can be found, where a pattern cannot be used."""
        self._problem.setProperty("role", "error")
        self._problem.setWordWrap(True)
        self._problem.hide()
        rows.addWidget(self._problem)
        # While text grows it changes many times a second; one search a moment later serves all.
        self._soon = single_shot(self, self._search, 100)
        self._rest: Iterator[tuple[int, int]] = iter(())
        """Finds those that are not among `_found` yet."""
        self._is_stale = True
        """Whether the text may be another one than that which was searched."""
        self._awaited: Callable[[], bool] | None = None
        """Selects one, once it is among them; whether it is."""
        self._next_turn = single_shot(self, self._search_on)
        self._query.textChanged.connect(self._query_changed)
        for box in (self._match_case, self._whole_words, self._is_pattern):
            box.toggled.connect(self._query_changed)
        editor.document().contentsChanged.connect(self._text_changed)
        editor.scrolled.connect(self._mark)
        editor.selectionChanged.connect(self._show_count)
        theme.changed.connect(self._mark)
        self.hide()

    def _button(self, name: str, sign: str, key: str, slot: object) -> QToolButton:
        button = QToolButton()
        button.setText(sign)
        button.setAccessibleName(name)
        button.setToolTip(f"{name} ({key})")
        button.clicked.connect(slot)
        return button

    @property
    def query(self) -> str:
        """What is looked for."""
        return self._query.text()

    def set_query(self, query: str) -> None:
        """Looks for something else."""
        self._query.setText(query)

    def open(self) -> None:
        """Shows the bar, with what is selected in the editor as the query."""
        start, end = self._editor.selection
        self._origin = start
        selected = self._editor.manuscript.part(start, end)
        self.show()
        if selected and "\n" not in selected:
            self._query.setText(selected)
        self._query.selectAll()
        self._query.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search()

    def open_replacing(self) -> None:
        """Shows both rows; with a query there, the keyboard goes to what is to stand instead."""
        self._replacing.show()
        self.open()
        if self.query:
            self._instead.selectAll()
            self._instead.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_bar(self) -> None:
        """Hides the bar and its marks, and gives the keyboard to the editor."""
        self.hide()
        # What the first row does not show does not count when it is opened alone.
        self._replacing.hide()
        self._whole_words.setChecked(False)
        self._is_pattern.setChecked(False)
        self._found = []
        self._soon.stop()
        self._end_search()
        self._mark()
        self._editor.setFocus(Qt.FocusReason.OtherFocusReason)
        self.closed.emit()

    def find_next(self) -> None:
        """Selects the first match behind the selection, from the end on to the beginning."""
        self._search_again()
        start, end = self._editor.selection

        def go() -> bool:
            # From the end of a selected match, but on the spot where only the caret stands.
            is_match = (start, end) in matches_between(self._found, start, end)
            return self._go_behind(end if is_match else start)

        self._await(go)

    def find_previous(self) -> None:
        """Selects the last match before the selection, from the beginning on to the end."""
        self._search_again()
        start = self._editor.selection[0]

        def go() -> bool:
            if not self._is_whole and not self._found[0][0] < start <= self._found[-1][0]:
                return False
            self._go(previous_match(self._found, start))
            return True

        self._await(go)

    def replace(self) -> None:
        """Replaces the match that is selected, and selects the next; without one selects the first.

        One that the model is writing now stays, and the editor says so.
        """
        self._search_again()
        start, end = self._editor.selection
        if (start, end) in matches_between(self._found, start, end):
            made = self._made(lambda at, until: (at, until) == (start, end))
            if made and self._editor.replace_ranges(made):
                self._editor.move_caret(start + len(made[0].inserted))
                self._search()
        self.find_next()

    def replace_all(self) -> None:
        """Replaces every match, in one undo step, and says how many."""
        made = self._made(lambda _start, _end: True)
        if made and self._editor.replace_ranges(made):
            self._search()
            self._count.setText(tr("%n replaced", "", len(made)))

    def _made(self, is_meant: Callable[[int, int], bool]) -> list[Edit]:
        """What replaces the matches that are meant; says why where it cannot be made."""
        text = self._editor.manuscript.text
        try:
            return [
                Edit(start, end - start, instead)
                for start, end, instead in replacements(text, self._asked, self._instead.text())
                if is_meant(start, end)
            ]
        except PatternError as error:
            self._report_problem(str(error))
            return []

    @property
    def _asked(self) -> Query:
        """What is looked for, and how."""
        return Query(
            self.query,
            self._match_case.isChecked(),
            self._whole_words.isChecked(),
            self._is_pattern.isChecked(),
        )

    def _report_problem(self, problem: str) -> None:
        """Have a problem with the query seen, or no more."""
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))

    def _await(self, go: Callable[[], bool]) -> None:
        """Select a match now, or as soon as it is found."""
        self._awaited = None if go() else go

    def _go_behind(self, position: int) -> bool:
        if not self._is_whole and self._found[-1][0] < position:
            return False
        self._go(next_match(self._found, position))
        return True

    def _go(self, index: int | None) -> None:
        if index is not None:
            self._origin = self._found[index][0]
            self._editor.select_range(*self._found[index])
        self._mark()

    def _query_changed(self) -> None:
        self._search()
        self._await(lambda: self._go_behind(self._origin))

    def _text_changed(self) -> None:
        self._is_stale = True
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _search_again(self) -> None:
        """Search, if the text is another one than that which was searched."""
        if self._is_stale:
            self._search()

    def _search(self) -> None:
        self._soon.stop()
        self._is_stale = False
        text = self._editor.manuscript.text
        self._found, self._awaited = [], None
        self._report_problem("")
        try:
            self._rest = matches(text, self._asked)
        except PatternError as error:
            self._report_problem(str(error))
        self._search_on()
        self._mark()

    def _search_on(self) -> None:
        """Find some more, and the others in later turns of the event loop."""
        piece: list[tuple[int, int]] = []
        try:
            piece.extend(islice(self._rest, _PIECE))
        except PatternError as error:
            self._report_problem(str(error))
        self._found += piece
        if len(piece) < _PIECE:
            self._end_search()
            self._mark()
        else:
            self._next_turn.start()
        if self._awaited is not None and self._awaited():
            self._awaited = None
        self._show_count()

    @property
    def _is_whole(self) -> bool:
        """Whether all are found."""
        return not self._next_turn.isActive()

    def _end_search(self) -> None:
        self._next_turn.stop()
        self._rest = iter(())

    def _show_count(self) -> None:
        if not self.query or self._problem.text():
            reported = ""
        elif not self._is_whole:
            reported = tr("{count:,} and more", count=len(self._found))
        elif not self._found:
            reported = tr("No matches")
        else:
            total, selection = len(self._found), self._editor.selection
            at = next_match(self._found, selection[0])
            current = at is not None and self._found[at] == selection
            reported = (
                tr("{number:,} of {total:,}", number=at + 1, total=total)
                if at is not None and current
                else tr("{total:,} found", total=total)
            )
        self._count.setText(reported)

    def _mark(self) -> None:
        """Marks the matches in view; a long text may have thousands out of it."""
        if not self.isVisible() or not self._found:
            self._editor.mark_ranges([], QColor())
            return
        start, end = self._editor.visible_range()
        background = QColor(self._theme.colors.selection)
        background.setAlphaF(_MARK_STRENGTH)
        self._editor.mark_ranges(matches_between(self._found, start, end), background)

    def event(self, event: QEvent) -> bool:
        """Claims Esc from a shortcut of the window while the keyboard is here."""
        return claims_escape(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Finds on Enter, which the field passes on, and closes on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.find_previous()
        elif self._instead.hasFocus():
            self.replace()
        else:
            self.find_next()
