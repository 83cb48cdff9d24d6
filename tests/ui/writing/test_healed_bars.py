"""What the window makes of a text that ends with a space or inside a word, with the real model."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app.tokens.rows import Fold, TokenRow
from studio.sampling import LogitSketch, SamplingParams
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG

pytestmark = pytest.mark.usefixtures("kept_window")

TEXT = "The old fisherman looked out over the sea. It had the colour of"
CONTROL = Qt.KeyboardModifier.ControlModifier


def type_and_settle(window: MainWindow, qtbot: QtBot, text: str) -> None:
    QTest.keyClicks(window.editor, text)
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)


def rows(window: MainWindow) -> list[TokenRow]:
    lines = window.histogram.histogram.lines
    return [line for line in lines if isinstance(line, TokenRow)]


def test_a_space_typed_at_rest_leaves_the_same_words_in_the_lead(
    window: MainWindow, qtbot: QtBot
) -> None:
    type_and_settle(window, qtbot, TEXT)
    before = rows(window)
    type_and_settle(window, qtbot, " ")
    after = rows(window)
    assert [row.token for row in before[:6]] == [row.token for row in after[:6]]
    assert [row.text.text for row in before[:6]] == [f"␣{row.text.text}" for row in after[:6]]
    for one, other in zip(before[:6], after[:6], strict=True):
        assert other.ghost == pytest.approx(one.ghost, rel=0.05)


def test_the_card_says_what_the_probabilities_are_given(window: MainWindow, qtbot: QtBot) -> None:
    type_and_settle(window, qtbot, "Every morning the old fisher")
    [man, *_] = rows(window)
    assert man.text.text == "man"
    next_token = window.session.next_token
    details = next_token.details(man.token)
    assert details
    given = "“␣fisher” is typed already, and probabilities are given that."
    said = f"The token is “␣fisherman”; its {given}"
    assert details.given_words == said
    assert said in details.spoken
    assert next_token.sketch
    other = next(token for token in next_token.sketch.ids.tolist() if token not in next_token.typed)
    details = next_token.details(other)
    assert details
    assert details.given_words == given
    type_and_settle(window, qtbot, "man walked to the")
    details = next_token.details(rows(window)[0].token)
    assert details
    assert details.given_words == ""


@pytest.mark.parametrize("text", ["Every morning the old fisher", TEXT + " "])
def test_a_word_of_the_bars_is_added_and_not_doubled(
    window: MainWindow, qtbot: QtBot, text: str
) -> None:
    type_and_settle(window, qtbot, text)
    row = rows(window)[0]
    QTest.mouseClick(
        window.histogram.histogram,
        Qt.MouseButton.LeftButton,
        pos=window.histogram.histogram.line_rect(0).center(),
    )
    assert window.session.draft.manuscript.text == text + row.text.text
    [span] = window.session.records.spans.all
    assert (span.start, span.record.id) == (len(text), row.token)
    # Looked at later it is as it was when it was chosen.
    assert window.session.word.look_at(span)
    assert window.session.word.next_token.text(row.token).text == row.text.text


def test_a_token_that_another_stands_for_is_not_counted_as_cut(
    window: MainWindow, qtbot: QtBot
) -> None:
    type_and_settle(window, qtbot, TEXT + " ")
    window.session.sampling.set_params(SamplingParams(top_k=100))
    sketch = window.session.next_token.sketch
    assert sketch is not None
    possible = sketch.shaped(SamplingParams()).kept
    assert possible < sketch.vocabulary_size, "“sea” and “␣sea” add the same text"
    [fold] = [line for line in window.histogram.histogram.lines if isinstance(line, Fold)]
    assert (fold.tokens, fold.is_likely, fold.is_counted) == (possible - 100, False, True)


def test_what_is_written_behind_a_space_has_its_records_where_it_stands(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.session
    type_and_settle(window, qtbot, TEXT + " ")
    shown = rows(window)
    session.sampling.set_max_tokens(4)
    with qtbot.waitSignal(session.writing.ended, timeout=LONG):
        QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL)
    written = session.draft.manuscript.text[len(TEXT) + 1 :]
    spans = session.records.spans.all
    assert not written.startswith(" ")
    assert "".join(session.draft.manuscript.text[s.start : s.end] for s in spans) == written
    first = spans[0].record
    sketch = LogitSketch.from_bytes(first.sketch)
    assert sketch.ids[: len(shown)].tolist()[0] == shown[0].token
    assert session.word.look_at(spans[0])
    facts = session.word.facts(8)
    assert facts
    assert facts.text.text == first.text.decode()
