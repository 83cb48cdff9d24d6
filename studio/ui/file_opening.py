"""Opens the files that are dropped on the window or given to it: of every kind at once, if need be.

What can be open once only (comparison, model) is taken once, and of the rest it is reported.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from studio.app.background import Background
from studio.app.file_kinds import FileKind, SortedFiles, sort_files
from studio.app.model.state import ModelState
from studio.path_checks import is_folder
from studio.translation import tr
from studio.ui.compare.compare import Compare
from studio.ui.presets.actions import PresetActions
from studio.ui.writing.document_files import DocumentFiles
from studio.visible_text import name_or_number


class FileOpening(QObject):
    """Opens what was brought.

    Args:
        model: Opens models.
        files: Opens manuscripts.
        compare: Opens comparisons.
        presets: Imports presets, and reports what came of all files.
        reading: Looks at many while the window goes on.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        model: ModelState,
        files: DocumentFiles,
        compare: Compare,
        presets: PresetActions,
        reading: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._reading = reading
        self._files, self._compare, self._presets = files, compare, presets
        self._open = {
            FileKind.MODEL: lambda path: model.open(str(path)),
            FileKind.COMPARISON: compare.open,
            FileKind.MANUSCRIPT: files.open,
        }

    def open(self, paths: Sequence[Path], *, shows: bool = False) -> None:
        """Open files of any kinds; of a folder, those in it.

        Many are looked at while the window goes on, and all of them are reported once.

        Args:
            paths: The files.
            shows: Whether the library is opened at a preset that is imported.
        """
        if len(paths) == 1 and not is_folder(paths[0]):
            self._open_sorted(sort_files(paths), is_reported=False, shows=shows)
            return

        def go_on(found: SortedFiles | None) -> None:
            if found is not None:
                self._open_sorted(found, is_reported=True, shows=shows)

        self._reading.start(
            partial(sort_files, paths),
            go_on,
            tr("Looking at {what}", what=name_or_number([path.name for path in paths])),
        )

    def _open_sorted(self, found: SortedFiles, *, is_reported: bool, shows: bool) -> None:
        """Open the first of each kind, or several, and import all presets.

        Args:
            found: The files.
            is_reported: Whether all of them are reported together.
            shows: As for `open`.
        """
        reported = list(found.skipped)
        failing = (self._files.failed, self._compare.failed) if is_reported else ()
        for signal in failing:
            signal.connect(reported.append)  # a message of presets would hide it
        for kind, paths, others in found.opened:
            for path in paths:
                self._open[kind](path)
            reported += others

        def also() -> list[str]:
            for signal in failing:
                signal.disconnect(reported.append)
            return reported

        if found.presets or is_reported:
            # Behind the comparison that is read: by then it has failed, or not.
            self._presets.import_paths(
                found.presets, choose=found.chooses_preset, also=also, shows=shows
            )
