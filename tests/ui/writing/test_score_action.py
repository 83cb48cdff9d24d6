"""The action: its key, its words, and when it can be done."""

from PySide6.QtCore import QObject

from studio.ui.writing.score_action import TIP, make_score_action
from tests.helpers.fake_engine import Desk


def test_it_says_why_it_cannot_be_done(qapp: QObject) -> None:
    desk, owner = Desk(), QObject()
    action = make_score_action(owner, desk.records, desk.draft.manuscript)
    assert (action.isEnabled(), action.toolTip()) == (False, desk.records.why_not)
    desk.load()
    assert not action.isEnabled()
    desk.type("The sea")
    assert (action.isEnabled(), action.toolTip()) == (True, TIP)
    action.trigger()
    assert desk.records.is_scoring
    assert (action.isEnabled(), action.toolTip()) == (False, desk.records.why_not)
    assert action.shortcut().toString() == "Ctrl+Shift+E"
