"""Writing in the middle of a text with a model that is given both sides of a place."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from studio.app.writing.place_words import place_words, progress_words
from studio.app.writing.take_words import take_facts, take_sentence
from studio.engine.messages import Generate, PreviewNextToken, Score
from studio.manuscript import Origin, Passage, TakeSet
from studio.presets import Preset
from tests.helpers.fake_engine import Desk, evaluated, finished, token
from tests.helpers.middle_desk import AFTER, PLACE, TEXT, middle_desk


@pytest.fixture
def desk(qtbot: QtBot, short_rests: None) -> Desk:
    desk = middle_desk()
    desk.draft.set_reads_after(True)
    return desk


def written(desk: Desk, text: bytes, token_id: int = 7) -> Generate:
    """What was asked for last is written."""
    command = desk.client.last(Generate)
    desk.client.answer(
        evaluated(command.request, 1, 2, 3),
        token(command.request, 0, text, token_id=token_id),
        *finished(command.request, 1),
    )
    return command


def takes(desk: Desk) -> TakeSet:
    (found,) = desk.draft.manuscript.take_sets
    return found


def test_one_is_written_from_both_sides_and_says_so(desk: Desk) -> None:
    assert place_words(desk.draft, 3).words == "Fills in: what follows is read too"
    desk.writing.continue_writing()
    assert progress_words(desk.writing) is None
    command = written(desk, b" the sea")
    assert (len(command.sequences), command.when_full) == (1, "cut")
    assert (command.prompt.manuscript, command.prompt.after) == (TEXT[:PLACE], AFTER)
    assert desk.client.all_sent(Score) == [], "nothing is ranked"
    assert desk.draft.manuscript.text == TEXT.replace("at.", "at the sea.")
    (take,) = takes(desk).takes
    assert take.fills_in
    assert "filled in" in take_facts(takes(desk))
    assert "filled in between what stood before and after" in take_sentence(takes(desk))


def test_retake_and_another_word_are_written_from_both_sides_too(desk: Desk) -> None:
    desk.writing.continue_writing()
    written(desk, b" the sea")
    desk.draft.set_caret(takes(desk).place.end)
    desk.writing.retake()
    prompt = written(desk, b" a ship", 8).prompt
    assert (prompt.manuscript, prompt.after) == (TEXT[:PLACE], AFTER), "without the former take"
    desk.writing.lead_on(PLACE, PLACE + len(" a ship"), Passage.of(" some", Origin.TYPED))
    prompt = written(desk, b" fish", 9).prompt
    assert (prompt.manuscript, prompt.after) == (TEXT[:PLACE] + " some", AFTER)
    assert desk.draft.manuscript.text == TEXT.replace("at.", "at some fish.")
    assert all(take.fills_in for take in takes(desk).takes)


def test_a_take_is_known_by_what_followed_it_when_it_was_written(desk: Desk) -> None:
    def is_known() -> bool:
        (take,) = takes(desk).takes
        return desk.writing.mark_of(desk.draft.prompt_of(takes(desk), take)) == take.written_from

    desk.writing.continue_writing()
    written(desk, b" the sea")
    assert is_known()
    end = len(desk.draft.manuscript)
    desk.draft.manuscript.edit(end, 0, " At last.")
    assert not is_known()
    desk.draft.manuscript.edit(end, len(" At last."), "")
    assert is_known()
    desk.draft.set_reads_after(False)  # another model is open
    assert not is_known()


def test_a_take_at_the_end_of_a_text_stays_known_when_more_is_written_behind_it(desk: Desk) -> None:
    desk.draft.set_caret(len(TEXT))
    desk.writing.continue_writing()
    prompt = written(desk, b" Night.").prompt
    assert prompt.after == ""
    (take,) = takes(desk).takes
    assert not take.fills_in
    desk.type(" And day.")
    assert desk.writing.mark_of(desk.draft.prompt_of(takes(desk), take)) == take.written_from


def test_in_a_chat_several_are_written_and_ranked_as_ever(desk: Desk) -> None:
    desk.draft.set_preset(Preset(name="Chat", description="", prompt_format="chat"))
    assert place_words(desk.draft, 3).shorter == "Best of 3"
    desk.writing.continue_writing()
    command = desk.client.last(Generate)
    assert (len(command.sequences), command.prompt.after) == (3, "")


def test_the_bars_at_the_caret_are_of_both_sides_and_follow_each(desk: Desk, qtbot: QtBot) -> None:
    def asked(after: str) -> bool:
        prompts = [command.prompt for command in desk.client.all_sent(PreviewNextToken)]
        return bool(prompts) and (prompts[-1].manuscript, prompts[-1].after) == (
            TEXT[:PLACE],
            after,
        )

    qtbot.waitUntil(lambda: asked(AFTER))
    desk.draft.manuscript.edit(PLACE + 1, 0, " Long.")
    qtbot.waitUntil(lambda: asked(". Long. Then he went home."))
    desk.draft.set_reads_after(False)
    qtbot.waitUntil(lambda: asked(""))


def test_of_a_long_text_the_first_page_behind_the_place_is_given(desk: Desk) -> None:
    desk.draft.manuscript.edit(len(TEXT), 0, " And so on." * 1_000)
    prompt = desk.draft.prompt()
    assert len(prompt.after) == 1024
    assert desk.draft.manuscript.text[PLACE:].startswith(prompt.after)
