"""The editor of all parameters, in the real window with the real model."""

import math
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from studio.app.parameters.groups import GROUPS, PARAMETERS
from studio.app.parameters.parameter import Number, Parameter
from studio.app.parameters.values import LEFT_OUT, MIROSTAT_INSTEAD, ParameterValues
from studio.engine.messages import Token
from studio.sampling import SamplingParams
from studio.ui.main_window import MainWindow
from studio.ui.parameters.row import NumberRow, ParameterRow
from studio.ui.parameters.section import ParameterSection
from tests.ui.conftest import LONG, NEVER_ENDS
from tests.ui.parameter_helpers import (
    LEFT,
    button,
    click,
    enter,
    field,
    kept,
    opened,
    opened_at_a_sentence,
    possible,
    press,
    probability,
    words,
)

pytestmark = pytest.mark.usefixtures("kept_window")

TYPED = {
    "temperature": ("1,5", 1.5),
    "dynatemp_range": ("0.5", 0.5),
    "dynatemp_exponent": ("2", 2.0),
    "top_k": ("40", 40),
    "top_p": ("0.9", 0.9),
    "min_p": ("0.05", 0.05),
    "typical_p": ("0.8", 0.8),
    "top_n_sigma": ("1.5", 1.5),
    "min_keep": ("2", 2),
    "xtc_probability": ("0.25", 0.25),
    "xtc_threshold": ("0.2", 0.2),
    "repeat_penalty": ("1.1", 1.1),
    "repeat_last_n": ("all", -1),
    "frequency_penalty": ("-0,5", -0.5),
    "presence_penalty": ("0.4", 0.4),
    "dry_multiplier": ("0.8", 0.8),
    "dry_base": ("2", 2.0),
    "dry_allowed_length": ("3", 3),
    "dry_penalty_last_n": ("512", 512),
    "mirostat": ("2", 2),
    "mirostat_tau": ("4", 4.0),
    "mirostat_eta": ("0.2", 0.2),
    "seed": ("4294967295", 4294967295),
    "max_tokens": ("12", 12),
}


def test_no_row_is_made_before_its_section_stands_in_its_window(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    session = open_window().session
    values = ParameterValues(session.sampling, session.draft.prompting)
    group = next(group for group in GROUPS if group.name == "temperature")

    def make_row(parameter: Parameter) -> ParameterRow:
        assert isinstance(parameter, Number)
        return NumberRow(parameter, values, lambda _step: None)

    section = ParameterSection(group, make_row, values)
    qtbot.addWidget(section)
    section.set_open(True)
    assert not section.findChildren(ParameterRow), "all in them would be styled at each step"
    section.show()
    rows = section.findChildren(ParameterRow)
    assert len(rows) == len(group.parameters)
    assert all(row.isVisible() for row in rows)
    section.set_open(False)
    assert not any(row.isVisible() for row in rows)
    section.set_open(True)
    assert all(row.isVisible() for row in rows)


def test_f4_opens_and_closes_it(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    assert window.parameters.dock is None, "nothing of it is made before it is asked for"
    QTest.keyClick(window, Qt.Key.Key_F4)
    dock = window.parameters.dock
    assert dock is not None
    assert dock.isVisible()
    assert dock.editor.search.hasFocus()
    assert not button(window.sampling, "All parameters").isVisible()
    press(Qt.Key.Key_F4)
    assert not dock.isVisible()
    assert window.editor.hasFocus()
    click(window.sampling, "All parameters")
    assert dock.isVisible()
    press(Qt.Key.Key_Escape)
    assert not dock.isVisible()
    assert window.editor.hasFocus()


def test_every_number_can_be_typed(open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    window = open_window()
    editor = opened(window)
    sampling = window.session.sampling
    numbers = [entry for entry in PARAMETERS.values() if isinstance(entry, Number)]
    assert set(TYPED) < {number.name for number in numbers}
    sampling.set_params(SamplingParams())
    # Of one that is not listed, the least that there is above none.
    step = {number.name: number.least + number.stride for number in numbers}
    typed_of = {
        number.name: (number.format(step[number.name]), step[number.name]) for number in numbers
    }
    for name, (typed, value) in {**typed_of, **TYPED}.items():
        enter(field(editor, name), typed, qtbot)
        now = sampling.max_tokens if name == "max_tokens" else getattr(sampling.params, name)
        assert now == value, name
        assert button(editor, f"reset_{name}").isVisible(), name


def test_bars_follow_what_is_typed(window: MainWindow, qtbot: QtBot) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    best = window.session.next_token.rows(1)[0]
    word = best.text.text
    assert kept(window) == possible(window) > 49_000
    enter(field(editor, "top_k"), "3", qtbot)
    assert kept(window) == 3
    assert probability(window, word) > best.probability
    histogram = window.histogram.histogram
    qtbot.waitUntil(lambda: "cut" in histogram.accessibleDescription(), timeout=LONG)
    enter(field(editor, "temperature"), "greedy", qtbot)
    assert probability(window, word) == 1.0
    assert window.temperature.temperature_edit.text() == "0"


@pytest.mark.parametrize(
    ("name", "typed", "reason"),
    [
        ("top_p", "1.5", "top_p: found 1.5; allowed is a number above 0 and at most 1 (1 is off)."),
        ("mirostat", "3", "mirostat: found 3; allowed is a whole number from 0 to 2 (0 is off)."),
        ("dry_base", "0.5", "dry_base: found 0.5; allowed is a finite number from 1 "),
        ("temperature", "-1", "temperature: found -1.0; allowed is a number from 0 (greedy)"),
        ("top_k", "many", "top-k: found “many”; type a whole number or off."),
        ("max_tokens", "0", "max_tokens: found 0; allowed is a whole number from 1 to 1000000."),
    ],
)
def test_what_is_refused_names_the_field_and_changes_nothing(
    open_window: Callable[[], MainWindow], qtbot: QtBot, name: str, typed: str, reason: str
) -> None:
    window = open_window()
    editor = opened(window)
    before = window.session.sampling.params
    edit = field(editor, name)
    enter(edit, typed, qtbot)
    row = editor.row(name)
    assert reason in words(row)
    assert edit.text() == typed, "it stays to be mended"
    assert edit.property("invalid") is True
    assert window.session.sampling.params is before
    press(Qt.Key.Key_Escape)
    assert reason not in words(row)
    assert editor.isVisible(), "Esc gave up what was typed, not the editor"


def test_groups_that_are_not_neutral_are_marked_and_open(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    window.session.sampling.set_params(SamplingParams(min_p=0.05, seed=7))
    editor = opened(window)
    open_ones = {name for name, section in editor.sections.items() if section.is_open}
    assert open_ones == {"temperature", "filters", "draw"}
    assert "min-p 0.05" in words(editor.sections["filters"])
    assert "●" in words(editor.sections["filters"])
    assert "●" not in words(editor.sections["repetition"])
    window.session.sampling.change(dry_multiplier=0.8)
    assert editor.sections["repetition"].is_open, "what is turned comes to light"
    QTest.mouseClick(button(editor, "Filters"), LEFT)
    assert not editor.sections["filters"].is_open
    window.session.sampling.change(min_p=0.06)
    assert not editor.sections["filters"].is_open, "what the writer has closed stays closed"
    QTest.mouseClick(editor.sections["filters"], LEFT, pos=QPoint(150, 10))
    assert editor.sections["filters"].is_open


def test_one_a_group_or_all_are_set_back_and_that_is_undone(
    open_window: Callable[[], MainWindow],
) -> None:
    window = open_window()
    sampling, prompting = window.session.sampling, window.session.draft.prompting
    editor = opened(window)
    turned = SamplingParams(top_k=40, min_p=0.1, seed=7, samplers=("temperature", "top_k"))
    sampling.set_params(turned)
    sampling.set_max_tokens(99)
    prompting.set_stop(("Fin.",))
    click(editor, "reset_top_k")
    assert (sampling.params.top_k, sampling.params.min_p) == (0, 0.1)
    sampling.set_params(turned)
    click(editor, "reset_group_filters")
    assert (sampling.params.top_k, sampling.params.min_p) == (0, 0.0)
    assert sampling.params.seed == 7
    sampling.set_params(turned)
    click(editor, "reset_all")
    assert sampling.params == SamplingParams()
    assert (sampling.max_tokens, prompting.stop) == (256, ())
    click(editor, "reset_all")
    assert sampling.params == turned, "the same button brings all back"
    assert (sampling.max_tokens, prompting.stop) == (99, ("Fin.",))
    click(editor, "reset_all")
    sampling.change(top_k=5)
    assert button(editor, "reset_all").text() == "Reset all", "after another change it does not"


def test_a_row_is_made_when_it_is_first_shown(
    open_window: Callable[[], MainWindow],
) -> None:
    window = open_window()
    window.parameters.open()
    assert window.parameters.dock is not None
    editor = window.parameters.dock.editor

    def made() -> set[str]:
        return {row.parameter.name for row in editor.findChildren(ParameterRow)}

    filters = [one.name for one in editor.sections["filters"].group.parameters]
    assert "mirostat_tau" not in made()
    editor.go_to("typical_p")
    assert set(filters) <= made()
    assert "mirostat_tau" not in made()
    QTest.keyClicks(editor.search, "mirostat tau")
    assert "mirostat_tau" in made()
    editor.search.clear()
    section = editor.sections["filters"]
    shown = [row.parameter.name for row in section.findChildren(ParameterRow)]
    by_place = sorted(shown, key=lambda name: editor.row(name).y())
    assert by_place == filters, "in their order, whichever was made first"


def test_a_search_shows_what_it_finds_and_esc_ends_it(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    editor = opened(window)

    def shown() -> set[str]:
        rows = editor.findChildren(ParameterRow)
        return {row.parameter.name for row in rows if row.isVisible()}

    before = shown()
    QTest.keyClicks(editor.search, "xtc thr")
    assert shown() == {"xtc_threshold"}
    editor.search.selectAll()
    QTest.keyClicks(editor.search, "dry_")
    assert {name for name in shown() if name.startswith("dry")} == {
        name for name in PARAMETERS if name.startswith("dry")
    }
    editor.search.selectAll()
    QTest.keyClicks(editor.search, "tfs")
    assert shown() == set()
    assert "No parameter has these words" in words(editor)
    press(Qt.Key.Key_Escape)
    assert editor.isVisible()
    assert editor.search.text() == ""
    assert shown() == before
    QTest.keyClicks(editor.search, "min-p")
    press(Qt.Key.Key_Down)
    assert not editor.search.hasFocus()
    press(Qt.Key.Key_Escape)
    assert editor.search.hasFocus()
    press(Qt.Key.Key_Escape)
    assert not editor.isVisible()


def test_what_has_no_effect_says_why(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    editor = opened(window)
    sampling = window.session.sampling
    sampling.set_params(SamplingParams(top_k=40, samplers=("temperature",)))
    assert LEFT_OUT in words(editor.row("top_k"))
    sampling.set_params(SamplingParams(top_k=40, temperature=0.5, mirostat=2))
    assert MIROSTAT_INSTEAD in words(editor.row("top_k"))
    assert "Without effect" not in words(editor.row("temperature"))
    sampling.set_params(SamplingParams(top_k=40))
    assert "Without effect" not in words(editor)


def test_a_question_mark_opens_the_step_that_explains(
    open_window: Callable[[], MainWindow],
) -> None:
    window = open_window()
    editor = opened(window)
    for name, step in (("top_p", "filters"), ("temperature", "temperature")):
        editor.sections["filters"].set_open(True)
        click(editor.row(name), f"explain_{name}")
        dock = window.explain.dock
        assert dock is not None
        assert dock.isVisible()
        assert dock.state.step == step
    beside = [window.explain.dock, window.parameters.dock]
    docked = [dock.place for dock in beside if dock and not dock.isFloating()]
    assert len(docked) == len(set(docked)), "two panels do not share a side"


def test_stop_strings_and_breakers_are_lists(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    editor = opened(window)
    window.session.sampling.set_params(SamplingParams())
    prompting = window.session.draft.prompting
    enter(field(editor, "add_stop"), "THE END", qtbot)
    enter(field(editor, "add_stop"), r"\n\n", qtbot)
    assert prompting.stop == ("THE END", "\n\n")
    assert field(editor, "add_stop").text() == ""
    assert "2 stop strings" in words(editor.sections["end"])
    enter(field(editor, "add_stop"), "x" * 201, qtbot)
    assert "stop[2]" in words(editor.row("stop"))
    assert "each of 1 to 200 characters" in words(editor.row("stop"))
    assert prompting.stop == ("THE END", "\n\n")
    press(Qt.Key.Key_Escape)
    assert "stop[2]" not in words(editor.row("stop"))
    qtbot.waitUntil(button(editor, "Take out THE END").isVisible, timeout=LONG)
    click(editor, "Take out THE END")
    assert list(prompting.stop) == ["\n\n"]
    enter(field(editor, "add_dry_sequence_breakers"), r"\t", qtbot)
    breakers = ("\n", ":", '"', "*", "\t")
    assert window.session.sampling.params.dry_sequence_breakers == breakers
    enter(field(editor, "add_dry_sequence_breakers"), "x" * 41, qtbot)
    assert "dry_sequence_breakers" in words(editor.row("dry_sequence_breakers"))
    assert window.session.sampling.params.dry_sequence_breakers == breakers


def test_the_prompt_is_part_of_it(window: MainWindow, qtbot: QtBot) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    draft = window.session.draft
    sea = probability(window, "␣sea")
    message = editor.findChild(QPlainTextEdit, "system_message")
    assert isinstance(message, QPlainTextEdit)
    editor.sections["prompt"].set_open(True)
    message.setFocus()
    QTest.keyClicks(message, "You speak of mountains.")
    assert draft.prompt().system == "You speak of mountains."
    format_list = editor.row("prompt_format").findChild(type(window.preset_picker).__mro__[1])
    assert format_list is not None
    format_list.setFocus()
    QTest.keyClick(format_list, Qt.Key.Key_Down)
    assert draft.prompt().format == "chat"
    qtbot.waitUntil(lambda: probability(window, "␣sea") != sea, timeout=LONG)
    assert window.session.presets.differences, "and counts as turned"
    click(editor, "reset_group_prompt")
    assert (draft.prompt().format, draft.prompt().system) == ("plain", "")


def test_a_change_takes_effect_at_the_next_token(window: MainWindow, qtbot: QtBot) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    session = window.session
    session.sampling.set_max_tokens(1500)
    session.sampling.change(logit_bias=NEVER_ENDS)
    enter(field(editor, "temperature"), "1.5", qtbot)
    tokens: list[Token] = []
    session.client.received.connect(
        lambda event: tokens.append(event) if isinstance(event, Token) else None
    )
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: len(tokens) > 5, timeout=LONG)
    enter(field(editor, "temperature"), "0", qtbot)
    assert not session.writing.is_idle, "it was still writing"
    turned = len(tokens)
    qtbot.waitUntil(lambda: len(tokens) > turned + 40 or session.writing.is_idle, timeout=LONG)
    session.writing.stop()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert min(token.record.probability for token in tokens[:5]) < 1.0
    assert len(tokens) > turned + 10
    assert all(token.record.probability == 1.0 for token in tokens[-5:]), "greedy"


def test_every_control_has_a_name_and_a_tool_tip(open_window: Callable[[], MainWindow]) -> None:
    editor = opened(open_window())
    controls = [*editor.findChildren(QLineEdit), *editor.findChildren(QAbstractButton)]
    inner = "qt_"  # Qt's own parts, such as the search's clear button
    named = [control for control in controls if not control.objectName().startswith(inner)]
    assert len(named) > 60
    for control in named:
        if type(control).__name__ == "QLineEditIconButton" or control.parent() is editor.search:
            continue
        assert control.accessibleName(), (control, control.objectName())
        assert control.toolTip(), (control, control.objectName())


def test_afloat_it_has_bars_of_its_own_and_is_remembered(
    open_window: Callable[[], MainWindow],
) -> None:
    first = open_window()
    editor = opened(first)
    dock = first.parameters.dock
    assert dock is not None
    assert not editor.bars.isVisible(), "the histogram is beside it"
    click(dock, "Detach")
    assert dock.isFloating()
    editor.focus()
    press(Qt.Key.Key_F4)
    assert not dock.isVisible(), "the window's keys are its keys too"
    first.parameters.action.trigger()
    assert dock.isFloating()
    assert editor.bars.isVisible()
    dock.setGeometry(60, 50, 470, 500)
    place = dock.place
    assert place == "afloat 60 50 470 500"
    first.close()
    second = open_window()
    again = second.parameters.dock
    assert again is not None
    assert again.isVisible()
    assert again.isFloating()
    assert again.place == place
    click(again, "Dock")
    assert not again.editor.bars.isVisible()
    again.dismiss()
    second.close()
    assert open_window().parameters.dock is None


def test_over_a_small_window_it_floats(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.resize(900, 600)
    editor = opened(window)
    dock = window.parameters.dock
    assert dock is not None
    assert dock.isFloating()
    assert editor.bars.isVisible()
    assert (window.width(), window.height()) == (900, 600)
    assert dock.height() < 600


def test_biases_infinite_are_shown_as_bans(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    editor = opened(window)
    window.session.sampling.change(logit_bias=((3, -math.inf), (5, 2.0)))
    assert field(editor, "bias_3").text() == "ban"
    assert field(editor, "bias_5").text() == "2"
    assert "2 token biases" in words(editor.sections["biases"])
    window.session.sampling.change(logit_bias=((3, -math.inf),))
    assert "1 token bias" in words(editor.sections["biases"]).splitlines()
