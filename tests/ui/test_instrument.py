"""What the window claims of temperature, held to its word: in the real window, by hand.

Each claim is read where the writer reads it, done as the writer would do it, and looked at again.
"""

import re

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.explain_steps import STEP_NAMES
from studio.app.heat.measure import HeatMeasure
from studio.app.tokens.rows import TokenRow
from studio.ui.main_window import MainWindow
from studio.ui.temperature.track import x_of
from tests.ui.conftest import LONG

pytestmark = pytest.mark.usefixtures("kept_window")

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
TEXT = "The old fisherman looked out over the"


@pytest.fixture
def written(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window at rest behind a few words, with filters on."""
    QTest.keyClicks(window.editor, TEXT)
    window.session.sampling.change(temperature=1.0, min_p=0.02, repeat_penalty=1.0)
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)
    return window


def rows(window: MainWindow) -> list[TokenRow]:
    return window.session.next_token.rows(window.histogram.histogram.line_count())


def hover(window: MainWindow, qtbot: QtBot, row: int) -> str:
    """Rest the pointer on a row; returns the card's sentence."""
    histogram = window.histogram.histogram
    y = histogram.line_rect(row).center().y()
    for x in (100, 101):
        QTest.mouseMove(histogram, QPoint(x, y))
    qtbot.waitUntil(histogram.card.isVisible, timeout=LONG)
    return histogram.card.sentence.replace("\u202f", " ").replace("\u00a0", " ")


def test_t_and_beta_typed_and_dragged_are_one_control(written: MainWindow) -> None:
    panel, sampling = written.temperature, written.session.sampling
    for edit, typed in ((panel.temperature_edit, "0.5"), (panel.beta_edit, "2")):
        sampling.change(temperature=1.0)
        edit.setFocus()
        edit.selectAll()
        QTest.keyClicks(edit, typed)
        QTest.keyClick(edit, Qt.Key.Key_Return)
        assert sampling.params.temperature == pytest.approx(0.5)
        assert "2.00" in panel.beta_edit.text()
        assert panel.temperature_edit.text() == "0.50"
    curve = panel.curve
    QTest.mousePress(curve, LEFT, NONE, QPoint(round(x_of(0.8, curve.width())), 30))
    QTest.mouseMove(curve, QPoint(round(x_of(2.0, curve.width())), 50))
    QTest.mouseRelease(curve, LEFT, NONE, QPoint(round(x_of(2.0, curve.width())), 50))
    assert sampling.params.temperature == pytest.approx(2.0, abs=0.05)
    panel.details.click()
    words, measures, sensitivity = panel.measures.words
    token = written.session.next_token
    assert token.effective_choices is not None
    assert "words could follow here" in words
    shown = re.search(r"about ([\d.,]+) choices", measures)
    assert shown is not None
    assert float(shown[1].replace(",", "")) == pytest.approx(token.effective_choices, rel=0.1)
    assert "bits, favourite" in measures
    assert "turn" in sensitivity or "choices grow" in sensitivity


def test_the_card_says_at_what_t_a_token_is_most_likely_and_it_is(
    written: MainWindow, qtbot: QtBot
) -> None:
    sampling = written.session.sampling
    token = rows(written)[2].token
    sentence = hover(written, qtbot, 2)
    said = re.fullmatch(r"Never the favourite; most likely at T ([\d.]+): ([\d.]+) %\.", sentence)
    assert said is not None, sentence
    best, most = float(said[1]), float(said[2]) / 100
    details = written.histogram.histogram.card.details
    assert details is not None
    assert (details.row.token, details.rank) == (token, 3)
    assert [name for name, _ in details.lines] == [
        "will be used",
        "before filters, T 1.00",
        "the model’s own, T 1",
    ]

    def probability(temperature: float) -> float:
        sampling.change(temperature=temperature)
        return next(row.probability for row in rows(written) if row.token == token)

    assert probability(best) == pytest.approx(most, abs=1e-3)
    assert probability(best * 0.7) < most
    assert probability(best * 1.5) < most


def test_what_t_makes_this_so_likely_is_answered_and_the_button_does_it(
    written: MainWindow, qtbot: QtBot
) -> None:
    histogram, question = written.histogram.histogram, written.histogram.question
    token = rows(written)[0].token

    def point(row: int) -> None:
        """Choose a row with the arrow keys, and ask about it."""
        histogram.setFocus()
        QTest.keyClick(histogram, Qt.Key.Key_Home)
        for _ in range(row):
            QTest.keyClick(histogram, Qt.Key.Key_Down)
        QTest.keyClick(histogram, Qt.Key.Key_T)

    point(0)
    assert question.isVisible()
    QTest.keyClicks(question.edit, "55")
    assert question.answer.startswith("One T makes it")
    button = question.buttons[0]
    assert button.isVisible()
    QTest.mouseClick(button, LEFT)
    now = next(row.probability for row in rows(written) if row.token == token)
    assert now == pytest.approx(0.55, abs=1e-3)
    # And where there is none it says how far T can go.
    point(2)
    QTest.keyClicks(question.edit, "99")
    assert question.answer.startswith("No T makes it 99.0")
    assert "The most it reaches is" in question.answer


def test_what_is_drawn_is_named(written: MainWindow) -> None:
    written.session.sampling.change(temperature=1.6)
    written.session.sampling.change(top_k=4)
    assert [row.cut for row in rows(written)[:5]] == [False] * 4 + [True]
    for row in rows(written):
        assert row.ghost > 0
        assert row.cut or row.probability >= row.uncut, "what filters cut, the others gain"
    for layer in ("will be used", "the model’s own", "cut"):
        assert layer in written.histogram.toolTip()


def test_blame_is_the_t_below_which_the_same_draws_take_the_favourite(
    written: MainWindow, qtbot: QtBot
) -> None:
    session = written.session
    assert not session.heat.is_on, "off by default"
    assert written.heat.legend.isHidden()
    session.sampling.change(temperature=1.2, seed=11, min_p=0.0)
    session.sampling.set_max_tokens(16)
    session.writing.continue_writing()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    QTest.keyClick(written.editor, Qt.Key.Key_4, Qt.KeyboardModifier.AltModifier)
    assert session.heat.measure is HeatMeasure.BLAME
    assert written.heat.legend.isVisible()
    spans = session.records.spans.all
    first = spans[0]
    session.word.look_at(first)
    facts = session.word.facts(8)
    assert facts is not None
    said = re.search(
        r"Below T ([\d.]+) the same draw would have taken “(.+)” instead",
        " ".join(facts.sentences),
    )
    if said is None:  # the first token is the favourite: then any colder T gives it too
        assert "The favourite" in " ".join(facts.sentences)
        turn, favourite = 2.0, facts.text.text
    else:
        turn, favourite = float(said[1]), said[2]

    def first_token(temperature: float) -> str:
        session.sampling.change(temperature=temperature)
        session.writing.retake()
        qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
        take_set = session.writing.take_set()
        assert take_set is not None
        assert take_set.current is not None
        record = take_set.current.records[0]
        return session.next_token.text(record.id).text

    session.sampling.set_max_tokens(1)
    assert first_token(turn * 0.9) == favourite
    if said is not None:
        assert first_token(turn * 1.1) != favourite


def test_explain_is_eight_steps_each_with_a_chart_of_the_writers_own_sentence(
    written: MainWindow,
) -> None:
    QTest.keyClick(written.editor, Qt.Key.Key_F1)
    dock = written.explain.dock
    assert dock is not None
    seen = set()
    for step in STEP_NAMES:
        assert dock.state.step == step
        QApplication.processEvents()
        seen.add(bytes(dock.panel._chart.grab().toImage().constBits()))
        assert "at your caret" in dock.panel._origin.text()
        QTest.keyClick(dock.panel, Qt.Key.Key_Right)
    assert len(STEP_NAMES) == len(seen) == 8
