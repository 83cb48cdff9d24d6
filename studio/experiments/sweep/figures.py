"""What a sweep's texts come to: every measure at every value, with intervals."""

from __future__ import annotations

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from studio.experiments.sweep.measures import Measure
from studio.experiments.sweep.plan import Sweep
from studio.experiments.sweep.texts import SweepText
from studio.experiments.text_measures.intervals import (
    Interval,
    percentile_interval,
    resampled_counts,
    share_interval,
)


class SweepFigures(msgspec.Struct, frozen=True):
    """All figures of a sweep.

    Attributes:
        pooled: By measure: of each value, over all prompts.
        by_prompt: By measure: of each prompt, at each value.
        resampled: By measure: `(values, resamples)` the pooled figures of resamples. In each the
            texts of one number, which share a seed, are resampled together at all values.
        counts: `(prompts, values)` how many texts were written.
        texts: They.
    """

    pooled: Mapping[str, list[Interval]]
    by_prompt: Mapping[str, list[list[Interval]]]
    resampled: Mapping[str, NDArray[np.float64]]
    counts: NDArray[np.int64]
    texts: tuple[SweepText, ...]


def figures_of(sweep: Sweep, texts: Iterable[SweepText]) -> SweepFigures:
    """Return the figures of what was written, which need not be all that was planned.

    Args:
        sweep: The plan.
        texts: What was written.
    """
    written = tuple(sorted(texts, key=lambda one: (one.prompt, one.value, one.number)))
    groups: dict[tuple[int, int], list[SweepText]] = defaultdict(list)
    for one in written:
        groups[one.prompt, one.value].append(one)
    counts = np.zeros((len(sweep.prompts), len(sweep.values)), dtype=np.int64)
    for place, group in groups.items():
        counts[place] = len(group)
    sums = _sums(sweep, groups)
    by_prompt: dict[str, list[list[Interval]]] = {it.name: [] for it in sweep.measures}
    of_all = np.zeros(0)
    for prompt, of_prompt in enumerate(_resampled(sweep, sums)):
        of_all = of_all + of_prompt if of_all.size else of_prompt
        for at, measure in enumerate(sweep.measures):
            own = sums[:, at, prompt].sum(axis=2)
            found = _intervals(measure, own, of_prompt[:, at], counts[prompt])
            by_prompt[measure.name].append(found)
    if sweep.plan.samples == 1:
        of_all = _resampled_prompts(sweep, sums)
    pooled: dict[str, list[Interval]] = {}
    resampled: dict[str, NDArray[np.float64]] = {}
    for at, measure in enumerate(sweep.measures):
        own = sums[:, at].sum(axis=(1, 3))
        pooled[measure.name] = _intervals(measure, own, of_all[:, at], counts.sum(axis=0))
        resampled[measure.name] = _ratio(measure, *of_all[:2, at])
    return SweepFigures(pooled, by_prompt, resampled, counts, written)


def to_csv(sweep: Sweep, figures: SweepFigures) -> str:
    """Return the figures as a table: a line for each measure, value and prompt.

    The lines without a prompt are over all of them; an empty figure or end is one that there is
    not.

    Args:
        sweep: The plan.
        figures: Its figures.
    """
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow([sweep.parameter, "prompt", "measure", "figure", "low", "high", "texts"])
    for measure in sweep.measures:
        for place, value in enumerate(sweep.values):
            own = figures.counts[:, place]
            rows = [("", figures.pooled[measure.name][place], int(own.sum()))]
            rows += [
                (prompt.name, figures.by_prompt[measure.name][at][place], int(own[at]))
                for at, prompt in enumerate(sweep.prompts)
            ]
            for prompt, interval, count in rows:
                cells = ["" if math.isnan(it) else f"{it:.6g}" for it in interval]
                table.writerow([value.name, prompt, measure.name, *cells, count])
    return out.getvalue()


def _sums(sweep: Sweep, groups: Mapping[tuple[int, int], list[SweepText]]) -> NDArray[np.float64]:
    """`(3, measures, prompts, values, samples)`: what each text adds to the upper and lower sum.

    And by how much the first may be off. 0 for those that were not written.
    """
    shape = (len(sweep.measures), len(sweep.prompts), len(sweep.values), sweep.plan.samples)
    sums = np.zeros((3, *shape))
    for (prompt, value), group in groups.items():
        numbers = [one.number for one in group]
        for at, measure in enumerate(sweep.measures):
            parts = np.array(measure.parts(group, sweep.context), dtype=np.float64)
            sums[: parts.shape[1], at, prompt, value, numbers] = parts.T
    return sums


def _resampled(sweep: Sweep, sums: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Of each prompt the sums of resamples, `(3, measures, values, resamples)`.

    The prompts themselves are not resampled: the figures are about these.
    """
    for prompt in range(len(sweep.prompts)):
        counts = resampled_counts(sweep.plan.samples, sweep.plan.seed + prompt)
        yield sums[:, :, prompt] @ counts.T


def _resampled_prompts(sweep: Sweep, sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same over all prompts, where each has one text: there is nothing else to resample."""
    counts = resampled_counts(len(sweep.prompts), sweep.plan.seed)
    found: NDArray[np.float64] = np.moveaxis(sums[..., 0], 2, 3) @ counts.T
    return found


def _intervals(
    measure: Measure,
    sums: NDArray[np.float64],
    resampled: NDArray[np.float64],
    counts: NDArray[np.int64],
) -> list[Interval]:
    """Of the sums, `(3, values)`, and those of resamples, `(3, values, resamples)`.

    What is open of a figure widens its interval. Of `counts`, `(values,)` how many texts there are,
    one alone has none: it is in all resamples that have a figure.
    """
    above, below, half = sums
    if measure.is_share:
        pairs = zip(above.tolist(), below.tolist(), strict=True)
        return [share_interval(hits, round(count)) for hits, count in pairs]
    figures = _ratio(measure, above, below)
    of_resamples = _ratio(measure, *resampled[:2])
    of_resamples[counts == 1] = math.nan
    found = [
        percentile_interval(float(figure), own)
        for figure, own in zip(figures, of_resamples, strict=True)
    ]
    for place in np.flatnonzero(half).tolist():
        ends = [
            percentile_interval(
                float(_ratio(measure, above + side * half, below)[place]),
                _ratio(measure, resampled[0] + side * resampled[2], resampled[1])[place],
            )
            for side in (-1.0, 1.0)
        ]
        # One text alone has no spread, and bounds all the same.
        low, high = np.fmin(ends[0].low, ends[0].figure), np.fmax(ends[1].high, ends[1].figure)
        found[place] = Interval(float(figures[place]), float(low), float(high))
    return found


def _ratio(
    measure: Measure, above: NDArray[np.float64], below: NDArray[np.float64]
) -> NDArray[np.float64]:
    ratio = np.divide(above, below, out=np.full_like(above, math.nan), where=below > 0.0)
    return np.exp(ratio) if measure.is_exponential else ratio
