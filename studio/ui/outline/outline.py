"""The outline as the window knows it: a panel that is made when it is first opened."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow

from studio.app import settings as remembered
from studio.app.session import Session
from studio.app.settings import Settings
from studio.translation import mark, tr
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import make_action
from studio.ui.widgets.side_dock_access import DockSettings, SideDockAccess

_TIP = mark("The headings of the text beside the page: go to a chapter, or move it")

if TYPE_CHECKING:
    from studio.ui.outline.panel import OutlineDock


class OutlineAccess(SideDockAccess["OutlineDock"]):
    """Opens the outline beside the writing.

    Attributes:
        action: Shows and hides it.

    Args:
        window: Where it docks.
        session: Whose text it is of.
        theme: Where the colours come from.
        settings: What is remembered of it.
        editor: Where a chapter is gone to.
    """

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        theme: Theme,
        settings: Settings,
        editor: ManuscriptEditor,
    ) -> None:
        names = DockSettings(
            remembered.OUTLINE_OPEN, remembered.OUTLINE_PLACE, remembered.OUTLINE_WIDTH
        )
        super().__init__(window, settings, names, editor)
        self._session = session
        self._theme = theme
        self._editor = editor
        self.action = make_action(window, tr("Outlin&e"), self.toggle, "Ctrl+Shift+N", tr(_TIP))
        self.action.setCheckable(True)

    def restore(self) -> None:
        """Open it again if it was open when the program ended."""
        super().restore()
        self._follow()

    def open(self) -> None:
        """Open it, and give it the keyboard."""
        self._brought_forward().chapters.setFocus()

    def toggle(self) -> None:
        """Open it, or close it where it is open; its action says which."""
        super().toggle()
        self._follow()

    def _follow(self) -> None:
        self.action.setChecked(self._dock is not None and not self._dock.isHidden())

    def _make(self, place: str, width: int) -> "OutlineDock":
        from studio.ui.outline.panel import OutlineDock

        dock = OutlineDock(self._window, self._session.outline, self._theme, place, width)
        dock.closed.connect(self._follow)
        dock.chapters.chosen.connect(self._go_to)
        dock.chapters.moved.connect(self._editor.move_caret)
        return dock

    def _go_to(self, position: int) -> None:
        self._editor.move_caret(position)
        self._editor.setFocus()
