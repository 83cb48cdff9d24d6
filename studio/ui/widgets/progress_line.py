"""The rule under the head: it fills while a model loads or a prompt is read."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

from studio.app.frame_clock import FrameClock
from studio.app.model.context_use import ContextUse
from studio.app.model.state import ModelPhase, ModelState
from studio.translation import tr

_THICKNESS = 2


class ProgressLine(QWidget):
    """Takes the same room whether it shows something or not, so that nothing jumps.

    Args:
        model: The open model.
        context: How full its context is.
        height: In pixels.
        parent: The Qt parent, if any.
    """

    def __init__(
        self, model: ModelState, context: ContextUse, height: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._context_use = context
        self.setFixedHeight(height)
        self.setAccessibleName(tr("Progress"))
        self._clock = FrameClock(self.update, self)
        model.changed.connect(self._clock.request)
        context.changed.connect(self._clock.request)

    @property
    def fraction(self) -> float | None:
        """How much of the work is done, 0 to 1; None when there is none."""
        if self._model.phase is ModelPhase.LOADING:
            return self._model.fraction
        progress = self._context_use.progress
        return progress.done / progress.total if progress else None

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the part that is done."""
        fraction = self.fraction
        top = (self.height() - _THICKNESS) / 2
        painter = QPainter(self)
        rule = QRectF(0, self.height() - 1, self.width(), 1)
        painter.fillRect(rule, self.palette().color(QPalette.ColorRole.Mid))
        if fraction is None:
            return
        done = QRectF(0, top, self.width() * fraction, _THICKNESS)
        painter.fillRect(done, self.palette().color(QPalette.ColorRole.Accent))
