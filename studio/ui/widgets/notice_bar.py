"""One message to the writer: what happened, and what can be done.

What went wrong, or offers a way on, stands in the window until it is dismissed or mended; what went
well is said over it, and goes by itself.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from studio.translation import tr
from studio.ui.theme.spacing import set_margins
from studio.ui.widgets.actions import button_text, shown_text
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.toast import Toast
from studio.visible_text import visible_message


class NoticeBar(QFrame):
    """Hidden until `report`; a newer message replaces the older one.

    Args:
        toast: Where news that ask for nothing are said; here too, without one.
        parent: The Qt parent, if any.
    """

    def __init__(self, toast: Toast | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._toast = toast
        self.setProperty("notice", True)
        self.setAccessibleName(tr("Message"))
        self._action: QAction | None = None
        self._is_of_text = self._is_toast_of_text = False
        self._label = PlainLabel()
        self._label.setProperty("role", "error")
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # A path without a place to break must not make the window wider.
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self._label.setSizePolicy(policy)
        self._button = QPushButton()
        self._button.clicked.connect(self._on_clicked)
        self._dismissal = QPushButton()
        self._dismissal.clicked.connect(self.hide)
        self._close = QToolButton()
        self._close.setText("×")
        self._close.setAccessibleName(tr("Dismiss the message"))
        self._close.setToolTip(tr("Dismiss the message"))
        self._close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        set_margins(row, 16, 8, 8, 8)
        row.addWidget(self._label, 1)
        row.addWidget(self._button)
        row.addWidget(self._dismissal)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    @property
    def message(self) -> str:
        """What was reported last and can be seen; empty when nothing can."""
        if self._toast is not None and self._toast.message:
            return self._toast.message
        return self.standing

    @property
    def standing(self) -> str:
        """What stays until it is dismissed, whatever news come and go; empty where nothing does."""
        return "" if self.isHidden() else self._label.text()

    @property
    def action(self) -> QAction | None:
        """The way on that the message offers."""
        return None if self.isHidden() else self._action

    def report(
        self,
        message: str,
        action: QAction | None = None,
        *,
        is_error: bool = True,
        of_text: bool = False,
        dismissal: str = "",
    ) -> None:
        """Show a message, with a button for `action` where there is a way on.

        One that is no error and leads nowhere goes by itself.

        Args:
            message: What it says.
            action: The way on.
            is_error: Whether something went wrong.
            of_text: Whether it is about the text that is open: see `forget_text`.
            dismissal: What dismisses it, in a word, where that is a choice like the other.
        """
        message = visible_message(message)
        if self._toast is not None:
            if not is_error and action is None:
                # A reason that still holds is not covered by news of something else.
                self._is_toast_of_text = of_text
                self._toast.say(message)
                return
            self._toast.take_back()
        self._is_of_text = of_text
        role = "error" if is_error else ""
        if self._label.property("role") != role:
            self._label.setProperty("role", role)
            # A style sheet looks at properties once.
            self._label.style().polish(self._label)
        self._label.setText(message)
        self.setAccessibleDescription(message)
        self._action = action
        self._button.setVisible(action is not None)
        if action:
            self._button.setText(button_text(shown_text(action)))
            self._button.setToolTip(action.toolTip())
        self._dismissal.setText(dismissal)
        self._dismissal.setVisible(bool(dismissal))
        self._close.setVisible(not dismissal)
        self.show()

    def withdraw(self, *actions: QAction) -> None:
        """Hide a message whose way on was one of these: it is no longer true."""
        if self._action in actions:
            self.hide()

    def forget(self, message: str) -> None:
        """Hide this message, wherever it is said: it is no longer true."""
        if self.standing == message:
            self.hide()
        if self._toast is not None and self._toast.message == message:
            self._toast.take_back()

    def forget_text(self) -> None:
        """Another text is open: hide a message that is about the one before it."""
        if self._is_of_text:
            self.hide()
        if self._toast is not None and self._is_toast_of_text:
            self._toast.take_back()

    def _on_clicked(self) -> None:
        self.hide()
        if self._action:
            self._action.trigger()
