"""The actions of the Compare page: run, steps between runs, files.

Binds a `CompareState` and its history to menus and keys; where these are is `compare`'s affair.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QMessageBox

from studio.app.background import Background
from studio.app.compare.history import CompareHistory
from studio.app.compare.shelf import CompareShelf
from studio.app.model.state import ModelState
from studio.app.settings import Settings
from studio.app.user_folders import data_folder
from studio.app.writing.draft import Draft
from studio.translation import mark, tr
from studio.ui.widgets.actions import make_action
from studio.ui.widgets.ask import question
from studio.ui.widgets.tips import plain_tip

if TYPE_CHECKING:
    from studio.app.compare.state import CompareState
    from studio.ui.compare.files import CompareFiles

_RUN_TIP = mark("Continue what stands at the caret in all lanes at once, from one evaluation")
_ELSEWHERE = mark("On the Compare page (Ctrl+2).")
_SHELF = "comparisons"


class CompareActions(QObject):
    """What can be done on the Compare page.

    Attributes:
        history: The runs of the writer.

    Args:
        window: What dialogs belong to.
        state: The lanes.
        draft: The document in front, whose own runs are among the others.
        model: What may be done follows which is open.
        settings: Remembers folders.
        reading: Reads files while the window goes on.
    """

    failed = Signal(str)
    """One message for the writer."""
    wanted = Signal()
    """The lanes have something to show: the page is to be shown."""

    def __init__(
        self,
        window: QMainWindow,
        state: "CompareState",
        draft: Draft,
        model: ModelState,
        settings: Settings,
        reading: Background,
    ) -> None:
        super().__init__(window)
        self._reading = reading
        self._window = window
        self._state = state
        self._settings = settings
        self._is_shown = False
        self._made_files: CompareFiles | None = None
        shelf = CompareShelf(data_folder() / _SHELF)
        self.history = CompareHistory(state, shelf, draft, reading, self)
        self.run = make_action(window, tr("&Run all"), state.run, tip=tr(_RUN_TIP))
        self.earlier = make_action(
            window,
            tr("&Earlier run"),
            lambda: self.history.step(-1),
            tip=tr("Bring back the run before; this one is kept"),
        )
        self.later = make_action(
            window, tr("&Later run"), lambda: self.history.step(+1), tip=tr("Back to the run after")
        )
        self.forget = make_action(
            window,
            tr("&Forget other runs…"),
            self._ask_forget,
            tip=tr("Have none but the run in view"),
        )
        self.drop_biases = make_action(
            window,
            tr("Run without them"),
            state.run_left_out,
            tip=tr(
                "Take biases for another model out of the lanes, and run those that were left out"
            ),
        )
        self.show_parting = make_action(
            window,
            tr("&Where they part"),
            lambda: None,
            tip=tr(
                "Where each lane leaves the one that it is compared with, the entropy by position, "
                "and how far apart lanes are at the prompt"
            ),
        )
        self.show_bars = make_action(
            window,
            tr("&Bars of the last token"),
            lambda: None,
            tip=tr("In each lane, what its last token was drawn from"),
        )
        for action in (self.show_parting, self.show_bars):
            action.setCheckable(True)
        self.open_file = make_action(
            window,
            tr("&Open comparison…"),
            lambda: self._files.ask_open(),
            tip=tr("Look at one that was saved"),
        )
        self.save_file = make_action(
            window,
            tr("&Save comparison…"),
            lambda: self._files.save(),
            tip=tr("Keep it, to open it again"),
        )
        self.export_markdown = make_action(
            window,
            tr("Export as &Markdown…"),
            lambda: self._files.export_markdown(),
            tip=tr("The texts with their figures, for an editor"),
        )
        self.export_html = make_action(
            window,
            tr("Export as &HTML…"),
            lambda: self._files.export_html(),
            tip=tr("A page that can be read without this program"),
        )
        self.history.failed.connect(self.failed)
        for changed in (model.changed, self.history.changed):  # with each change of the lanes
            changed.connect(self._follow)
        self._follow()

    @property
    def file_actions(self) -> list[QAction]:
        """Those that read and write files."""
        return [self.open_file, self.save_file, self.export_markdown, self.export_html]

    def fill_menu(self, menu: QMenu) -> None:
        """Fill the menu of the Compare page."""
        menu.addAction(self.run)
        menu.addSeparator()
        menu.addActions([self.show_parting, self.show_bars])
        menu.addSeparator()
        menu.addActions([self.earlier, self.later, self.forget])
        menu.addSeparator()
        menu.addActions([self.open_file, self.save_file])
        menu.addSeparator()
        menu.addActions([self.export_markdown, self.export_html])
        menu.setToolTipsVisible(True)

    def set_shown(self, is_shown: bool) -> None:
        """Whether the page is in view: what concerns its lanes is for then alone."""
        self._is_shown = is_shown
        self._follow()

    def open(self, path: Path) -> None:
        """Open a comparison that was saved; the page is wanted once it is read."""
        self._files.open(path)

    def finish(self) -> bool:
        """Wait until a file that is being written is, seconds at most; whether none is any more."""
        return self._made_files is None or self._made_files.finish()

    def may_close(self) -> bool:
        """Put all runs on the shelf; whether nothing is lost, or the writer does not mind."""
        self.finish()  # a drive that does not answer keeps no window: runs are on the shelf too
        return self.history.is_on_shelf or self._files.may_close(self.history)

    def _ask_forget(self) -> None:
        buttons = QMessageBox.StandardButton
        answer = question(
            self._window,
            tr("Forget other runs"),
            tr(
                "Forget all runs but the one in view? They cannot be brought back; what you "
                "saved to files of your own stays. The document in front keeps them no more, once "
                "it is saved."
            ),
            buttons.Yes | buttons.No,
            buttons.No,
        )
        if answer == buttons.Yes:
            self.history.forget_others()

    @property
    def _files(self) -> "CompareFiles":
        if self._made_files is None:
            # What makes pages and fingerprints is not needed to open the window.
            from studio.ui.compare.files import CompareFiles

            self._made_files = CompareFiles(
                self._window, self._state, self._settings, self._reading
            )
            self._made_files.failed.connect(self.failed)
            self._made_files.opened.connect(self.wanted)
        return self._made_files

    def _follow(self) -> None:
        state, history = self._state, self.history
        why_not = state.why_not_run if self._is_shown else tr(_ELSEWHERE)
        self.run.setEnabled(why_not is None)
        self.run.setToolTip(plain_tip(why_not or tr(_RUN_TIP)))
        self.earlier.setEnabled(self._is_shown and history.can_step(-1))
        self.later.setEnabled(self._is_shown and history.can_step(+1))
        others = history.count - (history.number is not None)
        self.forget.setEnabled(self._is_shown and others > 0 and not state.is_running)
        for action in (self.save_file, self.export_markdown, self.export_html):
            action.setEnabled(state.why_not_keep is None)
        self.open_file.setEnabled(not state.is_running)
        self.drop_biases.setEnabled(bool(state.biases.left_out))
