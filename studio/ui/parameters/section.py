"""Parameters that stand together, under a heading that folds them away.

It binds a `ParameterValues` and keeps nothing but whether it is open.
"""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from studio.app.parameters.groups import ParameterGroup
from studio.app.parameters.parameter import Number, Parameter
from studio.app.parameters.values import ParameterValues
from studio.translation import tr
from studio.ui.parameters.row import ParameterRow
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.widgets.labels import ElidedLabel, PlainLabel

_DOT = "●"


class ParameterSection(QWidget):
    """A group's heading and rows.

    It opens by itself when one of its parameters is turned, and is closed by the writer alone. A
    row is made when it is first shown: all of them together are five hundred widgets, which take
    their time to be made, and again at each zoom.

    Attributes:
        group: What it shows.

    Args:
        group: What it shows.
        make_row: Makes the row of a parameter.
        values: Where the values are.
        parent: The Qt parent, if any.
    """

    opened = Signal(bool)
    """The writer has opened or closed it."""

    def __init__(
        self,
        group: ParameterGroup,
        make_row: Callable[[Parameter], ParameterRow],
        values: ParameterValues,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.group = group
        self._make_row = make_row
        self._rows: dict[str, ParameterRow] = {}
        self._shown = group.parameters
        """Those that a search has left."""
        self._values = values
        self._is_open = False
        self._was_turned = False
        self._sought = ""
        self._toggle = QPushButton()
        self._toggle.setProperty("flat", True)
        font = self._toggle.font()
        font.setWeight(QFont.Weight.DemiBold)
        self._toggle.setFont(font)
        self._toggle.setAccessibleName(tr(group.title))
        self._toggle.clicked.connect(self._turn)
        self._mark = PlainLabel(_DOT)
        self._mark.setForegroundRole(QPalette.ColorRole.Accent)
        self._mark.setToolTip(tr("Something here is not neutral"))
        self._summary = ElidedLabel()
        self._summary.setProperty("role", "muted")
        self._reset = QPushButton(tr("Reset"))
        self._reset.setProperty("flat", True)
        self._reset.setProperty("role", "muted")
        self._reset.setObjectName(f"reset_group_{group.name}")
        self._reset.setToolTip(tr("Set all of “{title}” back to neutral", title=tr(group.title)))
        self._reset.setAccessibleName(self._reset.toolTip())
        self._reset.clicked.connect(lambda: values.reset(group.parameters))

        self._header = QHBoxLayout()
        set_spacing(self._header, 6)
        self._header.setContentsMargins(0, 0, 0, 0)
        self._header.addWidget(self._toggle)
        self._header.addWidget(self._mark)
        self._header.addWidget(self._summary, 1)
        self._header.addWidget(self._reset)
        self._body = QWidget()
        self._inside = QVBoxLayout(self._body)
        set_margins(self._inside, 7, 0, 0, 6)
        set_spacing(self._inside, 6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._header)
        column.addWidget(self._body)
        values.changed.connect(self._follow)
        self._follow()

    def row(self, parameter: Parameter) -> ParameterRow:
        """The row of one of its parameters."""
        if parameter.name not in self._rows:
            before = self.group.parameters[: self.group.parameters.index(parameter)]
            place = sum(other.name in self._rows for other in before)
            made = self._rows[parameter.name] = self._make_row(parameter)
            self._inside.insertWidget(place, made)
        return self._rows[parameter.name]

    @property
    def is_open(self) -> bool:
        """Whether its rows are shown, but for a search."""
        return self._is_open

    def set_open(self, is_open: bool) -> None:
        """Show or fold its rows."""
        self._is_open = is_open
        self._show_rows()

    def seek(self, words: str) -> int:
        """Show only what matches; all where there is nothing to look for. Returns how many do."""
        self._sought = words
        found = tuple(one for one in self.group.parameters if one.matches(words))
        is_named = words.strip().casefold() in tr(self.group.title).casefold()
        self._shown = self.group.parameters if is_named else found
        self.setVisible(bool(self._shown))
        self._show_rows()
        return len(self._shown)

    def showEvent(self, event: QShowEvent) -> None:
        """Make what is open: now it stands in its window, and is styled there once."""
        super().showEvent(event)
        self._show_rows()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on the heading's line opens and closes, as one on its name does."""
        in_header = self._header.geometry().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and in_header:
            self._turn()
        else:
            super().mousePressEvent(event)

    def _turn(self) -> None:
        if not self._sought:
            self.set_open(not self._is_open)
            self.opened.emit(self._is_open)

    def _show_rows(self) -> None:
        is_shown = self._is_open or bool(self._sought)
        if is_shown and self.isVisible():
            for parameter in self.group.parameters:
                if parameter in self._shown:
                    self._show(self.row(parameter), True)
                elif parameter.name in self._rows:
                    self._show(self._rows[parameter.name], False)
        self._show(self._body, is_shown)
        self._toggle.setText(f"{'▾' if is_shown else '▸'}  {tr(self.group.title)}")
        state = tr("open") if is_shown else tr("closed")
        self._toggle.setToolTip(
            tr("Hide these settings") if is_shown else tr("Show these settings")
        )
        summary = self._summary.text() or tr("all neutral")
        self._toggle.setAccessibleDescription(f"{state}; {summary}")

    def _show(self, part: QWidget, is_shown: bool) -> None:
        # What is shown before it stands in its window is styled then, and at each step on its way.
        if self.isVisible() or part.isHidden() is is_shown:
            part.setVisible(is_shown)

    def _follow(self) -> None:
        turned = self._values.turned(self.group.parameters)
        self._show(self._mark, bool(turned))
        self._show(self._reset, bool(turned))
        words = ", ".join(_words(parameter, self._values) for parameter in turned)
        if words != self._summary.text():
            self._summary.setText(words)
            self._summary.setToolTip(words)
        if turned and not self._was_turned:
            self._is_open = True
        self._was_turned = bool(turned)
        self._show_rows()


def _words(parameter: Parameter, values: ParameterValues) -> str:
    value = values.value(parameter)
    if isinstance(parameter, Number):
        return f"{tr(parameter.label)} {parameter.format(values.number(parameter))}"
    if isinstance(value, tuple) and parameter.name != "samplers":
        return f"{len(value)} {tr(parameter.one if len(value) == 1 else parameter.label)}"
    return tr(parameter.label)
