"""What T does at the caret, in three lines: choices, entropy and favourite, sensitivity.

Painted rather than put into labels: words that change ten times a second would lay out the whole
column anew each time. It shows a `NextToken` and keeps the words alone.
"""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.temperature.words import (
    sensitivity_figure,
    sensitivity_words,
    short_sensitivity_words,
)
from studio.ui.theme.theme import Theme
from studio.ui.tokens.next_token import NextToken
from studio.ui.tokens.words import choices, percent

_CHOICES_SIZE = 1.15
_WIDEST = "a small turn changes much here"

_TOOL_TIP = (
    "<p><b>Effective choices</b>, exp(entropy), <b>entropy</b> in bits, and the favourite's "
    "probability, of the distribution the sampler draws from here, after temperature and "
    "filters.</p>"
    "<p>How uncertain the next token is: as much as a fair draw from so many.</p>"
    "<p><b>Sensitivity</b>: how fast that grows as T is turned.</p>"
)


class TemperatureMeasures(QWidget):
    """Three lines, at the right.

    Attributes:
        words: The lines; empty where nothing is known. A narrow card has shorter ones.

    Args:
        next_token: What is measured.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, next_token: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._next_token = next_token
        self._theme = theme
        self.words: tuple[str, ...] = ()
        self._shorter: tuple[tuple[str, ...], ...] = ()
        self._set_font()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        # Every pixel is painted: what is behind need not be.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setToolTip(_TOOL_TIP)
        theme.changed.connect(self.update)
        self.follow()

    def follow(self) -> None:
        """Measure again."""
        token = self._next_token
        effective, bits = token.effective_choices, token.entropy_bits
        top, sensitivity = token.top_probability, token.sensitivity
        if effective is None or bits is None or top is None or sensitivity is None:
            words: tuple[str, ...] = ()
            self._shorter = ()
        else:
            words = (
                choices(effective),
                f"{bits:.1f} bits, favourite {percent(top)}",
                sensitivity_words(sensitivity),
            )
            number = choices(effective).removeprefix("about ")
            self._shorter = (
                (number, number.split()[0]),
                (f"{bits:.1f} bits, top {percent(top)}", f"{bits:.1f} bits"),
                short_sensitivity_words(sensitivity),
            )
        if words != self.words or not self.accessibleName():
            self.words = words
            nothing = token.reason or "Nothing is known of the next token yet"
            self.setAccessibleName("; ".join(words) or nothing)
            self.update()

    def sizeHint(self) -> QSize:
        """Room for the widest words."""
        width = QFontMetrics(self.font()).horizontalAdvance(_WIDEST)
        return QSize(width, self._large_metrics.height() + 2 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """In a narrow card the words are shorter, or cut off, and nothing else."""
        return QSize(0, self.sizeHint().height())

    @property
    def shown(self) -> list[str]:
        """The lines as the width has them."""
        shown = []
        for index, (words, shorter) in enumerate(zip(self.words, self._shorter, strict=True)):
            metrics = self._metrics(index)
            forms = (words, *shorter)
            fitting = [form for form in forms if metrics.horizontalAdvance(form) <= self.width()]
            cut = metrics.elidedText(forms[-1], Qt.TextElideMode.ElideRight, self.width())
            shown.append(fitting[0] if fitting else cut)
        return shown

    def event(self, event: QEvent) -> bool:
        """Add the number behind the words to the tool tip, as it is when it is asked for."""
        if event.type() == QEvent.Type.ToolTip:
            sensitivity = self._next_token.sensitivity
            figure = "" if sensitivity is None else f"<p>{sensitivity_figure(sensitivity)}.</p>"
            self.setToolTip(_TOOL_TIP + figure)
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        """Take a new font."""
        if event.type() == QEvent.Type.FontChange:
            self._set_font()
            self.updateGeometry()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines, one under the other."""
        colors = self._theme.colors
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colors.card))
        top = (self.height() - self.sizeHint().height()) // 2
        for index, shown in enumerate(self.shown):
            metrics = self._metrics(index)
            painter.setFont(self.font() if index else self._large)
            painter.setPen(QColor(colors.muted if index else colors.text))
            left = self.width() - metrics.horizontalAdvance(shown)
            painter.drawText(left, top + metrics.ascent(), shown)
            top += metrics.height()

    def _metrics(self, line: int) -> QFontMetrics:
        return self.fontMetrics() if line else self._large_metrics

    def _set_font(self) -> None:
        self._large = QFont(self.font())
        self._large.setPointSizeF(QFontInfo(self.font()).pointSizeF() * _CHOICES_SIZE)
        self._large_metrics = QFontMetrics(self._large)
