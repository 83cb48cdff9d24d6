from pathlib import Path

import pytest
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from studio.app.writing.take_words import take_sentence
from studio.app.writing.word_count import WordCount
from studio.engine.messages import FinishReason, Generate
from studio.manuscript import open_text_file
from studio.presets import Preset
from studio.ui.widgets.actions import make_action
from studio.ui.widgets.labels import WholeFacts
from studio.ui.writing.take_steps import TakeSeed
from studio.ui.writing.writing_bar import WritingBar
from tests.helpers.fake_engine import Desk, evaluated, finished, token
from tests.ui.conftest import LONG


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    desk = Desk()
    desk.load()
    return desk


@pytest.fixture
def bar(desk: Desk, qtbot: QtBot) -> WritingBar:
    def action(name: str) -> QAction:
        return make_action(desk.writing, name, lambda: None, tip=f"{name}, in a sentence")

    bar = WritingBar(
        desk.writing,
        desk.draft,
        WordCount(desk.draft, desk.writing),
        continue_action=action("&Continue"),
        stop_action=action("&Stop"),
        retake_action=action("&Retake"),
        previous_take=action("&Previous take"),
        next_take=action("&Next take"),
    )
    qtbot.addWidget(bar)
    bar.show()
    return bar


def shown(bar: WritingBar) -> list[str]:
    return [label.text() for label in bar.findChildren(QLabel) if label.isVisible()]


def write(
    desk: Desk,
    text: bytes,
    *,
    again: bool = False,
    seed: int = 42,
    reason: FinishReason = "max_tokens",
) -> None:
    desk.sampling.change(seed=seed)
    if again:
        desk.writing.retake()
    else:
        desk.writing.continue_writing()
    request = desk.client.last(Generate).request
    desk.client.answer(
        evaluated(request, 1), token(request, 0, text), *finished(request, 1, reason=reason)
    )


def test_the_actions_are_buttons(bar: WritingBar) -> None:
    assert [button.text() for button in bar.findChildren(QPushButton)] == [
        "Continue",
        "Retake",
        "Stop",
    ]


def test_words_and_how_the_take_at_the_caret_was_written(
    bar: WritingBar, desk: Desk, qtbot: QtBot
) -> None:
    assert shown(bar) == ["0 words"]
    desk.type("One")
    qtbot.waitUntil(lambda: shown(bar) == ["1 word"], timeout=LONG)
    write(desk, b" two three")
    reported = "3 words   full length   T 1.00"
    qtbot.waitUntil(lambda: reported in shown(bar), timeout=LONG)
    desk.type(" four")
    qtbot.waitUntil(lambda: shown(bar) == ["4 words"], timeout=LONG)
    desk.draft.set_caret(len("One two three"))
    assert reported.replace("3 words", "4 words") in shown(bar)


@pytest.mark.parametrize("end", ["new", "open", "undo", "step"])
def test_what_is_reported_of_a_take_goes_with_it(
    bar: WritingBar, desk: Desk, qtbot: QtBot, tmp_path: Path, end: str
) -> None:
    seed = TakeSeed(desk.writing)
    qtbot.addWidget(seed)
    assert seed.text() == "seed –"
    desk.type("One")
    write(desk, b" two", seed=41)
    write(desk, b" three", again=True, seed=42)
    reported = "2 words   full length   T 1.00"
    qtbot.waitUntil(lambda: reported in shown(bar), timeout=LONG)
    assert seed.text() == "seed 42"
    assert not any("42" in text for text in shown(bar)), "it stands under Details"
    assert "seed 42" in bar.takes.label.toolTip()
    (tmp_path / "story.txt").write_text("Another text")
    match end:
        case "new":
            desk.draft.new()
        case "open":
            desk.draft.open(tmp_path / "story.txt", *open_text_file(tmp_path / "story.txt"))
        case "undo":
            desk.draft.manuscript.undo()
            desk.draft.manuscript.undo()
        case "step":
            desk.writing.step(-1)
    assert seed.text() == ("seed 41" if end == "step" else "seed –")


def test_the_seed_can_be_selected_and_copied(desk: Desk, qtbot: QtBot) -> None:
    seed = TakeSeed(desk.writing)
    qtbot.addWidget(seed)
    desk.type("One")
    write(desk, b" two", seed=41)
    qtbot.waitUntil(lambda: seed.text() == "seed 41", timeout=LONG)
    seed.show()
    seed.activateWindow()
    seed.setFocus()
    qtbot.waitUntil(seed.hasFocus, timeout=LONG)
    QTest.keySequence(seed, QKeySequence.StandardKey.SelectAll)
    QTest.keySequence(seed, QKeySequence.StandardKey.Copy)
    assert QGuiApplication.clipboard().text() == "seed 41"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("max_tokens", "full length   "),
        ("end_of_text", "end of text   "),
        ("stop_string", "stop string   "),
        ("stopped", ""),
    ],
)
def test_how_it_ended_is_reported_until_the_next_begins(
    bar: WritingBar, desk: Desk, qtbot: QtBot, reason: FinishReason, words: str
) -> None:
    write(desk, b"One", reason=reason)
    qtbot.waitUntil(lambda: f"1 word   {words}T 1.00" in shown(bar), timeout=LONG)
    desk.sampling.change(seed=7, temperature=0.5)
    desk.writing.continue_writing()
    qtbot.waitUntil(lambda: "1 word   T 0.50" in shown(bar), timeout=LONG)


def test_a_take_reports_its_preset_and_that_t_was_turned(bar: WritingBar, desk: Desk) -> None:
    desk.draft.set_preset(Preset(name="Dreams & <more>", description=""))
    desk.sampling.change(seed=42)
    desk.writing.continue_writing()
    request = desk.client.last(Generate).request
    desk.client.answer(evaluated(request, 1), token(request, 0, b"One"))
    desk.sampling.change(temperature=1.25)
    desk.sampling.change(top_k=5)
    desk.client.answer(token(request, 1, b" two"), *finished(request, 2))
    take_set = desk.writing.take_set()
    assert take_set is not None
    assert take_sentence(take_set) == (
        "Take 1 of 1: preset Dreams & <more>, full length, T 1.00 to 1.25, seed 42, by model"
    )
    assert "preset Dreams &amp; &lt;more&gt;" in bar.takes.label.toolTip()


def test_facts_are_shown_whole_or_not_at_all(qtbot: QtBot) -> None:
    facts = WholeFacts()
    qtbot.addWidget(facts)
    facts.show_facts(["12 words", "full length", "seed 3662662906"])
    whole = facts.fontMetrics().horizontalAdvance(facts.text())
    seen = []
    for width in range(whole, 0, -1):
        facts.resize(width, 20)
        if facts.shown not in seen:
            seen.append(facts.shown)
    assert seen == [facts.text(), "12 words   full length", "12 words", ""]


def test_takes_are_counted_where_there_are_some(bar: WritingBar, desk: Desk) -> None:
    steps = bar.findChildren(QToolButton)
    assert not any(step.isVisible() for step in steps)
    desk.type("Once")
    write(desk, b" upon")
    assert "take 1 of 1" in shown(bar)
    assert [step.accessibleName() for step in steps if step.isVisible()] == [
        "Previous take",
        "Next take",
    ]
    write(desk, b" more", again=True)
    assert "take 2 of 2" in shown(bar)
    desk.writing.step(-1)
    assert "take 1 of 2" in shown(bar)
    desk.draft.manuscript.undo()
    assert "take 2 of 2" in shown(bar)


def test_takes_that_were_undone_are_said_to_be_kept(bar: WritingBar, desk: Desk) -> None:
    desk.type("Once")
    write(desk, b" upon")
    desk.draft.manuscript.undo()
    assert "1 take kept" in shown(bar)
    assert desk.writing.can_step(1)
    desk.writing.step(1)
    assert "take 1 of 1" in shown(bar)
    write(desk, b" more", again=True)
    for _ in range(2):
        desk.draft.manuscript.undo()
    assert desk.draft.manuscript.text == "Once"
    assert "2 takes kept" in shown(bar)
    assert not any("–" in text for text in shown(bar))
