import pytest
from pytestqt.qtbot import QtBot

from studio.app.explain.source import ExplainSource
from studio.engine.messages import Generate, PreviewNextToken
from studio.sampling import LogitSketch, SamplingParams
from tests.helpers.fake_engine import Desk, distribution, evaluated, finished, token

pytestmark = pytest.mark.usefixtures("short_rests")


@pytest.fixture
def source(desk: Desk) -> ExplainSource:
    source = ExplainSource(
        desk.next_token, desk.draft, desk.sampling, desk.writing, desk.next_token_preview
    )
    source.set_active(True)
    return source


def next_token_preview(qtbot: QtBot, desk: Desk, favourite: int) -> None:
    """Wait until the engine is asked, and answer."""
    count = len(desk.client.all_sent(PreviewNextToken))
    qtbot.waitUntil(lambda: len(desk.client.all_sent(PreviewNextToken)) > count)
    request = desk.client.last(PreviewNextToken).request
    desk.client.answer(evaluated(request, 1, 2), distribution(request, favourite))


def favourite(sketch: LogitSketch) -> int:
    return int(sketch.ids[0])


def test_without_a_text_it_is_the_example(source: ExplainSource) -> None:
    assert source.place.is_example


def test_it_follows_the_caret(qtbot: QtBot, desk: Desk, source: ExplainSource) -> None:
    desk.type("The sea was")
    next_token_preview(qtbot, desk, 7)
    qtbot.waitUntil(lambda: not source.place.is_example)
    assert favourite(source.place.sketch) == 7
    assert source.place.before == "The sea was"
    assert source.place.text(0).text == "word7"
    desk.type(" calm")
    assert source.place.before == "The sea was", "the old numbers belong to the old words"
    next_token_preview(qtbot, desk, 9)
    qtbot.waitUntil(lambda: source.place.before == "The sea was calm")
    assert favourite(source.place.sketch) == 9


def test_it_holds_while_the_model_writes(qtbot: QtBot, desk: Desk, source: ExplainSource) -> None:
    desk.type("The sea was")
    next_token_preview(qtbot, desk, 7)
    qtbot.waitUntil(lambda: not source.place.is_example)
    held = source.place
    desk.writing.continue_writing()
    assert source.is_held
    request = desk.client.last(Generate).request
    desk.client.answer(evaluated(request, 1, 2), token(request, 0, b" calm", token_id=5))
    qtbot.waitUntil(lambda: desk.draft.manuscript.text == "The sea was calm")
    qtbot.waitUntil(lambda: source.is_settled)
    assert source.place is held
    # T goes on being followed.
    with qtbot.waitSignal(source.changed):
        desk.sampling.change(temperature=0.3)
    assert source.params.temperature == 0.3
    desk.draft.set_caret(len(desk.draft.manuscript))
    desk.client.answer(*finished(request, 1))
    assert not source.is_held
    next_token_preview(qtbot, desk, 11)
    qtbot.waitUntil(lambda: favourite(source.place.sketch) == 11)
    assert source.place.before == "The sea was calm"


def test_when_the_model_is_gone_the_example_is_back(
    qtbot: QtBot, desk: Desk, source: ExplainSource
) -> None:
    desk.type("The sea was")
    next_token_preview(qtbot, desk, 7)
    qtbot.waitUntil(lambda: not source.place.is_example)
    desk.model.open("other.gguf")
    qtbot.waitUntil(lambda: source.place.is_example)


def test_while_nobody_looks_it_does_nothing(
    qtbot: QtBot, desk: Desk, source: ExplainSource
) -> None:
    source.set_active(False)
    with qtbot.assertNotEmitted(source.changed):
        desk.sampling.set_params(SamplingParams(temperature=0.2))
        assert source.is_settled
    with qtbot.waitSignal(source.changed):
        source.set_active(True)
