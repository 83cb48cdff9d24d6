"""A comparison as one HTML page that needs nothing else: no script, no file, no network.

A person without the program reads it: the prompt, each lane's text with its settings, where they
part, entropy by position; what a token could have been stands in its tooltip. In the window's
colours, by the reader's light or dark setting.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from statistics import fmean

import msgspec

from studio.experiments import words
from studio.experiments.comparison import Comparison, LaneRecord
from studio.experiments.page_frame import page
from studio.experiments.svg_scale import nice_step
from studio.experiments.words import NamedLane
from studio.sampling.measures import bits
from studio.token_record import TokenRecord
from studio.translation import tr
from studio.utf8 import CharacterDecoder
from studio.visible_text import visible_line

_WIDTH, _HEIGHT = 760, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 12, 32
_INNER_WIDTH, _INNER_HEIGHT = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM


def entropy_chart(
    lines: Sequence[Sequence[float]], names: Sequence[str], colors: Sequence[int]
) -> str:
    """The drawing.

    Args:
        lines: A lane's entropies in bits, by position; for each lane.
        names: What the lanes are called, for who cannot see it.
        colors: The N of each line's class.
    """
    longest = max((len(line) for line in lines), default=0)
    most = max((value for line in lines for value in line), default=0.0)
    step = nice_step(most / 4 or 0.25)
    top = step * max(1, math.ceil(most / step))
    parts = [_grid(step, top), _axis(longest)]
    for line, name, number in zip(lines, names, colors, strict=True):
        points = [
            f"{_x(index, longest):.1f},{_y(value, top):.1f}" for index, value in enumerate(line)
        ]
        if len(points) == 1:
            x, y = points[0].split(",")
            parts.append(
                f'<circle class="lane-{number} dot" cx="{x}" cy="{y}" r="3">'
                f"<title>{escape(name)}</title></circle>"
            )
        elif points:
            parts.append(
                f'<polyline class="lane-{number}" points="{" ".join(points)}">'
                f"<title>{escape(name)}</title></polyline>"
            )
    described = tr("Entropy in bits by position, for {lanes}", lanes=", ".join(names))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(described)}">'
        f"{''.join(parts)}</svg>"
    )


def _grid(step: float, top: float) -> str:
    lines = []
    for count in range(round(top / step) + 1):
        y = _y(count * step, top)
        lines.append(
            f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{count * step:g}</text>'
        )
    return "".join(lines)


def _axis(longest: int) -> str:
    step = max(1, round(nice_step(longest / 8 or 1)))
    labels = [
        f'<text x="{_x(place - 1, longest):.1f}" y="{_HEIGHT - 14}" '
        f'text-anchor="middle">{place}</text>'
        for place in [1, *range(step if step > 1 else 2, longest + 1, step)]
    ]
    return "".join(labels)


def _x(index: int, longest: int) -> float:
    return _LEFT + _INNER_WIDTH * (index / (longest - 1) if longest > 1 else 0.5)


def _y(value: float, top: float) -> float:
    return _TOP + _INNER_HEIGHT * (1.0 - value / top)


_LONGEST_SETTINGS = 2_000
"""Characters: stop strings and words are among them."""


def to_html(comparison: Comparison) -> str:
    """The page."""
    named = words.results(comparison)
    heading = tr("Comparison")
    if named:
        heading = tr("Comparison of %n lanes", "", len(named), one="Comparison of one lane")
    body = [_results(named, comparison.spellings)] if named else []
    short = words.cut_short(comparison)
    if short:
        lanes = "".join(_lane(one, "", None, comparison.spellings) for one in short)
        title = escape(tr("Stopped before the end"))
        body.append(f'<h2>{title}</h2>\n<div class="lanes">\n{lanes}</div>\n')
    body += [
        f'<p class="quiet">{escape(sentence)}</p>\n' for sentence in words.without_text(comparison)
    ]
    model = visible_line(comparison.model.name)
    return page(
        f"{heading} · {model}",
        heading,
        f"{_facts(comparison)}\n{_prompt(comparison)}\n{''.join(body)}",
    )


def _results(named: Sequence[NamedLane], spellings: dict[int, bytes]) -> str:
    """The lanes that wrote to their ends, where they part, and their entropies in one drawing."""
    partings = words.partings([one.lane for one in named])
    lanes = []
    for place, (one, parting) in enumerate(zip(named, partings, strict=True)):
        sentence = ""
        if parting:
            sentence = words.parting_sentence(parting, named[place - 1].name)
        elif place:
            sentence = words.same_as(named[place - 1].name)
        lanes.append(_lane(one, sentence, parting.place if parting else None, spellings))
    titles = [f"{one.name}: {words.temperature(one.lane)}" for one in named]
    legend = "".join(
        f'<span class="lane-{one.color}"><b>{escape(title)}</b></span>'
        for one, title in zip(named, titles, strict=True)
    )
    chart = entropy_chart(
        [one.lane.entropies for one in named], titles, [one.color for one in named]
    )
    hint = tr(
        "Rest on a word to see how likely it was and what else could have stood there. Where a "
        "lane parts from the one before it is marked."
    )
    about = tr(
        "How undecided the sampler was at each token, in bits; 0 is no choice, and each bit more "
        "is twice as many."
    )
    heads = [escape(title) for title in (tr("Lanes"), tr("Entropy by position"))]
    return (
        f'<h2>{heads[0]}</h2>\n<p class="quiet hint">{escape(hint)}</p>\n'
        f'<div class="lanes">\n{"".join(lanes)}</div>\n'
        f'<h2>{heads[1]}</h2>\n<div class="card">\n'
        f'<p class="quiet">{escape(about)}</p>\n'
        f'{chart}\n<div class="legend">{legend}</div>\n</div>\n'
    )


def _facts(comparison: Comparison) -> str:
    model = comparison.model
    named = (model.name, model.quantization, model.file)
    kind = ", ".join(visible_line(name) for name in named if name)
    tokens = tr("prompt of %n tokens", "", comparison.prompt_tokens, one="prompt of %n token")
    facts = [kind, tokens]
    if len(words.results(comparison)) > 1:
        facts.append(
            tr("the same random draws in every lane")
            if comparison.share_u
            else tr("each lane with its own random draws")
        )
    if comparison.tokens_per_second:
        facts.append(tr("{speed:.0f} tokens/s together", speed=comparison.tokens_per_second))
    facts.append(visible_line(comparison.made))
    line = " · ".join(escape(fact) for fact in facts if fact)
    fingerprint = f'<p class="quiet">{escape(visible_line(model.hash))}</p>' if model.hash else ""
    return f'<p class="quiet">{line}</p>\n{fingerprint}'


def _prompt(comparison: Comparison) -> str:
    parts = [
        f'<p class="quiet">{escape(title)}</p><div class="text">{escape(text)}</div>'
        for title, text in words.prompt_parts(comparison.prompt)
    ]
    heading = escape(tr("Prompt"))
    return f'<h2>{heading}</h2>\n<div class="card prompt">{"".join(parts)}</div>'


def _lane(one: NamedLane, sentence: str, mark: int | None, spellings: dict[int, bytes]) -> str:
    lane = one.lane
    settings, seed = words.settings(lane), words.seed(lane)
    figures = [
        tr("%n tokens", "", len(lane.tokens), one="%n token"),
        tr("{bits:.2f} bits on average", bits=fmean(lane.entropies)),
        words.reason(lane),
    ]
    if seed:
        figures.append(tr("seed {seed}", seed=seed))
    return (
        f'<section class="card lane lane-{one.color}">\n<h3>{escape(one.name)}</h3>\n'
        f"<p>{escape(words.temperature(lane))}</p>\n"
        + (
            f'<p class="quiet">{escape(visible_line(settings, _LONGEST_SETTINGS))}</p>\n'
            if settings
            else ""
        )
        + f'<div class="text">{_text(lane, mark, spellings)}</div>\n'
        + (f"<p>{_unbroken(sentence)}</p>\n" if sentence else "")
        + f'<p class="quiet">{escape(" · ".join(figures))}</p>\n</section>\n'
    )


def _text(lane: LaneRecord, mark: int | None, spellings: dict[int, bytes]) -> str:
    """Each token with its tooltip; a character of several tokens stands with the last of them.

    Where the text ended of itself a sign says so.
    """
    decoder = CharacterDecoder()
    parts = []
    for index, token in enumerate(lane.tokens):
        text = decoder.decode(token.text)
        if text or index == mark:
            tooltip = _tooltip(token, spellings)
            parts.append(_span(text, tooltip, "parting" if index == mark else ""))
    if lane.ended is not None:
        text, tooltip = "", words.reason(lane)
        if lane.end:
            text = decoder.decode(lane.end.text)
            spelled = spellings.get(lane.end.id, lane.end.text)
            end = msgspec.structs.replace(lane.end, text=spelled)
            tooltip += f"\n{_tooltip(end, spellings)}"
        kind = "end parting" if lane.ended == mark else "end"
        parts.append(escape(text) + _span("■", tooltip, kind))
    return "".join(parts)


def _unbroken(sentence: str) -> str:
    """A quotation mark stays with the space that a token begins with."""
    return escape(sentence).replace("“ ", "“&nbsp;")


def _span(text: str, tooltip: str, kind: str) -> str:
    title = escape(tooltip).replace("\n", "&#10;")
    attribute = f' class="{kind}"' if kind else ""
    return f'<span{attribute} title="{title}">{escape(text)}</span>'


def _tooltip(token: TokenRecord, spellings: dict[int, bytes]) -> str:
    lines = [
        f"{words.quoted(token.text)}  {words.drawn_share(token)}, {words.rank(token)}",
        tr(
            "entropy {entropy:.2f} bits, random draw u = {u:.4f}",
            entropy=bits(token.entropy),
            u=token.u,
        ),
    ]
    if token.near_tie:
        lines.append(tr("a near-tie: arithmetic alone may decide"))
    others = [
        f"{words.quoted(spellings[other])}  {words.percent(share)}"
        for other, share in token.top
        if other != token.id and other in spellings
    ]
    return "\n".join([*lines, *others[:6]])
