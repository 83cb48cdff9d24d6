"""The two pages of the window, Write and Compare, and the actions of the second.

The Compare page is made when it is first shown: until then it costs nothing but this.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QTabBar, QWidget

from studio.ui import settings as remembered
from studio.ui.actions import make_action
from studio.ui.session import Session
from studio.ui.settings import Settings
from studio.ui.theme import Theme

if TYPE_CHECKING:
    from studio.ui.compare_files import CompareFiles
    from studio.ui.compare_page import ComparePage

COMPARISON_SUFFIX = ".json"
_WRITE, _COMPARE = 0, 1

_RUN_TIP = "Continue what stands at the caret in all lanes at once, from one evaluation"
_ELSEWHERE = "On the Compare page (Ctrl+2)."


class Compare(QObject):
    """Binds the Compare page to one window.

    Attributes:
        tabs: Which page is shown.
        stack: The pages.
        page: The Compare page, once it was shown.

    Args:
        window: Whose pages they are.
        session: Whose comparison.
        theme: Where the colours come from.
        settings: Remembers which page was shown.
    """

    turned = Signal()
    """The other page is shown."""
    failed = Signal(str)
    """One message for the writer."""

    def __init__(
        self, window: QMainWindow, session: Session, theme: Theme, settings: Settings
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._theme = theme
        self._settings = settings
        self.page: ComparePage | None = None
        self._made_files: CompareFiles | None = None
        self._stop: QAction | None = None
        self._continue: QAction | None = None
        self._keys: list[QKeySequence] = []
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Pages")
        self.tabs.setExpanding(False)
        for place, (name, tip) in enumerate(
            (
                ("Write", "The manuscript (Ctrl+1)"),
                ("Compare", "One prompt in several lanes, side by side (Ctrl+2)"),
            )
        ):
            self.tabs.addTab(name)
            self.tabs.setTabToolTip(place, tip)
        self.tabs.setToolTip("The window's pages")
        self.stack = QStackedWidget()
        self.tabs.currentChanged.connect(self._turn)

        self.write_page = make_action(
            window, "&Write page", lambda: self.show(False), "Ctrl+1", "The manuscript"
        )
        self.compare_page = make_action(
            window,
            "&Compare page",
            lambda: self.show(True),
            "Ctrl+2",
            "One prompt in several lanes, side by side",
        )
        state = session.compare
        self.run = make_action(window, "&Run all lanes", state.run, tip=_RUN_TIP)
        self.open_file = make_action(
            window, "&Open comparison…", self._ask_open, tip="Look at one that was saved"
        )
        self.save_file = make_action(
            window, "&Save comparison…", lambda: self._files.save(), tip="Keep it, to open it again"
        )
        self.export_markdown = make_action(
            window,
            "Export as &Markdown…",
            lambda: self._files.export_markdown(),
            tip="The texts with their figures, for an editor",
        )
        self.export_html = make_action(
            window,
            "Export as &HTML…",
            lambda: self._files.export_html(),
            tip="A page that can be read without this program",
        )
        state.failed.connect(self.failed)
        state.used.connect(lambda _end: self.show(False))
        for changed in (state.changed, session.model.changed):
            changed.connect(self._follow)
        self._follow()

    @property
    def is_shown(self) -> bool:
        """Whether the Compare page is."""
        return self.tabs.currentIndex() == _COMPARE

    def hold(self, write: QWidget, continue_: QAction, stop: QAction) -> None:
        """Take the Write page, its Continue, whose key is lent to Run, and the window's Stop."""
        self._continue, self._keys = continue_, continue_.shortcuts()
        self._stop = stop
        self.stack.addWidget(write)

    def fill_menu(self, menu: QMenu) -> None:
        """Fill the menu of the Compare page."""
        menu.addActions([self.run])
        menu.addSeparator()
        menu.addActions([self.open_file, self.save_file])
        menu.addSeparator()
        menu.addActions([self.export_markdown, self.export_html])
        menu.setToolTipsVisible(True)

    def show(self, compare: bool) -> None:
        """Show the Compare page, or the Write page."""
        self.tabs.setCurrentIndex(_COMPARE if compare else _WRITE)

    def open(self, path: Path) -> None:
        """Open a comparison that was saved, and show it."""
        if self._files.open(path):
            self.show(True)

    def restore(self) -> None:
        """Show the page that was shown when the program ended."""
        length = self._settings.get(remembered.COMPARE_LENGTH)
        if length >= 1:
            self._session.compare.set_max_tokens(length)
        self.show(self._settings.get(remembered.PAGE) == "compare")

    def remember(self) -> None:
        """Remember which page is shown, and how long lanes are."""
        self._settings.set(remembered.PAGE, "compare" if self.is_shown else "write")
        self._settings.set(remembered.COMPARE_LENGTH, self._session.compare.max_tokens)

    @property
    def _files(self) -> "CompareFiles":
        if self._made_files is None:
            # What makes pages and fingerprints is not needed to open the window.
            from studio.ui.compare_files import CompareFiles

            self._made_files = CompareFiles(
                self._window, self._session.compare, self._session.model, self._settings
            )
            self._made_files.failed.connect(self.failed)
        return self._made_files

    def _ask_open(self) -> None:
        before = self._session.compare.prompt
        self._files.ask_open()
        if self._session.compare.prompt is not before:
            self.show(True)

    def _turn(self, place: int) -> None:
        if place == _COMPARE and self.page is None:
            self.page = self._made()
            self.stack.addWidget(self.page)
        self.stack.setCurrentIndex(place)
        # One key begins what the page is for; no two actions may have it at once.
        gets, gives = (
            (self.run, self._continue) if place == _COMPARE else (self._continue, self.run)
        )
        if gets is not None and gives is not None:
            gives.setShortcuts([])
            gets.setShortcuts(self._keys)
        self._session.compare.set_shown(place == _COMPARE)
        self._follow()
        self.turned.emit()
        if self.page is not None and place == _COMPARE:
            self.page.columns[0].view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _made(self) -> "ComparePage":
        from studio.ui.compare_page import ComparePage

        assert self._stop is not None, "`hold` was called when the window was built"
        self._session.compare.open_first()
        return ComparePage(
            self._session.compare,
            self._theme,
            self.run,
            self._stop,
            [self.open_file, self.save_file, self.export_markdown, self.export_html],
        )

    def _follow(self) -> None:
        why_not = self._session.compare.why_not_run if self.is_shown else _ELSEWHERE
        self.run.setEnabled(why_not is None)
        self.run.setToolTip(why_not or _RUN_TIP)
        why_not_keep = self._session.compare.why_not_keep
        for action in (self.save_file, self.export_markdown, self.export_html):
            action.setEnabled(why_not_keep is None)
        self.open_file.setEnabled(not self._session.compare.is_running)
