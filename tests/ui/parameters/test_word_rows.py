"""Biases of words, in the real window with the real vocabulary and with another model's."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from studio.app.tokens.place import TokenPlace
from studio.engine.messages import LoadOptions
from studio.presets import Preset
from studio.sampling import SamplingParams, WordBias
from studio.ui.main_window import MainWindow
from studio.ui.parameters.editor import ParameterEditor
from tests.helpers.tiny_model import write_byte_level_model
from tests.ui.conftest import LONG
from tests.ui.parameter_helpers import (
    SENTENCE,
    click,
    enter,
    field,
    opened,
    opened_at_a_sentence,
    press,
    probability,
    words,
)

pytestmark = pytest.mark.usefixtures("kept_window")

BAN = -math.inf


def biased(window: MainWindow) -> tuple[WordBias, ...]:
    return window.session.sampling.params.word_biases


def tokens(editor: ParameterEditor, word: str) -> QLabel:
    found = editor.findChild(QLabel, f"tokens_{word}")
    assert isinstance(found, QLabel)
    return found


def test_a_word_is_banned_in_each_casing_asked_for_and_let_go(
    window: MainWindow, qtbot: QtBot
) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    best = window.session.next_token.rows(1)[0]
    word = best.text.text.removeprefix("␣")
    enter(field(editor, "add_word"), word, qtbot)
    assert biased(window) == (WordBias(word, BAN),)
    assert field(editor, "add_word").text() == ""
    qtbot.waitUntil(lambda: probability(window, best.text.text) == 0.0, timeout=LONG)
    qtbot.waitUntil(lambda: f"#{best.token}" in tokens(editor, word).text(), timeout=LONG)
    assert f"␣{word}" in tokens(editor, word).text()
    assert word.title() not in tokens(editor, word).text()
    click(editor, f"capitalised_{word}")
    click(editor, f"upper_{word}")
    assert biased(window) == (WordBias(word, BAN, ("capitalised", "upper")),)
    qtbot.waitUntil(lambda: f"␣{word.title()}" in tokens(editor, word).text(), timeout=LONG)
    click(editor, f"upper_{word}")
    assert biased(window) == (WordBias(word, BAN, ("capitalised",)),)
    enter(field(editor, f"bias_{word}"), "2.5", qtbot)
    assert biased(window) == (WordBias(word, 2.5, ("capitalised",)),)
    qtbot.waitUntil(lambda: probability(window, best.text.text) > best.probability, timeout=LONG)
    click(editor, f"ban_{word}")
    assert biased(window)[0].bias == BAN
    click(editor, f"unbias_{word}")
    assert biased(window) == ()
    assert probability(window, best.text.text) == best.probability
    assert field(editor, "add_word").hasFocus()


def test_while_it_is_typed_its_tokens_are_shown(window: MainWindow, qtbot: QtBot) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    edit = field(editor, "add_word")
    edit.setFocus()
    QTest.keyClicks(edit, "sea")
    preview = editor.findChild(QLabel, "word_preview")
    assert isinstance(preview, QLabel)
    qtbot.waitUntil(lambda: "␣sea #" in preview.text(), timeout=LONG)
    QTest.keyClicks(edit, "faring folk")
    qtbot.waitUntil(lambda: " + " in preview.text(), timeout=LONG)
    assert "so that it is not completed" in preview.toolTip()
    press(Qt.Key.Key_Escape)
    assert edit.text() == ""
    assert not preview.isVisible()
    assert biased(window) == ()


def test_a_word_of_several_tokens_says_so(window: MainWindow, qtbot: QtBot) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    enter(field(editor, "add_word_bias"), "4", qtbot)
    enter(field(editor, "add_word"), "fisherwoman", qtbot)
    shown = tokens(editor, "fisherwoman")
    qtbot.waitUntil(lambda: " + " in shown.text(), timeout=LONG)
    assert "a bias above 0 is hardly felt" in shown.toolTip()


def test_what_stands_before_decides_for_bars_and_engine_alike(
    window: MainWindow, qtbot: QtBot
) -> None:
    """A phrase is banned at its last word, which is free elsewhere."""
    session = window.session
    opened_at_a_sentence(window, qtbot)
    session.sampling.change(temperature=0.0)
    session.sampling.set_max_tokens(1)
    best = session.next_token.rows(1)[0]
    word = best.text.text.replace("␣", " ")
    session.sampling.change(word_biases=(WordBias(f"the{word}", BAN),))
    qtbot.waitUntil(lambda: probability(window, best.text.text) == 0.0, timeout=LONG)
    assert not [note for note in session.next_token.notes if not note.is_exact]
    left = next(row for row in session.next_token.rows(9) if row.probability > 0.0)
    second = left.text.text.replace("␣", " ")
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: session.draft.manuscript.text != SENTENCE, timeout=LONG)
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert session.draft.manuscript.text == SENTENCE + second
    session.sampling.change(word_biases=(WordBias(f"every{word}", BAN),))
    session.draft.manuscript.load(SENTENCE)
    window.editor.move_caret(len(SENTENCE))
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    qtbot.waitUntil(lambda: probability(window, best.text.text) > 0.0, timeout=LONG)


def test_a_word_is_kept_as_text_in_a_preset_and_found_anew_in_another_model(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    session = window.session
    presets = session.presets
    presets.folder.add(Preset(name="No sea", sampling=_with(WordBias("sea", BAN))))
    presets.read()
    preset = session.preset_choice.named("No sea")
    assert preset is not None
    assert preset.sampling.word_biases == (WordBias("sea", BAN),)
    presets.use(preset)
    editor = opened(window)
    shown = tokens(editor, "sea")
    qtbot.waitUntil(lambda: "␣sea #" in shown.text(), timeout=LONG)
    path = write_byte_level_model(tmp_path / "bytes.gguf")
    session.model.open(str(path), LoadOptions(threads=1))
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    qtbot.waitUntil(lambda: shown.text() == "␣ + s + e + a", timeout=LONG)
    assert session.next_token.reason is None or "bias" not in session.next_token.reason
    assert window.notice.message == ""
    session.draft.manuscript.load("by the se")
    window.editor.move_caret(9)
    qtbot.waitUntil(
        lambda: session.next_token_preview.is_settled and session.next_token.sketch is not None,
        timeout=LONG,
    )
    next_token = session.next_token

    def hit() -> dict[bytes, float]:
        place = TokenPlace(next_token.history)
        biases = next_token.state_at(place, session.sampling.params).word_biases
        return {next_token.pieces[token]: bias for token, bias in biases.items()}

    qtbot.waitUntil(lambda: hit() == {b"a": BAN}, timeout=LONG)  # and nothing else
    assert probability(window, "a") == 0.0


def test_numbers_that_were_in_force_with_one_model_do_not_act_in_another(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    session = window.session
    session.sampling.change(logit_bias=((101, BAN),))
    name = session.model.report.name if session.model.report else ""
    path = write_byte_level_model(tmp_path / "bytes.gguf")
    session.model.open(str(path), LoadOptions(threads=1))
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    assert session.sampling.params.logit_bias_vocabulary.endswith(name)
    session.draft.manuscript.load("by the se")
    window.editor.move_caret(9)
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: window.notice.message != "", timeout=LONG)
    assert f"for another model, “{name}”" in window.notice.message
    assert session.draft.manuscript.text == "by the se"


@pytest.mark.parametrize("typed", ["", "   "])
def test_nothing_is_not_added(
    open_window: Callable[[], MainWindow], qtbot: QtBot, typed: str
) -> None:
    window = open_window()
    editor = opened(window)
    enter(field(editor, "add_word"), typed, qtbot)
    assert biased(window) == ()


def test_without_a_model_a_word_is_taken_and_one_too_long_is_not(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    editor = opened(window)
    enter(field(editor, "add_word"), "the", qtbot)
    assert biased(window) == (WordBias("the", BAN),)
    assert "when a model is open" in tokens(editor, "the").text()
    enter(field(editor, "add_word"), "x" * 201, qtbot)
    assert "1 to 200 bytes" in words(editor.row("word_biases"))
    assert len(biased(window)) == 1


def _with(word: WordBias) -> SamplingParams:
    return SamplingParams(word_biases=(word,))


def test_at_a_caret_inside_a_word_the_bars_know_what_is_typed(
    window: MainWindow, qtbot: QtBot
) -> None:
    """Of "fish" what is there already counts, whether a token takes it back or goes on with it."""
    session = window.session
    opened_at_a_sentence(window, qtbot)
    text = f"{SENTENCE} sea. The fish"
    session.draft.manuscript.load(text)
    window.editor.move_caret(len(text))
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    qtbot.waitUntil(lambda: probability(window, "erman") > 0.02, timeout=LONG)
    session.sampling.change(word_biases=(WordBias("fisherman", BAN), WordBias("fish", BAN)))
    qtbot.waitUntil(lambda: probability(window, "erman") == 0.0, timeout=LONG)
    assert not [note for note in session.next_token.notes if not note.is_exact]
    session.sampling.change(temperature=0.0, seed=1)
    session.sampling.set_max_tokens(1)
    left = next(row for row in session.next_token.rows(9) if row.probability > 0.0)
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: session.draft.manuscript.text != text, timeout=LONG)
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert session.draft.manuscript.text == text + left.text.text.replace("␣", " ")
