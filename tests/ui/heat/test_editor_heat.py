from collections.abc import Iterator

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.heat.measure import HeatMeasure
from studio.app.heat.state import LEVELS, NO_TINT, HeatState
from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.next_token import NextToken
from studio.manuscript import Manuscript, TokenSpans
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.heat.heat import EditorHeat
from studio.ui.heat.ramp import ramp
from studio.ui.theme.theme import Theme
from tests.helpers.recorded import written_all

WORDS = ["The", " old", " fisherman", " looked", " out", " over", " the", " sea", " at", " dawn"]


class Page:
    def __init__(self, qtbot: QtBot, qapp: QApplication) -> None:
        self.records = written_all(WORDS)
        manuscript = Manuscript("".join(WORDS))
        spans = TokenSpans(manuscript)
        spans.fill(0, self.records)
        self.theme = Theme(qapp, "light")
        self.sampling = SamplingState()
        self.heat = HeatState(self.sampling, NextToken(self.sampling.params))
        self.editor = ManuscriptEditor(manuscript)
        qtbot.addWidget(self.editor)
        self.editor.resize(700, 200)
        self.editor.show()
        qtbot.waitExposed(self.editor)
        self.painter = EditorHeat(self.editor, spans, self.heat, self.theme)

    def image(self) -> QImage:
        return self.editor.viewport().grab().toImage()

    def behind(self) -> list[str]:
        """The colour behind each token, in its upper left corner, where no letter reaches."""
        image, offset = self.image(), self.painter.tiles.offset()
        corners = [tile.rect.topLeft() + offset for tile in self.painter.tiles.tiles]
        return [image.pixelColor(corner.x() + 1, corner.y() + 1).name() for corner in corners]

    def wanted(self) -> list[str]:
        colors = self.theme.colors
        steps = ramp(colors.heat_least, colors.heat_most, LEVELS)
        tints = self.heat.tints(self.records).tolist()
        return [colors.card if tint == NO_TINT else steps[tint] for tint in tints]


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication) -> Iterator[Page]:
    made = Page(qtbot, qapp)
    yield made
    made.theme.set_appearance("system")


@pytest.mark.parametrize("measure", [m for m in HeatMeasure if m is not HeatMeasure.OFF])
def test_each_token_has_its_tint_behind_it(page: Page, measure: HeatMeasure) -> None:
    page.heat.set_measure(measure)
    assert page.behind() == page.wanted()
    assert len(set(page.behind())) > 2
    page.theme.set_appearance("dark")
    assert page.behind() == page.wanted()


def test_turning_t_repaints_at_once(page: Page) -> None:
    page.heat.set_measure(HeatMeasure.SURPRISE)
    warm = page.behind()
    page.sampling.change(temperature=0.3)
    assert page.behind() == page.wanted()
    assert page.behind() != warm


def test_off_leaves_the_page_as_it_was(page: Page) -> None:
    before = page.image()
    page.heat.set_measure(HeatMeasure.ENTROPY)
    assert page.image() != before
    page.heat.set_measure(HeatMeasure.OFF)
    assert page.image() == before


def test_a_line_under_what_the_same_draws_would_not_take_now(page: Page) -> None:
    page.heat.set_measure(HeatMeasure.BLAME)
    line = QColor(page.theme.colors.heat_line).name()

    def lined() -> list[bool]:
        image, offset = page.image(), page.painter.tiles.offset()
        ends = [tile.rect.bottomRight() + offset for tile in page.painter.tiles.tiles]
        return [image.pixelColor(end.x() - 1, end.y() + 2).name() == line for end in ends]

    page.sampling.change(temperature=0.2)
    assert lined() == page.heat.turned(page.records).tolist()
    assert any(lined())
    page.sampling.change(temperature=50.0)
    assert not any(lined())


def test_a_selection_lies_upon_the_tint(page: Page) -> None:
    page.heat.set_measure(HeatMeasure.SURPRISE)
    tinted = page.behind()
    page.editor.select_range(4, 13)
    selected = page.image().pixelColor(page.painter.tiles.tiles[2].rect.center())
    assert selected.name() not in tinted
