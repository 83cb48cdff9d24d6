"""What is said of a take, and of the place where Continue writes."""

import pytest
from msgspec.structs import replace

from studio.app.writing.place_words import place_words, progress_words
from studio.app.writing.take_words import (
    RETAKE_NOTHING,
    retake_tip,
    seed_words,
    standing,
    take_facts,
    take_sentence,
    which_take,
)
from studio.engine.messages import FinishReason, Generate
from studio.manuscript import Take
from tests.helpers.fake_engine import Desk, evaluated, finished, token


@pytest.fixture
def desk(desk: Desk) -> Desk:
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
    assert take_facts(takes) == ["end of text", "T 0.80"]
    assert [seed_words(take) for take in takes.takes] == ["seed 41", "seed 42"]
    assert (
        take_sentence(takes) == "Take 2 of 2: preset Plain, end of text, T 0.80, seed 42, by model"
    )
    assert "this one is kept" in retake_tip(takes)


def test_those_that_were_undone_are_said_to_be_kept(desk: Desk) -> None:
    write(desk, "stopped")
    desk.draft.manuscript.undo()
    takes = desk.writing.take_set()
    assert takes is not None
    assert which_take(takes) == ("1 take", "kept")
    assert take_sentence(takes).startswith("1 take kept: none of them is in the text")
    assert "those that were undone are kept" in retake_tip(takes)
    desk.draft.manuscript.redo()
    assert take_facts(takes) == ["T 1.00"], "the writer ended it"


def test_what_the_model_does_not_read_is_said_before_it_writes(desk: Desk) -> None:
    draft = desk.draft
    assert place_words(draft) == ("", "", "Let the model continue the manuscript from the caret")
    draft.set_caret(2)
    words, shorter, tip = place_words(draft)
    assert (words, shorter) == ("What follows the caret is not read", "What follows is not read")
    assert "the model does not read it" in tip
    draft.set_caret(3, 2)
    assert place_words(draft).shorter == "Continues after the selection"
    draft.set_caret(4, 2)
    words, shorter, tip = place_words(draft, 4)
    assert (words, shorter) == ("Continues after the selection", ""), "nothing follows"
    assert "stays as it is" in tip


def test_several_candidates_are_said_before_they_are_written(desk: Desk) -> None:
    desk.draft.set_caret(2)
    words, shorter, tip = place_words(desk.draft, 4)
    assert words == "Best of 4 by how the text after it follows"
    assert shorter == "Best of 4"
    assert "4 candidates at once from the caret" in tip
    desk.draft.set_caret(3, 2)
    assert "after the selected text, which stays" in place_words(desk.draft, 4).tip
    assert progress_words(desk.writing) is None


def test_what_is_done_of_them_is_said_while_they_are_written_and_ranked(desk: Desk) -> None:
    desk.writing.set_candidates(2)
    write(desk)
    assert progress_words(desk.writing) is None, "one alone"
    desk.draft.set_caret(2)
    desk.writing.continue_writing()
    request = desk.client.last(Generate).request
    said = progress_words(desk.writing)
    assert said is not None
    assert said.words == "Writes 2; this is the first"
    desk.client.answer(
        evaluated(request, 1),
        *(token(request, 0, b" upon", sequence=number) for number in range(2)),
        *(finished(request, 1)[0], replace(finished(request, 1)[0], sequence=1)),
        finished(request, 2)[1],
    )
    said = progress_words(desk.writing)
    assert said is not None
    assert said.words == "Reads what follows, 0 of 2"
    desk.writing.stop()
    assert progress_words(desk.writing) is None


def test_a_take_says_its_rank_among_those_that_were_ranked(desk: Desk) -> None:
    desk.sampling.change(seed=41, temperature=0.8)
    write(desk)
    takes = desk.writing.take_set()
    assert takes is not None
    takes.takes[0].follows = 2.5
    assert standing(takes) is None, "one alone has no rank"
    takes.takes += [Take(follows=1.25), Take()]
    assert standing(takes) == (2, 2)
    assert take_facts(takes) == ["full length", "T 0.80", "number 2 of 2"]
    assert take_sentence(takes).endswith(
        "seed 41, by model, number 2 of 2 by how the text after it follows, 2.50 bits a token"
    )
    takes.takes[1].follows = 3.0
    assert take_facts(takes)[-1] == "best of 2"
