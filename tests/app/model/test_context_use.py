import pytest
from pytestqt.qtbot import QtBot

from studio.app.model.context_use import ContextUse, Progress
from studio.engine.messages import AnyEvent, Evaluating, Loaded, Superseded
from tests.helpers.fake_engine import FakeClient, evaluated, finished, model_report, token


@pytest.fixture
def client(qtbot: QtBot) -> FakeClient:
    return FakeClient()


@pytest.fixture
def use(client: FakeClient) -> ContextUse:
    return ContextUse(client)


def test_an_evaluation(client: FakeClient, use: ContextUse) -> None:
    client.answer(Loaded(request=1, report=model_report(context_size=512)))
    assert (use.used, use.size, use.unseen_characters) == (0, 512, 0)
    client.answer(Evaluating(request=2, done=128, total=300))
    assert use.progress == Progress(128, 300)
    client.answer(evaluated(2, 1, used=300, unseen=40))
    assert (use.used, use.size, use.unseen_characters) == (300, 2048, 40)


def test_progress_ends_with_the_evaluation(client: FakeClient, use: ContextUse) -> None:
    client.answer(Evaluating(request=2, done=128, total=300), evaluated(2, 1))
    assert use.progress is None


@pytest.mark.parametrize("total", [0, -3])
def test_of_nothing_there_is_no_progress(client: FakeClient, use: ContextUse, total: int) -> None:
    client.answer(Evaluating(request=2, done=1, total=total))
    assert use.progress is None


@pytest.mark.parametrize("end", [Superseded(request=2), *finished(2, 0)[1:]])
def test_an_evaluation_that_is_given_up_shows_no_progress(
    client: FakeClient, use: ContextUse, end: AnyEvent
) -> None:
    client.answer(Evaluating(request=2, done=128, total=300), end)
    assert use.progress is None


def test_each_token_takes_room_and_its_listener_redraws(
    client: FakeClient, use: ContextUse, qtbot: QtBot
) -> None:
    client.answer(evaluated(2, 1, used=10))
    with qtbot.assertNotEmitted(use.changed):
        client.answer(token(2, 0, b"a"), token(2, 1, b"b"))
    assert use.used == 12
    # In the middle of a generation the context was cut and read anew.
    client.answer(Evaluating(request=2, done=128, total=300))
    with qtbot.waitSignal(use.changed):
        client.answer(token(2, 2, b"c"))
    assert use.progress is None


def test_a_dead_engine_has_no_context(client: FakeClient, use: ContextUse) -> None:
    client.answer(evaluated(2, 1, used=10, unseen=3), Evaluating(request=3, done=1, total=2))
    client.die()
    assert (use.used, use.size, use.unseen_characters, use.progress) == (0, 0, 0, None)
