import gc

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from studio.app import unused_memory
from studio.app.unused_memory import UnusedMemory
from tests.helpers.waiting import LONG


class Cycle:
    """What only a look at everything frees."""

    def __init__(self, freed: list[bool]) -> None:
        self.own = self
        self._freed = freed

    def __del__(self) -> None:
        self._freed.append(True)


def test_memory_is_given_back_when_nothing_is_written(
    qapp: QCoreApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unused_memory, "_REST_MS", 1)
    answers = [True, True, True, False]
    asked: list[bool] = []
    freed: list[bool] = []

    def is_writing() -> bool:
        if len(asked) < len(answers) - 1:
            assert not freed, "a generation would wait"
        asked.append(answers[len(asked)])
        return asked[-1]

    memory = UnusedMemory(is_writing)
    assert memory.is_settled
    gc.disable()
    try:
        Cycle(freed)
        memory.give_back_soon()
        assert not memory.is_settled
        qtbot.waitUntil(lambda: memory.is_settled, timeout=LONG)
    finally:
        gc.enable()
    assert asked == answers
    assert freed
