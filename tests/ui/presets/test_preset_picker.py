from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.presets.preset_choice import PresetChoice
from studio.presets import Preset, built_in_presets
from studio.ui.presets.preset_picker import PresetPicker
from studio.ui.theme.theme import Theme
from studio.ui.widgets.tips import plain
from tests.helpers.preset_desk import Desk

PRESETS = built_in_presets()
NAMES = ["Code", "Creative writing", "Customer support", "Data augmentation", "Neutral", "Greedy"]


@pytest.fixture
def preset_choice() -> PresetChoice:
    return PresetChoice(PRESETS, "Customer support")


@pytest.fixture
def picker(qapp: QApplication, qtbot: QtBot, preset_choice: PresetChoice) -> Iterator[PresetPicker]:
    picker = PresetPicker(preset_choice, Theme(qapp, "light"))
    qtbot.addWidget(picker)
    yield picker
    qapp.setStyleSheet("")


def test_the_presets_each_with_its_sentence(picker: PresetPicker) -> None:
    assert [picker.itemText(index) for index in range(picker.count())] == NAMES
    for index, preset in enumerate(PRESETS):
        assert plain(picker.itemData(index, Qt.ItemDataRole.ToolTipRole)) == preset.description
        assert preset.description.startswith("For ")


def test_the_chosen_one_says_when_to_use_it(
    picker: PresetPicker, preset_choice: PresetChoice
) -> None:
    assert picker.currentText() == "Customer support"
    preset_choice.choose(PRESETS[0])
    assert picker.currentText() == "Code"
    assert PRESETS[0].description in picker.toolTip()
    assert picker.accessibleDescription() == PRESETS[0].description


def test_choosing_the_same_again_restores_it(
    picker: PresetPicker, preset_choice: PresetChoice, qtbot: QtBot
) -> None:
    for index in (3, 3):
        with qtbot.waitSignal(preset_choice.chosen) as chosen:
            picker.activated.emit(index)
        assert chosen.args == [PRESETS[3]]


def test_favourites_come_first_before_a_line(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    desk = Desk(tmp_path / "presets")
    desk.favourites.set("Greedy", True)
    picker = PresetPicker(desk.preset_choice, Theme(qapp, "light"), desk.presets, desk.favourites)
    qtbot.addWidget(picker)
    assert [picker.itemText(place) for place in range(3)] == ["Greedy", "", "Code"]
    assert picker.currentText() == "Creative writing"
    # Arrow keys step over the line.
    picker.setFocus()
    QTest.keyClick(picker, Qt.Key.Key_Up)
    QTest.keyClick(picker, Qt.Key.Key_Up)
    assert desk.current == "Greedy"
    # What was turned is marked at its new place, and kept when another one is chosen.
    desk.sampling.change(temperature=0.5)
    assert picker.currentText() == "Greedy •"
    QTest.keyClick(picker, Qt.Key.Key_Down)
    assert desk.current == "Code"
    desk.presets.put_back()
    assert (desk.current, desk.sampling.params.temperature) == ("Greedy", 0.5)
    for name in NAMES:
        desk.favourites.set(name, True)
    assert picker.itemText(0) == "Code"
    assert picker.count() == len(NAMES)  # no line where there is nothing behind it
    qapp.setStyleSheet("")


def test_a_long_name_does_not_push_the_status_away(qapp: QApplication, qtbot: QtBot) -> None:
    picker = PresetPicker(PresetChoice([Preset(name="m" * 100)], ""), Theme(qapp, "light"))
    qtbot.addWidget(picker)
    assert picker.maximumWidth() < picker.fontMetrics().horizontalAdvance("m" * 100) / 2
    qapp.setStyleSheet("")


def test_a_remembered_preset_that_is_gone_is_no_obstacle() -> None:
    assert PresetChoice(PRESETS, "My own").current == PRESETS[0]
    assert PresetChoice(PRESETS, "Creative writing").current.name == "Creative writing"
    mine = Preset(name="Mine", description="")
    assert PresetChoice([mine], "Code").current is mine


def test_the_open_list_has_air_and_its_line_none(picker: PresetPicker) -> None:
    picker.insertSeparator(1)
    picker.air()
    line = picker.fontMetrics().height()
    assert picker.view().sizeHintForRow(0) >= line + 6
    assert picker.view().sizeHintForRow(1) < line
