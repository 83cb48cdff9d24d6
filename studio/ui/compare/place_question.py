"""Where a lane's text goes whose prompt stands in the manuscript no more: asked of the writer."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox, QWidget

from studio.app.compare.lane import CompareLane
from studio.app.compare.state import CompareState
from studio.translation import mark, tr
from studio.ui.widgets.ask import question_box
from studio.ui.writing.document_files import DocumentFiles

QUESTION = mark("The text that this run continued does not stand in the manuscript any more.")


class PlaceQuestion(QObject):
    """The question of one window.

    Attributes:
        box: The question on the screen; None while none is.

    Args:
        window: Before which it stands.
        state: Asks, and is given the answer.
        files: Begins a new document.
    """

    def __init__(self, window: QWidget, state: CompareState, files: DocumentFiles) -> None:
        super().__init__(window)
        self._window = window
        self._state = state
        self._files = files
        self.box: QMessageBox | None = None
        state.place_wanted.connect(self._ask)

    def _ask(self, lane: CompareLane) -> None:
        box = question_box(
            self._window,
            tr("Use this text"),
            tr(QUESTION),
            tr(
                "It can begin a new document, behind the text that it continues, or come at the "
                "caret of this one."
            ),
        )
        new = box.addButton(tr("New document"), QMessageBox.ButtonRole.AcceptRole)
        at_caret = box.addButton(tr("At the caret"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(new)

        def answer() -> None:
            chosen, self.box = box.clickedButton(), None
            box.deleteLater()
            if chosen is new:
                self._files.new(then=lambda: self._state.use_in_new(lane))
            elif chosen is at_caret:
                self._state.use_at_caret(lane)

        box.finished.connect(answer)
        self.box = box
        box.open()
