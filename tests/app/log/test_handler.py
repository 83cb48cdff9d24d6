"""Log records on their way to the disk."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.app.log import handler as module
from studio.app.log.handler import LogHandler
from studio.app.log.rotating_file import OwnFile


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[LogHandler]:
    made = LogHandler(tmp_path / "log", lambda: "heading")
    yield made
    made.close()


@pytest.fixture
def logger(handler: LogHandler) -> Iterator[logging.Logger]:
    logger = logging.getLogger("studio.tested")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


def lines(handler: LogHandler) -> list[str]:
    """What is written, without the time."""
    handler.flush()
    assert handler.path
    return [line[25:] for line in handler.path.read_text().splitlines()]


def log_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "log"]


def test_what_comes_before_the_window_stands_is_written_after(
    handler: LogHandler, logger: logging.Logger
) -> None:
    logger.info("early")
    assert log_threads() == []
    assert handler.path is None
    handler.begin()
    logger.warning("late")
    assert lines(handler) == ["INFO     heading", "INFO     early", "WARNING  late"]


def test_what_goes_wrong_before_that_is_written_at_once(
    handler: LogHandler, logger: logging.Logger, tmp_path: Path
) -> None:
    logger.error("no window can be made")
    for thread in log_threads():
        thread.join()
    (file,) = (tmp_path / "log").glob("*.log")
    assert "no window can be made" in file.read_text()


def test_at_rest_nothing_runs(handler: LogHandler, logger: logging.Logger) -> None:
    handler.begin()
    logger.info("something")
    handler.flush()
    for thread in log_threads():
        thread.join()
    assert log_threads() == []


def test_who_logs_does_not_wait_for_the_disk_and_what_waits_is_bounded(
    handler: LogHandler, logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    is_writing = threading.Event()
    write = OwnFile.write

    def write_late(file: OwnFile, line: str) -> None:
        is_writing.set()
        answers.wait()
        write(file, line)

    monkeypatch.setattr(module, "_MOST_PENDING", 5)
    monkeypatch.setattr(OwnFile, "write", write_late)
    handler.begin()
    is_writing.wait()
    for number in range(8):
        logger.info("number %d", number)
    answers.set()
    assert lines(handler) == [
        "INFO     heading",
        *(f"INFO     number {number}" for number in range(5)),
        "WARNING  3 records were left out",
    ]


def test_the_programs_end_waits_for_no_drive_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    monkeypatch.setattr(OwnFile, "write", lambda _file, _line: answers.wait())
    handler = LogHandler(tmp_path, lambda: "heading")
    handler.begin()
    handler.close()
    assert log_threads(), "it writes still, and was not waited for"
    answers.set()
    for thread in log_threads():
        thread.join()


def test_lines_are_whole_short_and_steer_nothing(
    handler: LogHandler, logger: logging.Logger
) -> None:
    handler.begin()
    logger.info("a\nb \x1b[31m \u202e %s", "y" * 9000)
    (line,) = lines(handler)[1:]
    assert line.startswith("INFO     a\\nb \\x1b[31m \\u202e yyy")
    assert len(line) < 1100
    assert line.isprintable()


def test_a_mistake_in_the_logging_is_none_of_the_programs(
    handler: LogHandler, logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    handler.begin()
    # Not by a logger: pytest's handler raises.
    handler.handle(logging.makeLogRecord({"msg": "%d", "args": ("no number",)}))
    logger.info("goes on")
    assert lines(handler)[1:] == ["INFO     goes on"]
    assert capsys.readouterr().err == ""


def test_an_error_comes_with_its_trace_and_without_its_words(
    handler: LogHandler, logger: logging.Logger
) -> None:
    handler.begin()
    try:
        int("the old fisherman")
    except ValueError as error:
        logger.error("error", exc_info=error)
    handler.flush()
    assert handler.path
    text = handler.path.read_text()
    assert "Traceback (most recent call last):" in text
    assert text.splitlines()[-1].startswith("ValueError (")
    # The line of this test itself is source, and is shown.
    assert text.count("the old fisherman") == text.count('int("the old fisherman")') == 1


def test_after_its_end_nothing_is_taken(handler: LogHandler, logger: logging.Logger) -> None:
    logger.info("before")
    handler.close()
    logger.info("after")
    assert handler.folder.joinpath("kelvin-studio.log").read_text().count("\n") == 2
    assert not list(handler.folder.glob(".*"))


def test_a_log_that_cannot_be_written_disturbs_nobody(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("in the way")
    handler = LogHandler(tmp_path / "log", lambda: "heading")
    handler.begin()
    handler.handle(logging.makeLogRecord({"msg": "lost"}))
    handler.flush()
    assert handler.path is None
    handler.close()
