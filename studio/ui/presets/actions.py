"""The Preset menu: what can be done with presets, and the questions it asks.

Knows dialogs and the notice bar; the presets themselves are `PresetState`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Qt
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu

from studio.app.background import Background
from studio.app.presets.preset_choice import PresetChoice
from studio.app.presets.state import PresetState
from studio.app.settings import PRESETS_FROM, PRESETS_NEUTRAL, Settings
from studio.atomic_write import atomic_write
from studio.path_checks import is_folder
from studio.presets import PresetError
from studio.sampling import SamplingParams
from studio.translation import mark, tr
from studio.ui.presets.library import PresetLibrary
from studio.ui.widgets import file_dialog
from studio.ui.widgets.actions import make_action
from studio.visible_text import name_or_number, visible_name, visible_path

if TYPE_CHECKING:  # other programs' formats are read when a file of theirs is
    from studio.app.presets.import_report_words import Left
    from studio.app.presets.preset_import import PresetImport

EXPORT_ENTRIES = {
    "kelvin": "&Kelvin Studio",
    "sillytavern": "&SillyTavern",
    "koboldcpp": "Kobold&Cpp",
    "lmstudio": "&LM Studio",
    "textgen": "&text-generation-webui",
    "llamacpp": mark("ll&ama.cpp arguments"),
    "ollama": mark("&Ollama Modelfile"),
    "openai": mark("O&penAI-style request"),
}
"""The menu's words for each format; without their ``&`` they are the program's name."""


class PresetActions(QObject):
    """Save, save as, rename, duplicate, delete, revert, import, export.

    Args:
        window: The window.
        preset_choice: The presets, and the one in force.
        presets: What is done to them.
        library: The library's window.
        settings: What is remembered.
        reading: Reads files meanwhile.
    """

    def __init__(
        self,
        window: QMainWindow,
        preset_choice: PresetChoice,
        presets: PresetState,
        library: PresetLibrary,
        settings: Settings,
        reading: Background,
    ) -> None:
        super().__init__(window)
        self._settings, self._reading = settings, reading
        self._window, self._preset_choice, self._presets = window, preset_choice, presets
        self._library, self._notice, self._edits = library, library.notices, library.edits
        self.save = make_action(
            window,
            tr("&Save preset"),
            presets.save,
            tip=tr("Save the values in force into your preset"),
        )
        self.save_as = make_action(
            window,
            tr("Save preset &as…"),
            self._ask_save_as,
            "Ctrl+Shift+K",
            tr("Save the values in force as a preset of your own"),
        )
        self.rename = make_action(
            window,
            tr("Re&name…"),
            lambda: self._edits.rename(self._name, window),
            tip=tr("Call your preset otherwise"),
        )
        self.duplicate = make_action(
            window,
            tr("&Duplicate"),
            lambda: presets.duplicate(self._name),
            tip=tr("Copy the preset, to change the copy"),
        )
        self.revert = make_action(
            window,
            tr("&Revert"),
            presets.revert,
            tip=tr("Put the preset's saved values in force again"),
        )
        self.delete = make_action(
            window,
            tr("De&lete"),
            lambda: self._edits.delete(self._name),
            tip=tr("Delete your preset; it can be brought back"),
        )
        self.import_ = make_action(
            window,
            tr("&Import…"),
            self._ask_import,
            tip=tr(
                "Import presets of SillyTavern, NovelAI, KoboldCpp, LM Studio, "
                "text-generation-webui, llama.cpp, Ollama, Hugging Face, OpenAI-style requests"
            ),
        )
        self.neutral = make_action(
            window,
            tr("Neutral &where a file is silent"),
            self._remember_neutral,
            tip=tr(
                "What an imported file does not say stays neutral; otherwise it is as in the "
                "program that the file comes from, and reported"
            ),
        )
        self.neutral.setCheckable(True)
        self.neutral.setChecked(settings.get(PRESETS_NEUTRAL))
        self.show_left = make_action(
            window,
            tr("Show all"),
            self._show_left,
            tip=tr("Show every setting that was not taken as it stood"),
        )
        self._left: list[Left] = []
        self._report = ""
        """What a table of these is called."""
        presets.changed.connect(self._follow)
        presets.failed.connect(self._notice.report)
        library.import_wanted.connect(lambda paths: self.import_paths(paths, choose=False))
        library.import_asked.connect(lambda: self._ask_import(choose=False))
        self._follow()

    def menu(self, parent: QMenu | None = None) -> QMenu:
        """The menu with all of them."""
        menu = QMenu(tr("&Preset"), parent or self._window)
        menu.setToolTipsVisible(True)
        menu.addAction(self._library.open)
        menu.addSeparator()
        menu.addActions([self.save, self.save_as, self.revert, self._edits.put_back])
        menu.addSeparator()
        menu.addActions([self.rename, self.duplicate, self.delete, self._edits.undelete])
        menu.addSeparator()
        menu.addActions([self.import_, self.neutral])
        exports = menu.addMenu(tr("&Export"))
        exports.setToolTipsVisible(True)
        for name, words in EXPORT_ENTRIES.items():
            action = make_action(
                exports,
                f"{tr(words)}…",
                partial(self._ask_export, name),
                tip=tr("Save the values in force as a file for {program}", program=_program(name)),
            )
            exports.addAction(action)
        return menu

    def import_paths(
        self,
        paths: Sequence[Path],
        *,
        choose: bool = True,
        also: Callable[[], Sequence[str]] = tuple,
        shows: bool = False,
    ) -> None:
        """Import files while the window goes on, and report all of them at the end.

        Args:
            paths: The files; of a folder, those in it.
            choose: Whether the last of them is put in force.
            also: Gives, at the end, sentences about other files that came with them.
            shows: Whether the library is opened at the last of them.
        """
        if shows and paths and (own := self._presets.at(paths[0])) is not None:
            # It is here already.
            self._library.edits.use(own)
            self._library.show()
            return
        from studio.app.presets.preset_import import PresetImport, import_presets

        progress = PresetImport(len(paths))
        absent = not self.neutral.isChecked()
        folder = self._presets.folder
        what = name_or_number([path.name for path in paths])
        self._reading.start(
            lambda at: import_presets(paths, folder, progress, at, absent=absent),
            lambda result: self._on_imported(
                progress, choose, also(), is_ended=result is None, shows=shows
            ),
            tr("Importing {what}", what=what),
        )

    def _on_imported(
        self,
        progress: PresetImport,
        choose: bool,
        also: Sequence[str],
        *,
        is_ended: bool,
        shows: bool,
    ) -> None:
        from studio.app.presets.import_report_words import left_behind, refused_row, taken_in

        taken, refused = list(progress.taken), list(progress.refused)
        self._presets.on_imported(taken, choose=choose)
        if shows and taken:
            self._library.show()
        self._left = [refused_row(it.file, it.why) for it in refused]
        self._left += [row for it in taken for row in left_behind(it.preset.name, it)]
        self._report = tr("Import report")
        words = [*progress.skipped, *also]
        is_error = bool(refused or words)
        if is_ended:
            words.append(
                tr(
                    "Ended after {done:,} of %n files.",
                    "",
                    progress.files,
                    one="Ended after {done:,} of %n file.",
                    done=progress.done,
                )
            )
        if taken or refused or words:
            self._notice.report(
                taken_in(
                    [(it.preset.name, it) for it in taken], [*(it.why for it in refused)], words
                ),
                self.show_left if self._left else None,
                is_error=is_error,
            )

    def keep(self, name: str, params: SamplingParams) -> None:
        """Keep a lane's parameters as a preset, and return its name.

        Args:
            name: The name that is wanted.
            params: The sampling parameters.
        """
        kept = self._presets.keep(name, params)
        if kept:
            self._notice.report(
                tr("Kept as the preset “{name}”.", name=visible_name(kept.name)), is_error=False
            )

    @property
    def _name(self) -> str:
        return self._preset_choice.current.name

    def _follow(self) -> None:
        is_own, is_turned = self._presets.can_save, bool(self._presets.differences)
        self.save.setEnabled(is_own and is_turned)
        self.revert.setEnabled(is_turned)
        self.rename.setEnabled(is_own)
        self.delete.setEnabled(is_own)

    def _remember_neutral(self) -> None:
        self._settings.set(PRESETS_NEUTRAL, self.neutral.isChecked())

    def _ask_save_as(self) -> None:
        from studio.ui.presets.name_dialog import PresetNameDialog

        free = self._presets.folder.free_name(self._name)
        name = PresetNameDialog.ask(
            self._window,
            tr("Save preset as"),
            tr("Save"),
            tr("Name of the preset:"),
            free,
            self._presets.why_not_called,
        )
        if name:
            self._presets.save_as(name)

    def _ask_import(self, *, choose: bool = True) -> None:
        paths = file_dialog.ask_open_several(
            QApplication.activeWindow() or self._window,
            tr("Import presets"),
            str(self._folder),
            tr(
                "Presets (*.json *.preset *.settings *.yaml *.yml *.ini *.txt *.args Modelfile "
                "*.Modelfile);;All files (*)"
            ),
        )
        if paths:
            self._remember_folder(Path(paths[0]))
        self.import_paths([Path(path) for path in paths], choose=choose)

    @property
    def _folder(self) -> Path:
        """Where a dialog begins: the folder used last, or the writer's documents."""
        place = QStandardPaths.StandardLocation.DocumentsLocation
        used = Path(self._settings.get(PRESETS_FROM) or QStandardPaths.writableLocation(place))
        return used if is_folder(used) else Path.home()

    def _remember_folder(self, path: Path) -> None:
        self._settings.set(PRESETS_FROM, str(path.resolve().parent))

    def _show_left(self) -> None:
        from studio.ui.presets.import_report_dialog import ImportReportDialog

        window = QApplication.activeWindow() or self._window
        dialog = ImportReportDialog(self._left, self._report, window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _ask_export(self, format_name: str) -> None:
        from studio.app.presets.import_report_words import left, lost_words
        from studio.presets.foreign import export

        try:
            exported = export(self._presets.active, format_name)
            path, _ = file_dialog.ask_save(
                self._window,
                tr("Export for {program}", program=_program(format_name)),
                str(self._folder / f"{self._name}{exported.suffix}"),
            )
            if not path:
                return
            self._remember_folder(Path(path))
            write_text(Path(path), exported.text)
        except PresetError as error:
            self._notice.report(str(error))
            return
        self._left = left(self._name, exported.not_carried)
        self._report = tr("Export report")
        written = tr("“{name}” is written.", name=visible_name(Path(path).name))
        words = f"{written} {lost_words(exported.not_carried)}".rstrip()
        self._notice.report(words, self.show_left if self._left else None, is_error=False)


def _program(format_name: str) -> str:
    return tr(EXPORT_ENTRIES[format_name]).replace("&", "")


def write_text(path: Path, text: str) -> None:
    """Write an exported file.

    Args:
        path: The file.
        text: What it is to hold.

    Raises:
        PresetError: the system failed; what was there is whole.
    """
    try:
        atomic_write(path, text.encode())
    except OSError as error:
        raise PresetError(
            tr(
                "“{path}”: {why}. Nothing was written.",
                path=visible_path(path),
                why=error.strerror or error,
            )
        ) from error
