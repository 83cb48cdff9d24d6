"""A word of the bars is written: in the real window, with the real model."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app.heat.measure import HeatMeasure
from studio.app.tokens.lookup import TokenLookup
from studio.app.tokens.place import place_of
from studio.app.tokens.rows import Fold, TokenRow
from studio.app.word.words import CHOSEN
from studio.app.writing.word_choice import NO_TEXT, NOT_YET, PART, WRITING
from studio.manuscript.passage import Origin
from studio.sampling import LogitSketch
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG

pytestmark = pytest.mark.usefixtures("kept_window")

TEXT = "The old fisherman looked out over the"


@pytest.fixture
def settled(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window at rest behind a few words, the bars showing what follows."""
    QTest.keyClicks(window.editor, TEXT)
    settle(window, qtbot)
    return window


def settle(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)


def row(window: MainWindow, line: int) -> TokenRow:
    found = window.histogram.histogram.lines[line]
    assert isinstance(found, TokenRow)
    return found


def click(window: MainWindow, line: int) -> str:
    """Click a line of the bars; returns what its token spells."""
    histogram = window.histogram.histogram
    text = window.session.next_token.pieces[row(window, line).token].decode()
    at = histogram.line_rect(line).center()
    QTest.mouseClick(histogram, Qt.MouseButton.LeftButton, pos=at)
    return text


def test_before_a_word_it_is_not_glued_to_it(settled: MainWindow, qtbot: QtBot) -> None:
    place = TEXT.rindex(" ") + 1
    settled.editor.move_caret(place)
    settle(settled, qtbot)
    line = next(
        line
        for line in range(5)
        if settled.session.next_token.text(row(settled, line).token).text.strip("␣␠").isalpha()
    )
    click(settled, line)
    text = settled.session.draft.manuscript.text
    assert text.endswith(f" {TEXT[place:]}")
    assert len(text) > len(TEXT)
    settled.editor.undo()
    assert settled.session.draft.manuscript.text == TEXT


def test_a_click_writes_the_word_as_a_take_and_the_bars_follow(
    settled: MainWindow, qtbot: QtBot
) -> None:
    window, session = settled, settled.session
    manuscript = session.draft.manuscript
    before = [line.token for line in window.histogram.histogram.lines if isinstance(line, TokenRow)]
    first = click(window, 1)
    assert manuscript.text == TEXT + first
    assert set(manuscript.origins(len(TEXT))) == {Origin.GENERATED}
    assert session.draft.caret == len(manuscript) == window.editor.caret
    assert window.editor.hasFocus(), "the writer can go on typing"
    settle(window, qtbot)
    after = [line.token for line in window.histogram.histogram.lines if isinstance(line, TokenRow)]
    assert after != before
    second = click(window, 0)
    assert manuscript.text == TEXT + first + second
    assert [len(takes.takes) for takes in manuscript.take_sets] == [1, 1]
    # Each is a step of undo.
    for rest in (TEXT + first, TEXT, TEXT + first, TEXT + first + second):
        is_back = len(rest) < len(manuscript.text)
        (window.editor.undo if is_back else window.editor.redo)()
        assert manuscript.text == rest


def test_its_record_is_kept_and_panels_know_that_it_was_chosen(
    settled: MainWindow, qtbot: QtBot
) -> None:
    window, session = settled, settled.session
    chosen = row(window, 2)
    history = list(session.next_token.history)
    click(window, 2)
    (span,) = session.records.spans.all
    record = span.record
    assert (record.is_chosen, record.u) == (True, None)
    assert record.id == chosen.token
    place = place_of(record)
    assert place is not None
    assert place.history == history
    sketch = LogitSketch.from_bytes(record.sketch)
    assert sketch.probability(record.id, 1.0) == pytest.approx(chosen.ghost, abs=1e-6)
    assert session.word.look_at(span)
    facts = session.word.facts(8)
    assert facts is not None
    assert facts.probability == pytest.approx(chosen.probability, abs=1e-6)
    assert CHOSEN in facts.sentences
    session.heat.set_measure(HeatMeasure.BLAME)
    assert session.heat.tints([record]).tolist() == [-1], "temperature has no part in it"
    session.heat.set_measure(HeatMeasure.SURPRISE)
    assert session.heat.tints([record])[0] >= 0


def test_enter_writes_a_word_that_is_cut_too_and_takes_can_be_made_of_it(
    settled: MainWindow, qtbot: QtBot
) -> None:
    window, session = settled, settled.session
    session.sampling.change(top_k=2)
    histogram = window.histogram.histogram
    histogram.setFocus()
    assert isinstance(histogram.lines[2], Fold)
    for key in (Qt.Key.Key_End, Qt.Key.Key_Space, Qt.Key.Key_Down):
        QTest.keyClick(histogram, key)
    cut = row(window, 3)
    assert cut.cut
    piece = session.next_token.pieces[cut.token].decode()
    QTest.keyClick(histogram, Qt.Key.Key_Return)
    assert session.draft.manuscript.text == TEXT + piece
    assert histogram.hasFocus(), "the next word is chosen by keyboard too"
    settle(window, qtbot)
    session.sampling.set_max_tokens(3)
    session.writing.retake()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    takes = session.writing.take_set()
    assert takes is not None
    assert len(takes.takes) == 2
    assert takes.takes[0].text == piece, "none is lost"


def test_what_cannot_be_written_is_said_and_writes_nothing(
    settled: MainWindow, qtbot: QtBot
) -> None:
    window, session = settled, settled.session
    words, tokens = session.words, session.next_token
    said: list[str] = []
    words.refused.connect(said.append)
    token = row(window, 0).token
    lower = row(window, 1).token
    assert words.why_not(token) is None
    tokens.add_pieces({lower: b"\xf0\x9f"})
    assert words.why_not(lower) == PART
    tokens.add_pieces({lower: b"<|im_end|>"}, {lower: True})
    words.write(lower)
    QTest.keyClicks(window.editor, " grey")
    words.write(token)  # the bars are still those of the place before
    assert session.draft.manuscript.text == f"{TEXT} grey"
    settle(window, qtbot)
    session.sampling.set_max_tokens(400)
    session.writing.continue_writing()
    words.write(token)
    session.writing.stop()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert said == [NO_TEXT, WRITING]
    assert window.notice.message


def test_the_menu_says_why_a_word_cannot_be_written(settled: MainWindow) -> None:
    panel = settled.histogram
    first = row(settled, 0)
    rect = panel.histogram.line_rect(0)
    write, ask = panel.menu(first.token, rect).actions()[:2]
    assert write.isEnabled()
    assert ask.text() == "What &T makes it 30\u202f%?…"
    QTest.keyClicks(settled.editor, " g")
    write = panel.menu(first.token, rect).actions()[0]
    assert not write.isEnabled()
    assert write.toolTip() == NOT_YET


def test_what_is_typed_of_a_word_already_is_not_written_twice(
    settled: MainWindow, qtbot: QtBot
) -> None:
    window, session = settled, settled.session
    whole = session.next_token.pieces[row(window, 0).token].decode()
    assert whole.startswith(" ")
    QTest.keyClicks(window.editor, whole[:3])
    settle(window, qtbot)
    first = next(
        line
        for line in window.histogram.histogram.lines
        if isinstance(line, TokenRow) and session.next_token.pieces[line.token].decode() == whole
    )
    session.words.write(first.token)
    assert session.draft.manuscript.text == TEXT + whole
    (span,) = session.records.spans.all
    assert span.record.text.decode() == whole[3:]


def test_a_double_click_writes_one_word_and_reports_nothing(
    settled: MainWindow, qtbot: QtBot
) -> None:
    window, session = settled, settled.session
    said: list[str] = []
    session.words.refused.connect(said.append)
    histogram = window.histogram.histogram
    at = histogram.line_rect(0).center()
    piece = session.next_token.added(row(window, 0).token).decode()
    QTest.mouseClick(histogram, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(histogram, Qt.MouseButton.LeftButton, pos=at)
    assert session.draft.manuscript.text == TEXT + piece
    assert said == []
    settle(window, qtbot)
    click(window, 0)
    assert len(session.draft.manuscript.text) > len(TEXT + piece)


def test_the_end_of_a_text_is_said_in_words_named_under_details_and_never_written(
    settled: MainWindow, qtbot: QtBot
) -> None:
    window, session = settled, settled.session
    report, tokens, bars = session.model.report, session.next_token, window.histogram.histogram
    assert report is not None
    end = next(token for token, ends in report.control.items() if ends)
    TokenLookup(session.client, session.model, tokens, window).spell([end])
    qtbot.waitUntil(lambda: end in tokens.pieces, timeout=LONG)
    logits = np.full(report.vocabulary_size, -9.0, np.float32)
    logits[end] = 0.0
    bars.set_exact(False)
    tokens.show(LogitSketch.of(logits))
    assert row(window, 0).text.text == "end of text"
    qtbot.waitUntil(lambda: bars.accessibleDescription().startswith("end of text"), timeout=LONG)
    plain = bars.grab(bars.line_rect(0)).toImage()
    bars.set_exact(True)
    assert bars.grab(bars.line_rect(0)).toImage() != plain, "it has its name"
    assert row(window, 0).text.exact.startswith("⟨")
    session.words.write(end)
    assert session.draft.manuscript.text == TEXT
