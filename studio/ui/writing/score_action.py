"""The action that scores the text: its name, its key, and why it cannot be done now."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from studio.app.writing.records import TokenRecords
from studio.manuscript import Manuscript
from studio.translation import mark, tr
from studio.ui.widgets.actions import make_action

TIP = mark(
    "Let the model read the text that it did not write, once, and keep for every token what else "
    "it would have said: then heat, landscape and the word panel know that text too. The text "
    "stays as it is, and may be of any length: what you see is read first. With nothing before "
    "it, no brief and no mark of a beginning, the first token cannot be scored"
)


def make_score_action(parent: QObject, records: TokenRecords, manuscript: Manuscript) -> QAction:
    """An action that follows what can be scored; while it cannot, its tooltip says why.

    Args:
        parent: The Qt parent.
        records: Scores the text.
        manuscript: The text; an empty one has nothing to score.
    """
    action = make_action(parent, tr("Score the te&xt"), records.score, "Ctrl+Shift+E", tr(TIP))

    def follow() -> None:
        why_not = records.why_not
        action.setEnabled(why_not is None)
        action.setToolTip(why_not or tr(TIP))
        action.setStatusTip(why_not or tr(TIP))

    records.scoring_changed.connect(follow)
    manuscript.state_changed.connect(follow)
    follow()
    return action
