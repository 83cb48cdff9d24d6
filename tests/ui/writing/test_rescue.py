import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import pytest
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.ui.main_window import MainWindow
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


def rescued(home: Path) -> list[str]:
    return [path.read_text() for path in sorted(home.rglob("rescued-*.txt"))]


def test_an_exception_in_a_slot_is_logged_rescued_and_told_once(
    logged: Logged, empty_home: Path
) -> None:
    told: list[str] = []
    rescue = Rescue(lambda: "My text,\nall of it 🐟")
    rescue.happened.connect(told.append)
    rescue.install()
    for _ in range(3):
        raise_in_a_slot(ZeroDivisionError("a bug"))
    assert [str(error) for error in logged] == ["a bug"] * 3, "each is logged"
    assert len(told) == 1
    assert "ZeroDivisionError: a bug" in told[0]
    (text,) = rescued(empty_home)
    assert text == "My text,\nall of it 🐟"
    assert str(next(empty_home.rglob("rescued-*.txt"))) in told[0]


def test_without_text_there_is_nothing_to_rescue(logged: Logged, empty_home: Path) -> None:
    told: list[str] = []
    rescue = Rescue(lambda: "")
    rescue.happened.connect(told.append)
    rescue.install()
    raise_in_a_slot(ValueError("a bug"))
    assert rescued(empty_home) == []
    assert "Your text is still here" in told[0]


def test_a_disk_that_is_full_is_no_second_error(
    logged: Logged, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty_home / "data").write_text("a file where the folder should be")
    told: list[str] = []
    rescue = Rescue(lambda: "My text")
    rescue.happened.connect(told.append)
    rescue.install()
    raise_in_a_slot(ValueError("a bug"))
    assert len(logged) == 1
    assert "Your text is still here" in told[0]


def test_ctrl_c_is_no_bug(logged: Logged, empty_home: Path) -> None:
    told: list[str] = []
    rescue = Rescue(lambda: "My text")
    rescue.happened.connect(told.append)
    rescue.install()
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert told == []
    assert rescued(empty_home) == []
    assert isinstance(logged[0], KeyboardInterrupt)


def test_the_program_goes_on(logged: Logged, empty_home: Path, qtbot: QtBot) -> None:
    Rescue(lambda: "My text").install()
    later: list[int] = []
    QTimer.singleShot(0, lambda: raise_in_a_slot(ValueError("a bug")))
    QTimer.singleShot(0, lambda: later.append(1))
    qtbot.waitUntil(lambda: bool(later))
    assert len(logged) == 1


def test_the_window_tells_the_writer_and_stays(
    logged: Logged, empty_home: Path, open_window: Callable[[], MainWindow]
) -> None:
    window = open_window()
    window.session.draft.manuscript.edit(0, 0, "My novel")
    raise_in_a_slot(ZeroDivisionError("a bug"))
    assert "ZeroDivisionError" in window.notice.message
    assert window.isVisible()
    assert rescued(empty_home) == ["My novel"]
    assert window.session.draft.manuscript.text == "My novel"
    assert window.isWindowModified(), "a rescued copy is no save"
