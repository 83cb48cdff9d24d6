"""Which comparison is in view, and steps to those before and after it.

Shows a `CompareHistory`; hidden while there is nothing to step to.
"""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from studio.app.compare.history import CompareHistory
from studio.translation import tr
from studio.ui.theme.spacing import set_spacing
from studio.ui.widgets.actions import key_text
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.tips import set_tip


class CompareSteps(QWidget):
    """“run 2 of 3” and two arrows.

    Args:
        history: The comparisons.
        earlier: The action that steps back.
        later: The action that steps on.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        history: CompareHistory,
        earlier: QAction,
        later: QAction,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._history = history
        self._words = PlainLabel()
        self._words.setProperty("role", "muted")
        self._words.setAccessibleName(tr("Run in view"))
        set_tip(
            self._words,
            tr(
                "<p>Runs are kept, as takes are: a new one takes no other away. They are still "
                "there when the program opens again.</p>"
            ),
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        set_spacing(row, 2)
        row.addWidget(self._words)
        row.addSpacing(6)
        for action, sign in ((earlier, "‹"), (later, "›")):
            row.addWidget(_arrow(action, sign))
        # Nothing moves when the second run begins.
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        history.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        history = self._history
        number = "–" if history.number is None else f"{history.number:,}"
        words = tr("run {number} of {count:,}", number=number, count=history.count)
        if words != self._words.text():
            self._words.setText(words)
        is_needed = history.can_step(-1) or history.can_step(1) or history.count > 1
        self.setVisible(is_needed)


def _arrow(action: QAction, sign: str) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)

    def follow() -> None:
        # The action's own text is for menus; here its sign stands for it.
        button.setText(sign)
        button.setToolTip(f"{action.toolTip()} ({key_text(action)})")

    action.changed.connect(follow)
    follow()
    button.setAccessibleName(action.text().replace("&", ""))
    return button
