"""Words that are there, that are selected, and that this session has written."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.writing.document_state import DocumentState
from studio.app.writing.word_count import WordCount
from studio.engine.messages import Generate
from studio.manuscript import Document, Origin, Passage, TextFile, Words
from tests.helpers.fake_engine import Desk, evaluated, finished, token

pytestmark = pytest.mark.usefixtures("short_rests")


@pytest.fixture
def count(desk: Desk) -> WordCount:
    return WordCount(desk.draft, desk.writing)


def settle(count: WordCount, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: count.is_settled)


def test_typed_words_count_apart_from_those_of_the_model(
    desk: Desk, count: WordCount, qtbot: QtBot
) -> None:
    manuscript = desk.draft.manuscript
    desk.draft.begin_with(TextFile("Words that were there."))
    settle(count, qtbot)
    count.set_goal(10, is_of_document=False)
    assert count.goal_words() == "typed 0 of 10"
    for letter in " three more words":
        manuscript.edit(len(manuscript), 0, letter)
    desk.draft.set_caret(len(manuscript))
    desk.writing.continue_writing()
    request = desk.client.last(Generate).request
    desk.client.answer(
        evaluated(request, 1), token(request, 0, b" by a model"), *finished(request, 1)
    )
    qtbot.waitUntil(lambda: count.words.total == 10 and count.is_settled)
    assert count.of_session == Words(6, 3, 3)
    assert count.goal_words() == "typed 3 of 10"
    assert "3 words typed, 3 by the model" in count.session_words()
    count.set_goal(100, is_of_document=True)
    assert count.goal_words() == "goal 10 of 100"
    manuscript.edit(0, len(manuscript), "")
    qtbot.waitUntil(lambda: count.words.total == 0)
    assert count.of_session == Words(0, 0, 0)
    # A document that is opened begins another session.
    typed = Passage.of("Typed before, by this very writer.", Origin.TYPED)
    desk.draft.open_document(Path("a.kelvin"), Document((typed,), (), 0, "", b""), None)
    settle(count, qtbot)
    assert (count.words.total, count.of_session.typed) == (6, 0)


def test_each_of_several_documents_has_its_own_session(
    desk: Desk, count: WordCount, qtbot: QtBot
) -> None:
    draft = desk.draft
    draft.manuscript.edit(0, 0, "three typed words")
    qtbot.waitUntil(lambda: count.of_session.typed == 3)
    first, second = draft.state, DocumentState(number=2)
    draft.show(second)
    qtbot.waitUntil(lambda: count.words.total == 0)
    draft.manuscript.edit(0, 0, "one")
    qtbot.waitUntil(lambda: count.of_session.typed == 1)
    draft.show(first)
    qtbot.waitUntil(lambda: count.of_session.typed == 3)


def test_what_is_selected_is_counted_and_how_long_it_takes_to_read(
    desk: Desk, count: WordCount, qtbot: QtBot
) -> None:
    desk.draft.manuscript.load("word " * 24_000)
    settle(count, qtbot)
    assert (count.count_words(), count.reading_words()) == ("24,000 words", "2 hours to read")
    desk.draft.set_caret(8_750, selected=5_000)
    settle(count, qtbot)
    assert count.count_words() == "1,000 of 24,000 words"
    assert count.reading_words() == "4 min to read"
    desk.draft.set_caret(8_750)
    settle(count, qtbot)
    assert count.count_words() == "24,000 words"
    desk.draft.manuscript.load("one")
    settle(count, qtbot)
    assert (count.count_words(), count.reading_words(), count.goal_words()) == ("1 word", "", "")


def test_a_long_text_is_counted_in_turns(desk: Desk, count: WordCount, qtbot: QtBot) -> None:
    desk.draft.manuscript.load("word " * 100_000)
    count.changed.connect(lambda: seen.append(count.words.total))
    seen: list[int] = []
    settle(count, qtbot)
    assert seen == [100_000]  # and no part of it before
