"""The page and its parts, in the real window; an engine is not needed for most of it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QMessageBox,
    QTabBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio.engine.messages import Prompt
from studio.experiments.comparison import Comparison, LaneRecord
from studio.experiments.comparison_file import load_comparison, save_comparison
from studio.model_record import ModelRecord
from studio.sampling import SamplingParams
from studio.token_record import TokenRecord
from studio.ui.compare.page import SKETCHES_LEFT_OUT, ComparePage
from studio.ui.compare.steps import CompareSteps
from studio.ui.main_window import MainWindow
from studio.ui.theme.theme import Appearance
from studio.ui.widgets import file_dialog
from tests.helpers.fake_engine import token_record
from tests.helpers.recorded import written
from tests.ui.conftest import until_read
from tests.ui.controls import name_of, tip_of, visible_controls, walked


@pytest.fixture
def bare(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()


def page_of(window: MainWindow) -> ComparePage:
    window.compare.show(True)
    assert window.compare.page is not None
    return window.compare.page


def steps_of(window: MainWindow) -> CompareSteps:
    steps = page_of(window).bar.findChild(CompareSteps)
    assert steps is not None
    return steps


def kept(temperatures: tuple[float, ...], *, sketches: bool = True) -> Comparison:
    """Lanes that share their first token and draws, and part at the second."""
    lanes = []
    for number, temperature in enumerate(temperatures):
        tokens = []
        for place, u in enumerate((0.0, 0.5, 0.9)):
            one = written(b" w%d" % (place + number * (place > 0)), place, u, temperature)
            tokens.append(
                TokenRecord(
                    id=one.id + 7 * number * (place > 0),
                    text=one.text,
                    probability=0.5,
                    rank=0,
                    entropy=1.0 + place,
                    u=u,
                    sketch=one.sketch if sketches else b"",
                )
            )
        lanes.append(
            LaneRecord(
                params=SamplingParams(temperature=temperature),
                seed=7,
                tokens=tuple(tokens),
                reason="max_tokens",
                name="Code",
                color=number,
            )
        )
    return Comparison(
        model=ModelRecord(name="A training run"),
        prompt=Prompt(manuscript="The sea"),
        max_tokens=3,
        lanes=tuple(lanes),
    )


def test_the_page_costs_nothing_until_it_is_shown(bare: MainWindow) -> None:
    assert bare.compare.page is None
    assert bare.session.compare.lanes == []
    page = page_of(bare)
    assert len(page.columns) == 4
    assert "Open a model" in page.bar.prompt.text()
    assert not bare.compare.actions.run.isEnabled()
    assert "Open a model" in bare.compare.actions.run.toolTip()


def test_what_is_said_aloud_has_no_tags(bare: MainWindow) -> None:
    page = page_of(bare)
    bare.compare.actions.show_parting.setChecked(True)
    bare.compare.actions.show_bars.setChecked(True)
    page.bar.set_up.click()
    reported = 0
    for widget in (*page.findChildren(QWidget), *page.bar.popup.findChildren(QWidget)):
        spoken = QAccessible.queryAccessibleInterface(widget)
        if widget.isVisible() and spoken is not None:
            words = spoken.text(QAccessible.Text.Description)
            assert "<" not in words, (name_of(widget), words)
            reported += bool(words)
    assert reported > 20


def test_what_matters_is_reached_by_the_keyboard(bare: MainWindow, qtbot: QtBot) -> None:
    bare.activateWindow()
    page = page_of(bare)
    qtbot.waitUntil(bare.isActiveWindow)
    start = QApplication.focusWidget()
    assert start is not None
    reached = walked(start)
    for column in page.columns:
        for widget in (
            column.head.temperature,
            column.head.slider,
            column.view,
            column.strip,
            column.more,
        ):
            assert widget in reached, widget
    for control in (page.bar.set_up, page.bar.parting):
        assert control in reached, control
    assert any(isinstance(widget, QTabBar) for widget in reached)


def test_the_set_up_opens_as_a_panel_and_is_used_by_keys(bare: MainWindow, qtbot: QtBot) -> None:
    page, state = page_of(bare), bare.session.compare
    popup = page.bar.popup
    page.bar.set_up.setFocus()
    QTest.keyClick(page.bar.set_up, Qt.Key.Key_Space)
    qtbot.waitUntil(popup.isVisible)
    for control in visible_controls(popup):
        assert name_of(control), control
        assert tip_of(control), control
    qtbot.waitUntil(popup.beginnings[0].hasFocus)
    reached = walked(popup.beginnings[0])
    for widget in (
        *popup.beginnings,
        popup.same_draws,
        popup.seed,
        popup.length,
        popup.in_step,
        popup.reference,
    ):
        assert widget in reached, widget
    popup.same_draws.setFocus()
    QTest.keyClick(popup.same_draws, Qt.Key.Key_Space)
    assert not state.share_u
    QTest.keyClick(popup.same_draws, Qt.Key.Key_Escape)
    assert not popup.isVisible()
    page.bar.set_up.click()
    popup.beginnings[2].click()
    assert not popup.isVisible()
    assert len(state.lanes) > 4


def test_keys_turn_the_pages_and_one_key_begins_what_a_page_is_for(bare: MainWindow) -> None:
    keys = bare.actions_.continue_.shortcuts()
    page_of(bare)
    assert bare.compare.actions.run.shortcuts() == keys
    assert bare.actions_.continue_.shortcuts() == []
    assert not bare.actions_.undo.isEnabled()
    bare.compare.write_page.trigger()
    assert bare.actions_.continue_.shortcuts() == keys
    assert bare.compare.actions.run.shortcuts() == []


def test_messages_are_on_the_page_that_is_read(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    page = page_of(bare)
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({"format": "something else"}))
    bare.open_path(wrong)
    until_read(bare)
    assert "wrong.json" in bare.notice.message
    assert page.isAncestorOf(bare.notice)
    bare.compare.show(False)
    assert not page.isAncestorOf(bare.notice)
    # Qt shows a widget in its new place at the next turn of the event loop.
    qtbot.waitUntil(bare.notice.isVisible)


def test_a_file_is_shown_without_a_model_and_its_parting_explained(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.json"
    save_comparison(path, kept((0.5, 1.5)))
    bare.open_path(path)
    until_read(bare)
    page = page_of(bare)
    assert [column.view.toPlainText() for column in page.columns] == [" w0 w1 w2", " w0 w2 w3"]
    assert page.columns[1].view.mark == 1
    assert page.partings.chart.values_at(2)[0][1] == pytest.approx(3 / 0.693147, rel=1e-3)
    assert page.partings.distances.distances()[0][2] > 0
    assert page.bar.prompt.text().startswith("written by A training run · after “The sea”")

    # A click on the mark, as a hand makes it.
    view = page.columns[1].view
    cursor = view.textCursor()
    cursor.setPosition(5)
    where = view.cursorRect(cursor).center() + QPoint(1, 0)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert page.parting.isVisible()
    assert not page.partings.isVisible()
    qtbot.waitUntil(lambda: not page.parting.grab().isNull())
    QTest.keyClick(page.parting.close_button, Qt.Key.Key_Escape)
    assert not page.parting.isVisible()
    assert not page.partings.isVisible(), "it was not asked for"

    # Saved again it is the same, the model's name included.
    again = tmp_path / "again.json"
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (str(again), ""))
    bare.compare.actions.save_file.trigger()
    assert bare.compare.actions.finish()
    assert bare.notice.message == "“again.json” is saved."
    page_file = tmp_path / "again.html"
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (str(page_file), ""))
    bare.compare.actions.export_html.trigger()
    assert bare.compare.actions.finish()
    assert bare.notice.message == "“again.html” is written."
    first, second = (json.loads(file.read_text()) for file in (path, again))
    assert first["lanes"] == second["lanes"]
    assert first["model"] == second["model"]


def test_where_they_part_names_each_parting_and_leads_to_it(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "kept.json"
    save_comparison(path, kept((0.5, 1.5, 0.7)))
    bare.open_path(path)
    until_read(bare)
    page = page_of(bare)
    assert not page.partings.isVisible(), "it opens on request"
    page.bar.parting.setFocus()
    QTest.keyClick(page.bar.parting, Qt.Key.Key_Space)
    qtbot.waitUntil(page.partings.isVisible)
    assert [line.text() for line in page.partings.lines] == [
        "1.50 leaves 0.50 at token 2: “w2”, not “w1”",
        "0.70 leaves 1.50 at token 2: “w3”, not “w2”",
    ]
    page.partings.lines[1].click()
    assert page.parting.isVisible()
    assert "T 0.70" in page.parting.sentence.text()
    assert not page.partings.isVisible()
    QTest.keyClick(page.parting.close_button, Qt.Key.Key_Escape)
    assert page.partings.isVisible()
    page.bar.parting.click()
    assert not page.partings.isVisible()
    assert bare.compare.actions.show_parting.isChecked() is False


def test_without_sketches_it_says_so(bare: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    save_comparison(path, kept((0.5, 1.5), sketches=False))
    bare.open_path(path)
    until_read(bare)
    page = page_of(bare)
    page.show_parting(page.columns[1].lane)
    assert bare.notice.message == SKETCHES_LEFT_OUT


def test_a_file_says_how_large_it_is_with_distributions_and_without(
    bare: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.json"
    save_comparison(path, kept((0.5, 1.5)))
    bare.open_path(path)
    until_read(bare)
    offered: list[tuple[list[str], str]] = []

    def choose(name: str, which: int) -> None:
        def ask(_window: object, _title: str, _name: str, kinds: str, kind: str) -> tuple[str, str]:
            offered.append((kinds.split(";;"), kind))
            return str(tmp_path / name), offered[-1][0][which]

        monkeypatch.setattr(file_dialog, "ask_save", ask)
        bare.compare.actions.save_file.trigger()
        assert bare.compare.actions.finish()

    choose("large.json", 0)
    choose("small.json", 1)
    choose("again.json", 1)
    large, small, again = (tmp_path / f"{name}.json" for name in ("large", "small", "again"))
    assert load_comparison(large).lanes[0].tokens[0].sketch
    for file in (small, again):
        without = load_comparison(file)
        assert not any(token.sketch for lane in without.lanes for token in lane.tokens)
        assert [lane.text for lane in without.lanes] == [" w0 w1 w2", " w0 w2 w3"]
    (kinds, first), *_, (_, last) = offered
    assert f"{round(large.stat().st_size / 1000)} kB" in kinds[0]
    assert f"{round(small.stat().st_size / 1000)} kB" in kinds[1]
    # What was chosen last is suggested.
    assert (first, last) == (kinds[0], kinds[1])


def test_lanes_scroll_in_step_by_tokens(bare: MainWindow, qtbot: QtBot) -> None:
    page = page_of(bare)
    state = bare.session.compare
    state.run_input.prompt = Prompt(manuscript="The sea")
    for number, lane in enumerate(state.lanes):
        for place in range(300 - 100 * (number == 3)):
            # The same places are lines apart: the second lane's words are longer.
            text = f" {'word' if number != 1 else 'longer words'}{place}".encode()
            lane.append(token_record(text))
        lane.grown.emit()
    first, second, third, fourth = (column.view for column in page.columns)
    first.show_at_top(150)
    assert (second.top_token(), third.top_token()) == (0, 0), "each scrolls freely"
    page.bar.popup.in_step.click()
    top = first.top_token()
    assert top is not None
    for lines in (0, 3, -5, 1000):
        bar = first.verticalScrollBar()
        bar.setValue(bar.value() + lines * first.fontMetrics().lineSpacing())
        top = first.top_token()
        assert top is not None
        # Columns may be a pixel apart in width, and lines then a word.
        shown = third.top_token()
        assert shown is not None
        assert abs(shown - top) <= 1
        line = second.top_token()
        assert line is not None
        if second.verticalScrollBar().value() < second.verticalScrollBar().maximum():
            assert line <= top < line + 6
            assert second.verticalScrollBar().value() > first.verticalScrollBar().value()
    # A lane that is shorter is at its end where it has nothing to show.
    assert fourth.verticalScrollBar().value() == fourth.verticalScrollBar().maximum()
    page.bar.popup.in_step.click()
    shown = third.top_token()
    first.show_at_top(0)
    assert third.top_token() == shown


def test_how_lanes_scroll_is_remembered(open_window: Callable[[], MainWindow]) -> None:
    first = open_window()
    page_of(first).bar.popup.in_step.click()
    first.close()
    assert page_of(open_window()).bar.popup.in_step.isChecked()


def test_what_is_shown_beside_the_texts_is_remembered(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    first = open_window()
    page = page_of(first)
    assert not page.partings.isVisible()
    assert not page.columns[0].bars.isVisible()
    page.bar.parting.click()
    page.columns[2].menu.actions()[-3].trigger()  # one entry in all menus
    assert page.partings.isVisible()
    assert all(column.bars.isVisible() for column in page.columns)
    first.close()
    page = page_of(open_window())
    assert page.bar.parting.isChecked()
    assert page.partings.isVisible()
    page.bar.parting.click()
    # On a low screen there is room for one of the two.
    qtbot.waitUntil(page.columns[0].bars.isVisible)
    assert not page.partings.isVisible()


def test_runs_that_cannot_be_kept_are_asked_about_before_the_window_closes(
    bare: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.json"
    save_comparison(path, kept((0.5, 1.5)))
    bare.open_path(path)
    until_read(bare)
    # A file stands where the folder should be.
    data = Path(os.environ["XDG_DATA_HOME"])
    data.write_text("")
    asked: list[str] = []
    buttons = QMessageBox.StandardButton

    def answer(*arguments: object) -> QMessageBox.StandardButton:
        asked.append(str(arguments[2]))
        return answers.pop(0)

    monkeypatch.setattr(QMessageBox, "question", answer)
    saved = tmp_path / "saved.json"
    names = iter([("", ""), (str(saved), "")])
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: next(names))
    answers = [buttons.Cancel, buttons.Save, buttons.Save]
    assert not bare.close()
    assert "folder could not be made" in asked[0]
    assert not bare.close(), "no name was given"
    assert bare.close()
    assert load_comparison(saved).lanes[0].text == " w0 w1 w2"


def test_earlier_runs_are_there_to_step_to_and_to_forget(
    open_window: Callable[[], MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_window()
    assert not steps_of(first).isVisible()
    paths = [tmp_path / f"{number}.json" for number in range(2)]
    for path, temperatures in zip(paths, ((0.5, 1.5), (0.2, 0.9)), strict=True):
        save_comparison(path, kept(temperatures))
        first.open_path(path)
        until_read(first)
    steps = steps_of(first)
    assert steps.isVisible()
    earlier, later = steps.findChildren(QToolButton)
    assert not later.isEnabled()
    earlier.click()
    lanes = first.session.compare
    assert [lane.temperature for lane in lanes.lanes] == [0.5, 1.5]
    assert "run 1 of 2" in [label.text() for label in steps.findChildren(QLabel)]
    for button in (earlier, later):
        assert "Alt+" in button.toolTip()
    first.close()
    second = open_window()
    assert steps_of(second).isVisible()
    question = QMessageBox.StandardButton.No
    monkeypatch.setattr(QMessageBox, "question", lambda *_: question)
    second.compare.actions.forget.trigger()
    assert second.compare.actions.history.count == 2
    question = QMessageBox.StandardButton.Yes
    second.compare.actions.forget.trigger()
    assert second.compare.actions.history.count == 0
    assert not steps_of(second).isVisible()


def test_another_reference_marks_another_place(bare: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    save_comparison(path, kept((0.5, 1.5, 0.7)))
    bare.open_path(path)
    until_read(bare)
    page = page_of(bare)
    page.bar.popup.reference.setCurrentIndex(3)
    page.bar.popup.reference.activated.emit(3)
    assert [column.view.mark for column in page.columns] == [1, 1, None]


def test_a_lanes_settings_are_kept_as_a_preset(bare: MainWindow) -> None:
    page = page_of(bare)
    wanted: list[tuple[str, SamplingParams]] = []
    state = bare.session.compare
    state.preset_wanted.disconnect()
    state.preset_wanted.connect(lambda name, params: wanted.append((name, params)))
    state.lanes[2].sampling.change(temperature=0.9, top_k=7)
    page.columns[2].menu.keep.trigger()
    assert wanted == [("Creative writing", state.lanes[2].sampling.params)]
    assert wanted[0][1].top_k == 7


def test_lanes_come_and_go_in_one_click_and_have_their_widths(bare: MainWindow) -> None:
    page = page_of(bare)
    splitter = page._lanes
    for _ in range(4):
        page.bar.add.click()
    assert (len(page.columns), splitter.count()) == (8, 8)
    assert not page.bar.add.isEnabled()
    assert [splitter.widget(place) for place in range(8)] == page.columns
    for _ in range(6):
        page.columns[1].menu.remove.trigger()
    assert splitter.count() == 2
    assert not page.columns[0].menu.remove.isEnabled()
    narrow = page.columns[1].minimumWidth()
    splitter.setSizes([splitter.width() - narrow, narrow])
    assert page.columns[0].width() > page.columns[1].width() == narrow


def test_a_preset_of_a_lane_sets_its_lane_alone(bare: MainWindow) -> None:
    page = page_of(bare)
    state = bare.session.compare
    before = [lane.sampling.params for lane in state.lanes]
    menu = page.columns[1].menu
    menu.list_presets()
    code = next(one for one in menu.presets.actions() if one.text() == "Code")
    assert not code.isChecked()
    code.trigger()
    # Lanes whose presets differ say which is whose.
    assert page.columns[1].head.caption.text().startswith("Code")
    after = [lane.sampling.params for lane in state.lanes]
    preset = state.presets.named("Code")
    assert preset is not None
    assert after[1] == preset.sampling
    assert [after[0], *after[2:]] == [before[0], *before[2:]]
    assert bare.session.preset_choice.current.name != "Code"


def test_wrong_numbers_are_refused_with_a_reason(bare: MainWindow) -> None:
    popup = page_of(bare).bar.popup
    page_of(bare).bar.set_up.click()
    for edit, text, reason in (
        (popup.seed, "7x", "whole number"),
        (popup.seed, "-2", "0 to 4294967295"),
        (popup.length, "0", "1 to 1000000"),
    ):
        edit.setFocus()
        edit.selectAll()
        QTest.keyClicks(edit, text)
        QTest.keyClick(edit, Qt.Key.Key_Return)
        assert reason in popup.refusal.text()
        assert popup.refusal.isVisible()
    assert (bare.session.compare.seed, bare.session.compare.max_tokens) == (-1, 64)


def test_numbers_step_with_the_arrow_keys(bare: MainWindow) -> None:
    popup, state = page_of(bare).bar.popup, bare.session.compare
    page_of(bare).bar.set_up.click()
    none, shift = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
    popup.length.setFocus()
    for key, modifier, length in (
        (Qt.Key.Key_Up, none, 80),
        (Qt.Key.Key_Down, none, 64),
        (Qt.Key.Key_Up, shift, 224),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier, 225),
    ):
        QTest.keyClick(popup.length, key, modifier)
        assert (state.max_tokens, popup.length.text()) == (length, str(length))
    popup.seed.setFocus()
    assert popup.seed.text() == "new"
    for key, seed, words in (
        (Qt.Key.Key_Up, 0, "0"),
        (Qt.Key.Key_Up, 1, "1"),
        (Qt.Key.Key_Down, 0, "0"),
        (Qt.Key.Key_Down, -1, "new"),
    ):
        QTest.keyClick(popup.seed, key)
        assert (state.seed, popup.seed.text()) == (seed, words)


def test_lanes_have_the_favourites_first(bare: MainWindow) -> None:
    menu = page_of(bare).columns[1].menu
    menu.list_presets()
    name = menu.presets.actions()[-1].text()
    assert menu.presets.actions()[0].text() != name
    bare.library.favourites.set(name, True)
    menu.presets.aboutToShow.emit()
    assert menu.presets.actions()[0].text() == name


@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_an_empty_box_can_be_seen(bare: MainWindow, appearance: Appearance) -> None:
    bare.theme.set_appearance(appearance)
    box = page_of(bare).bar.popup.in_step
    page_of(bare).bar.set_up.click()
    assert not box.isChecked()
    image = box.grab().toImage()
    colors = {image.pixelColor(x, y).lightness() for x in range(14) for y in range(image.height())}
    assert max(colors) - min(colors) > 60, "its edge stands out from what is around it"


def test_the_page_is_remembered(open_window: Callable[[], MainWindow]) -> None:
    first = open_window()
    page_of(first)
    first.session.compare.set_max_tokens(99)
    first.close()
    second = open_window()
    assert second.compare.is_shown
    assert second.session.compare.max_tokens == 99


def test_in_a_small_window_text_and_buttons_go_before_bars(bare: MainWindow, qtbot: QtBot) -> None:
    page = page_of(bare)

    def resize(width: int, height: int) -> None:
        bare.resize(width, height)
        qtbot.waitUntil(lambda: (bare.width(), bare.height()) == (width, height))

    def is_in(outer: QWidget, widget: QWidget) -> bool:
        return outer.rect().contains(QRect(widget.mapTo(outer, QPoint(0, 0)), widget.size()))

    def is_in_view(widget: QWidget) -> bool:
        return is_in(page._area.viewport(), widget)

    bare.compare.actions.show_bars.setChecked(True)
    resize(790, 500)
    column = page.columns[0]
    for widget in (column.use, column.strip, column.head):
        qtbot.waitUntil(lambda widget=widget: is_in_view(widget))  # type: ignore[misc]  # a default is not inferred
    assert not column.bars.isVisible()
    assert column.view.height() >= 4 * column.view.fontMetrics().lineSpacing()
    for control in (page.bar.set_up, page.bar.parting, page.bar.add):
        assert is_in(page.bar, control)
    resize(790, 799)
    qtbot.waitUntil(column.bars.isVisible)
    assert is_in_view(column.use)


@pytest.mark.parametrize("size", [(1280, 720), (1366, 768), (2560, 1440)])
def test_four_lanes_are_read_side_by_side(
    bare: MainWindow, qtbot: QtBot, size: tuple[int, int]
) -> None:
    page = page_of(bare)
    bare.resize(*size)
    qtbot.waitUntil(lambda: (bare.width(), bare.height()) == size)
    assert page._area.horizontalScrollBar().maximum() == 0
    for column in page.columns:
        metrics = column.view.fontMetrics()
        # Some 30 letters a line and ten lines at the least.
        assert column.view.viewport().width() > 24 * metrics.averageCharWidth()
        assert column.view.height() > 10 * metrics.height()
    # A fifth does not squeeze them below that.
    page.bar.add.click()
    for column in page.columns:
        assert column.width() >= column.minimumWidth()


def test_a_temperature_stands_beside_its_colour_and_says_how_open_it_is(
    bare: MainWindow, qtbot: QtBot
) -> None:
    page = page_of(bare)
    for lane in bare.session.compare.lanes[2:]:
        bare.session.compare.remove(lane)
    bare.resize(1700, 900)
    qtbot.waitUntil(lambda: page.columns[0].width() > 700)
    for column in page.columns:
        head = column.head
        assert head.temperature.x() < 30
        assert head.caption.x() - head.temperature.geometry().right() < 12
        assert column.more.geometry().right() > column.width() - 30
