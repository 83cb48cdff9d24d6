"""What drawings are made of: elements of SVG, and round numbers beside their axes."""

from __future__ import annotations

import math

_STEPS = (1, 2, 5)


def element(name: str, content: str = "", /, *, kind: str = "", **attributes: object) -> str:
    """Return an element of SVG.

    Args:
        name: Its name.
        content: What stands in it, as SVG.
        kind: Its class.
        attributes: By names in which a low line is a dash; numbers are rounded to tenths.
    """
    values = {"class": kind, **attributes} if kind else attributes
    given = "".join(
        f' {key.replace("_", "-")}="{value:.1f}"'
        if isinstance(value, float)
        else f' {key.replace("_", "-")}="{value}"'
        for key, value in values.items()
    )
    return f"<{name}{given}>{content}</{name}>"


def nice_step(least: float) -> float:
    """Return the least of 1, 2, 5, 10, ... (and 0.5, 0.2, ...) that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next((power * step for step in _STEPS if power * step >= least), 10.0 * power)


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Return round numbers, the first at or below `low`, the last at or above `high`.

    Args:
        low: The least number shown.
        high: The largest.
        about: How many steps there are, or one or two more.
    """
    span = high - low
    if span < 1e-6 * max(abs(high), 1.0):  # one number, as far as can be seen
        span = abs(high) or 1.0
    step = nice_step(span / about)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * count for count in range(first, max(last, first + 1) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return numbers that begin with 1, 2 or 5, from at or below `low` to at or above `high`.

    Powers of ten alone where these would be many.

    Args:
        low: The least number shown, above 0.
        high: The largest.
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    all_of_them = [step * 10.0**power for power in range(first, last + 1) for step in _STEPS]
    below = [it for it in all_of_them if it <= low * (1 + 1e-9)]
    above = [it for it in all_of_them if it >= high * (1 - 1e-9)]
    found = [it for it in all_of_them if below[-1] <= it <= above[0]]
    few = len(found) <= 2 * len(_STEPS)
    return found if few else [10.0**power for power in range(first, last + 1)]
