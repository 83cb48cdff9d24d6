"""The temperature as a number that is typed, or stepped with the arrow keys.

It binds a `SamplingState` and keeps nothing itself.
"""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QWidget

from studio.app.parameters.sampling_state import SamplingState
from studio.app.parameters.temperature_scale import format_temperature, parse_temperature, stepped
from studio.translation import mark, tr
from studio.ui.parameters.sampling_edit import STEP_KEYS, CommitEdit
from studio.ui.widgets.tips import set_tip

EDIT_INSET = 6
"""Frame, padding and inner margin of a flat line edit, which its text should not be set in by."""

_TIP = mark(
    "<p><b>Temperature T</b>: the logits are divided by it before the softmax, "
    "P ∝ exp(logit / T).</p>"
    "<p>Low keeps to the likeliest words, high lets in surprising ones; higher is more varied, "
    "not smarter.</p>"
    "<p>Type a number, 0 or greedy, ∞ or uniform, then Enter. {keys}</p>"
)


class TemperatureEdit(CommitEdit):
    """A bold number.

    Args:
        sampling: Whose temperature is shown and changed.
        role: Of its letters, as the stylesheet knows it: ``number`` or ``figure``.
        parent: The Qt parent, if any.
    """

    def __init__(self, sampling: SamplingState, role: str, parent: QWidget | None = None) -> None:
        super().__init__(
            show=lambda: format_temperature(sampling.params.temperature),
            commit=lambda text: sampling.change(temperature=parse_temperature(text)),
            parent=parent,
            step=lambda text, strides: sampling.change(
                temperature=stepped(parse_temperature(text), strides)
            ),
        )
        self.setProperty("flat", True)
        self.setProperty("type", role)
        self.textChanged.connect(self._fit)
        self._fit()
        set_tip(self, tr(_TIP, keys=tr(STEP_KEYS)))
        self.setAccessibleName(tr("Temperature T"))

    def changeEvent(self, event: QEvent) -> None:
        """As wide as its number in another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        words = self.text() or "0"
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(words) + 2 * EDIT_INSET + 2)
