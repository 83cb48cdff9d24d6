"""The question that opens over a row: what T makes this token so likely?

A percentage is typed, the answer stands under it at once, with a button for each T that does it.
It stays with the place it was asked at, whatever is written meanwhile. Which T that is computes
`AskedToken`; nothing else of the distribution is known here.
"""

from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.answer import Answer, AskedToken, parse_percent
from studio.app.tokens.details import most_likely_words
from studio.translation import tr
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.keys import claims_escape
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.letters import follow_letters

_WIDTH_IN_CHARACTERS = 46
_MARGIN = 12


class TokenQuestion(QFrame):
    """A small card over the window: Esc closes it, and so does the focus going elsewhere.

    Attributes:
        edit: Where the percentage is typed.
        buttons: Two; those that are not needed are hidden.

    Args:
        sampling: Whose temperature a button sets.
        over: The widget whose rows are asked about.
    """

    def __init__(self, sampling: SamplingState, over: QWidget) -> None:
        super().__init__(over)
        self._sampling = sampling
        self._over = over
        self._asked: AskedToken | None = None
        self._temperatures: tuple[float, ...] = ()
        self.setProperty("card", True)
        self.setProperty("over", True)
        self.setAccessibleName(tr("What T makes this token so likely?"))
        self._before = PlainLabel()
        self.edit = QLineEdit()
        self.edit.setAccessibleName(tr("Percentage"))
        self.edit.setToolTip(tr("How likely this token should be, from 0 to 100 %."))
        self.edit.setPlaceholderText("20")
        follow_letters(
            self.edit,
            lambda letters: self.edit.setFixedWidth(
                letters.horizontalAdvance("100.000") + round(20 * grown(self.edit.font()))
            ),
        )
        self._words = PlainLabel()
        self._words.setWordWrap(True)
        self.buttons = (self._button(0), self._button(1))

        self._question = QHBoxLayout()
        set_spacing(self._question, 6)
        self._question.addWidget(self._before)
        self._question.addWidget(self.edit)
        self._question.addWidget(PlainLabel(tr("% likely?")))
        self._question.addStretch(1)
        column = QVBoxLayout(self)
        set_margins(column, _MARGIN, _MARGIN - 2, _MARGIN, _MARGIN)
        column.addLayout(self._question)
        column.addWidget(self._words)
        for button in self.buttons:
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self._fit_width()
        self.setAutoFillBackground(True)
        self.hide()
        application = QApplication.instance()
        assert isinstance(application, QApplication), "there is a widget"
        application.focusChanged.connect(self._on_focus_changed)
        self.edit.textEdited.connect(self._answer)
        self.edit.returnPressed.connect(self._take_first)

    @property
    def answer(self) -> str:
        """The sentence under the question."""
        return self._words.text()

    def ask(self, asked: AskedToken, row: QRect) -> None:
        """Open under a row, with nothing typed yet.

        Args:
            asked: The token.
            row: Its row, in the coordinates of the widget it belongs to.
        """
        self._asked = asked
        self._before.setText(tr("What T makes {text}", text=asked.details.row.text.text))
        self._fit_width()
        self.edit.clear()
        peak = most_likely_words(asked.details.subject)
        self._show(Answer(f"{peak[0].upper()}{peak[1:]}."))
        self._place(row)
        self.show()
        self.raise_()
        self.edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def _on_focus_changed(self, before: QWidget | None, now: QWidget | None) -> None:
        # Another program may borrow the focus.
        if self.isVisible() and now is not None and not self.isAncestorOf(now):
            self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes; what the line edit leaves goes nowhere else."""
        if event.key() == Qt.Key.Key_Escape:
            self._over.setFocus(Qt.FocusReason.PopupFocusReason)
            self.hide()

    def event(self, event: QEvent) -> bool:
        """Keep Esc from the window's shortcuts: there it stops the writing."""
        return claims_escape(event) or super().event(event)

    def _answer(self, text: str) -> None:
        if self._asked is None or not text.strip():
            self._show(Answer(""))
            return
        try:
            probability = parse_percent(text)
        except ValueError as reason:
            self._show(Answer(str(reason)), refused=True)
            return
        self._show(self._asked.answer(probability))

    def _show(self, answer: Answer, *, refused: bool = False) -> None:
        self._temperatures = answer.temperatures
        self._words.setProperty("role", "error" if refused else "muted")
        # A stylesheet looks at dynamic properties only when the widget is polished.
        self._words.style().unpolish(self._words)
        self._words.style().polish(self._words)
        self._words.setText(answer.words)
        for index, button in enumerate(self.buttons):
            is_there = index < len(answer.temperatures)
            button.setVisible(is_there)
            if is_there and self._asked is not None:
                button.setText(self._asked.offer(answer.temperatures[index]))
        self._fit()

    def _fit_width(self) -> None:
        """Be as wide as usual, or as the question where the token is long."""
        layout = self.layout()
        assert layout is not None, "it was made in the constructor"
        usual = self.fontMetrics().averageCharWidth() * _WIDTH_IN_CHARACTERS
        margins = layout.contentsMargins()
        self._question.invalidate()  # it is not reported at once that its words are others
        border = self.width() - self.contentsRect().width()
        question = self._question.sizeHint().width() + margins.left() + margins.right() + border
        self.setFixedWidth(max(usual, question))

    def _fit(self) -> None:
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.resize(self.width(), layout.totalHeightForWidth(self.width()))

    def _place(self, row: QRect) -> None:
        window = self._over.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        self._fit()
        corner = self._over.mapTo(window, QPoint(row.right() - self.width(), row.bottom() + 2))
        # Room for a second line of words and the buttons, which are not there yet.
        room = self.height() + 4 * self.fontMetrics().height() + _MARGIN
        if corner.y() + room > window.height():
            corner.setY(self._over.mapTo(window, row.topLeft()).y() - 2 - room)
        corner.setX(max(0, min(corner.x(), window.width() - self.width())))
        self.move(corner.x(), max(0, corner.y()))

    def _button(self, index: int) -> QPushButton:
        button = QPushButton()
        button.setToolTip(tr("Set this temperature."))
        button.clicked.connect(lambda: self._take(index))
        button.hide()
        return button

    def _take_first(self) -> None:
        self._take(0)

    def _take(self, index: int) -> None:
        if index < len(self._temperatures):
            self._sampling.change(temperature=self._temperatures[index])
