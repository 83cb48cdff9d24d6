"""Asks for files, with one dialog a window that is kept.

Qt's own dialog watches the folder that it shows while it does. On Linux the last close of such a
watch (an inotify instance) waits for a grace period of the kernel: the window stood still for
0.01 s on a quiet machine and for up to 3 s on one at work, each time a dialog went. So this one
reads its folder each time that it is shown, and watches nothing. A desktop's own dialogs, which Qt
shows where there are any, are kept just the same.

Call the functions by the module's name: tests answer in their place.
"""

import contextlib
import os
import sys
import threading
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QFileSystemModel,
    QHeaderView,
    QLineEdit,
    QTreeView,
    QWidget,
)

from studio.ui.widgets.screen_room import size_on_screen

_NAME = "files"
_SIZE = 860, 520
"""Pixels, with room for long names beside the columns of what is known of each file."""


def ask_open(window: QWidget, title: str, folder: str, kinds: str) -> str:
    """Ask for a file that is there.

    Args:
        window: What the dialog belongs to.
        title: The dialog's.
        folder: Where it begins; empty for where the last one ended.
        kinds: Filters, as Qt has them.

    Returns:
        Its path; empty where the writer chose none.
    """
    dialog = _dialog(window, title, QFileDialog.AcceptMode.AcceptOpen, folder, kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return "".join(_answer(dialog)[:1])


def ask_open_several(window: QWidget, title: str, folder: str, kinds: str) -> list[str]:
    """The same for one file or more; their paths.

    Args:
        window: What the dialog belongs to.
        title: The dialog's.
        folder: Where it begins; empty for where the last one ended.
        kinds: Filters, as Qt has them.
    """
    dialog = _dialog(window, title, QFileDialog.AcceptMode.AcceptOpen, folder, kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    return _answer(dialog)


def ask_save(
    window: QWidget,
    title: str,
    suggested: str,
    kinds: str = "",
    kind: str = "",
    *,
    confirms: bool = True,
) -> tuple[str, str]:
    """Ask where to write a file.

    Args:
        window: What the dialog belongs to.
        title: The dialog's.
        suggested: The path that stands in it at first.
        kinds: Filters, as Qt has them.
        kind: The filter that is chosen at first.
        confirms: Whether it asks before a file that is there is taken.

    Returns:
        The path, empty where the writer gave none; and the filter that was chosen.
    """
    path = Path(suggested)
    folder = str(path.parent) if path.parent.name else ""
    dialog = _dialog(window, title, QFileDialog.AcceptMode.AcceptSave, folder, kinds)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite, not confirms)
    if kind:
        dialog.selectNameFilter(kind)
    dialog.selectFile(path.name)
    return "".join(_answer(dialog)[:1]), dialog.selectedNameFilter()


def _dialog(
    window: QWidget, title: str, mode: QFileDialog.AcceptMode, folder: str, kinds: str
) -> QFileDialog:
    """The window's dialog, as if it were new."""
    top = window.window()
    only = Qt.FindChildOption.FindDirectChildrenOnly
    dialog = top.findChild(QFileDialog, _NAME, only) or _new_dialog(top)
    folder = folder or dialog.directory().path()
    dialog.setWindowTitle(title)
    dialog.setAcceptMode(mode)
    dialog.setNameFilters(kinds.split(";;") if kinds else [])
    files = dialog.findChild(QFileSystemModel)
    if files is not None:  # none where it is a desktop's own
        files.setRootPath("")  # or it would show what it has read of a folder before
    dialog.setDirectory(folder)
    typed = dialog.findChild(QLineEdit, "fileNameEdit")
    if typed is not None:
        typed.clear()
    return dialog


def _new_dialog(window: QWidget) -> QFileDialog:
    before = _watches()
    dialog = QFileDialog(window)
    dialog.setObjectName(_NAME)
    dialog.resize(size_on_screen(dialog, *_SIZE))
    table = dialog.findChild(QTreeView, "treeView")
    if table is not None:  # none where it is a desktop's own
        columns = table.header()
        columns.setStretchLastSection(False)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    files = dialog.findChild(QFileSystemModel)
    if files is not None:
        # It has begun to watch. Qt's close is not the last one, and nobody waits for ours.
        copies = [os.dup(watch) for watch in _watches() - before]
        files.setOption(QFileSystemModel.Option.DontWatchForChanges)
        threading.Thread(target=lambda: list(map(os.close, copies)), daemon=True).start()
    return dialog


def _watches() -> set[int]:
    """The descriptors of this process that are inotify instances."""
    found = set[int]()
    if sys.platform == "linux":
        for entry in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):  # it was open to list these
                if entry.readlink().name == "anon_inode:inotify":
                    found.add(int(entry.name))
    return found


def _answer(dialog: QFileDialog) -> list[str]:
    """What the writer chooses."""
    is_chosen = dialog.exec() == QFileDialog.DialogCode.Accepted
    return dialog.selectedFiles() if is_chosen else []
