"""Takes of the manuscript as lanes: as they were written, or where that is not known, as settings.

As lanes that have run they go on and run again like others, so their prompt and their model must be
the very ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast, get_args

import msgspec

from studio.app.compare.record import show_record
from studio.app.compare.setups import LaneSetup
from studio.app.compare.state import CompareState, now
from studio.app.model.state import ModelState
from studio.app.tokens.next_token import NextToken
from studio.app.writing.draft import Draft
from studio.app.writing.writing import Writing
from studio.engine.messages import MOST_SEQUENCES, FinishReason, Prompt
from studio.experiments.comparison import Comparison, LaneRecord, Turn
from studio.experiments.recorder import model_record
from studio.manuscript import Take, TakeSet
from studio.sampling import SamplingParams
from studio.sampling.samplers.mirostat import mu_after
from studio.token_record import TokenRecord
from studio.translation import mark, tr

FEWEST, MOST = 2, MOST_SEQUENCES

ANOTHER_PROMPT = mark(
    "The text before these takes, the brief or the model is another than they were written with: "
    "their settings are the lanes. Run writes at the caret with them."
)
NOT_RECORDED = mark(
    "How these takes were drawn is not recorded whole: their settings are the lanes. Run writes at "
    "the caret with them."
)


def show_takes(
    state: CompareState,
    model: ModelState,
    draft: Draft,
    writing: Writing,
    vocabulary: NextToken,
    chosen: Sequence[tuple[TakeSet, Take]],
) -> str:
    """Have takes be the lanes; nothing may run.

    Args:
        state: The lanes.
        model: The open model.
        draft: Whose takes they are.
        writing: Knows what they were written from.
        vocabulary: Spells the open model's tokens.
        chosen: The takes, from left to right.

    Returns:
        What the writer should know of it; empty where they stand there as they were written.
    """
    takes = [take for _, take in chosen]
    why_not = _why_not(model, draft, writing, chosen)
    if not why_not:
        comparison = _comparison(model, draft.prompt_of(*chosen[0]), draft.stop, takes)
        spelled = msgspec.structs.replace(comparison, spellings=vocabulary.pieces)
        show_record(state, spelled, model.vocabulary)
        return ""
    known = {preset.name for preset in state.presets.presets}
    here = state.here
    state.set_up(
        [
            LaneSetup(take.preset if take.preset in known else here.preset, _settings(take, here))
            for take in takes
        ]
    )
    return tr(why_not)


def _settings(take: Take, here: LaneSetup) -> SamplingParams:
    if take.turns:
        return msgspec.structs.replace(take.turns[-1][1], seed=here.params.seed)
    if take.temperatures:
        return msgspec.structs.replace(here.params, temperature=take.temperatures[-1])
    return here.params


def _why_not(
    model: ModelState, draft: Draft, writing: Writing, chosen: Sequence[tuple[TakeSet, Take]]
) -> str:
    """Why takes cannot be lanes that have run; empty where they can."""
    for take_set, take in chosen:
        drawn = [*take.records, *([take.end] if take.end else [])]
        is_recorded = all(record.sketch and record.u is not None for record in drawn)
        if not (take.records and is_recorded and take.turns and take.seed is not None):
            return NOT_RECORDED
        sequence = take.records[0].sequence
        if sequence is None or sequence.ids is None or sequence.start is None:
            return NOT_RECORDED
        if (
            not model.is_ready
            or take_set.place.gone
            or take.cut is not None
            or take.written_from != writing.mark_of(draft.prompt_of(take_set, take))
            or take.written_from != chosen[0][1].written_from
        ):
            return ANOTHER_PROMPT
    return ""


def _comparison(
    model: ModelState, prompt: Prompt, stop: tuple[str, ...], takes: Sequence[Take]
) -> Comparison:
    report, sequence = model.report, takes[0].records[0].sequence
    assert report is not None
    assert sequence is not None
    assert sequence.ids is not None
    prompt_ids = tuple(sequence.ids[: sequence.start])
    return Comparison(
        made=now(),
        model=takes[0].model or model_record(report),
        prompt=prompt,
        prompt_tokens=len(prompt_ids),
        prompt_ids=prompt_ids,
        share_u=len({take.seed for take in takes}) == 1,
        max_tokens=max(len(take.records) for take in takes),
        lanes=tuple(_lane(take, color, stop) for color, take in enumerate(takes)),
    )


def _lane(take: Take, color: int, stop: tuple[str, ...]) -> LaneRecord:
    assert take.seed is not None
    known = get_args(FinishReason)
    last = take.records[-1] if take.records else None
    params = take.turns[-1][1]
    mu = None
    if last is not None and params.mirostat and last.mu is not None:
        mu = mu_after(params, last.mu, last.probability)
    return LaneRecord(
        params=take.turns[0][1],
        seed=take.seed,
        tokens=tuple(map(_bare, take.records)),
        reason=cast(FinishReason, take.ending) if take.ending in known else None,
        end=_bare(take.end) if take.end else None,
        stop=stop,
        mu=mu,
        name=take.preset,
        turns=tuple(Turn(index=index, params=params) for index, params in take.turns[1:]),
        color=color,
    )


def _bare(record: TokenRecord) -> TokenRecord:
    """A record as lanes have it: each knows its place by where it stands in its lane."""
    return msgspec.structs.replace(record, sequence=None, index=0)
