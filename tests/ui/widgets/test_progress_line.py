from pytestqt.qtbot import QtBot

from studio.engine.messages import Evaluating, Failed, Loading
from studio.ui.widgets.progress_line import ProgressLine
from tests.helpers.fake_engine import Desk


def test_it_fills_while_a_model_loads_and_a_prompt_is_read(qtbot: QtBot) -> None:
    desk = Desk()
    line = ProgressLine(desk.model, desk.context, 10)
    qtbot.addWidget(line)
    line.resize(100, line.height())
    line.show()
    assert line.height() == 10
    assert line.fraction is None
    at_rest = line.grab().toImage()

    desk.model.open("a.gguf")
    load = desk.client.sent[-1].request
    desk.client.answer(Loading(request=load, fraction=0.25))
    assert line.fraction == 0.25
    loading = line.grab().toImage()
    assert loading != at_rest
    done, rest = loading.pixelColor(10, 5), loading.pixelColor(90, 5)
    assert done != rest
    assert loading.pixelColor(20, 5) == done
    assert loading.pixelColor(30, 5) == rest

    desk.load()
    assert line.fraction is None
    desk.client.answer(Evaluating(request=99, done=3, total=4))
    assert line.fraction == 0.75
    desk.client.answer(Failed(request=99, kind="bug", message="No."))
    assert line.fraction is None
    assert line.grab().toImage() == at_rest
