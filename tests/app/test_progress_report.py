"""What takes longer than a moment is put into words, as often as they can be read."""

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from studio.app import progress_report
from studio.app.background import Background
from studio.app.progress_report import ProgressReport
from studio.progress import At
from tests.helpers.waiting import LONG


class Steps:
    """Work that goes on to the next share when it is let."""

    def __init__(self, *shares: float) -> None:
        self.shares = shares
        self.go = threading.Semaphore(0)

    def __call__(self, at: At) -> None:
        for share in self.shares:
            at(share)
            assert self.go.acquire(timeout=LONG / 1000)


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    background = Background("tested")
    yield background
    background.close()


@pytest.fixture
def reported(background: Background) -> list[str]:
    """All that is reported, with what it is."""
    found: list[str] = []
    report = ProgressReport(background, background)
    report.begun.connect(lambda words: found.append(f"begun: {words}"))
    report.went_on.connect(lambda words: found.append(f"went on: {words}"))
    report.ended.connect(lambda: found.append("ended"))
    return found


def test_it_is_reported_from_its_beginning_to_its_end(
    background: Background,
    reported: list[str],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress_report, "_DELAY_MS", 0)
    monkeypatch.setattr(progress_report, "_BETWEEN_MS", 0)

    def until(words: str) -> None:
        qtbot.waitUntil(lambda: reported[-1:] == [words], timeout=LONG)

    first, second = Steps(0.0, 0.25, 0.754), Steps(0.5)
    background.start(first, lambda _: None, "Reading “100%.txt”")
    background.start(second, lambda _: None, "Saving “b”")
    until("begun: Reading “100%.txt”: 0 %")
    first.go.release()
    until("went on: Reading “100%.txt”: 25 %")
    first.go.release()
    until("went on: Reading “100%.txt”: 75 %")
    first.go.release()
    until("went on: Saving “b”: 50 %")
    assert "ended" not in reported, "one after another is reported as one"
    second.go.release()
    until("ended")
    assert [words for words in reported if words.startswith("begun")] == reported[:1]


def test_what_takes_a_moment_is_not_reported(
    background: Background,
    reported: list[str],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress_report, "_DELAY_MS", LONG)
    work = Steps(0.5)
    background.start(work, lambda _: None, "Reading “a”")
    qtbot.waitUntil(lambda: background.share == 0.5, timeout=LONG)
    work.go.release()
    qtbot.waitUntil(lambda: not background.is_busy, timeout=LONG)
    assert reported == ["ended"]
    # The next one has its own moment.
    monkeypatch.setattr(progress_report, "_DELAY_MS", 0)
    other = Steps(0.1)
    background.start(other, lambda _: None, "Reading “b”")
    qtbot.waitUntil(lambda: len(reported) == 2, timeout=LONG)
    assert reported[1].startswith("begun: Reading “b”: ")
    other.go.release()
    qtbot.waitUntil(lambda: reported[-1] == "ended", timeout=LONG)


def test_numbers_wait_until_the_last_ones_could_be_read(
    background: Background,
    reported: list[str],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress_report, "_DELAY_MS", 0)
    monkeypatch.setattr(progress_report, "_BETWEEN_MS", LONG)
    work = Steps(0.1, 0.2, 0.3)
    background.start(work, lambda _: None, "Reading “a”")
    qtbot.waitUntil(lambda: bool(reported), timeout=LONG)
    for share in (0.2, 0.3):
        work.go.release()
        qtbot.waitUntil(lambda share=share: background.share == share, timeout=LONG)  # type: ignore[misc]  # a default is not inferred
    work.go.release()
    qtbot.waitUntil(lambda: not background.is_busy, timeout=LONG)
    assert len(reported) == 2
    assert reported[1] == "ended"
