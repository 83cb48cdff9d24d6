"""Text that the model did not write gets its records: the real window, child and model."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.engine.messages import AnyEvent, Distribution, Evaluated, Evaluating, LoadOptions
from studio.sampling import LogitSketch
from studio.ui.main_window import MainWindow
from tests.helpers.reference import Reference, softmax
from tests.ui.conftest import LONG

pytestmark = pytest.mark.usefixtures("kept_window")

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
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    heard = Heard(window)
    score(window)
    assert not window.actions_.score.isEnabled()
    assert window.actions_.stop.isEnabled()
    progress: list[object] = []

    def stop_at_once() -> None:
        if len(session.records.spans) > 0:
            # By the next turn of the event loop all might be done.
            session.records.scoring_progressed.disconnect(stop_at_once)
            progress.append(session.context.progress)
            QTest.keyClick(window.editor, Qt.Key.Key_Escape)

    session.records.scoring_progressed.connect(stop_at_once)
    wait_until_scored(window, qtbot)
    assert heard.evaluating > 1
    assert progress[0] is not None
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
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)


def test_writing_goes_before_scoring(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    paste(window, qtbot, PARAGRAPH * 4)
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    score(window)
    session.sampling.set_max_tokens(2)
    QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL)
    wait_until_scored(window, qtbot)
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert len(session.draft.manuscript.text) > len(PARAGRAPH) * 4


def test_any_part_of_a_text_longer_than_the_context_is_scored_what_is_seen_first(
    window: MainWindow, qtbot: QtBot, starter_model: Path
) -> None:
    session, records = window.session, window.session.records
    options = LoadOptions(threads=1, context_size=128)
    session.model.open(str(starter_model), options)
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    text = "\n".join(
        f"{number}. The old fisherman looked out over the sea, and counted {number} gulls."
        for number in range(26)
    )
    paste(window, qtbot, text)
    words = len(text.split())
    window.resize(1000, 480)  # so that a part of it is seen
    qtbot.waitUntil(lambda: window.height() == 480)
    window.editor.move_caret(len(text) // 2)
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    low, high = window.editor.visible_range()
    assert 0 < low < high < len(text)
    reported: list[str] = []
    shown: set[str] = set()
    records.reported.connect(reported.append)
    records.scoring_progressed.connect(lambda: shown.add(window.status.state_words()))
    score(window)
    qtbot.waitUntil(lambda: len(records.spans) > 0, timeout=LONG)
    first = records.spans.all[0].start
    assert low <= first < high, "what is on the screen comes first"

    # Esc keeps what is done by then, and says how much that is.
    def stop_soon() -> None:
        if records.progress and records.progress[0] > 60:
            # At once: by the next turn of the event loop all might be done.
            records.scoring_progressed.disconnect(stop_soon)
            QTest.keyClick(window.editor, Qt.Key.Key_Escape)

    records.scoring_progressed.connect(stop_soon)
    wait_until_scored(window, qtbot)
    assert reported[-1].startswith("Scored ")
    assert f" of {words:,} words." in reported[-1]
    assert f"scored {words:,} of {words:,} words" not in shown
    before = {span.start: span.record for span in records.spans.all}
    assert before.keys() & set(range(low, high))

    # Once more: only what has none yet; between two parts the bars follow the caret.
    followed: list[bool] = []

    def on_event(event: AnyEvent) -> None:
        if isinstance(event, Distribution):
            followed.append(records.is_scoring)

    session.client.received.connect(on_event)
    score(window)
    assert records.progress is not None
    assert records.progress[1] < words
    window.editor.move_caret(low)
    wait_until_scored(window, qtbot)
    assert followed[0], "it does not wait for all of the text"
    now = {span.start: span.record for span in records.spans.all}
    assert all(now[start] is record for start, record in before.items())
    missing = len(text) - len(covered(window))
    assert missing == records.spans.all[0].start < 10, "all but the text's first token"
    assert "reading began again" in reported[-1]
    assert window.notice.message == reported[-1]
    assert any(it.startswith("scored ") for it in shown)
    score_again = window.actions_.score
    score_again.trigger()
    wait_until_scored(window, qtbot)

    # With at least half a context before it a token is as likely as with nearly all of it.
    place = text.index(" looked", len(text) // 2 + 200)
    span = records.spans.at(place)
    assert span is not None
    with Reference(starter_model, 1024) as reference:
        tokens = reference.tokenize(text[place - 450 : place], special=False)
        exact = softmax(reference.logits(tokens)[-1])
    sketch = LogitSketch.from_bytes(span.record.sketch)
    assert sketch.probability(span.record.id, 1.0) == pytest.approx(exact[span.record.id], abs=0.1)
