"""The temperature as a number that is typed, or stepped with the arrow keys.

It binds a `SamplingState` and keeps nothing itself.
"""

from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QWidget

from studio.ui.parameters.sampling_edit import STEP_KEYS, CommitEdit
from studio.ui.parameters.sampling_state import SamplingState
from studio.ui.temperature_scale import format_temperature, parse_temperature, stepped

EDIT_INSET = 6
"""Frame, padding and inner margin of a flat line edit, which its text should not be set in by."""

_TIP = (
    "<p><b>Temperature T</b>: the logits are divided by it before the softmax, "
    "P ∝ exp(logit / T).</p>"
    "<p>Low keeps to the likeliest words, high lets in surprising ones; higher is more varied, "
    "not smarter.</p>"
    f"<p>Type a number, 0 or greedy, ∞ or uniform, then Enter. {STEP_KEYS}</p>"
)


class TemperatureEdit(CommitEdit):
    """A bold number.

    Args:
        sampling: Whose temperature is shown and changed.
        size: Of its type, as a factor on the window's.
        parent: The Qt parent, if any.
    """

    def __init__(self, sampling: SamplingState, size: float, parent: QWidget | None = None) -> None:
        super().__init__(
            show=lambda: format_temperature(sampling.params.temperature),
            commit=lambda text: sampling.change(temperature=parse_temperature(text)),
            parent=parent,
            step=lambda text, strides: sampling.change(
                temperature=stepped(parse_temperature(text), strides)
            ),
        )
        self.setProperty("flat", True)
        font = self.font()
        font.setPointSizeF(QFontInfo(font).pointSizeF() * size)
        font.setBold(True)
        self.setFont(font)
        width = self.fontMetrics().horizontalAdvance("0.0000") + 2 * EDIT_INSET
        self.setFixedWidth(width)
        self.setToolTip(_TIP)
        self.setAccessibleName("Temperature T")
