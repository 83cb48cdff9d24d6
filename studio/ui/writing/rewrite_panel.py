"""The panel below the page with versions of the selected words, of which one is chosen.

It covers nothing: the page gives it its room while it is open.
"""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.writing.rewrite_request import LONGEST_INSTRUCTION, MOST_VERSIONS, RewriteKind
from studio.app.writing.rewrite_words import ending, facts, state, title
from studio.app.writing.rewriting import RewriteVersion, Rewriting
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.keys import claims_escape
from studio.ui.widgets.labels import ElidedLabel, PlainLabel
from studio.ui.widgets.page_scroll import PageScroll

_SHARE = 0.45
"""Of the page's height, which the versions may take."""

_SIZE = 15 / 18
"""Of a version's letters, in those of the page."""

_STEPS: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: +1}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)

_USE_TIP = mark(
    "Put the version into the text (Enter). The former words and the other versions are kept as "
    "takes of the place; undo is one step"
)
_OTHERS_TIP = mark("Write other versions in place of these, with other random draws (Ctrl+R)")
_FACTS_TIP = mark("One is written at the T in force, the others around it, each with its own draws")
_FIELD_TIP = mark("What is to be done with the selection, and Enter")


class VersionRow(QWidget):
    """One version: its number, its words, its T.

    Args:
        number: The key that points at it.
        theme: Where the letters come from.
    """

    pointed = Signal(int)
    """It is the one that is meant now; its number, from 0."""
    taken = Signal()
    """It was clicked twice."""

    def __init__(self, number: int, theme: Theme) -> None:
        super().__init__()
        self._number = number
        self._theme = theme
        self._is_chosen = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._key = PlainLabel(str(number + 1))
        self._key.setProperty("role", "muted")
        self.words = PlainLabel()
        self.words.setWordWrap(True)
        self.facts = PlainLabel()
        self.facts.setProperty("role", "muted")
        row = QHBoxLayout(self)
        set_margins(row, 8, 6, 10, 6)
        set_spacing(row, 10)
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(self._key, 0, top)
        row.addWidget(self.words, 1, top)
        row.addWidget(self.facts, 0, top | Qt.AlignmentFlag.AlignRight)
        self._set_font()
        theme.prose_changed.connect(self._set_font)

    def _set_font(self) -> None:
        font = QFont(self._theme.prose_font)
        font.setPixelSize(round(font.pixelSize() * _SIZE))
        self.words.setFont(font)
        # Number and T stand on the line that the first words stand on.
        beside = self.fontMetrics()
        lower = max(0, QFontMetrics(font).ascent() - beside.ascent())
        for label in (self._key, self.facts):
            label.setContentsMargins(0, lower, 0, 0)
        self._key.setFixedWidth(beside.horizontalAdvance("0"))

    def show_version(self, version: RewriteVersion) -> None:
        """Show it as it is now."""
        text = version.shown
        shown = text if text or not version.runs else "…"
        if shown != self.words.text():
            self.words.setText(shown)
            self.setAccessibleDescription(text)
        self.facts.setText(facts(version))
        ended = ending(version)
        self.facts.setToolTip(f"{tr(_FACTS_TIP)} ({ended})" if ended else tr(_FACTS_TIP))
        name = tr("Version {number}, {facts}", number=self._number + 1, facts=facts(version))
        self.setAccessibleName(f"{name}, {ended}" if ended else name)

    def set_chosen(self, is_chosen: bool) -> None:
        """Show whether it is the one that is used."""
        if is_chosen != self._is_chosen:
            self._is_chosen = is_chosen
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint a ground behind the one that is used, and a line round it where the keyboard is."""
        if self._is_chosen:
            colors = self._theme.colors
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(QColor(colors.hover))
            painter.setPen(QColor(colors.focus if self.hasFocus() else colors.hover))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Point at it."""
        super().focusInEvent(event)
        self.pointed.emit(self._number)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Point at it, in a window too that is not the active one."""
        super().mousePressEvent(event)
        self.pointed.emit(self._number)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Use it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.taken.emit()


class RewritePanel(QWidget):
    """Shows what is rewritten, hidden where nothing is.

    1 to 4 and the arrows point at a version, Enter uses it, Esc leaves all as it was.

    Attributes:
        use: Puts the version that is pointed at into the text.
        others: Has other versions written.
        field: Where an instruction of the writer's own is typed.
        rows: The versions.
        stops: What Tab comes to, in order.

    Args:
        rewriting: What is shown.
        theme: Where the letters come from.
        parent: The Qt parent, if any.
    """

    closed = Signal()
    """Nothing is rewritten any more, and the keyboard was here."""

    def __init__(self, rewriting: Rewriting, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rewriting = rewriting
        self._shown: Sequence[RewriteVersion] = ()
        self._highest = 0
        """How high the versions were at most: the page does not move up and down."""
        self.setAccessibleName(tr("Versions of the selection"))
        self._title = PlainLabel()
        self._title.setProperty("role", "heading")
        self._state = ElidedLabel()
        self._state.setProperty("role", "muted")
        self.use = QPushButton(tr("Use as a take"))
        self.use.setToolTip(tr(_USE_TIP))
        self.use.clicked.connect(rewriting.use)
        self.others = QPushButton(tr("Write others"))
        self.others.setToolTip(tr(_OTHERS_TIP))
        self.others.clicked.connect(rewriting.write)
        close = QToolButton()
        close.setText("×")
        close.setAccessibleName(tr("Close"))
        close.setToolTip(tr("Leave all as it was (Esc)"))
        close.clicked.connect(rewriting.close)
        head = QHBoxLayout()
        set_spacing(head, 8)
        head.addWidget(self._title)
        head.addWidget(self._state, 1)
        for button in (self.use, self.others, close):
            head.addWidget(button)
        self.field = QLineEdit()
        self.field.setMaxLength(LONGEST_INSTRUCTION)
        self.field.setPlaceholderText(tr("How it is to be rewritten: “in the past tense”"))
        self.field.setAccessibleName(tr("How the selection is to be rewritten"))
        self.field.setToolTip(tr(_FIELD_TIP))
        self.rows = [VersionRow(number, theme) for number in range(MOST_VERSIONS)]
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        set_spacing(column, 2)
        for row in self.rows:
            row.pointed.connect(rewriting.choose)
            row.taken.connect(rewriting.use)
            row.installEventFilter(self)
            column.addWidget(row)
        column.addStretch(1)
        self._scroll = PageScroll(page)
        self._problem = PlainLabel()
        """What went wrong."""
        self._problem.setProperty("role", "error")
        self._problem.setWordWrap(True)
        rule = QFrame()
        rule.setProperty("rule", True)
        rule.setFixedHeight(1)
        inside = QVBoxLayout()
        set_margins(inside, 0, 8, 0, 10)
        set_spacing(inside, 6)
        inside.addLayout(head)
        inside.addWidget(self.field)
        inside.addWidget(self._problem)
        inside.addWidget(self._scroll)
        self._sides = QVBoxLayout()
        self._sides.addLayout(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(rule)
        whole.addLayout(self._sides)
        self.stops: list[QWidget] = [self.use, self.others, close, self.field, *self.rows]
        rewriting.changed.connect(self.follow)
        rewriting.progressed.connect(self._show_versions)
        self.hide()

    def set_sides(self, left: int, right: int) -> None:
        """Stand below the lines of the text.

        Args:
            left: Pixels from the left edge to where lines begin.
            right: Pixels from where they end to the right edge.
        """
        self._sides.setContentsMargins(left, 0, right, 0)
        self._fit()

    @property
    def _focused(self) -> QWidget | None:
        """What has the keyboard, if that is in here."""
        # Also in a window that is not the active one, in which nothing has the keyboard now.
        focused = self.window().focusWidget()
        return focused if focused is not None and self.isAncestorOf(focused) else None

    def follow(self) -> None:
        """Show what is rewritten now, or nothing."""
        rewriting = self._rewriting
        if not rewriting.is_open:
            if not self.isHidden():
                had_keyboard = self._focused is not None
                self._shown = ()
                self.hide()
                if had_keyboard:
                    self.closed.emit()
            return
        versions = rewriting.versions
        is_new = self.isHidden() or versions is not self._shown
        self._shown = versions
        self._title.setText(title(rewriting))
        self._state.setText(state(rewriting))
        self._problem.setText(rewriting.message)
        self._problem.setVisible(bool(rewriting.message))
        self.field.setVisible(rewriting.kind is RewriteKind.OWN)
        self.use.setVisible(bool(versions))
        self.others.setVisible(bool(versions))
        self.others.setEnabled(rewriting.can_write and not rewriting.is_running)
        for number, row in enumerate(self.rows):
            row.setVisible(number < len(versions))
            row.set_chosen(number == rewriting.chosen)
        self._scroll.setVisible(bool(versions))
        if is_new:
            self._highest = 0
        self._show_versions()
        self.show()
        if is_new:
            self._begin()

    def _begin(self) -> None:
        """Lead the keyboard to what is to be done next."""
        if self._shown:
            self.rows[self._rewriting.chosen].setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.field.setText(self._rewriting.instruction)
            self.field.selectAll()
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_versions(self) -> None:
        for row, version in zip(self.rows, self._rewriting.versions, strict=False):
            row.show_version(version)
        self.use.setEnabled(self._rewriting.can_use)
        self._fit()

    def _fit(self) -> None:
        """Give the versions the height that they need, as far as the page has it."""
        page, parent = self._scroll.widget(), self.parentWidget()
        layout = page.layout() if page is not None else None
        if layout is None or parent is None:
            return
        layout.activate()
        width = self._scroll.viewport().width()
        needed = layout.totalHeightForWidth(width)
        self._highest = min(max(self._highest, needed), round(_SHARE * parent.height()))
        if self._highest != self._scroll.height():
            self._scroll.setFixedHeight(self._highest)

    def _point(self, number: int) -> None:
        if not self._rewriting.versions:
            return
        self._rewriting.choose(number)
        row = self.rows[self._rewriting.chosen]
        row.setFocus(Qt.FocusReason.OtherFocusReason)
        self._scroll.ensureWidgetVisible(row, 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lines are broken elsewhere in another width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._highest = 0
        self._fit()

    def event(self, event: QEvent) -> bool:
        """Claim Esc from the window, where it would stop what is written elsewhere."""
        return claims_escape(event) or super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Take a version's keys, before the arrows scroll what it lies on."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            self.keyPressEvent(event)
            return event.isAccepted()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Point, use, ask for others, or leave."""
        key, rewriting, focused = event.key(), self._rewriting, self._focused
        # Some keyboards say of arrows that they are of the number pad.
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        digit = key - Qt.Key.Key_1
        if key == Qt.Key.Key_Escape:
            rewriting.close()
        elif modifiers == Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_R:
            self.others.click()
        elif modifiers & ~Qt.KeyboardModifier.ShiftModifier:  # some have digits only with Shift
            super().keyPressEvent(event)
        elif key in _ENTER and focused is self.field:
            rewriting.ask(self.field.text())
        elif key in _ENTER and isinstance(focused, QAbstractButton):
            focused.click()
        elif key in _ENTER:
            rewriting.use()
        elif key in _STEPS:
            self._point(rewriting.chosen + (_STEPS[key] if focused in self.rows else 0))
        elif 0 <= digit < len(rewriting.versions) and focused is not self.field:
            self._point(digit)
        else:
            super().keyPressEvent(event)
