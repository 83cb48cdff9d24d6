"""Every panel is asked about the same token, on real logits: all must speak of one distribution.

What the engine drew from (its token's message, which `generate --json` prints) against the bars,
the card, the temperature panel, the word panel, heat and where lanes part; over all kinds of
settings.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from studio.app.compare.divergence import divergence_at
from studio.app.compare.lane import CompareLane
from studio.app.heat.measure import HeatMeasure
from studio.app.heat.state import HeatState
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.place import UNKNOWN_PLACE, place_of
from studio.app.tokens.rows import Fold, Tail, TokenRow
from studio.app.tokens.sampler_notes import NEAR_TIE
from studio.app.word.state import WordState
from studio.app.writing.records import TokenRecords
from studio.presets import built_in_presets
from studio.sampling import (
    Choice,
    LogitSketch,
    LogitStatistics,
    Ranking,
    SamplerState,
    SamplingParams,
    chance,
    choose,
    uniform,
)
from studio.token_record import TokenRecord, TokenSequence, placed
from tests.helpers.fake_engine import Desk

pytestmark = pytest.mark.usefixtures("qapp")

SETTINGS: dict[str, dict[str, object]] = {
    "neutral": {},
    "creative": {"temperature": 1.1, "min_p": 0.05, "repeat_penalty": 1.05},
    "greedy": {"temperature": 0.0, "repeat_penalty": 1.3},
    "greedy, filters": {"temperature": 0.0, "top_k": 3, "min_p": 0.1},
    "uniform": {"temperature": math.inf, "top_k": 12},
    "top-k 3": {"temperature": 0.8, "top_k": 3},
    "top-k far down": {"temperature": 1.5, "top_k": 400},
    "top-p": {"temperature": 1.4, "top_p": 0.8},
    "typical": {"temperature": 1.2, "typical_p": 0.4},
    "top-n-sigma": {"temperature": 1.5, "top_n_sigma": 1.0},
    "penalties": {
        "temperature": 0.9,
        "repeat_penalty": 1.5,
        "frequency_penalty": 0.4,
        "presence_penalty": 0.8,
        "min_p": 0.02,
    },
    "biases": {"temperature": 1.0, "min_p": 0.01},
    "adaptive-p": {"temperature": 1.1, "adaptive_target": 0.3, "top_k": 40},
    "XTC acts": {
        "temperature": 1.2,
        "xtc_probability": 1.0,
        "xtc_threshold": 0.05,
        "repeat_penalty": 1.2,
    },
    "XTC's draws": {"temperature": 1.2, "xtc_probability": 0.5, "xtc_threshold": 0.05},
    "dynamic temperature": {"temperature": 1.0, "dynatemp_range": 0.7, "min_p": 0.02},
    "temperature first": {
        "temperature": 1.8,
        "samplers": ("penalties", "temperature", "top_k", "top_p", "min_p"),
        "top_k": 40,
        "min_p": 0.03,
        "repeat_penalty": 1.1,
    },
    "penalties last": {
        "temperature": 1.2,
        "samplers": ("top_k", "temperature", "penalties"),
        "top_k": 8,
        "repeat_penalty": 1.6,
    },
    "DRY": {"temperature": 1.0, "dry_multiplier": 0.8, "dry_sequence_breakers": ()},
    "Mirostat": {"temperature": 1.2, "mirostat": 2, "mirostat_tau": 3.0},
}
SEED = 5


class Panels:
    """The state objects behind the panels, on one token drawn as the engine draws."""

    def __init__(
        self, row: NDArray[np.float32], params: SamplingParams, history: list[int]
    ) -> None:
        self.params = params
        position = len(history)
        state = SamplerState(chance=chance(SEED, position), breakers={})
        ranking = Ranking(row)
        self.choice: Choice = choose(ranking, params, history, uniform(SEED, position), 10, state)
        statistics = LogitStatistics(row)
        sketch = LogitSketch.of_statistics(statistics, statistics.drawn(self.choice))
        token = TokenRecord(
            id=self.choice.token,
            text=b" word",
            probability=self.choice.probability,
            rank=self.choice.rank,
            entropy=self.choice.entropy,
            top=self.choice.top,
            sketch=sketch.to_bytes(),
            u=uniform(SEED, position),
            near_tie=self.choice.near_tie,
        )
        sequence = TokenSequence(history, seed=SEED, start=position)
        self.record = placed(token, sequence, position)
        self.sketch = LogitSketch.from_bytes(self.record.sketch)
        self.bars = NextToken(params)
        self.bars.show(self.sketch, place_of(self.record) or UNKNOWN_PLACE, self.record.id)
        desk = Desk(params)
        records = TokenRecords(desk.client, desk.model, desk.draft, desk.writing, desk.next_token)
        desk.draft.manuscript.edit(0, 0, " word")
        records.spans.fill(0, [self.record])
        self.word = WordState(desk.sampling, records, desk.next_token)
        assert self.word.look_at(records.spans.all[0])
        self.heat = HeatState(desk.sampling, desk.next_token)
        self.lane = CompareLane(0, 0, built_in_presets(), "Code", params, desk.next_token)
        self.lane.seed = SEED
        self.lane.append(token)
        self.history = history
        self.desk = desk


def params_for(name: str, row: NDArray[np.float32]) -> SamplingParams:
    params = SamplingParams(**SETTINGS[name], seed=SEED)  # type: ignore[arg-type]  # they vary
    if name != "biases":
        return params
    best = np.argsort(-row)[:6].tolist()
    # The favourite banned, and the next two brought so near that they tie.
    gap = float(row[best[1]] - row[best[2]])
    biases = ((best[0], -math.inf), (best[2], gap - 0.05), (best[4], -2.0))
    return msgspec.structs.replace(params, logit_bias=biases)


@pytest.mark.parametrize("name", list(SETTINGS))
def test_all_panels_speak_of_one_distribution(name: str, real_logits: NDArray[np.float32]) -> None:
    near_ties = 0
    for row in real_logits[3::11]:
        best = np.argsort(-row)[:9].tolist()
        history = [best[0], best[2], best[8], best[0], best[2], 11, best[0], best[2]]
        panels = Panels(row, params_for(name, row), history)
        check(panels)
        near_ties += panels.choice.near_tie
    if name == "biases":
        assert near_ties == len(real_logits[3::11])


def check(panels: Panels) -> None:
    choice, bars = panels.choice, panels.bars
    facts = panels.word.facts(8)
    assert facts is not None
    place = place_of(panels.record)
    assert place is not None
    shape = panels.sketch.shaped(panels.params, place.history, place.state(panels.params, {}))
    if shape.cuts_tail and panels.params.typical_p < 1.0:
        # Which of the best it takes hangs on a tail that is estimated, and said to be.
        tail = bars.tail(bars.rows(8))
        assert tail is not None
        assert (tail.is_counted, tail.is_weighed) == (False, False)
        return
    near = 0.1 * choice.probability if shape.cuts_tail else 2e-3
    # The favourite, and how probable it is.
    lines = bars.lines(20, is_open=True)
    rows = [line for line in lines if isinstance(line, TokenRow)]
    top_token, top = choice.top[0]
    assert rows[0].token == top_token
    assert rows[0].probability == pytest.approx(top, abs=max(near, 0.1 * top * shape.cuts_tail))
    assert bars.top_probability == pytest.approx(rows[0].probability, abs=1e-9)
    assert bars.entropy == pytest.approx(choice.entropy, abs=0.2 if shape.cuts_tail else 0.02)
    # The token drawn: probability and rank.
    assert facts.probability == pytest.approx(choice.probability, abs=near)
    assert not facts.is_cut
    assert facts.rank == choice.rank
    marked = [line for line in lines if isinstance(line, TokenRow | Tail) and line.chosen]
    assert len(marked) == 1
    details = bars.details(choice.token)
    if details is not None:
        assert isinstance(marked[0], TokenRow)
        assert details.row.probability == pytest.approx(choice.probability, abs=near)
        assert marked[0].probability == facts.probability == details.row.probability
        assert details.rank == choice.rank + 1
        assert details.own_rank == facts.own_rank + 1
        assert marked[0].ghost == pytest.approx(facts.at_one, abs=1e-6)
    # Every row's rank is its place, and every row cut has none.
    is_cut = False
    for row, line in enumerate(lines[:-1]):
        is_cut |= isinstance(line, Fold)
        # Far down each is as the one before: of those some are looked at.
        is_looked_at = row < 40 or row % 20 == 0
        if isinstance(line, TokenRow) and not line.chosen and is_looked_at:
            known = bars.details(line.token)
            assert known is not None
            assert (known.rank is None) is is_cut is (line.cut or line.banned)
            assert known.rank in (None, row + 1)
    # Where lanes part: the token's stretch is as wide, and the random draw falls on it.
    parting = divergence_at(0, panels.lane, panels.lane, panels.history, bars)
    assert parting is not None
    for segment in parting.reference.segments:
        if segment.token == choice.token:
            assert segment.end - segment.start == pytest.approx(choice.probability, abs=near)
            assert segment.start - near <= parting.reference.u <= segment.end + near
    assert parting.reference.segments[0].token in (rows[0].token, None)
    # The near-tie.
    assert bars.is_near_tie == choice.near_tie == (NEAR_TIE in facts.sentences)
    reported = any(note.words == NEAR_TIE for note in bars.notes)
    assert reported == (choice.near_tie and panels.params.temperature == 0.0)
    # What is the model's own says so, and is: heat's ranks and the word panel's.
    panels.heat.set_measure(HeatMeasure.RANK)
    panels.heat.tints([panels.record])
    assert panels.heat._values(panels.params.temperature)[0] == facts.own_rank + 1
