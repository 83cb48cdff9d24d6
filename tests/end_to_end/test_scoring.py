"""Text that the model did not write gets its records: the real window, child and model."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.engine.messages import AnyEvent, Evaluated, Evaluating
from studio.sampling import LogitSketch
from studio.ui.main_window import MainWindow
from tests.helpers.reference import Reference, softmax
from tests.ui.conftest import LONG

PARAGRAPH = (
    "The old fisherman looked out over the sea. It was calm, 5 °C, and “grey as slate” – the "
    "gulls 🐟🐦 had gone inland, naïvely, before the storm.\n\nNobody spoke."
)
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


class Heard:
    """What the engine says of reading."""

    def __init__(self, window: MainWindow) -> None:
        self.evaluated: list[Evaluated] = []
        self.evaluating = 0
        window.session.client.received.connect(self._on_event)

    def _on_event(self, event: AnyEvent) -> None:
        if isinstance(event, Evaluated):
            self.evaluated.append(event)
        self.evaluating += isinstance(event, Evaluating)


def paste(window: MainWindow, qtbot: QtBot, text: str) -> None:
    window.activateWindow()
    window.editor.setFocus()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    clipboard = QGuiApplication.clipboard()
    clipboard.setText(text)
    QTest.keyClick(window.editor, Qt.Key.Key_V, CONTROL)
    qtbot.waitUntil(lambda: window.session.draft.manuscript.text.endswith(text), timeout=LONG)


def score(window: MainWindow) -> None:
    QTest.keyClick(window.editor, Qt.Key.Key_E, CONTROL | SHIFT)
    assert window.session.records.is_scoring


def wait_until_scored(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.session.records.is_scoring, timeout=LONG)


def covered(window: MainWindow) -> str:
    text = window.session.draft.manuscript.text
    return "".join(text[span.start : span.end] for span in window.session.records.spans.all)


def test_a_pasted_paragraph_is_scored_token_by_token(
    window: MainWindow, qtbot: QtBot, starter_model: Path
) -> None:
    heard = Heard(window)
    session = window.session
    paste(window, qtbot, PARAGRAPH)
    score(window)
    wait_until_scored(window, qtbot)

    tokens = heard.evaluated[-1].token_ids()
    spans = session.records.spans.all
    # All of the text but its first token: nothing stands before that one.
    missing = 0 if spans[0].start == 0 else 1
    assert covered(window) == PARAGRAPH[spans[0].start :]
    assert spans[0].start < 10
    assert [span.record.id for span in spans] == tokens[-len(spans) :]

    # An independent loop, one token at a time, says the same.
    with Reference(starter_model, 512) as reference:
        first = len(tokens) - len(spans)
        assert first == missing
        rows = reference.logits(tokens, first - 1)
    # The last token is scored by its characters: it may be the beginning of a longer one.
    for span, logits in zip(spans[:-1], rows, strict=False):
        sketch = LogitSketch.from_bytes(span.record.sketch)
        exact = softmax(logits)
        assert sketch.probability(span.record.id, 1.0) == pytest.approx(
            exact[span.record.id], abs=1e-3
        )

    # The alternatives can be spelled, and what was read need not be read again.
    favourite = int(LogitSketch.from_bytes(spans[-1].record.sketch).ids[0])
    assert not session.next_token.text(favourite).text.startswith("⟨token")
    session.sampling.set_max_tokens(3)
    QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert heard.evaluated[-1].reused == len(tokens)
    assert covered(window) == session.draft.manuscript.text[spans[0].start :]
    assert session.records.spans.all[: len(spans)] == spans


def test_esc_ends_it_and_an_edit_meanwhile_costs_what_it_touches(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.session
    paste(window, qtbot, PARAGRAPH * 8)
    qtbot.waitUntil(lambda: session.look_ahead.is_settled, timeout=LONG)
    heard = Heard(window)
    score(window)
    assert not window.actions_.score.isEnabled()
    assert window.actions_.stop.isEnabled()
    qtbot.waitUntil(lambda: len(session.records.spans) > 0, timeout=LONG)
    assert heard.evaluating > 1, "progress"
    assert session.context.progress is not None
    QTest.keyClick(window.editor, Qt.Key.Key_Escape)
    wait_until_scored(window, qtbot)
    kept = len(covered(window))
    assert 0 < kept < len(PARAGRAPH) * 8 - 20
    assert session.context.progress is None

    # On from there, while the writer edits what has not been read yet.
    score(window)
    place = PARAGRAPH.index("slate") + 5 * len(PARAGRAPH)
    window.editor.move_caret(place)
    QTest.keyClicks(window.editor, "x")
    wait_until_scored(window, qtbot)
    spans = session.records.spans
    assert spans.at(place) is None
    assert spans.at(place - 10)
    assert spans.at(place + 10)
    assert len(covered(window)) > len(PARAGRAPH) * 8 - 20
    # The bars follow as soon as the reading is over.
    qtbot.waitUntil(lambda: session.look_ahead.is_settled, timeout=LONG)


def test_writing_goes_before_scoring(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    paste(window, qtbot, PARAGRAPH * 8)
    qtbot.waitUntil(lambda: session.look_ahead.is_settled, timeout=LONG)
    score(window)
    session.sampling.set_max_tokens(2)
    QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL)
    wait_until_scored(window, qtbot)
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert len(session.draft.manuscript.text) > len(PARAGRAPH) * 8
