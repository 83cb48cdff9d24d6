"""Offers what programs that died have left, at the start and when asked, and does as answered."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from studio.app.background import Background
from studio.app.writing.recovery import Recovery
from studio.manuscript import Leftover, RecoveryError, RecoveryRecord, leftovers, leftovers_size
from studio.progress import At
from studio.translation import tr
from studio.ui.writing.document_files import DocumentFiles

_log = logging.getLogger(__name__)

_AT_ONCE = 2**22
"""Bytes that are read while the window waits, for hundredths of a second."""

_Result = TypeVar("_Result")


class RecoveryOffer(QObject):
    """Asks the writer what to do with it.

    Args:
        window: The parent of the question.
        files: Opens what is restored.
        recovery: Keeps it again before what was left is deleted.
        reading: Reads long records while the window goes on.
        root: The folder of journals.
    """

    failed = Signal(str)
    """One message for the writer: something that was left cannot be read."""
    reported = Signal(str)
    """One message for the writer: nothing was left."""

    def __init__(
        self,
        window: QWidget,
        files: DocumentFiles,
        recovery: Recovery,
        reading: Background,
        root: Path,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._files = files
        self._recovery = recovery
        self._reading = reading
        self._root = root
        self._open: list[Leftover] = []
        """Offered and not decided about; locked against other windows."""

    def ask(self) -> None:
        """Offer what there is, or say that there is nothing. Not while a text is being written."""
        self._look(self._report_nothing)

    def make(self) -> None:
        """Offer what there is, and say nothing where there is none."""
        self._look(lambda: None)

    def _report_nothing(self) -> None:
        self.reported.emit(
            tr("Nothing waits to be restored: all that was written is saved or here.")
        )

    def _look(self, if_nothing: Callable[[], None]) -> None:
        def offer(looked: tuple[list[Leftover], list[str]] | None) -> None:
            if looked is None:
                return  # it was ended; the next start looks again
            found, problems = looked
            if problems:
                _log.warning("recovery: %d cannot be read", len(problems))
                self.failed.emit("\n".join(problems))
            if found:
                self._offer(found)
            elif not problems:
                if_nothing()

        self._do(
            tr("Looking for what was not saved"),
            partial(leftovers, self._root, self._files.is_saved),
            offer,
            leftovers_size(self._root),
        )

    def _do(
        self,
        words: str,
        work: Callable[[At], _Result],
        then: Callable[[_Result | None], None],
        size: int,
    ) -> None:
        """Do work that reads `size` bytes; if that is much, while the window goes on."""
        if size <= _AT_ONCE:
            then(work(lambda _share: None))
        else:
            self._reading.start(work, then, words)

    def _offer(self, found: list[Leftover]) -> None:
        self._open += found
        _log.info("recovery: %d not saved and offered", len(found))
        # Only now: most starts have nothing to offer.
        from studio.ui.writing.recovery_dialog import RecoveryDialog

        dialog = RecoveryDialog(found, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.restored.connect(self._restore)
        dialog.discarded.connect(self._discard)
        dialog.finished.connect(self._leave_rest)
        dialog.open()

    def _restore(self, leftover: Leftover) -> None:
        # It is held until it is kept again here: a program that dies now leaves one of the two.
        self._open.remove(leftover)

        def read(_at: At) -> RecoveryRecord | str:
            try:
                return leftover.read()
            except (RecoveryError, OSError) as error:
                return str(error)

        def settle(is_restored: bool) -> None:
            if is_restored and self._recovery.keep_and_wait():
                leftover.discard()
            else:
                leftover.leave()

        def restore(record: RecoveryRecord | str | None) -> None:
            if isinstance(record, RecoveryRecord):
                self._files.restore(record, settle)
                return
            if record is not None:
                self.failed.emit(
                    tr("A text that was not saved could not be restored: {record}.", record=record)
                )
            leftover.leave()

        self._do(tr("Restoring what was not saved"), read, restore, leftover.size)

    def _discard(self, leftover: Leftover) -> None:
        self._open.remove(leftover)
        leftover.discard()

    def _leave_rest(self) -> None:
        rest, self._open = self._open, []
        for leftover in rest:
            leftover.leave()
