"""Entropy by position of several lanes, as an SVG drawing that stands in a page.

Colours are the page's: each line has the class `lane-N`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

_WIDTH, _HEIGHT = 760, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 12, 32
_INNER_WIDTH, _INNER_HEIGHT = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
_STEPS = (1, 2, 5)


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
    step = _step(most / 4 or 0.25)
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
    described = "Entropy in bits by position, for " + ", ".join(names)
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
    step = max(1, round(_step(longest / 8 or 1)))
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


def _step(least: float) -> float:
    """The least of 1, 2, 5, 10, ... that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next((power * step for step in _STEPS if power * step >= least), 10.0 * power)
