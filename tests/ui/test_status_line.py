import pytest
from pytestqt.qtbot import QtBot

from studio.engine.messages import Evaluating, Failed, Generate, Loading
from studio.ui.status_line import StatusLine
from tests.helpers.fake_engine import Desk, evaluated, finished, token
from tests.ui.conftest import LONG


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk()


@pytest.fixture
def line(desk: Desk, qtbot: QtBot) -> StatusLine:
    line = StatusLine(desk.model, desk.writing, desk.context)
    qtbot.addWidget(line)
    line.show()
    qtbot.addWidget(line.figures)
    line.figures.show()
    return line


def shown(line: StatusLine) -> list[str]:
    return [label.text() for label in line.labels if label.isVisible()]


def test_the_words_of_each_phase(desk: Desk, line: StatusLine, qtbot: QtBot) -> None:
    def wait_for(*words: str) -> None:
        qtbot.waitUntil(lambda: shown(line) == list(words), timeout=LONG)

    wait_for("no model")
    desk.model.open("a.gguf")
    wait_for("loading 0 %")
    load = desk.client.sent[-1].request
    desk.client.answer(Loading(request=load, fraction=0.427))
    wait_for("loading 43 %")
    desk.client.answer(Failed(request=load, kind="model_file", message="No."))
    wait_for("no model")
    desk.load()
    wait_for("context 0 of 2,048")

    desk.type("Once")
    desk.writing.continue_writing()
    wait_for("reading", "context 0 of 2,048")
    request = desk.client.last(Generate).request
    desk.client.answer(Evaluating(request=request, done=1024, total=1900))
    wait_for("reading 1,024 of 1,900 tokens", "context 0 of 2,048")
    desk.client.answer(evaluated(request, 1, used=1900, unseen=12_345), token(request, 0, b" upon"))
    wait_for("writing", "context 1,901 of 2,048", "first 12,345 characters not seen")
    desk.writing.stop()
    wait_for("stopping", "context 1,901 of 2,048", "first 12,345 characters not seen")
    desk.client.answer(*finished(request, 9, seconds=0.1))
    wait_for("80 tokens/s", "context 1,901 of 2,048", "first 12,345 characters not seen")
    desk.client.die()
    wait_for("no model")


def test_a_new_phase_is_said_at_once(desk: Desk, line: StatusLine) -> None:
    desk.load()
    assert line.state_words() not in shown(line)
    desk.type("Once")
    desk.writing.continue_writing()
    assert "reading" in shown(line)
    request = desk.client.last(Generate).request
    desk.client.answer(evaluated(request, 1), token(request, 0, b" upon"))
    assert "writing" in shown(line)
    desk.client.answer(*finished(request, 1))
    assert line.state_words() not in shown(line)


def test_the_context_is_full_at_most(desk: Desk, line: StatusLine, qtbot: QtBot) -> None:
    desk.load()
    desk.type("Once")
    desk.writing.continue_writing()
    request = desk.client.last(Generate).request
    desk.client.answer(evaluated(request, 1, used=2047))
    desk.client.answer(*(token(request, index, b"a") for index in range(5)), *finished(request, 5))
    assert desk.context.used == 2048


def test_each_figure_has_a_name_for_screen_readers(line: StatusLine) -> None:
    names = [label.accessibleName() for label in line.labels]
    assert all(names)
    assert len(set(names)) == len(names)
