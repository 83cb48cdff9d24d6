"""The legend of who wrote what: how much is whose, in a row under the manuscript.

Each source is a button: pressed, it alone is shown, and the arrows go through its parts.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from studio.app.writing.who_wrote import NAMES, TIPS, WhoWrote
from studio.manuscript import Provenance, percents
from studio.translation import mark, tr
from studio.ui.theme.colors import Colors
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.actions import key_text, shown_text
from studio.ui.widgets.flow_layout import FlowLayout
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.tips import set_tip, with_key

NOTHING = mark("There is no text yet.")
_SWATCH = 11
_GAP = 8


class ProvenanceLegend(QWidget):
    """The row; hidden while it is not asked for.

    Attributes:
        sources: The button of each source, shown where it has some of the text.

    Args:
        state: What is shown.
        theme: Where the colours come from.
        tint_of: Gives a source its tint.
        steps: Go to the part before and to the next one.
        report: Exports a report.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        state: WhoWrote,
        theme: Theme,
        tint_of: Callable[[Provenance, Colors], str],
        steps: tuple[QAction, QAction],
        report: QAction,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._theme = theme
        self._tint_of = tint_of
        self.setAccessibleName(tr("Who wrote what"))
        self.yours = PlainLabel()
        self.yours.setAccessibleName(tr("How much is yours"))
        set_tip(self.yours, tr("Typed and changed by you, of all letters, digits and signs"))
        shares = QWidget()
        shares.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        flow = FlowLayout(shares, _GAP, 2)
        self.sources = {source: self._button(source) for source in NAMES}
        for button in self.sources.values():
            flow.addWidget(button)
        row = QHBoxLayout(self)
        set_margins(row, 26, 3, 6, 3)
        set_spacing(row, _GAP)
        row.addWidget(self.yours)
        row.addWidget(shares, 1)
        for action, sign in zip(steps, "‹›", strict=True):
            row.addWidget(_sign_button(action, sign))
        report_button = QPushButton(tr("Report…"))
        report_button.setProperty("flat", True)
        report_button.setToolTip(report.toolTip())
        report_button.clicked.connect(report.trigger)
        row.addWidget(report_button)
        close = QToolButton()
        close.setText("×")
        close.setToolTip(tr("Show it no longer"))
        close.setAccessibleName(tr("Show it no longer"))
        close.clicked.connect(lambda: state.set_on(False))
        row.addWidget(close)
        state.changed.connect(self._follow)
        theme.changed.connect(self._follow_theme)
        self._follow_theme()
        self._follow()

    def _button(self, source: Provenance) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        set_tip(
            button,
            tr(
                "<p>{what}. Press to see it alone, and to go through it.</p>", what=tr(TIPS[source])
            ),
        )
        button.clicked.connect(
            lambda is_checked: self._state.choose(source if is_checked else None)
        )
        return button

    def _follow(self) -> None:
        state = self._state
        self.setVisible(state.is_on)
        if not state.is_on:
            return
        letters = state.letters
        shares = (
            dict(zip(letters, percents(list(letters.values())), strict=True)) if letters else {}
        )
        yours = sum(shares.get(one, 0) for one in (Provenance.TYPED, Provenance.EDITED))
        words = tr("{share} % yours", share=yours) if shares else tr(NOTHING)
        if words != self.yours.text():
            self.yours.setText(words)
        for source, button in self.sources.items():
            button.setVisible(source in shares)
            button.setChecked(source is state.chosen)
            name = tr("{name} {share} %", name=tr(NAMES[source]), share=shares.get(source, 0))
            if name != button.accessibleName():
                button.setAccessibleName(name)
                button.setText(f" {name}")  # apart from its swatch

    def _follow_theme(self) -> None:
        colors, size = self._theme.colors, round(_SWATCH * grown(self.font()))
        for source, button in self.sources.items():
            ratio = self.devicePixelRatioF()
            swatch = QPixmap(round(size * ratio), round(size * ratio))
            swatch.setDevicePixelRatio(ratio)
            swatch.fill(QColor(self._tint_of(source, colors)))
            painter = QPainter(swatch)
            painter.setPen(QColor(colors.ghost))
            painter.drawRect(0, 0, size - 1, size - 1)
            painter.end()
            button.setIcon(QIcon(swatch))


def _sign_button(action: QAction, sign: str) -> QToolButton:
    button = QToolButton()
    button.setText(sign)
    button.setAccessibleName(shown_text(action))
    button.setToolTip(with_key(action.toolTip(), key_text(action)))
    button.clicked.connect(action.trigger)
    return button
