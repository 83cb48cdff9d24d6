"""Two presets side by side: all fields, those that differ first, and values taken over."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.parameters.values import ParameterValues
from studio.app.presets.comparison_state import ACTIVE, PresetComparisonState
from studio.presets import Preset
from studio.sampling import PARAMETERS, SamplingParams
from studio.ui.presets.comparison_window import PresetComparisonWindow
from studio.ui.theme.theme import Theme
from tests.helpers.preset_desk import Desk, desk_with

SEA = Preset(
    name="Sea",
    sampling=SamplingParams(temperature=1.3, top_k=50),
    stop=("END",),
    notes="n" * 1000,
)
DRY = Preset(name="Dry", sampling=SamplingParams(temperature=0.4, top_k=50), notes="n" * 1001)
FIELDS = len(PARAMETERS) + 7


@pytest.fixture
def desk(tmp_path: Path, qapp: object) -> Desk:
    return desk_with(tmp_path / "presets", SEA, DRY)


@pytest.fixture
def window(desk: Desk, qapp: QApplication, qtbot: QtBot) -> Iterator[PresetComparisonWindow]:
    values = ParameterValues(desk.sampling, desk.prompting)
    state = PresetComparisonState(desk.preset_choice, desk.presets, values, desk.settings)
    window = PresetComparisonWindow(state, Theme(qapp, "light"))
    qtbot.addWidget(window)
    yield window
    window.close()
    qapp.setStyleSheet("")


def rows(window: PresetComparisonWindow) -> list[tuple[str, ...]]:
    table = window.table
    texts = []
    for row in range(table.rowCount()):
        items = [table.item(row, column) for column in range(table.columnCount())]
        texts.append(tuple(item.text() for item in items if item is not None))
    return texts


def test_all_fields_those_that_differ_first(window: PresetComparisonWindow) -> None:
    window.open_with("Sea", "Dry")
    found = rows(window)
    assert len(found) == FIELDS
    assert found[:2] == [
        ("≠", "temperature T", "1.3", "0.4"),
        ("≠", "stop strings", "“END”", "–"),
    ]
    sign, field, left, right = found[2]
    assert (sign, field) == ("≠", "notes")
    assert left != right
    assert max(len(left), len(right)) < 250
    assert ("", "top-k", "50", "50") in found
    assert [row[0] for row in found] == ["≠"] * 3 + [""] * (FIELDS - 3)
    assert window._words.text() == f"3 of {FIELDS} fields differ."


def test_only_what_differs_is_remembered(window: PresetComparisonWindow, desk: Desk) -> None:
    window.open_with("Sea", "Dry")
    QTest.keyClick(window.only_differences, Qt.Key.Key_Space)
    assert [row[1] for row in rows(window)] == ["temperature T", "stop strings", "notes"]
    window.open_with("Sea", "Sea")
    assert rows(window) == []
    assert window._words.text() == f"Nothing differs: all {FIELDS} fields have the same value."
    values = ParameterValues(desk.sampling, desk.prompting)
    again = PresetComparisonState(desk.preset_choice, desk.presets, values, desk.settings)
    assert again.only_differences


def test_the_sides_are_chosen_and_changed(window: PresetComparisonWindow) -> None:
    window.open_with("Sea", ACTIVE)
    box = window.left
    assert [box.itemText(place) for place in (0, 1)] == ["Values in force", "Code"]
    box.setFocus()
    QTest.keyClicks(box, "Dry")
    assert window._state.left == "Dry"
    window._state.swap()
    assert (window.left.currentText(), window.right.currentText()) == ("Values in force", "Dry")
    header = window.table.horizontalHeaderItem(3)
    assert header is not None
    assert header.text() == "Dry"


def test_values_in_force_are_followed_and_the_row_stays(
    window: PresetComparisonWindow, desk: Desk
) -> None:
    desk.choose("Sea")
    window.open_with("Sea", ACTIVE)
    assert window._words.text().startswith("Nothing differs")
    window.table.setCurrentCell(3, 1)  # top-k
    desk.sampling.change(temperature=0.9, min_p=0.1)
    assert [row[1:] for row in rows(window)[:2]] == [
        ("temperature T", "1.3", "0.9"),
        ("min-p", "off", "0.1"),
    ]
    assert window.table.selected is not None
    assert window.table.selected.field == "top_k"


def test_a_value_is_taken_over_into_what_is_in_force(
    window: PresetComparisonWindow, desk: Desk
) -> None:
    desk.choose("Sea")
    window.open_with(ACTIVE, "Dry")
    assert rows(window)[0] == ("≠", "temperature T", "1.3", "0.4")
    QTest.keyClick(window.table, Qt.Key.Key_Return)
    assert desk.sampling.params.temperature == 0.4
    assert desk.sampling.params.top_k == 50
    window.table.setCurrentCell(0, 1)
    assert window.table.selected is not None
    assert window.table.selected.field == "stop"
    window.take.click()
    assert desk.prompting.stop == ()
    assert desk.current == "Sea"
    assert [field for field, *_ in desk.presets.differences] == ["temperature", "stop"]


def test_what_cannot_be_taken_over_says_why(window: PresetComparisonWindow, desk: Desk) -> None:
    window.open_with("Sea", "Dry")
    assert not window.take.isEnabled()
    assert "Values in force" in window.take.toolTip()
    QTest.keyClick(window.table, Qt.Key.Key_Return)
    assert desk.presets.differences == []
    desk.choose("Sea")
    window.open_with("Dry", ACTIVE)
    notes = [row[1] for row in rows(window)].index("notes")
    window.table.setCurrentCell(notes, 1)
    assert "says of itself" in window.take.toolTip()
    same = [row[1] for row in rows(window)].index("top-k")
    window.table.setCurrentCell(same, 1)
    assert window.take.toolTip() == "Both sides have this value"


def test_a_preset_that_is_renamed_or_deleted_meanwhile(
    window: PresetComparisonWindow, desk: Desk
) -> None:
    window.open_with("Sea", "Dry")
    desk.presets.rename("Sea", "Ocean")
    assert window.left.currentText() == "Ocean"
    assert rows(window)[0] == ("≠", "temperature T", "1.3", "0.4")
    desk.presets.delete("Dry")
    assert window.right.currentText() == "Values in force"


def test_rows_are_as_high_as_their_words_whatever_the_width(
    desk: Desk, window: PresetComparisonWindow, qtbot: QtBot
) -> None:
    desk.folder.add(Preset(name="Long", notes="words of many words " * 12))
    desk.presets.read()
    window.open_with("Long", "Dry")
    table = window.table
    notes = next(row for row, entry in enumerate(rows(window)) if entry[1] == "notes")
    before = table.rowHeight(notes)
    window.resize(window.minimumSizeHint().width(), window.height())
    qtbot.waitUntil(lambda: table.rowHeight(notes) > before)
    assert table.rowHeight(notes) == table.sizeHintForRow(notes)
    window.resize(1500, window.height())
    qtbot.waitUntil(lambda: table.rowHeight(notes) < before)
    assert table.rowHeight(notes) == table.sizeHintForRow(notes)
