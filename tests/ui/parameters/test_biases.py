"""Biases of single tokens by text and by number, in the real window with the real vocabulary."""

import math
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.ui.main_window import MainWindow
from studio.ui.tokens.lookup import NO_MODEL
from tests.ui.conftest import LONG
from tests.ui.parameter_helpers import (
    button,
    click,
    enter,
    field,
    opened,
    opened_at_a_sentence,
    press,
    probability,
    words,
)


def biases(window: MainWindow) -> dict[int, float]:
    return dict(window.session.sampling.params.biases)


def test_a_word_is_banned_asked_for_and_let_go(window: MainWindow, qtbot: QtBot) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    best = window.session.next_token.rows(1)[0]
    word = best.text.text  # two are all but equal here: which is best depends on the processor
    assert word.startswith("␣")
    enter(field(editor, "add_bias_token"), word.replace("␣", " "), qtbot)
    qtbot.waitUntil(lambda: bool(biases(window)), timeout=LONG)
    assert biases(window) == {best.token: -math.inf}
    assert probability(window, word) == 0.0
    qtbot.waitUntil(lambda: word in words(editor.row("logit_bias")), timeout=LONG)
    assert f"#{best.token}" in words(editor.row("logit_bias"))
    assert field(editor, "add_bias_token").text() == ""
    enter(field(editor, f"bias_{best.token}"), "2,5", qtbot)
    assert biases(window) == {best.token: 2.5}
    assert probability(window, word) > best.probability
    assert field(editor, f"bias_{best.token}").hasFocus(), "it can be typed on"
    click(editor, f"ban_{best.token}")
    assert biases(window) == {best.token: -math.inf}
    assert field(editor, f"bias_{best.token}").text() == "ban"
    click(editor, f"unbias_{best.token}")
    assert biases(window) == {}
    assert probability(window, word) == best.probability
    assert field(editor, "add_bias_token").hasFocus()


def test_a_word_that_no_bar_has_shown_is_asked_of_the_engine(
    window: MainWindow, qtbot: QtBot
) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    pieces = window.session.next_token.pieces
    assert b" def" not in pieces.values()
    enter(field(editor, "add_bias_value"), "-3", qtbot)
    enter(field(editor, "add_bias_token"), " def", qtbot)
    qtbot.waitUntil(lambda: bool(biases(window)), timeout=LONG)
    ((token, bias),) = biases(window).items()
    assert bias == -3.0
    assert window.session.next_token.pieces[token] == b" def"
    enter(field(editor, "add_bias_token"), "<|im_end|>", qtbot)
    qtbot.waitUntil(lambda: len(biases(window)) == 2, timeout=LONG)


def test_a_word_of_several_tokens_is_refused_with_them(window: MainWindow, qtbot: QtBot) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    enter(field(editor, "add_bias_token"), " fisherwoman", qtbot)
    row = editor.row("logit_bias")
    qtbot.waitUntil(lambda: "tokens: " in words(row), timeout=LONG)
    assert "“␣fisherwoman” takes" in words(row)
    assert "A bias is for one token" in words(row)
    assert biases(window) == {}
    assert field(editor, "add_bias_token").text() == " fisherwoman"
    press(Qt.Key.Key_Escape)
    assert "A bias is for one token" not in words(row)


def test_a_number_must_be_one_of_this_models(window: MainWindow, qtbot: QtBot) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    enter(field(editor, "add_bias_token"), "#49152", qtbot)
    row = editor.row("logit_bias")
    assert "logit_bias: found token 49152; this model has the tokens 0 to 49151." in words(row)
    enter(field(editor, "add_bias_token"), "#198", qtbot)
    assert biases(window) == {198: -math.inf}
    qtbot.waitUntil(lambda: "↵" in words(row), timeout=LONG)
    enter(field(editor, "add_bias_value"), "inf", qtbot)
    assert "logit_bias: found “inf”; type a number, or ban." in words(row)
    assert biases(window) == {198: -math.inf}


def test_biases_of_a_profile_are_spelled_when_a_model_is_there(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.session.sampling.change(logit_bias=((30_000, 1.0), (30_001, -math.inf)))
    editor = opened(window)
    row = editor.row("logit_bias")
    qtbot.waitUntil(lambda: "⟨token 30000⟩" not in words(row), timeout=LONG)
    assert "#30000" in words(row)


def test_without_a_model_numbers_alone_can_be_biased(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    editor = opened(window)
    enter(field(editor, "add_bias_token"), " sea", qtbot)
    assert NO_MODEL in words(editor.row("logit_bias"))
    QTest.keyClick(field(editor, "add_bias_token"), Qt.Key.Key_Escape)
    enter(field(editor, "add_bias_token"), "#5", qtbot)
    assert biases(window) == {5: -math.inf}
    qtbot.waitUntil(lambda: "⟨token 5⟩" in words(editor.row("logit_bias")), timeout=LONG)
    assert button(editor, "ban_5").isChecked()


def test_while_it_writes_a_word_is_looked_up_afterwards(window: MainWindow, qtbot: QtBot) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    session = window.session
    session.sampling.set_max_tokens(2000)
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: session.writing.phase.value == "writing", timeout=LONG)
    enter(field(editor, "add_bias_token"), " def", qtbot)
    assert "when the writing ends" in words(editor.row("logit_bias"))
    assert biases(window) == {}
    session.writing.stop()
    qtbot.waitUntil(lambda: bool(biases(window)), timeout=LONG)
    assert "when the writing ends" not in words(editor.row("logit_bias"))
