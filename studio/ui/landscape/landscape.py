"""The landscape as the window knows it: a card under the manuscript that is shown or not."""

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QSplitter, QWidget

from studio.app import settings as remembered
from studio.app.landscape.state import COUNTS, LandscapeState
from studio.app.session import Session
from studio.app.settings import Settings
from studio.manuscript import TokenSpan
from studio.translation import tr
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.landscape.panel import LandscapePanel
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import make_action

_HEIGHT = 150
_HANDLE = 10


class Landscape(QObject):
    """Binds the landscape to one editor.

    Attributes:
        state: What is shown.
        panel: The card.
        action: Shows and hides it.

    Args:
        editor: Where a token that is clicked is looked at.
        session: Whose tokens they are.
        theme: Where the colours come from.
        settings: What is remembered of it.
    """

    def __init__(
        self, editor: ManuscriptEditor, session: Session, theme: Theme, settings: Settings
    ) -> None:
        super().__init__(editor)
        self._editor = editor
        self._session = session
        self._settings = settings
        self._splitter: QSplitter | None = None
        self.state = LandscapeState(
            session.records, session.draft, session.sampling, session.next_token, self
        )
        count = settings.get(remembered.LANDSCAPE_COUNT)
        if count in COUNTS:
            self.state.set_count(count)
        self.panel = LandscapePanel(self.state, theme)
        self.panel.hide()
        self.action = make_action(
            self,
            tr("&Landscape"),
            self._follow_action,
            "Ctrl+L",
            tr("The last tokens as hills and valleys: position, rank and probability at this T"),
        )
        self.action.setCheckable(True)
        self.state.chosen.connect(self._look_at)

    def beside(self, manuscript: QWidget) -> QSplitter:
        """Stand under the manuscript, with a handle between the two."""
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(_HANDLE)
        splitter.addWidget(manuscript)
        splitter.addWidget(self.panel)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 0)
        self._splitter = splitter
        return splitter

    def restore(self) -> None:
        """Show it again if it was shown when the program ended."""
        self.set_shown(self._settings.get(remembered.LANDSCAPE_SHOWN))

    def remember(self) -> None:
        """Remember whether it is shown, how high it is, and how many tokens it shows."""
        self._settings.set(remembered.LANDSCAPE_SHOWN, self.action.isChecked())
        self._settings.set(remembered.LANDSCAPE_COUNT, self.state.count)
        self._keep_height()

    def set_shown(self, is_shown: bool) -> None:
        """Show or hide it."""
        self.action.setChecked(is_shown)
        self._follow_action()

    def _follow_action(self) -> None:
        is_shown = self.action.isChecked()
        if is_shown != self.panel.isHidden():
            return
        if not is_shown:
            self._keep_height()
        self.panel.setVisible(is_shown)
        if is_shown and self._splitter is not None:
            whole = self._splitter.height() - _HANDLE
            height = self._settings.get(remembered.LANDSCAPE_HEIGHT) or _HEIGHT
            self._splitter.setSizes([max(whole - height, 0), height])

    def _keep_height(self) -> None:
        if self.panel.isVisible():
            self._settings.set(remembered.LANDSCAPE_HEIGHT, self.panel.height())

    def _look_at(self, span: TokenSpan) -> None:
        """Where the token stands in the text; the caret, and so the landscape, stay."""
        self._editor.reveal(span.start, span.end)
        self._session.word.look_at(span)
