"""The tabs of the open documents; with a single one nothing is shown."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QPushButton, QTabBar, QWidget

from studio.app.writing.document_state import DocumentState
from studio.app.writing.draft import Draft
from studio.app.writing.open_documents import OpenDocuments
from studio.translation import tr
from studio.ui.widgets.actions import button_text
from studio.ui.widgets.tips import plain_tip
from studio.ui.writing.document_files import DocumentFiles
from studio.visible_text import visible_path


class DocumentTabs(QTabBar):
    """A tab a document, in their order: a click shows it, a middle click closes it.

    Args:
        documents: What is open.
        draft: The one in front.
        files: Shows and closes them.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        documents: OpenDocuments,
        draft: Draft,
        files: DocumentFiles,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._documents = documents
        self._files = files
        self._is_following = False
        self.setProperty("documents", True)
        self.setExpanding(False)
        self.setMovable(True)
        self.setElideMode(Qt.TextElideMode.ElideMiddle)
        # Not by a click: the keyboard stays in the page.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(tr("Open documents"))
        self.currentChanged.connect(self._show)
        self.tabMoved.connect(self._move)
        documents.changed.connect(self._follow)
        draft.runs_changed.connect(self._follow)
        for changed in (draft.manuscript.state_changed, draft.brief_changed):
            changed.connect(self._follow_front)
        self._follow()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Close what the middle button was pressed on."""
        if event.button() == Qt.MouseButton.MiddleButton:
            index = self.tabAt(event.position().toPoint())
            if index >= 0:
                self._files.close(self._documents.all[index])
            event.accept()
            return
        super().mouseReleaseEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel alone: a turn of it would bring one document after the other in view."""
        event.ignore()

    def _show(self, index: int) -> None:
        if not self._is_following and 0 <= index < len(self._documents.all):
            self._files.show(self._documents.all[index])
            # It may come later, or not at all.
            self._follow()

    def _move(self, start: int, end: int) -> None:
        if not self._is_following:
            self._documents.move(self._documents.all[start], end)

    def _follow(self) -> None:
        states = self._documents.all
        wanted = len(states) if len(states) > 1 else 0
        self._is_following = True
        try:
            while self.count() > wanted:
                self.removeTab(self.count() - 1)
            while self.count() < wanted:
                self._add()
            for index in range(wanted):
                path = states[index].path
                self._name(index, states[index])
                self.setTabToolTip(index, plain_tip(visible_path(path)) if path else "")
            if wanted:
                self.setCurrentIndex(states.index(self._documents.front))
            self.setVisible(wanted > 0)
        finally:
            self._is_following = False

    def _follow_front(self) -> None:
        """At each key, and at each frame of a growing text: the text of one tab."""
        front = self._documents.front
        if self.count() and self._documents.all[self.currentIndex()] is front:
            self._name(self.currentIndex(), front)

    def _name(self, index: int, state: DocumentState) -> None:
        name = self._documents.names[index]
        text = button_text(f"{name} *" if self._documents.is_modified(state) else name)
        if text == self.tabText(index):
            return
        self.setTabText(index, text)
        close = self.tabButton(index, QTabBar.ButtonPosition.RightSide)
        close.setAccessibleName(tr("Close “{title}”", title=name))

    def _add(self) -> None:
        """Add a tab, with a button that closes it."""
        index = self.addTab("")
        close = QPushButton("×")
        close.setProperty("flat", True)
        close.setProperty("role", "muted")
        close.setProperty("close", True)
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.setToolTip(tr("Close the document"))
        close.clicked.connect(lambda: self._close(close))
        self.setTabButton(index, QTabBar.ButtonPosition.RightSide, close)

    def _close(self, button: QPushButton) -> None:
        """Close the document of a button, wherever its tab stands now."""
        for index, state in enumerate(self._documents.all):
            if self.tabButton(index, QTabBar.ButtonPosition.RightSide) is button:
                self._files.close(state)
                return
