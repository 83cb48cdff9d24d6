"""Turns a comparison in the window into the record that files are made of, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast, get_args

import msgspec

from studio.app.compare.lane import CompareLane
from studio.app.compare.lanes import CompareLanes
from studio.app.compare.run_input import RunInput, RunTimings
from studio.app.compare.setups import LaneSetup
from studio.app.generation.sequence import SequencePhase
from studio.engine.messages import MOST_SEQUENCES, FinishReason
from studio.experiments.comparison import Comparison, LaneRecord, Turn
from studio.model_record import ModelRecord
from studio.sampling.samplers.mirostat import mu_after, mu_before
from studio.token_record import TokenRecord

_REASONS = get_args(FinishReason)
_NO_FIGURES = RunTimings(0.0, 0.0, 0.0)


def record_of(state: CompareLanes) -> Comparison:
    """What is in view, to be kept.

    Args:
        state: The comparison; it has been run.
    """
    run_input = state.run_input
    assert run_input.prompt is not None, "there is something to keep"
    figures = run_input.figures or _NO_FIGURES
    return Comparison(
        made=run_input.made,
        model=run_input.model or ModelRecord(name=""),
        prompt=run_input.prompt,
        prompt_tokens=len(run_input.prompt_tokens) or run_input.prompt_count,
        prompt_ids=tuple(run_input.prompt_tokens),
        unseen_characters=run_input.unseen_characters,
        unseen_tokens=max(0, run_input.unseen_tokens),
        share_u=len({lane.seed for lane in state.lanes if lane.seed is not None}) == 1,
        max_tokens=max([state.max_tokens, *(len(lane.tokens) for lane in state.lanes)]),
        ignore_eos=run_input.ignore_eos,
        lanes=tuple(map(_lane_record, state.lanes)),
        seconds_prompt=figures.seconds_prompt,
        seconds_generation=figures.seconds_generation,
        tokens_per_second=figures.tokens_per_second,
        spellings=state.vocabulary.pieces,
    )


def show_record(state: CompareLanes, comparison: Comparison, source: object = None) -> None:
    """Have the window show a comparison that was kept; no lane may run.

    Args:
        state: Where it is shown.
        comparison: What was kept.
        source: See `RunInput.source`.
    """
    known = {preset.name for preset in state.presets.presets}
    current = state.presets.current.name
    lanes = comparison.lanes[:MOST_SEQUENCES]
    setups = [
        LaneSetup(lane.name if lane.name in known else current, lane.params_at(len(lane.tokens)))
        for lane in lanes
    ]
    colors = _colors(lanes)
    made = state.show(setups, _run_input_of(comparison, source), comparison.spellings, colors)
    for lane, record in zip(made, lanes, strict=True):
        if record.reason is None and not record.drawn:
            continue  # it was not run
        lane.seed = record.seed
        drawn = _with_mu(record)
        lane.tokens.extend(drawn[: len(record.tokens)])
        lane.turns = [(0, record.params), *((turn.index, turn.params) for turn in record.turns)]
        lane.phase = SequencePhase.ENDED
        lane.reason = record.reason or "stopped"
        lane.end = drawn[-1] if record.end else None
        lane.mu, lane.adaptive_mean = record.mu, record.adaptive_mean
        lane.stop = lane.stopped_by = record.stop
        lane.ran_as = record.name
    state.share_u = comparison.share_u
    state.shown()


def _with_mu(lane: LaneRecord) -> list[TokenRecord]:
    """A lane's tokens, with what Mirostat allowed, which files of older versions lack."""
    drawn: list[TokenRecord] = []
    mu: float | None = None
    for index, token in enumerate(lane.drawn):
        params = lane.params_at(index)
        if params.mirostat and token.mu is None and token.probability > 0.0:
            token = msgspec.structs.replace(token, mu=mu_before(params, mu))
            mu = mu_after(params, mu, token.probability)
        else:
            mu = None
        drawn.append(token)
    return drawn


def _colors(lanes: Sequence[LaneRecord]) -> list[int]:
    """The lanes' colours: those in the record, where it names them; no two are the same."""
    kept = [lane.color for lane in lanes]
    return kept if len({*kept} & {*range(MOST_SEQUENCES)}) == len(kept) else list(range(len(kept)))


def _run_input_of(comparison: Comparison, source: object) -> RunInput:
    return RunInput(
        prompt=comparison.prompt,
        prompt_tokens=list(comparison.prompt_ids),
        prompt_count=comparison.prompt_tokens,
        unseen_characters=comparison.unseen_characters,
        unseen_tokens=comparison.unseen_tokens,
        ignore_eos=comparison.ignore_eos,
        source=source,
        model=comparison.model,
        made=comparison.made,
        figures=RunTimings(
            comparison.seconds_prompt, comparison.seconds_generation, comparison.tokens_per_second
        ),
    )


def _lane_record(lane: CompareLane) -> LaneRecord:
    turns = lane.turns or [(0, lane.sampling.params)]
    reason = cast(FinishReason, lane.reason) if lane.reason in _REASONS else None
    return LaneRecord(
        params=turns[0][1],
        seed=lane.seed or 0,
        tokens=tuple(lane.tokens),
        reason=reason,
        end=lane.end,
        stop=lane.stopped_by,
        mu=lane.mu,
        adaptive_mean=lane.adaptive_mean,
        name=lane.ran_as or lane.preset_choice.current.name,
        turns=tuple(Turn(index=index, params=params) for index, params in turns[1:]),
        color=lane.color,
    )
