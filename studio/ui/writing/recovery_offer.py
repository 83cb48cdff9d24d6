"""Offers what programs that died have left, at the start and when asked; does what is answered."""

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from studio.manuscript import Leftover, leftovers
from studio.ui.writing.document_files import DocumentFiles
from studio.ui.writing.recovery import Recovery


class RecoveryOffer(QObject):
    """Asks what is to become of it.

    Args:
        window: What the question belongs to.
        files: Opens what is restored.
        recovery: Keeps it again, before what was left is deleted.
        root: The folder of journals.
    """

    failed = Signal(str)
    """One message for the writer: something that was left cannot be read."""
    told = Signal(str)
    """Another one: there is nothing."""

    def __init__(
        self, window: QWidget, files: DocumentFiles, recovery: Recovery, root: Path
    ) -> None:
        super().__init__(window)
        self._window = window
        self._files = files
        self._recovery = recovery
        self._root = root
        self._open: list[Leftover] = []
        """Offered and not decided about; held against other windows."""

    def ask(self) -> None:
        """Offer what there is, or say that there is nothing. Not while a text is being written."""
        if not self.make():
            self.told.emit("Nothing waits to be restored: all that was written is saved or here.")

    def make(self) -> bool:
        """Offer what there is, if there is anything; whether the writer was told of something."""
        found, problems = leftovers(self._root)
        for leftover in found:
            if self._files.is_saved(leftover.record):
                leftover.discard()  # the program died between its save and the end of its record
            else:
                self._open.append(leftover)
        if problems:
            self.failed.emit("\n".join(problems))
        if not self._open:
            return bool(problems)
        # Only now: most starts have nothing to offer.
        from studio.ui.writing.recovery_dialog import RecoveryDialog

        dialog = RecoveryDialog(self._open, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.restored.connect(self._restore)
        dialog.discarded.connect(self._discard)
        dialog.finished.connect(self._leave_rest)
        dialog.open()
        return True

    def _restore(self, leftover: Leftover) -> None:
        # It is held until it is kept again here: a program that dies now leaves one of the two.
        if self._files.restore(leftover.record) and self._recovery.keep_and_wait():
            self._discard(leftover)

    def _discard(self, leftover: Leftover) -> None:
        self._open.remove(leftover)
        leftover.discard()

    def _leave_rest(self) -> None:
        rest, self._open = self._open, []
        for leftover in rest:
            leftover.leave()
