"""A sweep's texts and figures as data, for other programs: what `msgspec.json` makes JSON of.

A number that is none, or infinite, is null there.
"""

from __future__ import annotations

import math

from studio.experiments.sweep.figures import SweepFigures
from studio.experiments.sweep.plan import Sweep
from studio.experiments.sweep.recommendation import Recommendation, not_shown
from studio.experiments.sweep.texts import SweepText
from studio.model_record import ModelRecord
from studio.sampling import SamplingParams


def text_row(sweep: Sweep, text: SweepText) -> dict[str, object]:
    """Return what is kept of a text: a line of samples.jsonl.

    Args:
        sweep: The plan.
        text: The text.
    """
    count = len(text.tokens)
    return {
        "prompt": sweep.prompts[text.prompt].name,
        sweep.parameter: _value(sweep, text.value),
        "number": text.number,
        "seed": text.seed,
        "text": text.text,
        "reason": text.reason,
        "tokens": count,
        "perplexity": math.exp(text.nats_t1 / count) if count else None,
        "entropy": text.entropy / count if count else None,
        **({"evaluations": text.evaluations} if sweep.plan.whole_text else {}),
        **{name: check(text) for name, check in sweep.context.checks.items()},
        "token_ids": text.tokens,
    }


def summary(
    sweep: Sweep,
    figures: SweepFigures,
    chosen: Recommendation | None,
    model: ModelRecord,
    made: str,
) -> dict[str, object]:
    """Return the result: what was asked for, figures over all prompts, and what is chosen.

    Args:
        sweep: The plan.
        figures: Its figures.
        chosen: What its criterion chooses.
        model: Which model wrote.
        made: When: ISO 8601, UTC.
    """
    rows = [
        {
            sweep.parameter: _value(sweep, place),
            "measure": measure.name,
            **interval._asdict(),
            "texts": int(figures.counts[:, place].sum()),
        }
        for measure in sweep.measures
        for place, interval in enumerate(figures.pooled[measure.name])
    ]
    return {
        "title": sweep.plan.title,
        "made": made,
        "model": model,
        "parameter": sweep.parameter,
        "values": [
            {"value": _value(sweep, place), "sampling": _changed(value.params)}
            for place, value in enumerate(sweep.values)
        ],
        "prompts": [prompt.name for prompt in sweep.prompts],
        "texts": len(figures.texts),
        "planned_texts": sweep.texts,
        "figures": rows,
        "recommendation": None
        if chosen is None
        else {
            "criterion": chosen.criterion,
            "value": None if chosen.value is None else _value(sweep, chosen.value),
            "chosen_share_of_resamples": list(chosen.shares),
            "sentences": list(chosen.sentences),
        },
        "not_shown": not_shown(sweep, figures, model.title),
    }


def _value(sweep: Sweep, place: int) -> float | str:
    """JSON has no infinity: that is named."""
    value = sweep.values[place]
    is_plain = value.number is not None and math.isfinite(value.number)
    return value.number if is_plain and value.number is not None else value.name


def _changed(params: SamplingParams) -> dict[str, object]:
    """The parameters that are not neutral."""
    neutral = SamplingParams()
    found = {field: getattr(params, field) for field in SamplingParams.__struct_fields__}
    return {field: it for field, it in found.items() if it != getattr(neutral, field)}
