"""What a sweep's criterion chooses, how certain that is, and what the texts do not show."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from studio.experiments.sweep.figures import SweepFigures
from studio.experiments.sweep.measures import MEASURES, Measure
from studio.experiments.sweep.plan import PRESET, Criterion, Sweep
from studio.experiments.text_measures.intervals import RESAMPLES, Interval
from studio.experiments.text_temperature import BLOCK, STEPS, WholeText
from studio.experiments.words import number
from studio.presets import preset_words
from studio.sampling import PARAMETERS
from studio.translation import mark, tr
from studio.visible_text import visible_line

_NONE = -1
_LENGTHS_DIFFER = 1.2
_MOST_NAMED = 3
_HELD = mark("“{measure}” is {figure}: the limit of {limit} is held.")
_PERHAPS_HELD = mark(
    "“{measure}” is {figure}: it is within the limit of {limit}, but the interval is not, and more "
    "texts may show otherwise."
)
_LEAST_SHARE = 0.01
"""Of the resamples; what is chosen in fewer is not named."""


class Recommendation(msgspec.Struct, frozen=True):
    """What a criterion chooses.

    Attributes:
        criterion: It, in words.
        value: The place of the value chosen; None where none is within the limits.
        shares: In what share of the resamples each value is chosen.
        sentences: The result, in words.
    """

    criterion: str
    value: int | None
    shares: tuple[float, ...]
    sentences: tuple[str, ...]


def recommendation(sweep: Sweep, figures: SweepFigures) -> Recommendation | None:
    """Return what the plan's criterion chooses; None where it has none, or nothing was written.

    Args:
        sweep: The plan.
        figures: Its figures.
    """
    criterion = sweep.plan.criterion
    if criterion is None or not figures.texts:
        return None
    points = {name: np.array([[it.figure] for it in own]) for name, own in figures.pooled.items()}
    (value,) = _chosen(criterion, points)
    chosen = _chosen(criterion, figures.resampled)
    shares = tuple(float((chosen == place).mean()) for place in range(len(sweep.values)))
    sentences = _none_words(sweep, figures) if value == _NONE else _words(sweep, figures, value)
    if sweep.texts == len(sweep.values):
        stability = tr("One text at each value says nothing of how sure that is.")
    else:
        stability = _stability(sweep, shares, int(value))
    return Recommendation(
        criterion=criterion_words(criterion),
        value=None if value == _NONE else int(value),
        shares=shares,
        sentences=(*sentences, stability),
    )


def criterion_words(criterion: Criterion) -> str:
    """Return a criterion as a person reads it."""
    title = tr(MEASURES[criterion.measure].title)
    best = (
        tr("highest “{measure}”", measure=title)
        if criterion.highest
        else tr("lowest “{measure}”", measure=title)
    )
    limits = [
        tr("“{measure}” at least {limit}", measure=tr(it.title), limit=shown(it, limit))
        for it, limit in _by_measure(criterion.at_least)
    ]
    limits += [
        tr("“{measure}” at most {limit}", measure=tr(it.title), limit=shown(it, limit))
        for it, limit in _by_measure(criterion.at_most)
    ]
    if not limits:
        return best
    return tr("{best} with {limits}", best=best, limits=tr(" and ").join(limits))


def value_words(sweep: Sweep, place: int) -> str:
    """Return what a value is called.

    Args:
        sweep: The plan.
        place: The value's place in it.
    """
    value = sweep.values[place]
    if value.number is None:
        return f"“{visible_line(preset_words(value.name))}”"
    name = "T" if sweep.parameter == "temperature" else sweep.parameter
    return f"{name} {number(value.number)}"


def parameter_words(sweep: Sweep) -> str:
    """Return what varies."""
    if sweep.parameter == PRESET:
        return tr("preset")
    if sweep.plan.whole_text is not None:
        return tr("temperature of the whole text")
    return tr(PARAMETERS[sweep.parameter].label)


def shown(measure: Measure, figure: float) -> str:
    """Return a figure as it is shown; a dash where there is none.

    Args:
        measure: Whose.
        figure: It.
    """
    if math.isnan(figure):
        return "–"
    if measure.is_share:
        return f"{100.0 * figure:.0f} %"
    return f"{figure:,.0f}" if abs(figure) >= 100.0 else f"{figure:.3g}"


def shown_interval(measure: Measure, interval: Interval) -> str:
    """Return a figure with its interval; without one where there is none.

    Args:
        measure: Whose.
        interval: It.
    """
    figure = shown(measure, interval.figure)
    if math.isnan(interval.low):
        return figure
    return tr(
        "{figure} ({low} to {high})",
        figure=figure,
        low=shown(measure, interval.low),
        high=shown(measure, interval.high),
    )


def not_shown(sweep: Sweep, figures: SweepFigures, model: str) -> list[str]:
    """Return what the texts do not show, a sentence for each.

    Args:
        sweep: The plan.
        figures: Its figures.
        model: What the model is called.
    """
    found = []
    planned, count = sweep.texts, len(figures.texts)
    if count < planned:
        found.append(
            tr(
                "It was stopped: {count:,} of {planned:,} texts are written, and values have "
                "unequal parts of them.",
                count=count,
                planned=planned,
            )
        )
    counts = figures.counts.sum(axis=0)
    least, most = int(counts.min()), int(counts.max())
    behind = tr(
        "%n texts stand behind each value.", "", most, one="One text stands behind each value."
    )
    if least < most:
        behind = tr("{least:,} to {most:,} texts stand behind a value.", least=least, most=most)
    within = tr("A difference that lies within the intervals is not shown by them.")
    found.append(f"{behind} {within}")
    found.append(
        tr(
            "%n prompts were continued: the intervals are about these, not about others.",
            "",
            len(sweep.prompts),
            one="One prompt was continued: what holds for it need not hold for another.",
        )
    )
    found.append(tr("One model wrote them, {model}: another may want other values.", model=model))
    found.append(
        tr("Only these values were tried: what lies between and beyond them is not shown.")
    )
    found.append(
        tr("No measure reads: whether a text is true, good or of use is for a person to say.")
    )
    lengths = [it.figure for it in figures.pooled.get("tokens", []) if it.figure > 0]
    has_distinct = any(name.startswith("distinct") for name in figures.pooled)
    if has_distinct and lengths and max(lengths) > _LENGTHS_DIFFER * min(lengths):
        found.append(
            tr(
                "Texts have {least:.0f} to {most:.0f} tokens on average, by value: distinct-n "
                "falls with length alone.",
                least=min(lengths),
                most=max(lengths),
            )
        )
    if any(one.nats_t1_open or one.entropy_open for one in figures.texts):
        found.append(
            tr(
                "The server sent the likeliest tokens alone: perplexity and entropy are known "
                "between two bounds. Figures are half way, the intervals hold both."
            )
        )
    if sweep.plan.whole_text is not None:
        found.append(_whole_text_words(sweep.plan.whole_text, figures))
    cut = sum(one.unseen_characters > 0 for one in figures.texts)
    if cut:
        found.append(
            tr(
                "%n texts are of a prompt whose beginning had no room in the context.",
                "",
                cut,
                one="One text is of a prompt whose beginning had no room in the context.",
            )
        )
    return found


def _whole_text_words(way: WholeText, figures: SweepFigures) -> str:
    asked = sum(one.evaluations for one in figures.texts)
    if way.draws is not None:
        return tr(
            "T is that of the whole text: each is one of {draws:,} that were written token by "
            "token, taken by its weight, and leans towards these by about 1/{draws:,}. That took "
            "{asked:,} evaluations of the model.",
            draws=way.draws,
            asked=asked,
        )
    return tr(
        "T is that of the whole text: each grew by {block} tokens at a time, and {steps} times "
        "after each its end was written anew and taken or not. In the limit of many times that is "
        "exact. It took {asked:,} evaluations of the model.",
        block=way.block or BLOCK,
        steps=way.steps or STEPS,
        asked=asked,
    )


def _by_measure(limits: dict[str, float]) -> list[tuple[Measure, float]]:
    return [(MEASURES[name], limit) for name, limit in limits.items()]


def _chosen(criterion: Criterion, figures: Mapping[str, NDArray[np.float64]]) -> NDArray[np.intp]:
    """The place of the best value within the limits, in each of some resamples; −1 for none."""
    score = figures[criterion.measure] * (-1.0 if criterion.lowest else 1.0)
    allowed = ~np.isnan(score)
    for name, limit in criterion.at_least.items():
        allowed &= figures[name] >= limit  # NaN is not
    for name, limit in criterion.at_most.items():
        allowed &= figures[name] <= limit
    best = np.where(allowed, score, -math.inf).argmax(axis=0)
    return np.where(allowed.any(axis=0), best, _NONE)


def _words(sweep: Sweep, figures: SweepFigures, value: int) -> list[str]:
    criterion = sweep.plan.criterion
    assert criterion is not None
    measure = MEASURES[criterion.measure]
    sentences = [
        tr(
            "{value}: “{measure}” is {figure}.",
            value=value_words(sweep, value),
            measure=tr(measure.title),
            figure=shown_interval(measure, figures.pooled[measure.name][value]),
        )
    ]
    for it, limit in _by_measure(criterion.at_least):
        own = figures.pooled[it.name][value]
        sentences.append(_limit_words(it, own, limit, is_certain=own.low >= limit))
    for it, limit in _by_measure(criterion.at_most):
        own = figures.pooled[it.name][value]
        sentences.append(_limit_words(it, own, limit, is_certain=own.high <= limit))
    return sentences


def _limit_words(measure: Measure, interval: Interval, limit: float, *, is_certain: bool) -> str:
    return tr(
        _HELD if is_certain else _PERHAPS_HELD,
        measure=tr(measure.title),
        figure=shown_interval(measure, interval),
        limit=shown(measure, limit),
    )


def _none_words(sweep: Sweep, figures: SweepFigures) -> list[str]:
    """That no value is within the limits, and how near each limit was come to."""
    criterion = sweep.plan.criterion
    assert criterion is not None
    sentences = [tr("No value is within the limits.")]
    for sign, limits in ((1, criterion.at_least), (-1, criterion.at_most)):
        for measure, limit in _by_measure(limits):
            own = np.array([it.figure for it in figures.pooled[measure.name]])
            if np.isnan(own).all():
                continue
            place = int(np.nanargmax(sign * own))
            sentences.append(
                tr(
                    "“{measure}” comes nearest to {limit} at {value}, with {figure}.",
                    measure=tr(measure.title),
                    limit=shown(measure, limit),
                    value=value_words(sweep, place),
                    figure=shown_interval(measure, figures.pooled[measure.name][place]),
                )
            )
    return sentences


def _stability(sweep: Sweep, shares: tuple[float, ...], value: int) -> str:
    """How often resamples choose each value."""
    order = sorted(range(len(shares)), key=lambda place: -shares[place])
    named = [
        tr("{value} in {share:.0f} %", value=value_words(sweep, place), share=100 * shares[place])
        for place in order[:_MOST_NAMED]
        if shares[place] >= _LEAST_SHARE or place == value
    ]
    none = 1.0 - sum(shares)
    if none >= _LEAST_SHARE:
        named.append(tr("none in {share:.0f} %", share=100 * none))
    return tr(
        "Of {count:,} resamples of these texts the criterion chooses {choices}.",
        count=RESAMPLES,
        choices=", ".join(named),
    )
