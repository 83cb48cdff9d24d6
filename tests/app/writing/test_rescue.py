"""A mistake of ours: logged, the document put in safety, the writer informed."""

import sys
import threading
from types import TracebackType

import pytest
from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal
from pytestqt.qtbot import QtBot

from studio.app.writing.rescue import Rescue

Logged = list[BaseException]


class Button(QObject):
    pressed = Signal()


@pytest.fixture
def logged(qapp: QCoreApplication, monkeypatch: pytest.MonkeyPatch) -> Logged:
    """The hook that is there before the rescue; pytest-qt's would fail the test."""
    errors: Logged = []

    def hook(
        _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        errors.append(error)

    monkeypatch.setattr(sys, "excepthook", hook)
    return errors


def rest_of(rescue: Rescue) -> QTimer:
    """From one time that the document is put in safety to the next."""
    rest = rescue.findChild(QTimer)
    assert isinstance(rest, QTimer)
    return rest


def raise_in_a_slot(error: BaseException) -> None:
    def slot() -> None:
        raise error

    button = Button()
    button.pressed.connect(slot, Qt.ConnectionType.DirectConnection)
    button.pressed.emit()


def test_every_mistake_of_a_session_is_logged_kept_and_reported(
    logged: Logged, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.app.writing.rescue._SHORTEST_MS", 20)
    reported: list[str] = []
    kept: list[int] = []

    def keep() -> bool:
        kept.append(len(logged))
        return True

    rescue = Rescue(keep)
    rescue.happened.connect(reported.append)
    rescue.install()
    for _ in range(3):
        raise_in_a_slot(ZeroDivisionError("a bug"))
    assert [str(error) for error in logged] == ["a bug"] * 3, "each is logged"
    assert kept == [1], "the first at once"
    qtbot.waitUntil(lambda: not rest_of(rescue).isActive())
    assert kept == [1, 3], "those that came at once with it a moment later, together"
    assert len(reported) == 1
    assert "ZeroDivisionError: a bug" in reported[0]
    assert "next start offers it" in reported[0]
    raise_in_a_slot(ValueError("another"))
    assert kept == [1, 3, 4]
    assert "ValueError: another" in reported[1]
    raise_in_a_slot(KeyError("a third"))
    qtbot.waitUntil(lambda: len(reported) == 3)
    assert "a third" in reported[2]
    assert kept == [1, 3, 4, 5]


def test_a_mistake_at_each_paint_keeps_neither_disk_nor_writer_busy(
    logged: Logged, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.app.writing.rescue._SHORTEST_MS", 1)
    monkeypatch.setattr("studio.app.writing.rescue._LONGEST_MS", 16)
    kept: list[int] = []
    reported: list[str] = []

    def keep() -> bool:
        kept.append(1)
        return True

    rescue = Rescue(keep)
    rescue.happened.connect(reported.append)
    rescue.install()
    rests = []
    for _ in range(7):
        for number in range(10):
            raise_in_a_slot(ZeroDivisionError(f"number {number}, {len(logged)}"))
        rests.append(rest_of(rescue).interval())
        with qtbot.waitSignal(rest_of(rescue).timeout):
            pass
    assert rests == [1, 2, 4, 8, 16, 16, 16], "the longer the more often"
    assert len(kept) == 8
    assert len(logged) == 70
    assert len(reported) < len(kept), "and not of more than can be read"
    qtbot.waitUntil(lambda: not rest_of(rescue).isActive())
    assert rest_of(rescue).interval() == 1


def test_a_mistake_of_another_thread_is_kept_by_the_windows(logged: Logged, qtbot: QtBot) -> None:
    threads: list[threading.Thread] = []

    def keep() -> bool:
        threads.append(threading.current_thread())
        return True

    rescue = Rescue(keep)
    rescue.install()
    error = ValueError("elsewhere")
    other = threading.Thread(target=lambda: sys.excepthook(ValueError, error, None))
    other.start()
    other.join()
    assert logged == [error]
    assert threads == []
    qtbot.waitUntil(lambda: bool(threads))
    assert threads == [threading.main_thread()]


class Silent(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


@pytest.mark.parametrize("error", [Silent(), ValueError("x\n\x1b[31m\u202e" + "y" * 9_000)])
def test_what_an_error_says_of_itself_is_bounded(logged: Logged, error: Exception) -> None:
    reported: list[str] = []
    rescue = Rescue(lambda: True)
    rescue.happened.connect(reported.append)
    rescue.install()
    raise_in_a_slot(error)
    assert type(error).__name__ in reported[0]
    assert len(reported[0]) < 500
    assert reported[0].isprintable()


def test_without_text_there_is_nothing_to_rescue(logged: Logged) -> None:
    reported: list[str] = []
    rescue = Rescue(lambda: False)
    rescue.happened.connect(reported.append)
    rescue.install()
    raise_in_a_slot(ValueError("a bug"))
    assert "Your text is still here" in reported[0]


def test_a_bug_in_the_keeping_is_no_second_error(logged: Logged) -> None:
    def keep() -> bool:
        raise ZeroDivisionError("the same bug")

    reported: list[str] = []
    rescue = Rescue(keep)
    rescue.happened.connect(reported.append)
    rescue.install()
    raise_in_a_slot(ValueError("a bug"))
    assert len(logged) == 1
    assert "Your text is still here" in reported[0]


def test_ctrl_c_is_no_bug(logged: Logged) -> None:
    reported: list[str] = []
    rescue = Rescue(lambda: pytest.fail("nothing is to be kept"))
    rescue.happened.connect(reported.append)
    rescue.install()
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert reported == []
    assert isinstance(logged[0], KeyboardInterrupt)


def test_the_program_goes_on(logged: Logged, qtbot: QtBot) -> None:
    Rescue(lambda: True).install()
    later: list[int] = []
    QTimer.singleShot(0, lambda: raise_in_a_slot(ValueError("a bug")))
    QTimer.singleShot(0, lambda: later.append(1))
    qtbot.waitUntil(lambda: bool(later))
    assert len(logged) == 1
