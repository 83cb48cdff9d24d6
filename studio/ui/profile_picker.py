"""The list of profiles in the window's head."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from studio.ui.profile_state import ProfileState
from studio.ui.theme import Theme
from studio.ui.theme_combo import ComboBox


class ProfilePicker(ComboBox):
    """Chooses a preset; each says in its tooltip when to use it."""

    def __init__(self, profiles: ProfileState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._profiles = profiles
        self.setAccessibleName("Profile")
        self.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToContents)
        for index, preset in enumerate(profiles.presets):
            self.addItem(preset.name)
            self.setItemData(index, preset.description, Qt.ItemDataRole.ToolTipRole)
        # `activated` is the writer's hand alone: choosing the same profile again restores it.
        self.activated.connect(lambda index: profiles.choose(profiles.presets[index]))
        profiles.chosen.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        preset = self._profiles.current
        self.setCurrentText(preset.name)
        self.setToolTip(
            f"<p><b>Profile: {preset.name}</b></p><p>{preset.description}</p>"
            "<p>A profile sets temperature, filters, length and prompt format. Choose it again to "
            "restore its values.</p>"
        )
        self.setAccessibleDescription(preset.description)
