"""The strip under a lane's text: a cell a token, its colour the token's entropy."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.compare.lane import CompareLane
from studio.app.compare.lane_text import LaneText
from studio.app.compare.lane_words import openness, token_openness
from studio.app.tokens.next_token import NextToken
from studio.presets import built_in_presets
from studio.sampling import SamplingParams
from studio.ui.compare.chart import EntropyChart
from studio.ui.compare.openness_strip import OpennessStrip
from studio.ui.theme.theme import Appearance, Theme
from tests.helpers.fake_engine import token_record
from tests.helpers.lane_desk import LaneDesk


class Strip:
    """A lane and its strip."""

    def __init__(self, qapp: QApplication, qtbot: QtBot, appearance: Appearance = "light") -> None:
        pieces = NextToken(SamplingParams())
        self.theme = Theme(qapp, appearance)
        self.lane = CompareLane(0, 2, built_in_presets(), "Code", SamplingParams(), pieces)
        self.strip = OpennessStrip(self.lane, self.theme)
        qtbot.addWidget(self.strip)
        self.strip.resize(300, 20)
        self.strip.show()

    def write(self, *bits: float) -> None:
        for value in bits:
            index = len(self.lane.tokens)
            one = token_record(b" w%d" % index)
            self.lane.append(msgspec.structs.replace(one, entropy=value * math.log(2)))
        self.lane.grown.emit()

    def color(self, index: int) -> QColor:
        image: QImage = self.strip.grab().toImage()
        return image.pixelColor(self.strip.rect_of(index).center() - QPoint(1, 0))


@pytest.fixture(params=["light", "dark"])
def strip(request: pytest.FixtureRequest, qapp: QApplication, qtbot: QtBot) -> Strip:
    return Strip(qapp, qtbot, request.param)


def distance(one: QColor, other: QColor) -> int:
    return sum(
        abs(getattr(one, part)() - getattr(other, part)()) for part in ("red", "green", "blue")
    )


def test_the_more_open_a_word_was_the_fuller_its_cell(strip: Strip) -> None:
    strip.strip.set_length(10)
    strip.write(0.0, 1.0, 3.0, 9.0)
    page = QColor(strip.theme.colors.card)
    full = QColor(strip.theme.colors.lanes[2])
    away = [distance(strip.color(index), page) for index in range(4)]
    assert away == sorted(away)
    assert len(set(away)) == 4
    assert away[0] > 0, "a word that had to come has a cell too"
    assert distance(strip.color(3), full) < 40
    # Behind the last token nothing stands.
    assert distance(strip.color(6), page) == 0 or strip.color(6) == strip.color(9)


def test_what_comes_is_painted_beside_what_stands(strip: Strip) -> None:
    strip.strip.set_length(40)
    strip.write(0.5, 2.0)
    before = strip.color(0), strip.color(1)
    strip.write(4.0)
    assert (strip.color(0), strip.color(1)) == before
    assert strip.color(2) not in before
    # One more than there is room for: all are narrower, and none is lost.
    strip.write(*[1.0] * 40)
    assert strip.strip.rect_of(42).right() <= 300
    strip.lane.clear()
    assert strip.strip.effective is None
    strip.write(1.0)
    assert strip.strip.effective == pytest.approx(2.0)


def test_of_more_tokens_than_pixels_the_most_open_is_seen(strip: Strip) -> None:
    bits = [0.0] * 3000
    bits[1507] = 12.0
    strip.write(*bits)
    assert distance(strip.color(1507), QColor(strip.theme.colors.lanes[2])) < 60
    assert strip.color(100) == strip.color(2800)


def test_a_cell_says_its_word_and_leads_to_it(strip: Strip, qtbot: QtBot) -> None:
    strip.strip.set_length(10)
    strip.write(0.0, 4.0, 2.0)
    pointed: list[object] = []
    strip.strip.pointed.connect(pointed.append)
    QTest.mouseMove(strip.strip, strip.strip.rect_of(1).center())
    qtbot.waitUntil(lambda: pointed == [1])
    assert strip.strip.accessibleDescription() == "“w1” one of about 16, 4.0 bits, token 2"
    with qtbot.waitSignal(strip.strip.chosen) as chosen:
        QTest.mouseClick(
            strip.strip, Qt.MouseButton.LeftButton, pos=strip.strip.rect_of(2).center()
        )
    assert chosen.args == [2]
    # Where no token is there is nothing to go to.
    QTest.mouseMove(strip.strip, QPoint(250, 8))
    qtbot.waitUntil(lambda: pointed[-1] is None)


def test_keys_lead_from_cell_to_cell(strip: Strip, qtbot: QtBot) -> None:
    strip.write(0.0, 4.0, 2.0)
    for key, cell in (
        (Qt.Key.Key_Right, 0),
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_End, 2),
        (Qt.Key.Key_Right, 2),
        (Qt.Key.Key_Left, 1),
        (Qt.Key.Key_Home, 0),
    ):
        QTest.keyClick(strip.strip, key)
        assert strip.strip.cell == cell
    with qtbot.waitSignal(strip.strip.chosen) as chosen:
        QTest.keyClick(strip.strip, Qt.Key.Key_Return)
    assert chosen.args == [0]


def test_words_for_how_open_it_was() -> None:
    assert [openness(count) for count in (1.0, 1.3, 2.9, 16.2, 1234.0)] == [
        "1 word every time",
        "about 1.3 words",
        "about 2.9 words",
        "about 16 words",
        "about 1,234 words",
    ]
    one = token_record(b"\n")
    assert token_openness(msgspec.structs.replace(one, entropy=0.0)) == (
        "“↵” the only word, 0.0 bits"
    )


@given(
    st.lists(st.text(alphabet=st.sampled_from("ab \n\tž🐟\u00a0"), max_size=6), max_size=30),
)
def test_words_are_counted_as_they_come(texts: list[str]) -> None:
    growing = LaneText()
    for text in texts:
        growing.feed([token_record(text.encode())])
    assert growing.words == len("".join(texts).split())


def test_it_grows_with_the_letters(strip: Strip) -> None:
    before = strip.strip.sizeHint().height()
    font = strip.strip.font()
    font.setPixelSize(26)
    strip.strip.setFont(font)
    assert strip.strip.sizeHint().height() - 4 == 2 * (before - 4)
    strip.write(3.0)
    assert strip.strip.rect_of(0).height() == before - 4 + 16


@pytest.mark.parametrize("bits", [1e308, math.inf, -1e308, math.nan])
def test_what_no_vocabulary_has_is_drawn_at_the_scales_end(
    strip: Strip, bits: float, qtbot: QtBot
) -> None:
    strip.write(2.0, bits, 2.0)
    strip.color(1)
    assert strip.strip.effective is not None
    assert math.isfinite(strip.strip.effective)
    assert "bits" in token_openness(strip.lane.tokens[1])
    state = LaneDesk().compare
    state.open_first()
    state.lanes[0].tokens = strip.lane.tokens
    chart = EntropyChart(state, strip.theme)
    qtbot.addWidget(chart)
    chart.resize(400, 200)
    chart.grab()  # once a line a bit was drawn here, without end
    assert all(0 <= chart.values_at(index)[0][1] < 100 for index in range(3))
