from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.presets import Preset, built_in_presets
from studio.ui.profile_picker import ProfilePicker
from studio.ui.profile_state import ProfileState
from studio.ui.theme import Theme

PRESETS = built_in_presets()
NAMES = ["Code", "Creative writing", "Customer support", "Data augmentation", "Neutral", "Greedy"]


@pytest.fixture
def profiles() -> ProfileState:
    return ProfileState(PRESETS, "Customer support")


@pytest.fixture
def picker(qapp: QApplication, qtbot: QtBot, profiles: ProfileState) -> Iterator[ProfilePicker]:
    picker = ProfilePicker(profiles, Theme(qapp, "light"))
    qtbot.addWidget(picker)
    yield picker
    qapp.setStyleSheet("")


def test_the_profiles_each_with_its_sentence(picker: ProfilePicker) -> None:
    assert [picker.itemText(index) for index in range(picker.count())] == NAMES
    for index, preset in enumerate(PRESETS):
        assert picker.itemData(index, Qt.ItemDataRole.ToolTipRole) == preset.description
        assert preset.description.startswith("For ")


def test_the_chosen_one_says_when_to_use_it(picker: ProfilePicker, profiles: ProfileState) -> None:
    assert picker.currentText() == "Customer support"
    profiles.choose(PRESETS[0])
    assert picker.currentText() == "Code"
    assert PRESETS[0].description in picker.toolTip()
    assert picker.accessibleDescription() == PRESETS[0].description


def test_choosing_the_same_again_restores_it(
    picker: ProfilePicker, profiles: ProfileState, qtbot: QtBot
) -> None:
    for index in (3, 3):
        with qtbot.waitSignal(profiles.chosen) as chosen:
            picker.activated.emit(index)
        assert chosen.args == [PRESETS[3]]


def test_a_remembered_profile_that_is_gone_is_no_obstacle() -> None:
    assert ProfileState(PRESETS, "My own").current == PRESETS[0]
    assert ProfileState(PRESETS, "Creative writing").current.name == "Creative writing"
    mine = Preset(name="Mine", description="")
    assert ProfileState([mine], "Code").current is mine
