"""The charts of Explain's eight steps: from a place and parameters to a `Figure`, which is data.

Pure functions.
"""

import math
from collections.abc import Callable

import msgspec

from studio.app.explain import filters, whole_text
from studio.app.explain.place import STEP, Place
from studio.app.explain_steps import StepName
from studio.app.parameters.temperature_scale import format_temperature
from studio.app.tokens.bar_scale import WHOLE
from studio.app.tokens.text import TokenText
from studio.app.tokens.words import percent
from studio.presets import preset_words, task_presets
from studio.sampling import SamplingParams, ShapedTop
from studio.translation import tr


class Bar(msgspec.Struct, frozen=True):
    """One bar.

    Attributes:
        filled: Where the filled bar ends, in the column's unit.
        value: What stands beside it.
        tick: Where a thin tick stands; None for none.
        cut: Whether the bar is one that a filter took away.
        is_sum: Whether the value is the sum of many tokens, which have no bar.
    """

    filled: float
    value: str
    tick: float | None = None
    cut: bool = False
    is_sum: bool = False


class Column(msgspec.Struct, frozen=True):
    """Bars below one another, on one scale.

    Attributes:
        heading: What stands above them; may be empty.
        low: The number at the left end, 0 or less; bars start at 0.
        high: The number at the right end, above `low`.
        bars: One for each of the figure's rows.
    """

    heading: str
    low: float
    high: float
    bars: tuple[Bar, ...]


class Figure(msgspec.Struct, frozen=True):
    """Rows and columns, perhaps under the curve of β against T.

    Attributes:
        names: What each row is; tokens or words.
        columns: One or more.
        curve_at: T at which the curve of β has its mark; None for no curve.
    """

    names: tuple[TokenText | str, ...]
    columns: tuple[Column, ...]
    curve_at: float | None = None

    def spoken(self) -> str:
        """The figure in words, for those who hear the window."""
        rows = (
            " ".join([_spoken(name), *(column.bars[row].value for column in self.columns)])
            for row, name in enumerate(self.names)
        )
        return "; ".join(rows)


def _spoken(name: TokenText | str) -> str:
    return name if isinstance(name, str) else name.spoken


ROWS = 8
"""Tokens in a chart."""

LOW_STEP, HIGH_STEP = 0.2, 2.0
"""Two temperatures, a low and a high one, at which the effect of the same step is compared."""


def figure(step: StepName, place: Place, params: SamplingParams) -> Figure:
    """The chart of one step.

    Args:
        step: One of Explain's steps.
        place: The place that the step is about.
        params: The sampling parameters.
    """
    return _FIGURES[step](place, params)


def _logits(place: Place, params: SamplingParams) -> Figure:
    logits = place.sketch.logits[:ROWS].tolist()
    bars = tuple(
        Bar(logit, _signed(logit) + (f"  (−{logits[0] - logit:.2f})" if rank else ""))
        for rank, logit in enumerate(logits)
    )
    low, high = min(0.0, *logits), max(0.0, *logits)
    return Figure(_names(place), (Column("", low, high if high > low else low + 1.0, bars),))


def _softmax(place: Place, params: SamplingParams) -> Figure:
    weights = [math.exp(float(z - place.sketch.logits[0])) for z in place.sketch.logits[:ROWS]]
    own = place.sketch.shaped(SamplingParams())
    rest = 1.0 / float(own.probabilities[0]) - math.fsum(weights)
    weighed = [Bar(weight, f"{weight:.2f}") for weight in weights]
    shared = _bars(own)
    if _more(place):
        weighed.append(Bar(0.0, f"{max(rest, 0.0):.2f}", is_sum=True))
    return Figure(
        _names(place, others=True),
        (
            Column(tr("e^(logit − largest)"), 0.0, 1.0, tuple(weighed)),
            Column(tr("probability"), 0.0, WHOLE, (*shared, *_others(place, own))),
        ),
    )


def _temperature(place: Place, params: SamplingParams) -> Figure:
    now = place.sketch.shaped(SamplingParams(temperature=params.temperature))
    bars = _bars(now, ghost=place.sketch.shaped(SamplingParams()))
    return Figure(
        _names(place, others=True),
        (Column("", 0.0, WHOLE, (*bars, *_others(place, now))),),
    )


def _limits(place: Place, params: SamplingParams) -> Figure:
    temperatures = (0.0, params.temperature, math.inf)
    headings = ("T 0", f"T {format_temperature(params.temperature)}", "T ∞")
    tops = [filters.at(place.sketch, params, temperature) for temperature in temperatures]
    return Figure(
        _names(place, others=True),
        tuple(
            Column(heading, 0.0, WHOLE, (*_bars(top), *_others(place, top)))
            for heading, top in zip(headings, tops, strict=True)
        ),
    )


def _low_temperature(place: Place, params: SamplingParams) -> Figure:
    here = params.temperature
    starts = sorted({LOW_STEP, HIGH_STEP, *([here] if math.isfinite(here) else [])})
    names, bars = [], []
    for start in starts:
        before, after = place.favourite(start), place.favourite(start + STEP)
        shown, following = format_temperature(start), format_temperature(round(start + STEP, 6))
        names.append(f"T {shown} → {following}")
        bars.append(Bar(after, f"{percent(before)} → {percent(after)}", tick=before))
    return Figure(
        tuple(names),
        (Column(tr("the favourite, {text}", text=place.text(0).text), 0.0, WHOLE, tuple(bars)),),
        curve_at=here,
    )


def _filters(place: Place, params: SamplingParams) -> Figure:
    tried = filters.with_some_filter(params)
    here = params.temperature
    own = place.sketch.shaped(SamplingParams())
    now = place.sketch.shaped(SamplingParams(temperature=here))
    columns = []
    for heading, top in (
        (tr("temperature last"), filters.last(place.sketch, tried, here)),
        (tr("temperature first"), filters.first(place.sketch, tried, here)),
    ):
        bars = _bars(top, ghost=own, uncut=now)
        columns.append((heading, bars, top))
    return Figure(
        _names(place, others=True),
        tuple(
            Column(heading, 0.0, WHOLE, (*bars, *_others(place, top)))
            for heading, bars, top in columns
        ),
    )


def _whole_text(place: Place, params: SamplingParams) -> Figure:
    own = whole_text.as_a_whole(1.0)
    ways = (
        (tr("token by token"), whole_text.token_by_token(params.temperature)),
        (tr("as a whole"), whole_text.as_a_whole(params.temperature)),
    )
    columns = (
        Column(
            heading,
            0.0,
            WHOLE,
            tuple(Bar(now, percent(now), tick) for now, tick in zip(found, own, strict=True)),
        )
        for heading, found in ways
    )
    return Figure(tuple(map(tr, whole_text.TEXTS)), tuple(columns))


def _tasks(place: Place, params: SamplingParams) -> Figure:
    names, bars = [], []
    for preset in task_presets():
        temperature = preset.sampling.temperature
        left = filters.at(place.sketch, preset.sampling, temperature).entropy
        names.append(f"{preset_words(preset.name)}, T {format_temperature(temperature)}")
        alone = place.sketch.entropy(temperature)
        bars.append(Bar(left, _count(math.exp(left)), tick=alone))
    longest = max(max(bar.filled, bar.tick or 0.0) for bar in bars)
    return Figure(
        tuple(names), (Column(tr("effective choices"), 0.0, max(longest, 1.0), tuple(bars)),)
    )


_FIGURES: dict[StepName, Callable[[Place, SamplingParams], Figure]] = {
    "logits": _logits,
    "softmax": _softmax,
    "temperature": _temperature,
    "limits": _limits,
    "low-temperature": _low_temperature,
    "filters": _filters,
    "whole-text": _whole_text,
    "tasks": _tasks,
}


def _names(place: Place, *, others: bool = False) -> tuple[TokenText | str, ...]:
    names: list[TokenText | str] = [place.text(rank) for rank in range(min(ROWS, place.known))]
    if others and _more(place):
        names.append(tr("%n others", "", _more(place), one="%n others"))
    return tuple(names)


def _more(place: Place) -> int:
    """How many tokens have no row of their own."""
    return place.sketch.vocabulary_size - min(ROWS, place.known)


def _bars(
    top: ShapedTop, ghost: ShapedTop | None = None, uncut: ShapedTop | None = None
) -> tuple[Bar, ...]:
    """Bars of the likeliest tokens; `uncut` are their probabilities before a filter."""
    bars = []
    for rank, probability in enumerate(top.probabilities[:ROWS].tolist()):
        before = None if uncut is None else float(uncut.probabilities[rank])
        cut = probability == 0.0 and bool(before)
        bars.append(
            Bar(
                filled=probability,
                value=tr("cut") if cut else percent(probability),
                tick=None if ghost is None else float(ghost.probabilities[rank]),
                cut=cut,
            )
        )
    return tuple(bars)


def _others(place: Place, top: ShapedTop) -> tuple[Bar, ...]:
    if not _more(place):
        return ()
    rest = max(0.0, 1.0 - math.fsum(top.probabilities[:ROWS].tolist()))
    # What rounding leaves of a sum is no probability.
    return (Bar(0.0, percent(rest if top.kept > ROWS else 0.0), is_sum=True),)


def _count(choices: float) -> str:
    return f"{choices:.1f}" if choices < 9.95 else f"{choices:,.0f}"


def _signed(number: float) -> str:
    return f"{number:.2f}".replace("-", "−")
