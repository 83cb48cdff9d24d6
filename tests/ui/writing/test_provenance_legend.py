"""View › Who wrote what, at the real window with the real model: tints, figures, filter, steps."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app.heat.measure import HeatMeasure
from studio.manuscript import Origin, Provenance
from studio.ui.editor.provenance import tint_of
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG, NEVER_ENDS

pytestmark = pytest.mark.usefixtures("kept_window")

OPENING = "The old fisherman looked out over the sea."
ALT = Qt.KeyboardModifier.AltModifier
CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def mixed(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window with an opening, a take of which a word was changed, and a pasted paragraph."""
    session = window.session
    QTest.keyClicks(window.editor, OPENING)
    session.sampling.set_max_tokens(10)
    session.sampling.change(logit_bias=NEVER_ENDS, temperature=0.8, seed=3)
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    take = session.draft.manuscript.take_sets[0].place
    window.editor.move_caret(take.start + 5)
    QTest.keyClicks(window.editor, "dark")
    manuscript = session.draft.manuscript
    manuscript.edit(len(manuscript), 0, "\n\n")
    manuscript.edit(len(manuscript), 0, "Pasted.", Origin.PASTED)
    QTest.keyClick(window.editor, Qt.Key.Key_H, CONTROL_SHIFT)
    qtbot.waitUntil(lambda: bool(session.who_wrote.letters), timeout=LONG)
    return window


def sources(window: MainWindow) -> list[Provenance]:
    legend = window.actions_.provenance_legend
    return [source for source, button in legend.sources.items() if button.isVisible()]


def test_the_key_shows_the_legend_with_shares(mixed: MainWindow) -> None:
    legend = mixed.actions_.provenance_legend
    assert legend.isVisible()
    assert mixed.actions_.who_wrote.isChecked()
    kinds = Provenance
    assert sources(mixed) == [kinds.TYPED, kinds.EDITED, kinds.GENERATED, kinds.PASTED]
    letters = mixed.session.who_wrote.letters
    assert letters[kinds.EDITED] == 4
    shown = [
        int(button.text().split()[-2]) for button in legend.sources.values() if button.isVisible()
    ]
    assert sum(shown) == 100
    assert legend.yours.text() == f"{shown[0] + shown[1]} % yours"
    QTest.keyClick(mixed.editor, Qt.Key.Key_H, CONTROL_SHIFT)
    assert not legend.isVisible()
    assert not mixed.actions_.next_passage.isEnabled()


def color_behind(window: MainWindow, position: int) -> str:
    """The colour of the page in the corner of a character's tile, where no letter reaches."""
    editor = window.editor
    rect = editor.line_at(position)
    shot = editor.viewport().grab().toImage()
    ratio = shot.devicePixelRatio()
    at = QPoint(rect.left() + 2, rect.top() + 1)
    return shot.pixelColor(QPoint(round(at.x() * ratio), round(at.y() * ratio))).name()


@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_each_source_has_its_tint(mixed: MainWindow, appearance: str) -> None:
    mixed.theme.set_appearance(appearance)  # type: ignore[arg-type]
    colors = mixed.theme.colors
    place = mixed.session.draft.manuscript.take_sets[0].place
    pasted = len(mixed.session.draft.manuscript) - 7
    found = [color_behind(mixed, at) for at in (1, place.start + 1, place.start + 6, pasted + 1)]
    kinds = (Provenance.GENERATED, Provenance.EDITED, Provenance.PASTED)
    assert found == [colors.card, *(tint_of(kind, colors) for kind in kinds)]


def test_one_source_alone_is_shown_and_stepped_through(mixed: MainWindow) -> None:
    legend, editor = mixed.actions_.provenance_legend, mixed.editor
    place = mixed.session.draft.manuscript.take_sets[0].place
    editor.move_caret(0)
    QTest.keyClick(editor, Qt.Key.Key_PageDown, ALT)
    assert editor.selection == (place.start, place.start + 5)
    QTest.keyClick(editor, Qt.Key.Key_PageDown, ALT)
    assert editor.selection == (place.start + 5, place.start + 9)
    legend.sources[Provenance.PASTED].click()
    QTest.keyClick(editor, Qt.Key.Key_PageDown, ALT)
    end = len(mixed.session.draft.manuscript)
    assert editor.selection == (end - 7, end)
    legend.sources[Provenance.PASTED].click()
    assert mixed.session.who_wrote.chosen is None
    QTest.keyClick(editor, Qt.Key.Key_PageUp, ALT)
    assert editor.selection == (place.start + 9, place.end)


def test_it_is_remembered(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.actions_.who_wrote.trigger()
    window.close()
    again = open_window()
    assert again.actions_.provenance_legend.isVisible()
    again.actions_.who_wrote.trigger()
    assert not again.actions_.provenance_legend.isVisible()


def test_undo_and_a_swap_of_takes_are_followed(mixed: MainWindow, qtbot: QtBot) -> None:
    state = mixed.session.who_wrote
    before = dict(state.letters)
    for _ in range(3):
        mixed.editor.undo()
    qtbot.waitUntil(lambda: Provenance.EDITED not in state.letters, timeout=LONG)
    assert state.letters[Provenance.GENERATED] == before[Provenance.GENERATED]


def test_of_two_tints_one_is_shown(mixed: MainWindow) -> None:
    mixed.session.heat.set_measure(HeatMeasure.SURPRISE)
    assert not mixed.session.who_wrote.is_on
    assert not mixed.actions_.provenance_legend.isVisible()
    mixed.actions_.who_wrote.trigger()
    assert not mixed.session.heat.is_on
    assert mixed.actions_.provenance_legend.isVisible()
