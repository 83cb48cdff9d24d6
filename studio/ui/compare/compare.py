"""The two pages of the window, Write and Compare.

The Compare page is made when it is first shown: until then it costs nothing but its actions.
"""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QTabBar, QWidget

from studio.app import settings as remembered
from studio.app.presets.favourites import PresetFavourites
from studio.app.session import Session
from studio.app.settings import Settings
from studio.experiments.comparison_file import ComparisonFileError
from studio.translation import tr
from studio.ui.compare.actions import CompareActions
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import make_action

if TYPE_CHECKING:
    from studio.ui.compare.page import ComparePage

_WRITE, _COMPARE = 0, 1


class Compare(QObject):
    """Binds the Compare page to one window.

    Attributes:
        tabs: Which page is shown.
        stack: The pages.
        page: The Compare page, once it was shown.
        actions: Its actions.
        favourites: Which presets come first in the lanes' lists, once the window knows them.

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
        self._session = session
        self._theme = theme
        self._settings = settings
        self.page: ComparePage | None = None
        self.favourites: PresetFavourites | None = None
        self._is_asked = False
        self._stop: QAction | None = None
        self._lent: list[tuple[QAction, QAction, list[QKeySequence]]] = []
        self.tabs = QTabBar()
        self.tabs.setAccessibleName(tr("Pages"))
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)  # both have always room
        self.tabs.setProperty("segment", True)
        for place, (name, tip) in enumerate(
            (
                (tr("Write"), tr("The manuscript (Ctrl+1)")),
                (tr("Compare"), tr("One prompt in several lanes, side by side (Ctrl+2)")),
            )
        ):
            self.tabs.addTab(name)
            self.tabs.setTabToolTip(place, tip)
        self.tabs.setToolTip(tr("The window's pages"))
        self.stack = QStackedWidget()
        self.tabs.currentChanged.connect(self._turn)

        self.write_page = make_action(
            window, tr("&Write page"), lambda: self.show(False), "Ctrl+1", tr("The manuscript")
        )
        self.compare_page = make_action(
            window,
            tr("&Compare page"),
            lambda: self.show(True),
            "Ctrl+2",
            tr("One prompt in several lanes, side by side"),
        )
        state = session.compare
        self.actions = CompareActions(
            window, state, session.draft, session.model, settings, session.reading
        )
        self.actions.failed.connect(self.failed)
        self.actions.wanted.connect(lambda: self.show(True))
        state.failed.connect(self.failed)
        state.used.connect(lambda _end: self.show(False))

    @property
    def is_shown(self) -> bool:
        """Whether the Compare page is."""
        return self.tabs.currentIndex() == _COMPARE

    def hold(
        self,
        write: QWidget,
        stop: QAction,
        continue_: QAction,
        previous_take: QAction,
        next_take: QAction,
    ) -> None:
        """Take the Write page, the window's Stop, and the actions whose keys are lent.

        What a key does on one page it does on the other: begin, step back, step on.

        Args:
            write: The Write page.
            stop: The window's Stop.
            continue_: Its Continue.
            previous_take: Steps to the take before.
            next_take: Steps to the next take.
        """
        self._stop = stop
        actions = self.actions
        self._lent = [
            (here, there, there.shortcuts())
            for here, there in (
                (actions.run, continue_),
                (actions.earlier, previous_take),
                (actions.later, next_take),
            )
        ]
        self.stack.addWidget(write)

    def fill_menu(self, menu: QMenu) -> None:
        """Fill the menu of the Compare page."""
        self.actions.fill_menu(menu)

    def show(self, compare: bool) -> None:
        """Show the Compare page, or the Write page."""
        self._is_asked = True
        self.tabs.setCurrentIndex(_COMPARE if compare else _WRITE)

    def open(self, path: Path) -> None:
        """Open a comparison that was saved, and show it once it is read."""
        self.actions.open(path)

    def may_close(self) -> bool:
        """Whether nothing would be lost with the window, or the writer does not mind."""
        return self.actions.may_close()

    def keep(self) -> None:
        """Have all runs on the shelf, as far as that can be done without a question."""
        with contextlib.suppress(ComparisonFileError):
            self.actions.history.put_on_shelf(patience=0)

    def restore(self) -> None:
        """Show the page that was shown when the program ended, unless one was asked for since."""
        length = self._settings.get(remembered.COMPARE_LENGTH)
        if length >= 1:
            self._session.compare.set_max_tokens(length)
        self._session.compare.set_in_step(self._settings.get(remembered.COMPARE_IN_STEP))
        self.actions.show_parting.setChecked(self._settings.get(remembered.COMPARE_PARTING))
        self.actions.show_bars.setChecked(self._settings.get(remembered.COMPARE_BARS))
        if not self._is_asked:
            self.show(self._settings.get(remembered.PAGE) == "compare")

    def remember(self) -> None:
        """Remember which page is shown, how long lanes are, how they scroll, what is shown."""
        state = self._session.compare
        self._settings.set(remembered.PAGE, "compare" if self.is_shown else "write")
        self._settings.set(remembered.COMPARE_LENGTH, state.max_tokens)
        self._settings.set(remembered.COMPARE_IN_STEP, state.in_step)
        self._settings.set(remembered.COMPARE_PARTING, self.actions.show_parting.isChecked())
        self._settings.set(remembered.COMPARE_BARS, self.actions.show_bars.isChecked())

    def _turn(self, place: int) -> None:
        is_compare = place == _COMPARE
        if is_compare and self.page is None:
            self.page = self._made()
            self.stack.addWidget(self.page)
        self.stack.setCurrentIndex(place)
        for here, there, keys in self._lent:
            # No two actions may have a key at once.
            gets, gives = (here, there) if is_compare else (there, here)
            gives.setShortcuts([])
            gets.setShortcuts(keys)
        self._session.compare.set_shown(is_compare)
        self.actions.set_shown(is_compare)
        self.turned.emit()
        if self.page is not None and is_compare:
            self.page.columns[0].view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _made(self) -> "ComparePage":
        from studio.ui.compare.page import ComparePage
        from studio.ui.compare.steps import CompareSteps

        assert self._stop is not None, "`hold` was called when the window was built"
        actions = self.actions
        self._session.compare.open_first()
        return ComparePage(
            self._session.compare,
            self._theme,
            actions,
            self._stop,
            CompareSteps(actions.history, actions.earlier, actions.later),
            self.favourites,
        )
