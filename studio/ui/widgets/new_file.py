"""Asks where to write a file, and about one that is there under the name it gets."""

from pathlib import Path

from PySide6.QtWidgets import QMessageBox, QWidget

from studio.path_checks import exists
from studio.translation import tr
from studio.ui.widgets import file_dialog
from studio.ui.widgets.ask import question
from studio.visible_text import visible_name

_BUTTONS = QMessageBox.StandardButton


def ask_new_file(
    window: QWidget, title: str, suggested: Path, kinds: str, suffix: str, kind: str = ""
) -> tuple[Path | None, str]:
    """Ask for a file's name, until it can be had.

    Args:
        window: What the dialog belongs to.
        title: The dialog's.
        suggested: What stands in it at first.
        kinds: Filters, as Qt has them.
        suffix: What the name gets where it does not end with it.
        kind: The filter that is chosen at first.

    Returns:
        The name, None where the writer gave none; and the filter that was chosen.
    """
    name, kind = file_dialog.ask_save(window, title, str(suggested), kinds, kind)
    if not name:
        return None, kind
    path = Path(name)
    if path.suffix.lower() != suffix:
        path = path.with_name(f"{path.name}{suffix}")
        # The dialog has asked about the name that was typed, and not about this one.
        if exists(path) and not _may_replace(window, path):
            return None, kind
    return path, kind


def _may_replace(window: QWidget, path: Path) -> bool:
    answer = question(
        window,
        tr("Replace the file"),
        tr("“{name}” is there already. Replace it?", name=visible_name(path.name)),
        _BUTTONS.Yes | _BUTTONS.No,
        _BUTTONS.No,
    )
    return answer == _BUTTONS.Yes
