from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from studio.app.timers import single_shot


def test_what_is_started_anew_before_it_is_due_is_called_once(qtbot: QtBot) -> None:
    calls: list[str] = []
    parent = QObject()
    timer = single_shot(parent, lambda: calls.append("it"), 20)
    later = single_shot(parent, lambda: calls.append("later"), 60)
    assert not timer.isActive()
    timer.start()
    timer.start()
    later.start()
    qtbot.waitUntil(lambda: "later" in calls)
    assert calls == ["it", "later"]
    assert not timer.isActive()
