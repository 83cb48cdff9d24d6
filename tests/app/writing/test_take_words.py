"""What is said of a take, and of the place where Continue writes."""

import pytest
from pytestqt.qtbot import QtBot

from studio.app.writing.place_words import place_words, shorter
from studio.app.writing.take_words import (
    RETAKE_NOTHING,
    retake_tip,
    seed_words,
    take_facts,
    take_sentence,
    which_take,
)
from studio.engine.messages import FinishReason, Generate
from tests.helpers.fake_engine import Desk, evaluated, finished, token


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    desk = Desk()
    desk.load()
    desk.type("Once")
    return desk


def write(desk: Desk, reason: FinishReason = "max_tokens", *, again: bool = False) -> None:
    (desk.writing.retake if again else desk.writing.continue_writing)()
    request = desk.client.last(Generate).request
    desk.client.answer(
        evaluated(request, 1), token(request, 0, b" upon"), *finished(request, 1, reason=reason)
    )


def test_which_it_is_and_how_it_was_written(desk: Desk) -> None:
    assert desk.writing.take_set() is None
    assert retake_tip(None) == RETAKE_NOTHING
    desk.sampling.change(seed=41, temperature=0.8)
    write(desk)
    desk.sampling.change(seed=42)
    write(desk, "end_of_text", again=True)
    takes = desk.writing.take_set()
    assert takes is not None
    assert which_take(takes) == ("take", "2 of 2")
    assert [take_facts(take) for take in takes.takes] == [
        ["full length", "T 0.80"],
        ["end of text", "T 0.80"],
    ]
    assert [seed_words(take) for take in takes.takes] == ["seed 41", "seed 42"]
    assert take_sentence(takes) == "Take 2 of 2: preset Plain, end of text, T 0.80, seed 42"
    assert "this one is kept" in retake_tip(takes)


def test_those_that_were_undone_are_said_to_be_kept(desk: Desk) -> None:
    write(desk, "stopped")
    desk.draft.manuscript.undo()
    takes = desk.writing.take_set()
    assert takes is not None
    assert which_take(takes) == ("1 take", "kept")
    assert take_sentence(takes).startswith("1 take kept: none of them is in the text")
    assert "those that were undone are kept" in retake_tip(takes)
    assert take_facts(takes.takes[0]) == ["T 1.00"], "the writer ended it"


def test_what_the_model_does_not_read_is_said_before_it_writes(desk: Desk) -> None:
    draft = desk.draft
    few, sentence = place_words(draft)
    assert (few, shorter(few)) == ("", "")
    assert sentence == "Let the model continue the manuscript from the caret"
    draft.set_caret(2)
    few, sentence = place_words(draft)
    assert (few, shorter(few)) == ("What follows the caret is not read", "What follows is not read")
    assert "the model does not read it" in sentence
    draft.set_caret(3, 2)
    few, _ = place_words(draft)
    assert shorter(few) == "Continues after the selection"
    draft.set_caret(4, 2)
    few, sentence = place_words(draft)
    assert (few, shorter(few)) == ("Continues after the selection", "")
    assert "stays as it is" in sentence
