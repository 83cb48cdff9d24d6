"""What T does at the caret, in a line for a writer, and two with the figures on request.

Painted rather than put into labels: words that change ten times a second would lay out the whole
column anew each time. It shows a `NextToken` and keeps the words alone.
"""

import math

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app.temperature.words import (
    follow_words,
    follow_words_between,
    sensitivity_figure,
    sensitivity_words,
    short_follow_words,
    short_follow_words_between,
    short_sensitivity_words,
)
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.shape import Interval
from studio.app.tokens.words import (
    bits_between,
    choices,
    choices_between,
    percent,
    percent_between,
)
from studio.translation import mark, tr
from studio.ui.theme.theme import Theme
from studio.ui.widgets.tips import set_tip

_LINES = 3
_WIDEST = mark("a small turn changes much here")

_TOOL_TIP = mark(
    "<p><b>Effective choices</b>, exp(entropy), <b>entropy</b> in bits, and the favourite's "
    "probability, of the distribution the sampler draws from here, after temperature and "
    "filters.</p>"
    "<p>How uncertain the next token is: as much as a fair draw from so many.</p>"
    "<p><b>Sensitivity</b>: how fast that grows as T is turned.</p>"
)


class TemperatureMeasures(QWidget):
    """A line beside the number, and under it the figures where they are asked for.

    Attributes:
        words: The lines; empty where nothing is known. A narrow column has shorter ones.

    Args:
        next_token: What is measured.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, next_token: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._next_token = next_token
        self._theme = theme
        self._is_detailed = False
        self.words: tuple[str, ...] = ()
        self._shorter: tuple[tuple[str, ...], ...] = ()
        self._set_font()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        # Every pixel is painted: what is behind need not be.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        set_tip(self, tr(_TOOL_TIP))
        theme.changed.connect(self.update)
        self.follow()

    def set_detailed(self, is_detailed: bool) -> None:
        """Show the figures too, or the words alone."""
        self._is_detailed = is_detailed
        self.updateGeometry()
        self.follow()
        self.update()

    def follow(self) -> None:
        """Measure again."""
        token = self._next_token
        effective, bits = token.effective_choices, token.entropy_bits
        top, sensitivity = token.top_probability, token.sensitivity
        words: tuple[str, ...] = ()
        if token.entropies is not None and token.top_band is not None:
            words = self._words_between(token.entropies, token.top_band)
        elif effective is None or bits is None or top is None or sensitivity is None:
            self._shorter = ()
        else:
            shown = _LINES if self._is_detailed else 1
            words = (
                follow_words(effective),
                tr(
                    "{choices}, {bits:.1f} bits, favourite {share}",
                    choices=choices(effective),
                    bits=bits,
                    share=percent(top),
                ),
                sensitivity_words(sensitivity),
            )[:shown]
            self._shorter = (
                short_follow_words(effective),
                (
                    tr("{bits:.1f} bits, favourite {share}", bits=bits, share=percent(top)),
                    tr("{bits:.1f} bits", bits=bits),
                ),
                short_sensitivity_words(sensitivity),
            )[:shown]
        if words != self.words or not self.accessibleName():
            self.words = words
            nothing = token.reason or tr("Nothing is known of the next token yet")
            self.setAccessibleName("; ".join(words) or nothing)
            self.update()

    def _words_between(self, entropies: Interval, top: Interval) -> tuple[str, ...]:
        """Say what there is to say of a distribution that is known between two ends."""
        shown = _LINES if self._is_detailed else 1
        least, most = map(math.exp, entropies)
        bits = bits_between((entropies[0] / math.log(2), entropies[1] / math.log(2)))
        share = percent_between(top)
        self._shorter = (
            short_follow_words_between((least, most)),
            (tr("{bits}, favourite {share}", bits=bits, share=share), bits),
            (tr("T: only bounds are known"), "–"),
        )[:shown]
        return (
            follow_words_between((least, most)),
            tr(
                "{choices}, {bits}, favourite {share}",
                choices=choices_between((least, most)),
                bits=bits,
                share=share,
            ),
            tr("what turning T changes is known between bounds alone"),
        )[:shown]

    def sizeHint(self) -> QSize:
        """Room for the widest words."""
        width = QFontMetrics(self.font()).horizontalAdvance(tr(_WIDEST))
        figures = (_LINES - 1) * self.fontMetrics().height() if self._is_detailed else 0
        return QSize(width, self._large_metrics.height() + figures)

    def minimumSizeHint(self) -> QSize:
        """In a narrow column the words are shorter, or cut off, and nothing else."""
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
            set_tip(self, tr(_TOOL_TIP) + figure)
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
        painter.fillRect(self.rect(), QColor(colors.window))
        top = (self.height() - self.sizeHint().height()) // 2
        for index, shown in enumerate(self.shown):
            metrics = self._metrics(index)
            painter.setFont(self.font() if index else self._large)
            painter.setPen(QColor(colors.muted if index else colors.text))
            painter.drawText(0, top + metrics.ascent(), shown)
            top += metrics.height()

    def _metrics(self, line: int) -> QFontMetrics:
        return self.fontMetrics() if line else self._large_metrics

    def _set_font(self) -> None:
        self._large = QFont(self._theme.font("lead"))
        self._large_metrics = QFontMetrics(self._large)
