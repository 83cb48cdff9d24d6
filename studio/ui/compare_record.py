"""A comparison between the window's state and the record that files and pages are made of.

Knows both; no widget and no file.
"""

from __future__ import annotations

import datetime
from typing import cast

from studio.engine.messages import MOST_LANES, LaneFinishReason
from studio.experiments.comparison import Comparison, LaneRecord, ModelRecord, Turn
from studio.experiments.recorder import token_record
from studio.ui.compare_lane import CompareLane, LanePhase
from studio.ui.compare_setups import LaneSetup
from studio.ui.compare_state import CompareState

_REASONS = ("end_of_text", "max_tokens", "stopped", "context_full")


def record_of(state: CompareState, model: ModelRecord) -> Comparison:
    """What is in view, to be kept.

    Args:
        state: Has been run; see `CompareState.prompt`.
        model: Whose tokens they are.
    """
    assert state.prompt is not None, "there is something to keep"
    summary = state.summary
    return Comparison(
        made=datetime.datetime.now(datetime.UTC)
        .isoformat(timespec="seconds")
        .replace("+00:00", "Z"),
        model=model,
        prompt=state.prompt,
        prompt_tokens=len(state.prompt_tokens),
        same_dice=len({lane.seed for lane in state.lanes}) == 1,
        max_tokens=max([state.max_tokens, *(len(lane.tokens) for lane in state.lanes)]),
        lanes=tuple(map(_lane_record, state.lanes)),
        seconds_prompt=summary.seconds_prompt if summary else 0.0,
        seconds_generation=summary.seconds_generation if summary else 0.0,
        tokens_per_second=summary.tokens_per_second if summary else 0.0,
        spellings=state.vocabulary.pieces,
    )


def show_record(state: CompareState, comparison: Comparison) -> None:
    """Have the window show a comparison that was kept; no lane may run."""
    known = {preset.name for preset in state.presets.presets}
    current = state.presets.current.name
    lanes = comparison.lanes[:MOST_LANES]
    setups = [
        LaneSetup(lane.name if lane.name in known else current, lane.params_at(len(lane.tokens)))
        for lane in lanes
    ]
    made = state.show(setups, comparison.prompt, comparison.spellings, comparison.model.name)
    state.kept_model = comparison.model
    for lane, record in zip(made, lanes, strict=True):
        lane.seed = record.seed
        lane.tokens.extend(record.tokens)
        lane.turns = [(0, record.params), *((turn.index, turn.params) for turn in record.turns)]
        lane.phase = LanePhase.ENDED
        lane.reason = record.reason or "stopped"
    state.same_dice = comparison.same_dice
    state.shown()


def _lane_record(lane: CompareLane) -> LaneRecord:
    turns = lane.turns or [(0, lane.sampling.params)]
    reason = cast(LaneFinishReason, lane.reason) if lane.reason in _REASONS else None
    return LaneRecord(
        params=turns[0][1],
        seed=lane.seed or 0,
        tokens=tuple(map(token_record, lane.tokens)),
        reason=reason,
        name=lane.profiles.current.name,
        turns=tuple(Turn(index=index, params=params) for index, params in turns[1:]),
    )
