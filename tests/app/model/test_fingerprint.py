import threading
from pathlib import Path

import pytest
import shiboken6
from pytestqt.qtbot import QtBot

from studio.app.model import fingerprint as model_fingerprint
from studio.app.model.fingerprint import UNREADABLE, ModelFingerprint
from studio.engine.model_files.model_hash import model_hash
from tests.helpers.fake_engine import Desk
from tests.helpers.waiting import LONG


@pytest.fixture
def desk(qapp: object) -> Desk:
    return Desk()


def test_it_is_made_in_the_background_once_it_is_asked_for(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"weights")
    fingerprint = ModelFingerprint(desk.model)
    fingerprint.ask()
    assert fingerprint.known is None
    desk.load(str(path))
    assert fingerprint.known is None
    with qtbot.waitSignal(fingerprint.changed, timeout=LONG):
        fingerprint.ask()
    assert fingerprint.known == model_hash(path)
    # Another file under the same name is another model.
    path.write_bytes(b"other weights")
    assert fingerprint.known is None
    with qtbot.waitSignal(fingerprint.changed, timeout=LONG):
        fingerprint.ask()
    assert fingerprint.known == model_hash(path)


def test_one_can_wait_for_it(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"weights")
    fingerprint = ModelFingerprint(desk.model)
    assert fingerprint.wait() == UNREADABLE, "without a model there is none"
    desk.load(str(path))
    assert fingerprint.wait() == fingerprint.known == model_hash(path)


def test_a_drive_that_does_not_answer_is_not_waited_for(
    desk: Desk, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    monkeypatch.setattr(model_fingerprint, "_LONGEST_WAIT", 0.02)
    monkeypatch.setattr(
        model_fingerprint, "model_hash", lambda _path: answers.wait(LONG / 1000) and "sha256:1"
    )
    fingerprint = ModelFingerprint(desk.model)
    path = tmp_path / "model.gguf"
    path.write_bytes(b"weights")
    desk.load(str(path))
    assert fingerprint.wait() is None
    assert fingerprint.known is None
    with qtbot.waitSignal(fingerprint.changed, timeout=LONG):
        answers.set()
    assert fingerprint.known == "sha256:1", "it is known as soon as the drive answers"


def test_a_file_that_is_gone_has_none(desk: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    fingerprint = ModelFingerprint(desk.model)
    desk.load(str(tmp_path / "gone.gguf"))
    with qtbot.waitSignal(fingerprint.changed, timeout=LONG):
        fingerprint.ask()
    assert fingerprint.known == fingerprint.wait() == UNREADABLE


def test_it_may_go_while_it_is_being_made(
    desk: Desk, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()

    def slow(path: Path) -> str:
        goes_on.wait(LONG / 1000)
        goes_on.set()
        return "sha256:late"

    monkeypatch.setattr(model_fingerprint, "model_hash", slow)
    desk.load(str(tmp_path / "model.gguf"))
    fingerprint = ModelFingerprint(desk.model)
    fingerprint.ask()
    threads = [each for each in threading.enumerate() if each.name == "fingerprint"]
    assert threads
    with qtbot.captureExceptions() as exceptions:
        shiboken6.delete(fingerprint)
        # Nobody waited for it: a drive that is gone keeps no window open.
        assert not goes_on.is_set()
        goes_on.set()
        qtbot.waitUntil(lambda: not any(each.is_alive() for each in threads), timeout=LONG)
    assert exceptions == []


def test_what_is_kept_of_the_model_gets_its_fingerprint(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"weights")
    fingerprint = ModelFingerprint(desk.model)
    assert fingerprint.record is None, "no model is open"
    desk.load(str(path))
    record = fingerprint.record
    assert record is not None
    assert (record.file, record.hash) == ("model.gguf", "")
    assert fingerprint.record is record, "that very object is exchanged later"
    with qtbot.waitSignal(fingerprint.named, timeout=LONG) as named:
        fingerprint.ask()
    assert named.args is not None
    assert named.args[0] is record
    assert named.args[1] is fingerprint.record
    assert fingerprint.record.hash == model_hash(path)
    other = tmp_path / "other.gguf"
    other.write_bytes(b"other weights")
    desk.load(str(other))
    assert fingerprint.record.file == "other.gguf"
    assert fingerprint.record.hash == ""


def test_a_model_that_was_left_meanwhile_gets_its_own(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    path, other = tmp_path / "model.gguf", tmp_path / "other.gguf"
    path.write_bytes(b"weights")
    other.write_bytes(b"other weights")
    desk.load(str(path))
    desk.fingerprint.ask()
    record = desk.fingerprint.record
    desk.load(str(other))
    with qtbot.waitSignal(desk.fingerprint.named, timeout=LONG) as named:
        pass
    assert named.args is not None
    assert named.args[0] is record
    assert (named.args[1].file, named.args[1].hash) == ("model.gguf", model_hash(path))
