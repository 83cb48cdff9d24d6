"""Explain's sentences with the live numbers in their gaps.

Pure functions from a place and parameters to HTML. The texts are in `explain.text`; this module
decides which of a step's cases is true, and computes what fills the gaps.
"""

import html
import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from studio.app.explain import filters, whole_text
from studio.app.explain import text as texts
from studio.app.explain.place import STEP, Place
from studio.app.explain.text import STEPS
from studio.app.explain_steps import StepName
from studio.app.parameters.sampling_order import temperature_place
from studio.app.parameters.temperature_scale import format_beta, format_temperature
from studio.app.tokens.words import percent
from studio.presets import preset_words, task_presets
from studio.sampling import SamplingParams, ShapedTop
from studio.translation import tr
from studio.visible_text import visible_line

_HIGH = 100.0


class StepWords(NamedTuple):
    """One step, ready to be read.

    Attributes:
        title: Plain text.
        body: Paragraphs of HTML.
        caption: Plain text.
    """

    title: str
    body: str
    caption: str


def words(step: StepName, place: Place, params: SamplingParams) -> StepWords:
    """The sentences of one step at a place.

    Args:
        step: One of Explain's steps.
        place: The place that the step is about.
        params: The sampling parameters.
    """
    text = STEPS[step]
    gaps = _Gaps(_common(place, params), text.cases)
    _FILL[step](gaps, place, params)
    return StepWords(
        tr(text.title),
        "".join(f"<p>{tr(paragraph, **gaps)}</p>" for paragraph in text.paragraphs),
        html.unescape(tr(text.caption, **gaps)),
    )


def source_line(place: Place, *, is_held: bool) -> str:
    """Whose numbers they are, in one plain sentence.

    Args:
        place: Whose numbers they are.
        is_held: Whether the place stays while the caret moves on.
    """
    if place.is_example:
        return tr(texts.EXAMPLE, before=visible_line(place.before), model=place.model)
    return tr(texts.HELD) if is_held else tr(texts.OWN)


class _Gaps(dict[str, str]):
    """What stands in the gaps of a step's texts, as HTML."""

    def __init__(self, gaps: Mapping[str, str], cases: Mapping[str, str]) -> None:
        super().__init__(gaps)
        self._cases = cases

    def fill(self, gap: str, case: str) -> None:
        """Put one of the step's cases into a gap; its own gaps must have been filled."""
        self[gap] = tr(self._cases[case], **self)


def _common(place: Place, params: SamplingParams) -> dict[str, str]:
    """Words that several steps use."""
    one = place.sketch.shaped(SamplingParams()).probabilities
    gaps = {
        "where": tr(texts.AFTER, before=html.escape(visible_line(place.before)))
        if place.before
        else tr(texts.HERE),
        "vocabulary": f"{place.sketch.vocabulary_size:,}",
        "first": _token(place, 0),
        "first_logit": _signed(float(place.sketch.logits[0])),
        "first_p": percent(float(one[0])),
        "t": format_temperature(params.temperature),
        "beta": format_beta(params.temperature),
    }
    if place.known > 1:
        gaps |= {
            "second": _token(place, 1),
            "second_p": percent(float(one[1])),
            "gap": f"{place.gap:.2f}",
        }
    return gaps


def _logits(gaps: _Gaps, place: Place, params: SamplingParams) -> None:
    gaps.fill("second_clause", "second" if place.known > 1 else "alone")


def _softmax(gaps: _Gaps, place: Place, params: SamplingParams) -> None:
    gaps["sum"] = f"{1.0 / place.favourite(1.0):,.2f}"
    if place.known > 1:
        gaps["ratio"] = f"{math.exp(-place.gap):.2f}"
    gaps.fill("comparison", "second" if place.known > 1 else "alone")


def _temperature(gaps: _Gaps, place: Place, params: SamplingParams) -> None:
    temperature = params.temperature
    gaps["first_now"] = percent(place.favourite(temperature))
    if place.known == 1:
        case = "alone"
    elif temperature == 0.0:
        case = "greedy"
    elif math.isinf(temperature):
        case = "uniform"
    else:
        gaps["tempered_gap"] = _number(place.gap / temperature)
        case = "own" if temperature == 1.0 else "cold" if temperature < 1.0 else "hot"
    gaps.fill("effect", case)


def _limits(gaps: _Gaps, place: Place, params: SamplingParams) -> None:
    level = filters.at(place.sketch, params, math.inf)
    gaps["kept_count"] = _tokens(level)
    gaps.fill("kept", "all" if level.kept == place.sketch.vocabulary_size else "some")
    gaps["each"] = percent(1.0 / level.kept)
    gaps.fill("tie", "alone" if place.known == 1 else "near_tie" if place.is_near_tie else "clear")


def _low_temperature(gaps: _Gaps, place: Place, params: SamplingParams) -> None:
    temperature = params.temperature
    if temperature == 0.0:
        gaps.fill("effect", "greedy")
    elif math.isinf(temperature):
        gaps.fill("effect", "uniform")
    else:
        gaps |= {
            "next_beta": format_beta(temperature + STEP),
            "first_now": percent(place.favourite(temperature)),
            "first_next": percent(place.favourite(temperature + STEP)),
        }
        gaps.fill("effect", "between")
    if place.known == 1:
        gaps["steepest"] = ""
        return
    start = place.steepest
    gaps |= {
        "steepest_t": format_temperature(start),
        "steepest_next": format_temperature(round(start + STEP, 6)),
        "steepest_p": percent(place.favourite(start)),
        "steepest_next_p": percent(place.favourite(start + STEP)),
    }
    gaps.fill("steepest", "steepest")


def _filters(gaps: _Gaps, place: Place, params: SamplingParams) -> None:
    tried = filters.with_some_filter(params)
    gaps["filter_names"] = filters.filter_names(tried)
    gaps.fill("filters", "yours" if filters.active_filters(params) else "tried")
    for temperature, gap in ((params.temperature, "now"), (_HIGH, "at_100")):
        for where, shaped in (("last", filters.last), ("first", filters.first)):
            gaps[f"{where}_{gap}"] = _tokens(shaped(place.sketch, tried, temperature))
    gaps.fill("effect", "greedy" if params.temperature == 0.0 else "counts")
    gaps.fill("order", temperature_place(params.samplers))
    gaps["left_out"] = texts.LEFT_OUT if filters.leaves_something_out(params) else ""


def _whole_text(gaps: _Gaps, place: Place, params: SamplingParams) -> None:
    temperature = params.temperature
    gaps |= dict(zip(("sea", "wind", "storm"), map(tr, whole_text.TEXTS), strict=True))
    for when, at in (("", 0.5), ("_now", temperature)):
        for way, texts_at in (
            ("tokens", whole_text.token_by_token),
            ("whole", whole_text.as_a_whole),
        ):
            sea, wind, _ = map(percent, texts_at(at))
            gaps |= {f"sea_{way}{when}": sea, f"wind_{way}{when}": wind}
    gaps.fill("effect", {0.0: "greedy", 1.0: "own"}.get(temperature, "other"))


def _tasks(gaps: _Gaps, place: Place, params: SamplingParams) -> None:
    lines = []
    for preset in task_presets():
        temperature = format_temperature(preset.sampling.temperature)
        gaps.fill("why", preset.task)
        name = html.escape(preset_words(preset.name))
        lines.append(f"<b>{name}</b>, T {temperature}{gaps['why']}.")
    gaps["presets"] = "<br>".join(lines)


_FILL: dict[StepName, Callable[[_Gaps, Place, SamplingParams], None]] = {
    "logits": _logits,
    "softmax": _softmax,
    "temperature": _temperature,
    "limits": _limits,
    "low-temperature": _low_temperature,
    "filters": _filters,
    "whole-text": _whole_text,
    "tasks": _tasks,
}


def _token(place: Place, rank: int) -> str:
    return f"“<b>{html.escape(place.text(rank).text)}</b>”"


def _tokens(left: ShapedTop) -> str:
    """How many are left: a rough number beyond the best 128, which a sketch knows one by one."""
    return f"{left.kept:,}" if left.is_counted else tr("about {kept:,}", kept=left.kept)


def _number(value: float) -> str:
    """With two decimals; a huge one, as there are near T 0, with two significant digits."""
    return f"{value:,.2f}" if value < 1e6 else f"{value:.2g}"


def _signed(number: float) -> str:
    return f"{number:.2f}".replace("-", "−")
