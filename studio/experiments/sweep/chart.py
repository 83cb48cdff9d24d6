"""One measure of a sweep against what varies, drawn as SVG, with intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from studio.experiments.page_colors import LIGHT
from studio.experiments.svg_scale import element, log_ticks, ticks
from studio.experiments.sweep.figures import SweepFigures
from studio.experiments.sweep.measures import Measure
from studio.experiments.sweep.plan import Sweep
from studio.experiments.sweep.recommendation import (
    Recommendation,
    parameter_words,
    shown,
    shown_interval,
    value_words,
)
from studio.experiments.text_measures.intervals import Interval
from studio.experiments.words import number
from studio.presets import preset_words
from studio.translation import tr
from studio.visible_text import visible_line

WIDTH, HEIGHT = 380, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 12, 36
_INNER_WIDTH, _INNER_HEIGHT = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
_LABEL = 30
"""The least distance of two numbers below the axis."""
_WIDE_RANGE = 20.0
"""From which factor on an axis is logarithmic, where a measure is an exponential."""
_MOST_PROMPTS = 12
_BAND = 18
"""The width of what marks the value that is chosen."""
_LONGEST_LABEL = 14
_COLUMNS = 2
_TITLE = 26

_STYLE = (
    f"svg {{ background: {LIGHT.card}; font: 11px sans-serif; }} text {{ fill: {LIGHT.text}; }} "
    f".grid {{ stroke: {LIGHT.edge}; }} .axis {{ fill: {LIGHT.quiet}; }} "
    f".chosen {{ fill: {LIGHT.mark}; }} .one {{ stroke: {LIGHT.quiet}; stroke-opacity: 0.45; }} "
    f".bar {{ stroke: {LIGHT.lanes[0]}; }} .dot {{ fill: {LIGHT.lanes[0]}; }} "
    f".all {{ stroke: {LIGHT.lanes[0]}; stroke-width: 1.6; }} polyline {{ fill: none; }}"
)


def chart(
    sweep: Sweep, figures: SweepFigures, measure: Measure, chosen: Recommendation | None
) -> str:
    """Return a drawing, for a page that styles it.

    Args:
        sweep: The plan.
        figures: Its figures.
        measure: Which is drawn.
        chosen: The value that is marked.
    """
    described = tr(
        "{measure} against {parameter}", measure=tr(measure.title), parameter=parameter_words(sweep)
    )
    return element(
        "svg",
        _drawing(sweep, figures, measure, chosen),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=escape(described),
    )


def picture(
    sweep: Sweep, figures: SweepFigures, chosen: Recommendation | None, names: Sequence[str] = ()
) -> str:
    """Return one SVG file of several measures, which needs nothing else.

    Args:
        sweep: The plan.
        figures: Its figures.
        chosen: The value that is marked.
        names: Of the measures; all by default.
    """
    measures = [it for it in sweep.measures if not names or it.name in names]
    columns = min(_COLUMNS, len(measures))
    rows = math.ceil(len(measures) / columns)
    parts = []
    for place, measure in enumerate(measures):
        x, y = place % columns * WIDTH, place // columns * (HEIGHT + _TITLE)
        title = element("text", escape(tr(measure.title)), x=_LEFT, y=20, font_weight="bold")
        drawing = _drawing(sweep, figures, measure, chosen)
        below = element("g", drawing, transform=f"translate(0 {_TITLE})")
        parts.append(element("g", title + below, transform=f"translate({x} {y})"))
    width, height = columns * WIDTH, rows * (HEIGHT + _TITLE)
    paper = element("rect", width=width, height=height, fill=LIGHT.card)
    return element(
        "svg",
        element("style", _STYLE) + paper + "\n".join(parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
    )


def _drawing(
    sweep: Sweep, figures: SweepFigures, measure: Measure, chosen: Recommendation | None
) -> str:
    xs = _places(sweep)
    pooled = figures.pooled[measure.name]
    numbers = [it for interval in pooled for it in interval if math.isfinite(it)]
    several = 1 < len(sweep.prompts) <= _MOST_PROMPTS
    lines = figures.by_prompt[measure.name] if several else []
    numbers += [it.figure for line in lines for it in line if math.isfinite(it.figure)]
    marks, height_of = _scale(measure, numbers)
    parts = []
    if chosen is not None and chosen.value is not None:
        left = xs[chosen.value] - _BAND / 2
        band = element("rect", kind="chosen", x=left, y=_TOP, width=_BAND, height=_INNER_HEIGHT)
        parts.append(band)
    parts += [_grid_line(measure, mark, height_of(mark)) for mark in marks]
    parts += _below(sweep, xs)
    for prompt, line in zip(sweep.prompts, lines, strict=False):
        parts.append(_line("one", xs, line, height_of, prompt.name))
    parts.append(_line("all", xs, pooled, height_of, tr("all prompts")))
    for place, (x, interval) in enumerate(zip(xs, pooled, strict=True)):
        if math.isfinite(interval.figure):
            words = f"{value_words(sweep, place)}: {shown_interval(measure, interval)}"
            parts.append(_point(x, interval, height_of, words))
    return "".join(parts)


def _places(sweep: Sweep) -> list[float]:
    """Where each value stands, from the left: by its number, or one beside another."""
    numbers = [value.number for value in sweep.values]
    known = [it for it in numbers if it is not None and math.isfinite(it)]
    if len(known) < len(numbers) or len(known) < 2:
        step = _INNER_WIDTH / len(numbers)
        return [_LEFT + step * (place + 0.5) for place in range(len(numbers))]
    least, most, edge = min(known), max(known), 0.04 * _INNER_WIDTH
    reach = (_INNER_WIDTH - 2 * edge) / (most - least)
    return [_LEFT + edge + reach * (it - least) for it in known]


def _scale(
    measure: Measure, numbers: Sequence[float]
) -> tuple[list[float], Callable[[float], float]]:
    """The numbers beside the axis, and how high a figure stands."""
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    if measure.is_exponential and 0.0 < low < high / _WIDE_RANGE:
        marks = log_ticks(low, high)
        return marks, _height(marks, math.log)
    marks = ticks(0.0, 1.0) if measure.is_share else ticks(low, high)
    return marks, _height(marks, lambda it: it)


def _height(marks: Sequence[float], along: Callable[[float], float]) -> Callable[[float], float]:
    least, most = along(marks[0]), along(marks[-1])
    return lambda it: _TOP + _INNER_HEIGHT * (1.0 - (along(it) - least) / (most - least))


def _grid_line(measure: Measure, mark: float, y: float) -> str:
    label = shown(measure, mark) if measure.is_share else f"{mark:g}"
    line = element("line", kind="grid", x1=_LEFT, y1=y, x2=WIDTH - _RIGHT, y2=y)
    words = element("text", label, kind="axis", x=_LEFT - 6, y=y + 4.0, text_anchor="end")
    return line + words


def _below(sweep: Sweep, xs: Sequence[float]) -> list[str]:
    """What stands below the axis, as far as it has room."""
    parts = []
    last = -math.inf
    for x, value in sorted(zip(xs, sweep.values, strict=True), key=lambda it: it[0]):
        if value.number is not None and x - last < _LABEL:
            continue
        last = x
        name = visible_line(preset_words(value.name), _LONGEST_LABEL)
        label = name if value.number is None else number(value.number)
        parts.append(_label(x, HEIGHT - _BOTTOM + 14, label))
    parts.append(_label(_LEFT + _INNER_WIDTH / 2, HEIGHT - 6, parameter_words(sweep)))
    return parts


def _label(x: float, y: int, words: str) -> str:
    return element("text", escape(words), kind="axis", x=x, y=y, text_anchor="middle")


def _line(
    kind: str,
    xs: Sequence[float],
    line: Sequence[Interval],
    height_of: Callable[[float], float],
    name: str,
) -> str:
    points = [
        f"{x:.1f},{height_of(it.figure):.1f}"
        for x, it in sorted(zip(xs, line, strict=True), key=lambda both: both[0])
        if math.isfinite(it.figure)
    ]
    title = element("title", escape(visible_line(name)))
    return element("polyline", title, kind=kind, points=" ".join(points))


def _point(x: float, interval: Interval, height_of: Callable[[float], float], words: str) -> str:
    bar = ""
    if math.isfinite(interval.low):
        low, high = height_of(interval.low), height_of(interval.high)
        bar = element("line", kind="bar", x1=x, y1=low, x2=x, y2=high)
    title = element("title", escape(words))
    y = height_of(interval.figure)
    return bar + element("circle", title, kind="dot", cx=x, cy=y, r=3)
