"""What the library does with the preset that is looked at: actions for buttons, keys and a menu.

Each is greyed where it cannot be done, and its tooltip says why.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMenu, QWidget

from studio.app.presets.comparison_state import ACTIVE
from studio.app.presets.library_entries import Entry, Kind, Mark
from studio.app.presets.library_state import PresetLibraryState
from studio.app.presets.state import PresetState
from studio.translation import mark, tr
from studio.ui.presets.edits import PresetEdits
from studio.ui.presets.notices import PresetNotices
from studio.ui.widgets.actions import make_action
from studio.visible_text import visible_path

_NO_PRESET = mark("Select a preset first")
_BUILT_IN = mark("It is built in and never changes; duplicate it to change the copy")
_READ_ONLY = mark(
    "A newer Kelvin Studio wrote it: update the program to change it, or duplicate it"
)
_UNSAVED = mark("Its file is gone; save it again with Preset › Save preset as…")


class PresetLibraryActions(QObject):
    """Use, compare, star, duplicate, rename, delete; import, show the folder.

    Args:
        window: The library's window, whose keys they are.
        state: What is looked at.
        presets: The presets' folder.
        edits: What can be done to any one preset.
        notices: Where it is reported what went wrong.
        compare: Puts two side by side, by name or `ACTIVE`.
        ask_import: Asks for files and takes them in.
    """

    def __init__(
        self,
        window: QWidget,
        state: PresetLibraryState,
        presets: PresetState,
        edits: PresetEdits,
        notices: PresetNotices,
        compare: Callable[[str, str], None],
        ask_import: Callable[[], None],
    ) -> None:
        super().__init__(window)
        self._window, self._state, self._presets = window, state, presets
        self._edits, self._notices, self._open_comparison = edits, notices, compare

        def on_selected(act: Callable[[Entry], object]) -> Callable[[], None]:
            def on_triggered() -> None:
                if state.selected:
                    act(state.selected)

            return on_triggered

        self.use = make_action(window, tr("&Use"), on_selected(self._use))
        self.compare = make_action(
            window, tr("&Compare with…"), on_selected(self._compare), "Ctrl+Shift+C"
        )
        self.star = make_action(
            window,
            tr("&Favourite"),
            on_selected(lambda entry: state.set_favourite(entry.key, not entry.is_favourite)),
            "Ctrl+D",
            tr("Favourites stand first, here and in the list of presets in the window"),
        )
        self.duplicate = make_action(
            window,
            tr("D&uplicate"),
            on_selected(lambda entry: presets.duplicate(entry.key, choose=False)),
        )
        self.rename = make_action(
            window, tr("&Rename…"), on_selected(lambda entry: edits.rename(entry.key, window)), "F2"
        )
        self.delete = make_action(
            window, tr("De&lete"), on_selected(lambda entry: edits.delete(entry.key)), "Del"
        )
        self.import_ = make_action(
            window,
            tr("&Import…"),
            ask_import,
            tip=tr("Import presets of this or another program; or drop files on this window"),
        )
        self.show_folder = make_action(
            window,
            tr("Show f&older"),
            self._show_folder,
            tip=tr("Open the folder in which your presets are"),
        )
        for action in (self.compare, self.star, self.rename, self.delete):
            window.addAction(action)
        state.selection_changed.connect(self._follow)
        state.changed.connect(self._follow)
        self._follow()

    def menu(self) -> QMenu:
        """What can be done with the entry that is selected."""
        menu = QMenu(self._window)
        menu.setToolTipsVisible(True)
        menu.addActions([self.use, self.compare, self.star])
        menu.addSeparator()
        menu.addActions([self.duplicate, self.rename, self.delete])
        return menu

    def _follow(self) -> None:
        entry = self._state.selected
        has_preset = entry is not None and entry.preset is not None
        tips = {
            self.use: tr("Put its values in force (Enter)"),
            self.compare: tr("Put it beside another one, or beside the values in force"),
            self.duplicate: tr("Copy it, to change the copy"),
        }
        for action, tip in tips.items():
            action.setEnabled(has_preset)
            action.setToolTip(tip if has_preset else tr(_NO_PRESET))
        self.star.setEnabled(has_preset)
        self.star.setText(tr("No &favourite") if entry and entry.is_favourite else tr("&Favourite"))
        why_not_rename, why_not_delete = _refusals(entry)
        self.rename.setEnabled(not why_not_rename)
        self.rename.setToolTip(why_not_rename or tr("Call it otherwise"))
        self.delete.setEnabled(not why_not_delete)
        self.delete.setToolTip(why_not_delete or tr("Delete it; it can be brought back"))

    def _use(self, entry: Entry) -> None:
        if entry.preset:
            self._edits.use(entry.preset)

    def _compare(self, entry: Entry) -> None:
        now = self._presets.now
        # The one in use is compared with what was turned of it, another with the one in use.
        other = ACTIVE if now.is_turned or entry.key == now.preset.name else now.preset.name
        self._open_comparison(entry.key, other)

    def _show_folder(self) -> None:
        path = self._presets.folder.path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._notices.report(f"“{visible_path(path)}”: {error.strerror or error}.")
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def _refusals(entry: Entry | None) -> tuple[str, str]:
    """Why an entry cannot be renamed, and why it cannot be deleted; empty where it can."""
    if entry is None or entry.preset is None:
        return tr(_NO_PRESET), tr(_NO_PRESET)
    if entry.kind is Kind.BUILT_IN:
        return tr(_BUILT_IN), tr(_BUILT_IN)
    if entry.kind is Kind.UNSAVED:
        return tr(_UNSAVED), tr(_UNSAVED)
    return (tr(_READ_ONLY) if Mark.READ_ONLY in entry.marks else "", "")
