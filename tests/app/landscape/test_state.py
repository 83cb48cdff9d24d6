"""The last tokens before the caret, each with its distribution at the T now; without a widget."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from studio.app.landscape.scale import REST
from studio.app.landscape.state import COUNTS, NOTHING_YET, Cell, LandscapeState
from studio.app.landscape.words import cell_line
from studio.app.tokens.text import token_text
from studio.manuscript import TokenSpan
from studio.sampling import LogitSketch
from studio.token_record import TokenRecord, undrawn
from tests.helpers.fake_engine import Desk

VOCABULARY = 200
WORDS = 40


def scored(seed: int) -> TokenRecord:
    """A token of rank 0 to 4."""
    logits = (np.random.default_rng(seed).normal(size=VOCABULARY) * 3).astype(np.float32)
    token = int(np.argsort(-logits)[seed % 5])
    return undrawn(token, b"word ", LogitSketch.of(logits, token).to_bytes())


class Land:
    """A desk whose text is recorded tokens, the caret at its end, and its landscape."""

    def __init__(self, words: int = WORDS) -> None:
        self.desk = desk = Desk()
        self.state = LandscapeState(desk.records, desk.draft, desk.sampling, desk.next_token)
        for seed in range(words):
            self.write(scored(seed))

    def write(self, record: TokenRecord) -> None:
        end = len(self.desk.draft.manuscript)
        self.desk.type(record.text.decode())
        assert self.desk.records.spans.fill(end, [record])

    def show(self, qtbot: QtBot) -> None:
        self.state.set_active(True)
        qtbot.waitUntil(lambda: self.state.is_settled)


@pytest.fixture
def land(qtbot: QtBot) -> Land:
    land = Land()
    land.show(qtbot)
    return land


def test_it_shows_the_tokens_before_the_caret(land: Land, qtbot: QtBot) -> None:
    state = land.state
    records = [span.record for span in state.spans]
    assert records == land.desk.records.last(100)
    assert len(records) == WORDS
    for row, record in enumerate(records):
        sketch = LogitSketch.from_bytes(record.sketch)
        p = sketch.distribution(state.temperature)[1]
        assert abs(int(state.levels[row, 0]) - round(254 * float(p[0]) ** 0.25)) <= 1
        assert state.ranks[row] == row % 5
    land.desk.draft.set_caret(5 * 10)
    qtbot.waitUntil(lambda: len(state.spans) == 10)


def test_new_tokens_move_it_on_and_the_pointer_stays_with_its_token(
    land: Land, qtbot: QtBot
) -> None:
    state = land.state
    before = state.levels.copy()
    state.point_at(7)
    pointed_at = state.spans[7].record
    land.write(scored(99))
    qtbot.waitUntil(lambda: len(state.spans) == WORDS + 1)
    assert (state.levels[:WORDS] == before).all()
    assert state.column == 7
    for seed in range(COUNTS[0] - WORDS):
        land.write(scored(seed))
    qtbot.waitUntil(lambda: state.column == 6)
    assert state.spans[6].record is pointed_at
    for seed in range(7):
        land.write(scored(seed))
    qtbot.waitUntil(lambda: state.column is None)
    assert state.cell() is None, "it has gone out of view"


def test_what_is_hidden_keeps_and_computes_nothing(land: Land, qtbot: QtBot) -> None:
    state = land.state
    state.point_at(3, 5)
    state.set_active(False)
    assert (state.spans, state.column, state.row) == ([], None, None)
    assert state.reason == NOTHING_YET
    with qtbot.assertNotEmitted(state.changed):
        land.write(scored(99))
        land.desk.sampling.change(temperature=0.2)
        state.update_now()
        qtbot.waitUntil(lambda: state.is_settled)
    assert state.spans == []


def test_one_frame_at_most(land: Land, qtbot: QtBot) -> None:
    counted = []
    land.state.changed.connect(lambda: counted.append(1))
    for hundredths in range(20, 60):
        land.desk.sampling.change(temperature=hundredths / 100)
    qtbot.waitUntil(lambda: land.state.is_settled)
    assert len(counted) <= 2


def test_how_many_are_shown_is_chosen_among_few(qtbot: QtBot) -> None:
    land = Land(150)
    land.show(qtbot)
    state = land.state
    assert len(state.spans) == 100
    state.point_at(2)
    state.set_count(300)
    qtbot.waitUntil(lambda: len(state.spans) == 150)
    assert state.column is None
    with pytest.raises(ValueError, match="100, 300, 1000"):
        state.set_count(50)
    assert state.count == 300


def test_what_is_known_of_the_place_that_is_pointed_at(land: Land) -> None:
    state, vocabulary = land.state, land.desk.next_token
    assert state.cell() is None
    record = state.spans[12].record
    sketch = LogitSketch.from_bytes(record.sketch)
    favourite = int(sketch.ids[0])
    probabilities, rest = sketch.distribution(state.temperature)[1:]
    expected = Cell(
        ago=WORDS - 13,
        written=token_text(b"word ", record.id),
        written_rank=2,
        written_p=sketch.probability(record.id, state.temperature),
        row=None,
        other=None,
        other_p=0.0,
    )
    for row, other, p in (
        (None, None, 0.0),
        (0, vocabulary.spelled(favourite), float(probabilities[0])),
        (2, None, float(probabilities[2])),  # the token itself
        (REST, None, rest),
    ):
        state.point_at(12, row)
        assert state.cell() == expected._replace(row=row, other=other, other_p=p)
    state.point_at(WORDS)
    assert (state.column, state.row) == (None, None), "there is no such column"


def test_a_token_that_is_chosen_is_looked_at(land: Land) -> None:
    chosen: list[TokenSpan] = []
    land.state.chosen.connect(chosen.append)
    land.state.choose()
    assert chosen == []
    land.state.point_at(5)
    land.state.choose()
    assert chosen == [land.state.spans[5]]


@pytest.mark.parametrize(
    ("row", "other", "ending"),
    [
        (None, None, "12 ago"),
        (3, b" bay", "12 ago;  rank 4: ␣bay 2.0\u202f%"),
        (3, None, "12 ago"),
        (128, None, "12 ago;  beyond rank 128: 2.0\u202f% together"),
    ],
)
def test_words(row: int | None, other: bytes | None, ending: str) -> None:
    text = None if other is None else token_text(other, 1)
    cell = Cell(12, token_text(b" sea", 0), 1, 0.25, row, text, 0.02)
    assert cell_line(cell) == f"␣sea  rank 2, 25.0\u202f%, {ending}"
