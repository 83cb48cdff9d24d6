"""The sweep in the real window, with real keys and the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.ui.main_window import MainWindow
from studio.ui.tuning.sweep_window import NOTHING_YET, SweepWindow
from tests.ui.conftest import LONG


@pytest.fixture
def view(window: MainWindow) -> SweepWindow:
    QTest.keyClicks(window.editor, "The old fisherman looked out over the")
    window.actions_.sweep.trigger()
    view = window.findChild(SweepWindow)
    assert isinstance(view, SweepWindow)
    return view


def until_measured(view: SweepWindow, qtbot: QtBot) -> None:
    run = view.run
    qtbot.waitUntil(lambda: not run.is_running and run.is_measured, timeout=LONG)


def test_temperatures_are_swept_and_points_lead_to_texts(
    window: MainWindow, view: SweepWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    assert view.note.text() == NOTHING_YET
    assert not view.export.isEnabled()
    view.temperatures.setText("0.2, 1.5")
    view.samples.setValue(3)
    view.tokens.setValue(8)
    QTest.keyClick(view.temperatures, Qt.Key.Key_Return)
    assert view.begin.text() == "Stop"
    until_measured(view, qtbot)
    assert view.begin.text() == "Begin"
    result = view.run.result
    assert result is not None
    assert result.chosen is not None
    assert view.lead.text() == " ".join(result.chosen.sentences)
    assert "One prompt was continued" in view.note.text()
    model = view.table.model()
    heads = [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())]
    assert heads == ["", "T 0.2", "T 1.5"]
    assert model.index(0, 0).data() == "Perplexity at T 1"

    # What is shown first is what the criterion looks at.
    criterion = result.sweep.plan.criterion
    assert criterion is not None
    row = [it.name for it in result.sweep.measures].index(criterion.measure)
    assert row > 0
    qtbot.waitUntil(lambda: "T 1.5: " in view.plot.accessibleDescription(), timeout=LONG)
    view.plot._on_clicked(None, view.plot.plotItem.items[-1].points()[1:2])
    assert (view.table.currentRow(), view.table.currentColumn()) == (row, 2)
    assert view.texts.toPlainText().startswith("T 1.5 · this text · seed 1\n")
    assert result.figures.texts[-1].text[:3] in view.texts.toPlainText()
    assert "T 1.5: " in view.plot.accessibleDescription()
    view.plot.setYRange(0.1, 0.5)
    window.theme.set_appearance("dark")  # which draws it again
    assert view.plot.getAxis("left").autoSIPrefixScale == 1.0, "numbers are the measure's own"
    view.table.setFocus()
    QTest.keyClick(view.table, Qt.Key.Key_Left)
    assert view.texts.toPlainText().startswith("T 0.2 · ")


def test_what_cannot_be_swept_is_said(
    window: MainWindow, view: SweepWindow, tmp_path: Path
) -> None:
    view.temperatures.setText("warm")
    QTest.keyClick(view.temperatures, Qt.Key.Key_Return)
    assert "“warm” is no temperature" in view.note.text()
    plan = tmp_path / "plan.toml"
    plan.write_text('prompts = ["a"]\n[vary]\ntemprature = [1]\n')
    view.open_plan(plan)
    assert "Did you mean “temperature”?" in view.note.text()
    assert not view.run.is_running
    QTest.keyClick(view.temperatures, Qt.Key.Key_Escape)
    assert not view.isVisible()
