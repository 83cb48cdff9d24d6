import sys
from collections.abc import Callable
from types import TracebackType

import pytest
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.manuscript import RecoveryRecord
from studio.ui.main_window import MainWindow
from studio.ui.user_folders import recovery_folder
from studio.ui.writing.rescue import Rescue

Logged = list[BaseException]


class Button(QObject):
    pressed = Signal()


@pytest.fixture
def logged(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Logged:
    """The hook that is there before the rescue; pytest-qt's would fail the test."""
    errors: Logged = []

    def hook(
        _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        errors.append(error)

    monkeypatch.setattr(sys, "excepthook", hook)
    return errors


def raise_in_a_slot(error: BaseException) -> None:
    def slot() -> None:
        raise error

    button = Button()
    button.pressed.connect(slot, Qt.ConnectionType.DirectConnection)
    button.pressed.emit()


def test_an_exception_in_a_slot_is_logged_kept_and_told_once(logged: Logged) -> None:
    told: list[str] = []
    kept: list[int] = []

    def keep() -> bool:
        kept.append(1)
        return True

    rescue = Rescue(keep)
    rescue.happened.connect(told.append)
    rescue.install()
    for _ in range(3):
        raise_in_a_slot(ZeroDivisionError("a bug"))
    assert [str(error) for error in logged] == ["a bug"] * 3, "each is logged"
    assert len(told) == 1
    assert "ZeroDivisionError: a bug" in told[0]
    assert "next start offers it" in told[0]
    assert kept == [1]


def test_without_text_there_is_nothing_to_rescue(logged: Logged) -> None:
    told: list[str] = []
    rescue = Rescue(lambda: False)
    rescue.happened.connect(told.append)
    rescue.install()
    raise_in_a_slot(ValueError("a bug"))
    assert "Your text is still here" in told[0]


def test_a_bug_in_the_keeping_is_no_second_error(logged: Logged) -> None:
    def keep() -> bool:
        raise ZeroDivisionError("the same bug")

    told: list[str] = []
    rescue = Rescue(keep)
    rescue.happened.connect(told.append)
    rescue.install()
    raise_in_a_slot(ValueError("a bug"))
    assert len(logged) == 1
    assert "Your text is still here" in told[0]


def test_ctrl_c_is_no_bug(logged: Logged) -> None:
    told: list[str] = []
    rescue = Rescue(lambda: pytest.fail("nothing is to be kept"))
    rescue.happened.connect(told.append)
    rescue.install()
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert told == []
    assert isinstance(logged[0], KeyboardInterrupt)


def test_the_program_goes_on(logged: Logged, qtbot: QtBot) -> None:
    Rescue(lambda: True).install()
    later: list[int] = []
    QTimer.singleShot(0, lambda: raise_in_a_slot(ValueError("a bug")))
    QTimer.singleShot(0, lambda: later.append(1))
    qtbot.waitUntil(lambda: bool(later))
    assert len(logged) == 1


def test_the_window_tells_the_writer_and_stays(
    logged: Logged, open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    window.session.draft.manuscript.edit(0, 0, "My novel")
    window.session.draft.set_brief("Long.")
    raise_in_a_slot(ZeroDivisionError("a bug"))
    # Kept at once; told when what raised it, a layout perhaps, has come to its end.
    assert window.notice.message == ""
    qtbot.waitUntil(lambda: "ZeroDivisionError" in window.notice.message)
    assert window.isVisible()
    (record,) = recovery_folder().rglob("record")
    kept = RecoveryRecord.of_bytes(record.read_bytes())
    assert (kept.text, kept.brief) == ("My novel", "Long.")
    assert window.session.draft.manuscript.text == "My novel"
    assert window.isWindowModified(), "what is kept is not saved"
