"""What controls say of themselves, and how Tab goes through them."""

import re

from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTextEdit,
    QWidget,
)

from studio.ui.histogram.histogram import NextTokenHistogram
from studio.ui.temperature.slider import TemperatureSlider

_CONTROLS = (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    TemperatureSlider,
    NextTokenHistogram,
)


def visible_controls(place: QWidget) -> list[QWidget]:
    """All that can be used within a widget."""
    return [
        widget
        for widget in place.findChildren(QWidget)
        if isinstance(widget, _CONTROLS)
        and not isinstance(widget, QScrollBar)
        and widget.isVisible()
    ]


def name_of(widget: QWidget) -> str:
    """What a screen reader calls it; empty where it has no name."""
    spoken = widget.accessibleName()
    if not spoken and isinstance(widget, QAbstractButton):
        spoken = widget.text()
    return _plain(spoken)


def tip_of(widget: QWidget) -> str:
    """What is shown over a widget: Qt asks those around it where it has no tip of its own."""
    at: QWidget | None = widget
    while at is not None and not at.isWindow():
        if at.toolTip():
            return _plain(at.toolTip())
        at = at.parentWidget()
    return ""


def walked(start: QWidget) -> list[QWidget]:
    """What Tab comes to, from one stop round to it again."""
    start.setFocus()
    found: list[QWidget] = []
    at: QWidget | None = QApplication.focusWidget()
    while at is not None and at not in found:
        found.append(at)
        at.window().focusNextChild()
        at = QApplication.focusWidget()
    return found


def _plain(text: str) -> str:
    return re.sub(r"<[^>]*>", "", text).strip()
