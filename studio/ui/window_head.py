"""The strip over the page: what is at the left, a title, and what is at the right."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.ui.theme.spacing import set_margins, set_spacing

_EDGE = 14
_GAP, _NARROW_GAP = 10, 2


class WindowHead(QWidget):
    """Its title stands in the middle while the sides have room for that, else between them.

    Args:
        left: From the left.
        title: What gives way first.
        right: Up to the right end.
    """

    def __init__(self, left: Sequence[QWidget], title: QWidget, right: Sequence[QWidget]) -> None:
        super().__init__()
        self._left, self._right = QHBoxLayout(), QHBoxLayout()
        for widget in left:
            self._left.addWidget(widget)
        self._left.addStretch(1)
        self._right.addStretch(1)
        set_spacing(self._right, _NARROW_GAP)
        for widget in right:
            self._right.addWidget(widget)
        self._row = QHBoxLayout(self)
        set_margins(self._row, _EDGE, 4, _EDGE, 5)
        set_spacing(self._row, _GAP)
        self._row.addLayout(self._left)
        self._row.addWidget(title)
        self._row.addLayout(self._right)
        self._share()

    def event(self, event: QEvent) -> bool:
        """Share the width anew when it is another, or the parts want another."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._share()
        return super().event(event)

    def _share(self) -> None:
        widest = max(side.sizeHint().width() for side in (self._left, self._right))
        is_wide = 2 * (self.width() - 2 * _EDGE - 2 * _GAP) >= 5 * widest
        for part, stretch in enumerate((2, 1, 2) if is_wide else (0, 1, 0)):
            self._row.setStretch(part, stretch)
