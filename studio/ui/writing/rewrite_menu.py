"""The menu of ways to rewrite what is selected; what cannot be done now says why."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from studio.app.writing.rewrite_request import RewriteKind
from studio.app.writing.rewrite_words import NAMES, TIPS
from studio.app.writing.rewriting import NO_TEMPLATE, Rewriting
from studio.translation import mark, tr
from studio.ui.widgets.actions import button_text
from studio.ui.widgets.tips import plain, plain_tip

_OTHERS_NEED = mark("The others need a model with a chat template")


class RewriteMenu(QMenu):
    """A kind a line. It looks what can be done when it is opened, and at no key.

    Attributes:
        kinds: The actions.

    Args:
        rewriting: Rewrites.
        parent: The Qt parent.
    """

    def __init__(self, rewriting: Rewriting, parent: QWidget) -> None:
        super().__init__(tr("Re&write selection"), parent)
        self._rewriting = rewriting
        self.setToolTipsVisible(True)
        self.kinds: dict[RewriteKind, QAction] = {}
        for kind in RewriteKind:
            action = self.addAction(tr(NAMES[kind]))
            action.triggered.connect(lambda _checked, kind=kind: rewriting.begin(kind))
            self.kinds[kind] = action
        self.reason = self.addAction("")
        """Why some cannot be chosen, for those who do not wait for a tooltip."""
        self.reason.setEnabled(False)
        self.aboutToShow.connect(self.follow)

    def follow(self) -> None:
        """Look what can be done now."""
        reason = ""
        for kind, action in self.kinds.items():
            why_not = self._rewriting.why_not(kind)
            reason = reason or why_not
            action.setEnabled(not why_not)
            action.setToolTip(plain_tip(why_not or tr(TIPS[kind])))
            action.setStatusTip(plain(why_not or tr(TIPS[kind])))
        self.reason.setVisible(bool(reason))
        self.reason.setText(button_text(tr(_OTHERS_NEED) if reason == tr(NO_TEMPLATE) else reason))
        self.reason.setToolTip(plain_tip(reason))
