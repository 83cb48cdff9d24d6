"""Biases of single tokens by number, in the real window with the real vocabulary."""

import math
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG
from tests.ui.parameter_helpers import (
    button,
    click,
    enter,
    field,
    opened,
    opened_at_a_sentence,
    probability,
    words,
)

pytestmark = pytest.mark.usefixtures("kept_window")


def biases(window: MainWindow) -> dict[int, float]:
    return dict(window.session.sampling.params.biases)


def test_a_token_is_banned_asked_for_and_let_go(window: MainWindow, qtbot: QtBot) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    best = window.session.next_token.rows(1)[0]
    word = best.text.text  # two are all but equal here: which is best depends on the processor
    assert word.startswith("␣")
    enter(field(editor, "add_bias_token"), f"#{best.token}", qtbot)
    assert biases(window) == {best.token: -math.inf}
    params = window.session.sampling.params
    report = window.session.model.report
    assert report is not None
    assert params.logit_bias_vocabulary == report.vocabulary, "a number is this model's alone"
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
    assert window.session.sampling.params.logit_bias_vocabulary == ""
    assert probability(window, word) == best.probability
    assert field(editor, "add_bias_token").hasFocus()


def test_a_number_must_be_one_of_this_models(window: MainWindow, qtbot: QtBot) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    enter(field(editor, "add_bias_token"), "#49152", qtbot)
    row = editor.row("logit_bias")
    assert "logit_bias: found token 49152; this model has the tokens 0 to 49151." in words(row)
    enter(field(editor, "add_bias_token"), "sea", qtbot)
    assert "A word goes under word biases." in words(row)
    enter(field(editor, "add_bias_token"), "#198", qtbot)
    assert biases(window) == {198: -math.inf}
    qtbot.waitUntil(lambda: "↵" in words(row), timeout=LONG)
    enter(field(editor, "add_bias_value"), "inf", qtbot)
    assert "logit_bias: found “inf”; type a number, or ban." in words(row)
    assert biases(window) == {198: -math.inf}


def test_numbers_of_another_model_are_reported_and_not_added_to(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.session.sampling.change(
        logit_bias=((260, -math.inf),), logit_bias_vocabulary="0123 Another model"
    )
    editor = opened_at_a_sentence(window, qtbot)
    window.session.sampling.change(
        logit_bias=((260, -math.inf),), logit_bias_vocabulary="0123 Another model"
    )
    row = editor.row("logit_bias")
    # Though there is a token 260. Qt shows what is added to a layout at the next turn.
    qtbot.waitUntil(lambda: "not in this model" in words(row), timeout=LONG)
    reason = window.session.next_token.reason
    assert reason is not None
    assert "“Another model”" in reason
    enter(field(editor, "add_bias_token"), "#198", qtbot)
    assert "Take the biases for another model out first" in words(row)
    assert biases(window) == {260: -math.inf}
    click(editor, "unbias_260")
    assert window.session.next_token.reason is None
    enter(field(editor, "add_bias_token"), "#198", qtbot)
    assert biases(window) == {198: -math.inf}


def test_biases_of_a_preset_are_spelled_when_a_model_is_there(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.session.sampling.change(logit_bias=((30_000, 1.0), (30_001, -math.inf)))
    editor = opened(window)
    row = editor.row("logit_bias")
    qtbot.waitUntil(lambda: "⟨token 30000⟩" not in words(row), timeout=LONG)
    assert "#30000" in words(row)


def test_without_a_model_numbers_are_taken(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    editor = opened(window)
    enter(field(editor, "add_bias_token"), "#5", qtbot)
    assert biases(window) == {5: -math.inf}
    qtbot.waitUntil(lambda: "⟨token 5⟩" in words(editor.row("logit_bias")), timeout=LONG)
    assert button(editor, "ban_5").isChecked()


def test_resetting_them_and_bringing_them_back_keeps_whose_they_are(
    window: MainWindow, qtbot: QtBot
) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    enter(field(editor, "add_bias_token"), "#198", qtbot)
    before = window.session.sampling.params
    click(editor, "reset_group_biases")
    assert window.session.sampling.params.logit_bias == ()
    click(editor, "reset_all")
    assert window.session.sampling.params == before
