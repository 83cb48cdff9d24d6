"""Alternatives in the real window: with the real model, by keys and by pointer."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app.word.words import NO_RECORD
from studio.manuscript import Origin, TokenSpan
from studio.ui.main_window import MainWindow
from studio.ui.word.panel import WordPanel
from tests.ui.conftest import LONG, NEVER_ENDS

pytestmark = pytest.mark.usefixtures("kept_window")

ALT = Qt.KeyboardModifier.AltModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
OPENING = "The old fisherman looked out over the"


@pytest.fixture
def written(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window with an opening and a take of twelve tokens behind it."""
    window.session.sampling.set_max_tokens(12)
    window.session.sampling.change(logit_bias=NEVER_ENDS, temperature=1.0, seed=5)
    QTest.keyClicks(window.editor, OPENING)
    QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL)
    until_written(window, qtbot)
    return window


def until_written(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)


def text(window: MainWindow) -> str:
    return window.session.draft.manuscript.text


def spans(window: MainWindow) -> list[TokenSpan]:
    return window.session.records.spans.all


def panel_at(window: MainWindow, span: TokenSpan) -> WordPanel:
    """Opens the panel as a writer does, with the caret before the word."""
    window.editor.move_caret(span.start)
    QTest.keyClick(window.editor, Qt.Key.Key_Down, ALT)
    assert window.word.is_open
    assert window.word.panel is not None
    assert window.session.word.span == span
    return window.word.panel


def point_at_a_word(window: MainWindow, panel: WordPanel) -> str:
    """Goes down to the first alternative that is a word; returns it."""
    pieces = window.session.next_token.pieces
    while True:
        QTest.keyClick(window.editor, Qt.Key.Key_Down)
        assert panel.bars.pointed is not None
        row = panel.bars.token_rows[panel.bars.pointed]
        word = pieces[row.token].decode(errors="replace")
        if not row.chosen and word.strip().isalpha():
            return word
        assert panel.bars.pointed + 1 < len(panel.bars.token_rows), "none is a word"


def test_from_an_alternative_on_back_to_the_old_road_and_undone(
    written: MainWindow, qtbot: QtBot
) -> None:
    first = text(written)
    before = [span.record for span in spans(written)]
    span = spans(written)[4]
    panel = panel_at(written, span)
    word = point_at_a_word(written, panel)
    assert written.word.preview.shown is not None
    assert written.word.preview.shown[1] == len(first)
    assert text(written) == first, "to look at it changes nothing"
    QTest.keyClick(written.editor, Qt.Key.Key_Return)
    assert not written.word.is_open
    assert text(written).startswith(first[: span.start] + word)
    until_written(written, qtbot)
    second = text(written)
    assert second.startswith(first[: span.start] + word)
    assert len(second) > span.start + len(word)
    assert written.editor.caret == len(second), "the caret went with what was written"
    texts = [second[span.start : span.end] for span in spans(written)]
    assert "".join(texts) == second[len(OPENING) :], "each token has its record"
    assert set(written.session.draft.manuscript.origins(len(OPENING))) == {Origin.GENERATED}
    takes = written.session.writing.take_set()
    assert takes is not None
    assert (takes.index, len(takes.takes)) == (1, 2)
    QTest.keyClick(written.editor, Qt.Key.Key_Left, ALT)
    assert text(written) == first
    assert [span.record for span in spans(written)] == before
    QTest.keyClick(written.editor, Qt.Key.Key_Right, ALT)
    assert text(written) == second
    for expected in (first, second, first):
        QTest.keyClick(written.editor, Qt.Key.Key_Z, CONTROL)
        assert text(written) == expected
    assert [span.record for span in spans(written)] == before
    QTest.keyClick(written.editor, Qt.Key.Key_Z, CONTROL)
    assert text(written) == OPENING
    for expected in (first, second, first, second):
        QTest.keyClick(written.editor, Qt.Key.Key_Z, CONTROL | SHIFT)
        assert text(written) == expected


def test_with_its_own_token_and_seed_a_road_is_what_it_was(
    written: MainWindow, qtbot: QtBot
) -> None:
    first = text(written)
    span = spans(written)[5]
    panel = panel_at(written, span)
    at = next(index for index, row in enumerate(panel.bars.token_rows) if row.chosen)
    for _ in range(at + 1):
        QTest.keyClick(written.editor, Qt.Key.Key_Down)
    QTest.keyClick(written.editor, Qt.Key.Key_Return, CONTROL)
    until_written(written, qtbot)
    assert text(written).startswith(first[: span.end])
    takes = written.session.writing.take_set()
    assert takes is not None
    assert [take.seed for take in takes.takes] == [5, 5]
    assert takes.place.start == span.end


def test_a_click_goes_on_and_a_click_with_shift_replaces_the_word_alone(
    written: MainWindow, qtbot: QtBot
) -> None:
    first = text(written)
    rest = first[spans(written)[5].end :]
    records = [span.record for span in spans(written)[6:]]
    panel = panel_at(written, spans(written)[5])
    word = point_at_a_word(written, panel)
    assert panel.bars.pointed is not None
    height = panel.bars._rows.row_height
    at = QPoint(40, panel.bars._rows.top_of(panel.bars.pointed) + height // 2)
    QTest.mouseClick(panel.bars, Qt.MouseButton.LeftButton, SHIFT, at)
    assert word in text(written)
    assert text(written).endswith(rest)
    place = len(text(written)) - len(rest)
    read = [span.record for span in spans(written) if span.start >= place]
    assert read == records, "they stand until they are read again"
    qtbot.waitUntil(lambda: written.session.records.is_scoring, timeout=LONG)
    qtbot.waitUntil(lambda: not written.session.records.is_scoring, timeout=LONG)
    again = [span for span in spans(written) if span.start >= place]
    assert "".join(text(written)[span.start : span.end] for span in again) == rest
    assert all(span.record.u is None for span in again), "read, and drawn no more"
    (chosen,) = [span for span in spans(written) if span.end == place]
    assert chosen.record.is_chosen
    span = again[1]
    panel = panel_at(written, span)
    point_at_a_word(written, panel)
    assert panel.bars.pointed is not None
    at.setY(panel.bars._rows.top_of(panel.bars.pointed) + height // 2)
    QTest.mouseClick(panel.bars, Qt.MouseButton.LeftButton, pos=at)
    assert not written.session.writing.is_idle
    until_written(written, qtbot)
    assert not text(written).endswith(rest)


def test_typed_words_lead_on_and_typed_text_says_that_it_is_not_known(
    written: MainWindow, qtbot: QtBot
) -> None:
    first = text(written)
    span = spans(written)[3]
    panel_at(written, span)
    QTest.keyClicks(written.editor, "w")
    assert written.word.panel is not None
    field = written.word.panel.field
    assert field.hasFocus()
    QTest.keyClicks(field, "ide, wide sea")
    QTest.keyClick(field, Qt.Key.Key_Return)
    until_written(written, qtbot)
    lead = " " if first[span.start].isspace() else ""
    given = first[: span.start] + lead + "wide, wide sea"
    assert text(written).startswith(given)
    assert len(text(written)) > len(given)
    assert written.editor.hasFocus()
    QTest.keyClick(written.editor, Qt.Key.Key_Z, CONTROL)
    assert text(written) == first
    written.editor.move_caret(5)
    QTest.keyClick(written.editor, Qt.Key.Key_Down, ALT)
    assert not written.word.is_open
    assert written.notice.message == NO_RECORD


def test_what_was_scored_has_roads_of_its_own(window: MainWindow, qtbot: QtBot) -> None:
    window.session.sampling.set_max_tokens(6)
    window.session.sampling.change(logit_bias=NEVER_ENDS)
    QTest.keyClicks(window.editor, f"{OPENING} sea. It was calm.")
    QTest.keyClick(window.editor, Qt.Key.Key_Return)
    QTest.keyClicks(window.editor, "Then came the storm.")
    first = text(window)
    window.actions_.score.trigger()
    qtbot.waitUntil(lambda: not window.session.records.is_scoring, timeout=LONG)
    span = window.session.records.spans.at(first.index(" looked"))
    assert span is not None
    panel = panel_at(window, span)
    word = point_at_a_word(window, panel)
    QTest.keyClick(window.editor, Qt.Key.Key_Return)
    until_written(window, qtbot)
    assert text(window).startswith(first[: span.start] + word)
    assert text(window).endswith("\nThen came the storm."), "the paragraph behind stays"
    QTest.keyClick(window.editor, Qt.Key.Key_Left, ALT)
    assert text(window) == first
    assert set(window.session.draft.manuscript.origins()) == {Origin.TYPED}


def test_arrows_lead_from_token_to_token_and_esc_away(written: MainWindow) -> None:
    panel_at(written, spans(written)[2])
    for place in (3, 4, 5):
        QTest.keyClick(written.editor, Qt.Key.Key_Right)
        assert written.session.word.span == spans(written)[place]
    QTest.keyClick(written.editor, Qt.Key.Key_Left)
    assert written.session.word.span == spans(written)[4]
    before = text(written)
    QTest.keyClick(written.editor, Qt.Key.Key_Escape)
    assert not written.word.is_open
    assert text(written) == before
