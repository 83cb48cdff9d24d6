"""The library's window: search, list, and the preset that is looked at beside it.

Puts its parts together; what they show is `PresetLibraryState`'s.
"""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QSplitter, QVBoxLayout, QWidget

from studio.app import settings as remembered
from studio.app.presets.comparison_state import PresetComparisonState
from studio.app.presets.library_state import PresetLibraryState
from studio.app.presets.state import PresetState
from studio.app.settings import Settings
from studio.translation import tr
from studio.ui.presets.comparison_window import PresetComparisonWindow
from studio.ui.presets.drag import DragFolder
from studio.ui.presets.edits import PresetEdits
from studio.ui.presets.library_actions import PresetLibraryActions
from studio.ui.presets.library_details import PresetLibraryDetails
from studio.ui.presets.library_list import PresetLibraryList
from studio.ui.presets.notices import PresetNotices
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import ActionButton, make_action
from studio.ui.widgets.dragged_files import local_files
from studio.ui.widgets.letters import follow_letters
from studio.ui.widgets.notice_bar import NoticeBar
from studio.ui.widgets.screen_room import size_on_screen
from studio.ui.window_place import columns_of, place_of, restore_columns, restore_place


class PresetLibrarySearch(QLineEdit):
    """One line in which one types and chooses without leaving it.

    Args:
        state: What is searched.
    """

    used = Signal()
    """Enter was pressed: the selected preset is to be put in force."""

    def __init__(self, state: PresetLibraryState) -> None:
        super().__init__()
        self._state = state
        self.setPlaceholderText(tr("Search name, description, task and notes"))
        self.setAccessibleName(tr("Search the presets"))
        self.setToolTip(tr("↑ and ↓ go through the list, Enter uses a preset, Esc ends the search"))
        self.setClearButtonEnabled(True)
        self.textChanged.connect(state.search)
        state.changed.connect(self._follow)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go through the list, use, end the search; the rest is Qt's."""
        match event.key():
            case Qt.Key.Key_Down:
                self._state.step(1)
            case Qt.Key.Key_Up:
                self._state.step(-1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.used.emit()
            case Qt.Key.Key_Escape if self.text():
                self.clear()
            case _:
                super().keyPressEvent(event)

    def _follow(self) -> None:
        if self.text() != self._state.query:
            self.setText(self._state.query)


_SIZE = (900, 640)
_WIDTHS = [340, 560]
_NARROWEST = 36
"""Characters that the list is wide at least."""

_EDGE = 14
_GAP = 10


class PresetLibraryWindow(QDialog):
    """All presets.

    Attributes:
        folder: Where files are written that are dragged out.
        comparison: The window that compares two.
        search: The field to search in.
        list: The list.
        actions_: What can be done with the preset that is looked at.
        details: That preset.
        notice: Messages of what is done here.

    Args:
        state: What is listed, and what is looked at.
        comparison: Which two are compared.
        presets: The presets' folder.
        edits: What can be done to one.
        notices: Where news of presets is shown.
        theme: Where the colours come from.
        settings: Remembers how the window stands.
        parent: The main window.
    """

    dropped = Signal(object)
    """Files were dropped: a list of `Path`."""
    import_asked = Signal()
    """Files are to be chosen and imported."""

    def __init__(
        self,
        state: PresetLibraryState,
        comparison: PresetComparisonState,
        presets: PresetState,
        edits: PresetEdits,
        notices: PresetNotices,
        theme: Theme,
        settings: Settings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state, self._settings = state, settings
        self.setWindowTitle(tr("Presets"))
        self.setAcceptDrops(True)
        self.folder = DragFolder()
        self.comparison = PresetComparisonWindow(comparison, theme, self)
        self.notice = notices.library = NoticeBar()
        self.actions_ = PresetLibraryActions(
            self,
            state,
            presets,
            edits,
            notices,
            self.comparison.open_with,
            self.import_asked.emit,
        )
        self.search = PresetLibrarySearch(state)
        self.list = PresetLibraryList(state, self.folder, theme)
        self.details = PresetLibraryDetails(state, self.actions_, theme)
        for part in (self.search, self.list):
            part.used.connect(self.actions_.use.trigger)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.addAction(make_action(self, tr("Search"), self._to_search, "Ctrl+F"))
        self._build_layout()
        self.resize(size_on_screen(self, *_SIZE))
        restore_place(self, settings.get(remembered.LIBRARY_PLACE))
        restore_columns(self._splitter, settings.get(remembered.LIBRARY_COLUMNS))

    def open_at(self, key: str) -> None:
        """Show it, with an entry selected and the keyboard in the search."""
        self.show()
        self._state.select(key)
        self.raise_()
        self.activateWindow()
        self._to_search()

    def remember(self) -> None:
        """Remember how it stands."""
        self._settings.set(remembered.LIBRARY_PLACE, place_of(self))
        if columns := columns_of(self._splitter):
            self._settings.set(remembered.LIBRARY_COLUMNS, columns)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the presets while it is in view."""
        super().showEvent(event)
        self._state.set_shown(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Follow nothing while it is not."""
        super().hideEvent(event)
        self._state.set_shown(False)
        self.notice.hide()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files, one or several; not what is dragged out of here."""
        if event.source() is not self.list and local_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take files in."""
        event.acceptProposedAction()
        self.dropped.emit(local_files(event.mimeData()))

    def _build_layout(self) -> None:
        side = QWidget()
        follow_letters(
            side, lambda letters: side.setMinimumWidth(letters.averageCharWidth() * _NARROWEST)
        )
        left = QVBoxLayout(side)
        left.setContentsMargins(0, 0, 0, 0)
        set_spacing(left, _GAP)
        left.addWidget(self.search)
        left.addWidget(self.list, 1)
        below = QHBoxLayout()
        set_spacing(below, 6)
        for action in (self.actions_.import_, self.actions_.show_folder):
            below.addWidget(ActionButton(action))
        below.addStretch(1)
        left.addLayout(below)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(_GAP)
        self._splitter.addWidget(side)
        self._splitter.addWidget(self.details)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes(_WIDTHS)
        column = QVBoxLayout(self)
        set_margins(column, _EDGE, _EDGE, _EDGE, _EDGE)
        set_spacing(column, _GAP)
        column.addWidget(self.notice)
        column.addWidget(self._splitter, 1)
        # Enter is the list's and the search's; a dialog would give it to a button.
        for button in self.findChildren(ActionButton):
            button.setAutoDefault(False)

    def _to_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _show_menu(self, place: QPoint) -> None:
        if self.list.indexAt(place).isValid():
            menu = self.actions_.menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.list.viewport().mapToGlobal(place))
