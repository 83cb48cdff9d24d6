"""The library of presets as the window knows it: favourites, defaults, a window of its own.

The library's window is made when it is first opened: until then it costs nothing but this.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMainWindow

from studio.app.presets.defaults import PresetDefaults
from studio.app.presets.favourites import PresetFavourites
from studio.app.presets.preset_opening import PresetOpening
from studio.app.session import Session
from studio.app.settings import Settings
from studio.translation import tr
from studio.ui.presets.edits import PresetEdits
from studio.ui.presets.notices import PresetNotices
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import ActionButton, make_action
from studio.ui.widgets.notice_bar import NoticeBar

if TYPE_CHECKING:
    from studio.ui.presets.library_window import PresetLibraryWindow


class PresetLibrary(QObject):
    """Binds the library to one window.

    Attributes:
        favourites: Which presets have a star.
        defaults: Which preset a model opens with.
        opening: What puts that preset in force.
        notices: Where news of presets is shown.
        edits: What can be done to any one preset.
        open: The action that opens the library.
        view: The library's window, once it was opened.

    Args:
        window: Whose library it is.
        session: Whose presets.
        theme: Where the colours come from.
        settings: What is remembered.
        notice: The main window's messages.
    """

    import_wanted = Signal(object)
    """Files were dropped on the library: a list of `Path`."""
    import_asked = Signal()
    """Files are to be chosen and imported into the library."""

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        theme: Theme,
        settings: Settings,
        notice: NoticeBar,
    ) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._theme, self._settings = theme, settings
        presets = session.presets
        self.view: PresetLibraryWindow | None = None
        self.favourites = PresetFavourites(settings, presets, self)
        self.defaults = PresetDefaults(settings, presets, self)
        self.notices = PresetNotices(notice)
        self.edits = PresetEdits(window, presets, self.notices)
        self.opening = PresetOpening(
            session.model, session.preset_choice, presets, self.defaults, self
        )
        self.opening.reported.connect(
            lambda words: self.notices.report(words, self.edits.put_back, is_error=False)
        )
        of_document = session.document_preset
        of_document.reported.connect(
            lambda words: self.notices.report(words, self.edits.put_back, is_error=False)
        )
        of_document.failed.connect(self.notices.report)
        self.open = make_action(
            window,
            tr("Prese&ts…"),
            self.show,
            "Ctrl+Shift+P",
            tr("All presets: search, favourites, defaults, what each sets, two side by side"),
        )

    def show(self) -> None:
        """Open the library, at the preset in force."""
        if self.view is None:
            self.view = self._made()
        self.view.open_at(self._session.preset_choice.current.name)

    def use(self, name: str) -> None:
        """Put a preset in force that was dragged onto the window."""
        preset = self._session.preset_choice.named(name)
        if preset:
            self.edits.use(preset)

    def close(self) -> None:
        """Remove the files that were dragged out."""
        if self.view:
            self.view.folder.close()

    def link(self) -> ActionButton:
        """A quiet button that opens the library, to stand beside the list of presets."""
        button = ActionButton(self.open, shows_key=False)
        button.setProperty("flat", True)
        button.setProperty("role", "muted")
        return button

    def remember(self) -> None:
        """Remember how the library's window stands."""
        if self.view:
            self.view.remember()

    def _made(self) -> "PresetLibraryWindow":
        from studio.app.parameters.values import ParameterValues
        from studio.app.presets.comparison_state import PresetComparisonState
        from studio.app.presets.library_state import PresetLibraryState
        from studio.ui.presets.library_window import PresetLibraryWindow

        session = self._session
        state = PresetLibraryState(
            session.preset_choice,
            session.presets,
            self.favourites,
            self.defaults,
            self.opening,
            session.model,
            self,
        )
        values = ParameterValues(session.sampling, session.draft.prompting, self)
        comparison = PresetComparisonState(
            session.preset_choice, session.presets, values, self._settings, self
        )
        view = PresetLibraryWindow(
            state,
            comparison,
            session.presets,
            self.edits,
            self.notices,
            self._theme,
            self._settings,
            self._window,
        )
        view.dropped.connect(self.import_wanted)
        view.import_asked.connect(self.import_asked)
        return view
