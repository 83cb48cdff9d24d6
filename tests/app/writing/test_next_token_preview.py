import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from studio.app.tokens.next_token import NOTHING_KNOWN
from studio.app.writing.next_token_preview import READING, STOPPED
from studio.engine.messages import (
    Evaluating,
    Failed,
    Generate,
    PreviewNextToken,
    Stop,
    Superseded,
)
from studio.manuscript import Manuscript
from studio.presets import Preset
from tests.helpers.fake_engine import Desk, distribution, evaluated, finished, token
from tests.helpers.waiting import LONG

pytestmark = pytest.mark.usefixtures("short_rests")


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """The look at the empty manuscript is answered."""
    answer(desk, 1)
    return desk


def answer(desk: Desk, favourite: int) -> None:
    request = desk.client.last(PreviewNextToken).request
    desk.client.answer(evaluated(request, 5), distribution(request, favourite))


def settle(desk: Desk, qtbot: QtBot) -> None:
    """Until the pause after the last change is over."""
    timer = desk.next_token_preview.findChild(QTimer)
    assert isinstance(timer, QTimer)
    qtbot.waitUntil(lambda: not timer.isActive(), timeout=LONG)


def favourite(desk: Desk) -> int | None:
    rows = desk.next_token.rows(1)
    return rows[0].token if rows else None


def test_a_loaded_model_is_asked_at_once(desk: Desk) -> None:
    assert [command.prompt.manuscript for command in desk.client.all_sent(PreviewNextToken)] == [""]
    assert favourite(desk) == 1
    assert desk.next_token.rows(1)[0].text.text == "word1"
    assert desk.next_token_preview.is_settled


def test_a_burst_of_keys_is_one_question(desk: Desk, qtbot: QtBot) -> None:
    for letter in "The old fisherman":
        desk.type(letter)
    assert not desk.next_token_preview.is_settled
    assert len(desk.client.all_sent(PreviewNextToken)) == 1, "not while the writer types"
    settle(desk, qtbot)
    assert [command.prompt.manuscript for command in desk.client.all_sent(PreviewNextToken)] == [
        "",
        "The old fisherman",
    ]
    answer(desk, 2)
    assert favourite(desk) == 2
    assert desk.next_token_preview.is_settled


def test_nothing_of_one_text_is_shown_beside_another(desk: Desk, qtbot: QtBot) -> None:
    desk.type("The")
    settle(desk, qtbot)
    answer(desk, 2)
    desk.type(" old")
    settle(desk, qtbot)
    desk.draft.manuscript.take_up(Manuscript("The sea").put_aside())
    answer(desk, 2)  # to what was asked about the text before
    assert desk.next_token.sketch is None
    assert desk.next_token.reason == READING
    settle(desk, qtbot)
    assert desk.client.last(PreviewNextToken).prompt.manuscript == "The sea"
    answer(desk, 3)
    assert favourite(desk) == 3


def test_the_caret_is_followed_back(desk: Desk, qtbot: QtBot) -> None:
    desk.type("The old")
    settle(desk, qtbot)
    desk.draft.set_caret(3)
    settle(desk, qtbot)
    assert desk.client.last(PreviewNextToken).prompt.manuscript == "The"


def test_nothing_is_asked_twice(desk: Desk, qtbot: QtBot) -> None:
    desk.type("The")
    settle(desk, qtbot)
    sent = len(desk.client.all_sent(PreviewNextToken))
    desk.draft.set_caret(0)
    desk.draft.set_caret(3)
    desk.draft.manuscript.edit(3, 0, " old")  # behind the caret: not in the prompt
    desk.draft.prompt_changed.emit()
    settle(desk, qtbot)
    assert len(desk.client.all_sent(PreviewNextToken)) == sent


def test_brief_and_preset_ask_anew(desk: Desk, qtbot: QtBot) -> None:
    desk.draft.set_brief("No dialogue.")
    settle(desk, qtbot)
    assert desk.client.last(PreviewNextToken).prompt.brief == "No dialogue."
    desk.draft.set_preset(
        Preset(name="Chat", description="", prompt_format="chat", system_message="Be kind.")
    )
    settle(desk, qtbot)
    prompt = desk.client.last(PreviewNextToken).prompt
    assert (prompt.format, prompt.system) == ("chat", "Be kind.")
    assert len(desk.client.all_sent(PreviewNextToken)) == 3


def test_another_temperature_asks_nothing(desk: Desk, qtbot: QtBot) -> None:
    desk.sampling.change(temperature=0.1)
    settle(desk, qtbot)
    assert len(desk.client.all_sent(PreviewNextToken)) == 1


def test_writing_goes_before(desk: Desk, qtbot: QtBot) -> None:
    desk.type("The")
    desk.writing.continue_writing()
    request = desk.client.last(Generate).request
    settle(desk, qtbot)
    assert len(desk.client.all_sent(PreviewNextToken)) == 1, "nothing is asked while it writes"
    desk.client.answer(evaluated(request, 5), token(request, 0, b" old"), *finished(request, 1))
    settle(desk, qtbot)
    assert len(desk.client.all_sent(PreviewNextToken)) == 2, "and once when it has ended"


def test_a_late_answer_does_not_disturb_writing(desk: Desk, qtbot: QtBot) -> None:
    desk.type("The")
    settle(desk, qtbot)
    late = desk.client.last(PreviewNextToken).request
    desk.writing.continue_writing()
    request = desk.client.last(Generate).request
    desk.client.answer(evaluated(request, 5), token(request, 0, b" old", token_id=9))
    desk.next_frame()
    desk.client.answer(evaluated(late, 5), distribution(late, 3))
    assert favourite(desk) == 9
    desk.client.answer(*finished(request, 1))


def test_a_late_answer_still_says_how_tokens_are_spelled(desk: Desk, qtbot: QtBot) -> None:
    # The engine spells each token once, whatever becomes of the answer.
    desk.type("The sea")
    settle(desk, qtbot)
    request = desk.client.last(PreviewNextToken).request
    desk.writing.continue_writing()
    desk.client.answer(distribution(request, 7))
    assert desk.next_token.text(7).text == "word7"


def test_answers_to_older_questions_are_dropped(desk: Desk, qtbot: QtBot) -> None:
    desk.type("The")
    settle(desk, qtbot)
    old = desk.client.last(PreviewNextToken).request
    desk.type(" old")
    settle(desk, qtbot)
    desk.client.answer(evaluated(old, 5), distribution(old, 3), Superseded(request=old))
    assert favourite(desk) == 1
    answer(desk, 4)
    assert favourite(desk) == 4


def test_a_prompt_that_cannot_be_made_says_why_and_is_tried_again(desk: Desk, qtbot: QtBot) -> None:
    desk.draft.set_brief("Long.")
    settle(desk, qtbot)
    request = desk.client.last(PreviewNextToken).request
    desk.client.answer(Failed(request=request, kind="prompt", message="The brief is too long."))
    assert desk.next_token.reason == "The brief is too long."
    assert not desk.next_token_preview.is_settled
    desk.draft.prompt_changed.emit()
    settle(desk, qtbot)
    assert desk.client.last(PreviewNextToken).request > request


def test_esc_gives_a_look_up(desk: Desk, qtbot: QtBot) -> None:
    desk.type("The")
    settle(desk, qtbot)
    request = desk.client.last(PreviewNextToken).request
    desk.next_token_preview.cancel()
    assert desk.client.last(Stop).request == request
    desk.client.answer(Superseded(request=request))
    assert desk.next_token.reason == STOPPED, "the bars would be those of another place"
    desk.draft.prompt_changed.emit()
    settle(desk, qtbot)
    assert desk.client.last(PreviewNextToken).request > request


def test_what_gives_way_to_something_else_is_asked_again(desk: Desk, qtbot: QtBot) -> None:
    desk.type("The")
    settle(desk, qtbot)
    request = desk.client.last(PreviewNextToken).request
    desk.writing.hold("Versions are written.")
    desk.client.answer(Superseded(request=request))
    assert desk.next_token.reason == READING
    settle(desk, qtbot)
    assert desk.client.last(PreviewNextToken).request > request


def test_what_the_histogram_says_without_a_model(desk: Desk) -> None:
    desk.model.open("other.gguf")
    for _ in ("the other one", "the one that was open before"):
        load = desk.client.sent[-1].request
        assert desk.next_token.reason == "The model is loading."
        desk.client.answer(Failed(request=load, kind="model_file", message="No."))
    assert desk.next_token.reason == "No model is open."
    desk.model.open("other.gguf")
    desk.client.answer(Superseded(request=desk.client.sent[-1].request))
    assert desk.next_token.reason == NOTHING_KNOWN


def test_bars_of_another_place_go_while_a_long_text_is_read(desk: Desk, qtbot: QtBot) -> None:
    desk.type("Long.")
    settle(desk, qtbot)
    request = desk.client.last(PreviewNextToken).request
    desk.client.answer(Evaluating(request=request, done=0, total=300))
    assert favourite(desk) == 1, "a short one is read in a moment"
    desk.client.answer(Evaluating(request=request, done=128, total=300))
    assert (favourite(desk), desk.next_token.reason) == (None, READING)
    answer(desk, 2)
    assert favourite(desk) == 2


def test_a_loaded_model_reads_and_no_longer_loads(desk: Desk) -> None:
    desk.load("other.gguf")
    assert desk.next_token.reason == READING


def test_another_model_is_asked_the_same_again(desk: Desk) -> None:
    desk.load("other.gguf")
    assert [command.prompt.manuscript for command in desk.client.all_sent(PreviewNextToken)] == [
        "",
        "",
    ]


def test_nothing_is_asked_while_a_take_grows_but_at_its_end(desk: Desk, qtbot: QtBot) -> None:
    timer = desk.next_token_preview.findChild(QTimer)
    assert isinstance(timer, QTimer)
    desk.writing.continue_writing()
    request = desk.client.last(Generate).request
    desk.client.answer(evaluated(request, 5), token(request, 0, b" upon"))
    desk.next_frame()
    assert desk.draft.manuscript.text == " upon"
    assert not timer.isActive(), "it would wake the window for nothing at each frame"
    assert not desk.next_token_preview.is_settled
    desk.client.answer(*finished(request, 1))
    assert timer.isActive()
    settle(desk, qtbot)
    assert desk.client.last(PreviewNextToken).prompt.manuscript == " upon"
