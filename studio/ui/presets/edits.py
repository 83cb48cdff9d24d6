"""What is done to any one preset, in the menu or in the library: asks what it must, says the rest.

Knows dialogs and notices; the presets themselves are `PresetState`'s.
"""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studio.app.presets.state import PresetState
from studio.presets import DeletedPreset, Preset, preset_words
from studio.translation import tr
from studio.ui.presets.notices import PresetNotices
from studio.ui.widgets.actions import make_action
from studio.ui.widgets.tips import plain_tip
from studio.visible_text import visible_name


class PresetEdits(QObject):
    """Rename, duplicate, delete, bring back; and back to what was in force.

    Attributes:
        undelete: The action that brings back what was deleted last.
        put_back: The action that puts in force what was so before.

    Args:
        window: Whose menu has the actions.
        presets: Whose presets they are.
        notices: Where it is reported.
    """

    def __init__(self, window: QWidget, presets: PresetState, notices: PresetNotices) -> None:
        super().__init__(window)
        self._presets, self._notices = presets, notices
        self._deleted: list[DeletedPreset] = []
        self.undelete = make_action(window, tr("&Bring it back"), self._undelete)
        self.put_back = make_action(window, tr("Put bac&k what was in force"), self._put_back)
        presets.changed.connect(self._follow)
        self._follow()

    def rename(self, name: str, parent: QWidget) -> None:
        """Ask for another name.

        Args:
            name: The preset's.
            parent: The window that the question belongs to.
        """
        from studio.ui.presets.name_dialog import PresetNameDialog

        new_name = PresetNameDialog.ask(
            parent,
            tr("Rename preset"),
            tr("Rename"),
            tr("New name for “{name}”:", name=visible_name(name)),
            name,
            lambda typed: self._presets.why_not_called(typed, name),
        )
        if new_name:
            self._presets.rename(name, new_name)

    def delete(self, name: str) -> None:
        """Delete a preset and offer it back."""
        is_chosen = self._presets.now.preset.name == name
        deleted = self._presets.delete(name)
        if deleted is None:
            return
        self._deleted.append(deleted)
        self._follow()
        stays = tr("; its values stay in force") if is_chosen else ""
        self._notices.report(
            tr(
                "The preset “{name}” is deleted{stays}.",
                name=visible_name(deleted.name),
                stays=stays,
            ),
            self.undelete,
            is_error=False,
        )

    def use(self, preset: Preset) -> None:
        """Put a preset in force, and offer back what was turned."""
        was_turned = self._presets.now.is_turned
        self._presets.use(preset)
        if was_turned and self._presets.before:
            self._notices.report(
                tr(
                    "“{name}” is in force. What was turned before is kept.",
                    name=visible_name(preset_words(preset.name)),
                ),
                self.put_back,
                is_error=False,
            )

    def _undelete(self) -> None:
        if self._deleted and self._presets.restore(self._deleted[-1]):
            self._deleted.pop()
            self._notices.withdraw(self.undelete)
            self._follow()

    def _put_back(self) -> None:
        self._presets.put_back()
        self._notices.withdraw(self.put_back)
        self._follow()

    def _follow(self) -> None:
        deleted = f": “{visible_name(self._deleted[-1].name)}”" if self._deleted else ""
        self.undelete.setEnabled(bool(deleted))
        self.undelete.setToolTip(
            plain_tip(tr("Bring the preset back that was deleted last{deleted}", deleted=deleted))
        )
        before = self._presets.before
        self.put_back.setEnabled(before is not None)
        was = f": “{visible_name(preset_words(before.preset.name))}”" if before else ""
        turned = tr(", as it was turned") if before and before.is_turned else ""
        self.put_back.setToolTip(
            plain_tip(
                tr(
                    "Put in force what was so before another preset was{was}{turned}",
                    was=was,
                    turned=turned,
                )
            )
        )
