"""A sweep as one HTML page that needs nothing else: figures, charts, texts, plan."""

from __future__ import annotations

from collections import defaultdict
from html import escape

import msgspec

from studio.experiments.page_frame import page
from studio.experiments.sweep.chart import chart
from studio.experiments.sweep.figures import SweepFigures
from studio.experiments.sweep.plan import PRESET, Sweep
from studio.experiments.sweep.recommendation import (
    Recommendation,
    not_shown,
    parameter_words,
    shown,
    shown_interval,
    value_words,
)
from studio.experiments.sweep.texts import SweepText
from studio.experiments.words import number, other_settings
from studio.model_record import ModelRecord
from studio.sampling import SamplingParams
from studio.translation import tr
from studio.visible_text import visible_line, visible_lines

_TEXTS_SHOWN = 3
"""Of a prompt at a value: a page of thousands opens in no browser."""
_PROMPTS_SHOWN = 20
_LONGEST_PROMPT = 4_000
_LONGEST_TEXT = 8_000
_LONGEST_SETTINGS = 2_000


def sweep_page(
    sweep: Sweep,
    figures: SweepFigures,
    chosen: Recommendation | None,
    model: ModelRecord,
    made: str,
) -> str:
    """Return the page.

    Args:
        sweep: The plan.
        figures: Its figures.
        chosen: What its criterion chooses.
        model: Which model wrote.
        made: When.
    """
    heading = visible_line(sweep.plan.title) or tr(
        "Sweep of {parameter}", parameter=parameter_words(sweep)
    )
    parts = [
        _facts(sweep, model, made),
        _result(sweep, figures, chosen, model),
        _table(sweep, figures, chosen),
        _charts(sweep, figures, chosen),
        _texts(sweep, figures),
        _measures(sweep),
        _section(tr("Plan"), f'<div class="card"><pre>{escape(_source(sweep))}</pre></div>'),
    ]
    return page(f"{heading} · {visible_line(model.title)}", heading, "".join(parts))


def _section(title: str, body: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{body}\n"


def _facts(sweep: Sweep, model: ModelRecord, made: str) -> str:
    plan = sweep.plan
    named = (model.title, model.quantization, model.file)
    facts = [
        ", ".join(visible_line(name) for name in dict.fromkeys(named) if name),
        tr("%n prompts", "", len(sweep.prompts), one="%n prompt"),
        tr("%n values", "", len(sweep.values), one="%n value"),
        tr("%n texts of each prompt at each", "", plan.samples, one="one text of each at each"),
        tr("at most %n tokens", "", plan.max_tokens, one="at most %n token"),
        tr("seeds from {seed}", seed=plan.seed),
        visible_line(made),
    ]
    lines = [" · ".join(fact for fact in facts if fact), visible_line(model.hash), *_held(sweep)]
    return "".join(f'<p class="quiet">{escape(line)}</p>\n' for line in lines if line)


def _held(sweep: Sweep) -> list[str]:
    """What else shaped the texts: of each preset, or what is the same at all values."""
    if sweep.parameter == PRESET:
        return [
            f"{value_words(sweep, place)}: {_settings(value.params)}"
            for place, value in enumerate(sweep.values)
        ]
    neutral = {sweep.parameter: getattr(SamplingParams(), sweep.parameter)}
    held = _settings(msgspec.structs.replace(sweep.values[0].params, **neutral))
    if sweep.parameter == "temperature":
        held = held.partition(", ")[2]
    return [tr("At all values: {settings}", settings=held)] if held else []


def _settings(params: SamplingParams) -> str:
    others = visible_line(other_settings(params), _LONGEST_SETTINGS)
    return ", ".join(filter(None, (f"T {number(params.temperature)}", others)))


def _result(
    sweep: Sweep, figures: SweepFigures, chosen: Recommendation | None, model: ModelRecord
) -> str:
    body = ""
    if chosen is not None:
        criterion = tr("Criterion: {criterion}.", criterion=chosen.criterion)
        body += f"<p><b>{escape(criterion)}</b></p>\n"
        body += "".join(f"<p>{escape(sentence)}</p>\n" for sentence in chosen.sentences)
    title = escape(tr("What this does not show"))
    unknown = not_shown(sweep, figures, visible_line(model.title))
    points = "".join(f"<li>{escape(sentence)}</li>\n" for sentence in unknown)
    body += f'<p class="quiet">{title}</p>\n<ul class="quiet">\n{points}</ul>\n'
    return _section(tr("Result"), f'<div class="card">\n{body}</div>')


def _table(sweep: Sweep, figures: SweepFigures, chosen: Recommendation | None) -> str:
    heads = [parameter_words(sweep), *(tr(it.title) for it in sweep.measures), tr("Texts")]
    rows = ["".join(f"<th>{escape(head)}</th>" for head in heads)]
    for place in range(len(sweep.values)):
        cells = [f"<td>{escape(value_words(sweep, place))}</td>"]
        for measure in sweep.measures:
            interval = figures.pooled[measure.name][place]
            figure = shown(measure, interval.figure)
            words = shown_interval(measure, interval).removeprefix(figure)
            cells.append(
                f'<td>{escape(figure)} <span class="quiet">{escape(words.strip())}</span></td>'
            )
        cells.append(f"<td>{figures.counts[:, place].sum():,}</td>")
        rows.append("".join(cells))
    marked = None if chosen is None or chosen.value is None else chosen.value + 1
    lines = "".join(
        f'<tr class="chosen">{row}</tr>\n' if place == marked else f"<tr>{row}</tr>\n"
        for place, row in enumerate(rows)
    )
    about = tr(
        "In brackets the interval that holds a figure at 95 %: Wilson’s for shares, a bootstrap "
        "over texts for all others."
    )
    return _section(
        tr("Figures"),
        f'<p class="quiet">{escape(about)}</p>\n<div class="card scroll">\n<table>\n{lines}'
        "</table>\n</div>",
    )


def _charts(sweep: Sweep, figures: SweepFigures, chosen: Recommendation | None) -> str:
    cards = [
        f'<div class="card"><h3>{escape(tr(measure.title))}</h3>'
        f'<p class="quiet">{escape(tr(measure.help))}</p>'
        f"{chart(sweep, figures, measure, chosen)}</div>\n"
        for measure in sweep.measures
    ]
    about = tr("Bars are intervals; rest on a point to read it.")
    if len(sweep.prompts) > 1:
        about = tr("Bars are intervals, grey lines the prompts; rest on a point to read it.")
    return _section(
        tr("Charts"),
        f'<p class="quiet hint">{escape(about)}</p>\n<div class="charts">\n{"".join(cards)}</div>',
    )


def _texts(sweep: Sweep, figures: SweepFigures) -> str:
    parts = []
    groups: dict[tuple[int, int], list[SweepText]] = defaultdict(list)
    for one in figures.texts:
        groups[one.prompt, one.value].append(one)
    for at, prompt in enumerate(sweep.prompts[:_PROMPTS_SHOWN]):
        given = "\n\n".join(filter(None, (prompt.brief, prompt.text)))
        name = tr("Prompt {name}", name=visible_line(prompt.name))
        parts.append(
            f'<h3>{escape(name)}</h3>\n<div class="card text prompt">'
            f"{escape(_cut(given, _LONGEST_PROMPT))}</div>\n"
        )
        for place in range(len(sweep.values)):
            own = groups[at, place]
            shown_here = "".join(
                f'<div class="card text">{escape(_cut(it.text, _LONGEST_TEXT))}</div>\n'
                for it in own[:_TEXTS_SHOWN]
            )
            count = tr("%n texts", "", len(own), one="%n text")
            title = f"{value_words(sweep, place)} · {count}"
            parts.append(f"<details><summary>{escape(title)}</summary>\n{shown_here}</details>\n")
    about = tr("The first {count} of each; all are in samples.jsonl.", count=_TEXTS_SHOWN)
    if len(sweep.prompts) > _PROMPTS_SHOWN:
        about += " " + tr("The first {count} prompts are shown.", count=_PROMPTS_SHOWN)
    return _section(tr("Texts"), f'<p class="quiet">{escape(about)}</p>\n{"".join(parts)}')


def _cut(text: str, longest: int) -> str:
    return visible_lines(text if len(text) <= longest else f"{text[:longest]}…")


def _measures(sweep: Sweep) -> str:
    points = [f"<b>{escape(tr(it.title))}</b>: {escape(tr(it.help))}" for it in sweep.measures]
    near = tr(
        "Texts are near duplicates where {near} of their runs of three words are the same.",
        near=number(sweep.plan.near),
    )
    if any(it.name == "near_duplicates" for it in sweep.measures):
        points.append(escape(near))
    lines = "".join(f"<li>{point}</li>\n" for point in points)
    return _section(tr("Measures"), f'<div class="card"><ul>\n{lines}</ul></div>')


def _source(sweep: Sweep) -> str:
    return visible_lines(sweep.source.decode("utf-8-sig"))
