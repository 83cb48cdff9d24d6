"""Asks which temperature, or which preset, a passage of the text is to have of its own."""

from collections.abc import Sequence

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.parameters.sampling_state import SamplingState
from studio.app.writing.draft_sampling import DraftSampling
from studio.manuscript import OwnSampling
from studio.presets import Preset, preset_words
from studio.translation import tr
from studio.ui.temperature.edit import TemperatureEdit
from studio.ui.temperature.slider import TemperatureSlider
from studio.ui.theme.controls import ComboBox
from studio.ui.theme.spacing import set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.tips import set_tip
from studio.visible_text import visible_line

_WIDTH = 440
_SHOWN = 60
"""Characters of the passage that are shown of it."""


class PassageDialog(QDialog):
    """A dial, and a list of presets that may be used instead.

    Attributes:
        own: What was chosen; None for nothing of its own.
        edit: The number.
        presets: The list; first in it, that there is none.
        clear: Takes what the passage has away; None where it has nothing.

    Args:
        sampling: What is in force.
        presets: Those that there are.
        text: The passage.
        theme: Where the colours come from.
        parent: The window that asks.
    """

    def __init__(
        self,
        sampling: DraftSampling,
        presets: Sequence[Preset],
        text: str,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Temperature of this passage"))
        self.setMinimumWidth(round(_WIDTH * grown(self.font())))
        here = sampling.here
        self.own = here
        self._presets = presets
        self._turned = SamplingState(sampling.params, parent=self)
        begins = visible_line(text.strip())
        shown = begins if len(begins) <= _SHOWN else f"{begins[:_SHOWN].rstrip()}…"
        words = tr("What is written here uses it, whatever the dial says elsewhere.")
        label = PlainLabel(f"“{shown}”\n{words}" if shown else words)
        label.setWordWrap(True)
        self.edit = TemperatureEdit(self._turned, "number")
        slider = TemperatureSlider(self._turned, theme)
        self.presets = ComboBox(theme)
        self.presets.setAccessibleName(tr("Preset of this passage"))
        set_tip(
            self.presets,
            tr("All sampling parameters of a preset for this passage, and not its T alone"),
        )
        self.presets.addItem(tr("None: everything else as in the rest of the text"))
        for preset in presets:
            self.presets.addItem(preset_words(preset.name), preset.name)
        self.presets.setCurrentIndex(max(self.presets.findData(here.preset), 0) if here else 0)
        self.presets.activated.connect(self._use)
        self._turned.params_changed.connect(self.edit.follow)
        self._refusal = PlainLabel()
        self._refusal.setProperty("role", "error")
        self._refusal.setWordWrap(True)
        self._refusal.hide()
        self.edit.refused.connect(self._refuse)
        form = QFormLayout()
        form.addRow(tr("Temperature"), self.edit)
        form.addRow("", slider)
        form.addRow(tr("Preset"), self.presets)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        do = buttons.addButton(tr("Use it here"), QDialogButtonBox.ButtonRole.AcceptRole)
        do.setProperty("primary", True)
        do.setToolTip(tr("Give it to this passage; Undo takes it back"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.clear: QPushButton | None = None
        if here is not None:
            self.clear = buttons.addButton(
                tr("As in the rest of the text"), QDialogButtonBox.ButtonRole.ResetRole
            )
            self.clear.setToolTip(tr("Take its own temperature away"))
            self.clear.clicked.connect(self._clear)
        column = QVBoxLayout(self)
        set_spacing(column, 12)
        column.addWidget(label)
        column.addLayout(form)
        column.addWidget(self._refusal)
        column.addWidget(buttons)
        do.setDefault(True)  # once it is the dialog's: Enter is for it
        self.edit.setFocus()
        self.edit.selectAll()

    def accept(self) -> None:
        """Close with what was chosen, unless the number is refused."""
        if self._refusal.text():
            return
        params = self._turned.params
        name = self.presets.currentData()
        if name is None:
            self.own = OwnSampling(params.temperature)
        else:
            self.own = OwnSampling(params.temperature, name, params)
        super().accept()

    def _clear(self) -> None:
        self.own = None
        super().accept()

    def _use(self, index: int) -> None:
        name = self.presets.itemData(index)
        preset = next((preset for preset in self._presets if preset.name == name), None)
        if preset is not None:
            self._turned.set_params(preset.sampling)

    def _refuse(self, reason: str) -> None:
        self._refusal.setText(reason)
        self._refusal.setVisible(bool(reason))
        self.adjustSize()
