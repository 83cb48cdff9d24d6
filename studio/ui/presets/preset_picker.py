"""The list of presets in the window's head."""

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from studio.app.presets.favourites import PresetFavourites
from studio.app.presets.preset_choice import PresetChoice
from studio.app.presets.state import PresetState
from studio.app.presets.words import field_words, shortened, value_words
from studio.presets import Preset, preset_words
from studio.translation import tr
from studio.ui.theme.controls import ComboBox
from studio.ui.theme.theme import Theme
from studio.ui.widgets.letters import follow_letters
from studio.ui.widgets.tips import plain_tip
from studio.visible_text import visible_line

_LONGEST_NAME = 44
"""Characters, about."""

_TURNED = " •"
"""Behind the name where values were turned since."""


class PresetPicker(ComboBox):
    """Chooses a preset; each says in its tooltip when to use it.

    Args:
        preset_choice: The presets and the one in force.
        theme: Where the colours come from.
        presets: What differs from the preset chosen, where that is known.
        favourites: Which of them come first, before a line.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        preset_choice: PresetChoice,
        theme: Theme,
        presets: PresetState | None = None,
        favourites: PresetFavourites | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent, is_flat=True)
        self._preset_choice = preset_choice
        self._presets = presets
        self._favourites = favourites
        self.setAccessibleName(tr("Preset"))
        self.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToContents)
        # A longer name is elided: model and status stand beside it.
        follow_letters(
            self, lambda letters: self.setMaximumWidth(letters.averageCharWidth() * _LONGEST_NAME)
        )
        # `activated` is the writer's hand alone: choosing the same preset again restores it.
        self.activated.connect(self._choose)
        preset_choice.listed.connect(self._fill)
        preset_choice.chosen.connect(self._follow)
        if presets:
            presets.changed.connect(self._follow)
        if favourites:
            favourites.changed.connect(self._fill)
        self._fill()

    def _choose(self, index: int) -> None:
        preset = self._preset_choice.named(self.itemData(index))
        if preset is None:
            return
        if self._presets:
            self._presets.use(preset)  # what is in force now can be put back
        else:
            self._preset_choice.choose(preset)

    def _fill(self) -> None:
        presets = self._preset_choice.presets
        has_star = self._favourites.has if self._favourites else lambda _name: False
        first = [preset for preset in presets if has_star(preset.name)]
        others = [preset for preset in presets if not has_star(preset.name)]
        self.clear()
        for preset in first:
            self._add(preset)
        if first and others:
            self.insertSeparator(self.count())
        for preset in others:
            self._add(preset)
        self._follow()

    def _add(self, preset: Preset) -> None:
        self.addItem(preset_words(preset.name), preset.name)
        description = visible_line(preset_words(preset.description))
        tip = plain_tip(description) or tr("A preset of your own.")
        self.setItemData(self.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)

    def _follow(self) -> None:
        preset = self._preset_choice.current
        index = self.findData(preset.name)
        if index != self.currentIndex():
            self.setCurrentIndex(index)
        turned = self._presets.differences if self._presets else []
        description = visible_line(preset_words(preset.description))
        for place in range(self.count()):
            name = self.itemData(place)
            is_turned = bool(turned) and place == index
            words = f"{preset_words(name)}{_TURNED if is_turned else ''}" if name else ""
            if words != self.itemText(place):
                self.setItemText(place, words)
        tip = tr(
            "<p><b>Preset: {name}</b></p><p>{description}</p>{turned}"
            "<p>A preset sets temperature, filters, length and prompt format. Choose it again to "
            "restore its values.</p>",
            name=escape(preset_words(preset.name)),
            description=escape(description),
            turned=_turned_words(turned),
        )
        if tip != self.toolTip():
            self.setToolTip(tip)
            self.setAccessibleDescription(description)


def _turned_words(turned: list[tuple[str, object, object]]) -> str:
    """What was turned, a line each."""
    if not turned:
        return ""
    lines = [
        f"{field_words(field)}: {shortened(value_words(field, old))} → "
        f"{shortened(value_words(field, new))}"
        for field, old, new in turned
    ]
    return "<p>{}</p>".format("<br>".join([tr("Turned since:"), *map(escape, lines)]))
