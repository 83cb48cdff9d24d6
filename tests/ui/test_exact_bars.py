"""What the window says the sampler uses, against what the engine's sampler used: the real thing.

At rest, at the caret: the bars, and then the first token that Continue draws. And for every token
written after it: the window's own account of its place.
"""

from collections.abc import Sequence

import numpy as np
import pytest
from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from studio.app.tokens.place import place_of
from studio.sampling import LogitSketch, SamplerState, SamplingParams, chance
from studio.sampling.samplers.mirostat import mu_before
from studio.token_record import TokenRecord
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG

pytestmark = pytest.mark.usefixtures("kept_window")

# It repeats itself, so that DRY and penalties have something to do.
TEXT = (
    "The old fisherman looked out over the sea. The old fisherman looked out over the harbour. "
    "The old fisherman looked"
)

XTC = SamplingParams(
    temperature=1.3,
    repeat_penalty=1.2,
    dry_multiplier=0.8,
    xtc_probability=0.5,
    xtc_threshold=0.02,
)
MIROSTAT = SamplingParams(temperature=1.3, mirostat=2, mirostat_tau=3.0, mirostat_eta=0.3)
DEEP_MIROSTAT = SamplingParams(temperature=1.3, mirostat=2, mirostat_tau=6.0)
"""Cuts below the best 128 as a rule."""
ADAPTIVE = SamplingParams(temperature=1.3, adaptive_target=0.3, adaptive_decay=0.7, top_k=40)


def rest(window: MainWindow, qtbot: QtBot, params: SamplingParams) -> None:
    session = window.session
    session.draft.manuscript.edit(0, 0, TEXT)
    window.editor.move_caret(len(TEXT))
    session.sampling.set_params(params)
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    if params.dry_multiplier:
        qtbot.waitUntil(lambda: session.next_token.breakers(params) is not None, timeout=LONG)


def write(window: MainWindow, qtbot: QtBot, tokens: int) -> list[TokenRecord]:
    session = window.session
    session.sampling.set_max_tokens(tokens)
    session.writing.continue_writing()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    takes = session.writing.take_set()
    assert takes is not None
    assert takes.current is not None
    return takes.current.records


@pytest.mark.parametrize("acts", [True, False])
def test_bars_at_rest_are_what_the_first_token_is_drawn_from(
    window: MainWindow, qtbot: QtBot, acts: bool
) -> None:
    rest(window, qtbot, XTC)
    session, token = window.session, window.session.next_token
    assert [note.is_exact for note in token.notes] == [False], "the seed is left open"
    assert "A fixed seed shows" in window.histogram.note.text()
    position = len(token.history)
    seed = next(s for s in range(100) if (chance(s, position) <= XTC.xtc_probability) is acts)
    session.sampling.change(seed=seed)
    reported = window.histogram.note.text()
    assert reported == f"With seed {seed}, XTC {'acts' if acts else 'does not act'} here."
    rows = token.rows(128)
    assert rows[0].cut is acts
    shown = {row.token: row.probability for row in rows}
    for identity, probability in write(window, qtbot, 1)[0].top:
        assert shown[identity] == pytest.approx(probability, abs=2e-3)


def may_cut_elsewhere(
    sketch: LogitSketch, params: SamplingParams, history: Sequence[int], state: SamplerState
) -> bool:
    """Whether a token is where XTC or Mirostat divides, as far as a sketch can say.

    The sketch's tail weighs what the real one does to a ten-thousandth or so. Where that decides,
    it may keep a token that the engine's sampler cut.
    """
    if params.mirostat:
        bound = 2.0 ** -mu_before(params, state.mu)
        probabilities = sketch.distribution(params.temperature)[1]
    else:
        bound = params.xtc_threshold
        seen = replace(params, temperature=1.0, xtc_probability=0.0)
        probabilities = sketch.shaped(seen, history, state).probabilities
    return bool((np.abs(probabilities / bound - 1.0) < 1e-3).any())


@pytest.mark.parametrize(
    "params",
    [XTC, MIROSTAT, DEEP_MIROSTAT, ADAPTIVE],
    ids=["xtc and dry", "mirostat", "mirostat in the tail", "adaptive-p"],
)
def test_of_every_token_written_the_window_knows_what_it_was_drawn_from(
    window: MainWindow, qtbot: QtBot, params: SamplingParams
) -> None:
    rest(window, qtbot, params)
    breakers = window.session.next_token.breakers(params)
    records: list[TokenRecord] = []
    while len(records) < 12:  # the model may end a text early
        records += write(window, qtbot, 24)
    chances, exact, estimated = [], 0, 0
    for record in records:
        place, sketch = place_of(record), LogitSketch.from_bytes(record.sketch)
        assert place is not None
        assert place.is_whole
        assert place.xtc_chance(params) is not None, "also where the seed was left open"
        state = place.state(params, breakers)
        assert place.knows_carried(params)
        shaped = sketch.shaped(params, place.history, state)
        chances.append(state.chance)
        if may_cut_elsewhere(sketch, params, place.history, state):
            continue
        exact += not shaped.cuts_tail
        estimated += shaped.cuts_tail
        # Nothing of the tail, all of it, or an estimated part of it is left.
        least = 2e-3 if shaped.tail_probability else 1e-6
        for identity, probability in record.top:
            mine = float(shaped.probabilities[shaped.ids == identity].sum())
            assert mine == pytest.approx(
                probability, rel=0.12 if shaped.cuts_tail else 0.0, abs=least
            )
    if params is DEEP_MIROSTAT:
        assert estimated
    else:
        assert exact >= len(records) / 3
    if params is XTC:
        assert min(chances) <= 0.5 < max(chances), "XTC acted on some of them and not on others"
