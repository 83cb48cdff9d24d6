"""Temperature on a track, in steps, typed and printed.

The track runs from greedy (T = 0) on the left to uniform (T = ∞) on the right. Between
`COLDEST` and `HOTTEST` it is logarithmic in T, which is the same as logarithmic in β = 1/T: a
centimetre is a factor, so the control is finer where T is small, and T = 1 stands in the middle.
The short stretches at both ends are linear, in T on the cold side and in β on the hot side, so that
both ends are reached exactly and every temperature has one place. Plain arithmetic.
"""

import math
from bisect import bisect_left, bisect_right

from studio.app.parameters.sampling_number import parse_number
from studio.translation import tr

COLDEST = 0.05
"""The lowest temperature of the logarithmic stretch; below it the choice is greedy in practice."""

HOTTEST = 1 / COLDEST
"""The highest temperature of the logarithmic stretch; the inverse of `COLDEST`."""

_EDGE = 0.04
"""How much of the track each linear end takes."""

_LONGEST_QUOTE = 16

_LOG_SPAN = math.log(HOTTEST / COLDEST)


def position(temperature: float) -> float:
    """The place of a temperature on the track, from 0.0 (T = 0) to 1.0 (T = ∞).

    Strictly increasing, and the inverse of `temperature_at`. For a β, pass ``1 / beta``.

    Raises:
        ValueError: `temperature` is negative or not a number.
    """
    if math.isnan(temperature) or temperature < 0:
        raise ValueError(f"temperature: found {temperature}; allowed is 0 to infinity")
    if temperature <= COLDEST:
        return _EDGE * (temperature / COLDEST)
    if temperature >= HOTTEST:
        return 1.0 - _EDGE * (HOTTEST / temperature)
    return _EDGE + (1.0 - 2.0 * _EDGE) * math.log(temperature / COLDEST) / _LOG_SPAN


def temperature_at(place: float) -> float:
    """The temperature at a place on the track; places beyond the ends count as the ends.

    Raises:
        ValueError: `place` is not a number.
    """
    if math.isnan(place):
        raise ValueError("place: found nan; allowed is 0 to 1")
    if place <= 0.0:
        return 0.0
    if place >= 1.0:
        return math.inf
    if place < _EDGE:
        return COLDEST * (place / _EDGE)
    if place > 1.0 - _EDGE:
        return HOTTEST * _EDGE / (1.0 - place)
    return COLDEST * math.exp(_LOG_SPAN * (place - _EDGE) / (1.0 - 2.0 * _EDGE))


def snapped_temperature_at(place: float) -> float:
    """The temperature that is meant when the handle is let go at `place`.

    Within half an end stretch of an end it is that end, close to the middle it is 1, and elsewhere
    it is rounded to the digits a hand can set: no one drags to 0.7983.
    """
    if place < _EDGE / 2:
        return 0.0
    if place > 1.0 - _EDGE / 2:
        return math.inf
    if abs(place - 0.5) < 0.005:
        return 1.0
    temperature = min(max(temperature_at(place), COLDEST), HOTTEST)
    return round(temperature, _digits(temperature))


def _ladder(mantissas: tuple[int, ...]) -> tuple[float, ...]:
    """Each mantissa times each power of ten between the ends, as its decimal form would parse."""
    values = (float(f"{mantissa}e{power}") for power in (-3, -2, -1, 0) for mantissa in mantissas)
    return tuple(sorted(value for value in values if COLDEST <= value <= HOTTEST))


# From step to step T grows by 4 to 10 % here, and by 40 to 67 % in large steps.
_SMALL_STEPS = _ladder((*range(10, 20), *range(20, 50, 2), *range(50, 100, 5)))
_LARGE_STEPS = _ladder((10, 15, 20, 30, 50, 70))


def step(temperature: float, count: int, *, large: bool = False) -> float:
    """The round temperature `count` steps away: 0.70, 0.75, 0.80, … 1.0, 1.1, ….

    A temperature between two steps goes to the next one in the direction asked for. Before the
    first step is 0, after the last is infinity.

    Args:
        temperature: Where to start, 0 to infinity.
        count: How many steps; negative is colder.
        large: Steps of about half as much again, in place of about 6 %.
    """
    steps = (0.0, *(_LARGE_STEPS if large else _SMALL_STEPS), math.inf)
    if count >= 0:
        index = bisect_right(steps, temperature) - 1 + count
    else:
        index = bisect_left(steps, temperature) + count
    return steps[min(max(index, 0), len(steps) - 1)]


def stepped(temperature: float, strides: float) -> float:
    """Where the arrow keys lead: small steps, large ones from ten strides on, fine ones below one.

    A fine step is one unit of the last digit that can be set by dragging.

    Args:
        temperature: Where to begin.
        strides: How many steps; negative ones go down.
    """
    direction = 1 if strides > 0 else -1
    if abs(strides) >= 1 or math.isinf(temperature):
        return step(temperature, direction, large=abs(strides) > 1)
    digits = _digits(temperature)
    return max(round(temperature + direction * 10.0**-digits, digits), 0.0)


def _digits(temperature: float) -> int:
    """How many digits after the point can be set by dragging."""
    return 3 if temperature < 0.1 else 2 if temperature < 2 else 1


def format_temperature(temperature: float) -> str:
    """A temperature as it is shown: ``0.80``, ``0.055``, ``12.5``, ``0``, ``∞``.

    Two decimals at most places; more, up to four significant digits, rather than a number that
    differs from the one in force.
    """
    if temperature == 0:
        return "0"
    if math.isinf(temperature):
        return "∞"
    if temperature >= 10 or temperature < 0.01:
        return f"{temperature:.4g}"
    short = f"{temperature:.2f}"
    return short if float(short) == temperature else f"{temperature:.4g}"


def format_beta(temperature: float) -> str:
    """The inverse temperature of `temperature` as it is shown: ``1.25``, ``∞``, ``0``."""
    if temperature == 0:
        return "∞"
    beta = 1 / temperature
    if beta == 0:
        return "0"
    if math.isinf(beta):
        return "∞"
    return f"{beta:.2f}" if 0.1 <= beta < 100 else f"{beta:.3g}"


def describe_temperature(temperature: float) -> str:
    """A temperature in words, for those who hear the window."""
    if temperature == 0:
        return tr("0, greedy")
    if math.isinf(temperature):
        return tr("infinite, uniform")
    return tr(
        "{t}, beta {beta}",
        t=format_temperature(temperature),
        beta=format_beta(temperature),
    )


def parse_temperature(text: str) -> float:
    """The temperature that was typed: a number with a point or a comma, or a word for an end.

    The words are ``greedy`` for 0; ``inf``, ``infinity``, ``∞`` and ``uniform`` for infinity. A
    leading ``T`` is ignored.

    Raises:
        ValueError: With a sentence for the writer: what was found, what is allowed.
    """
    word = text.strip().removeprefix("T").lstrip(" =")
    if word.casefold() in ("greedy", tr("greedy").casefold()):
        return 0.0
    if word.casefold() in ("uniform", tr("uniform").casefold()):
        return math.inf
    number = _nonnegative(word)
    if number is None:
        raise ValueError(
            tr(
                "“{text}” is not a temperature: type a number from 0 (greedy) to ∞ (uniform).",
                text=_quoted(text),
            )
        )
    return number


def parse_beta(text: str) -> float:
    """The temperature whose inverse was typed; β = ∞ is T = 0 and β = 0 is T = ∞.

    Reads what `parse_temperature` reads; a leading ``β`` or ``beta`` is ignored.

    Raises:
        ValueError: With a sentence for the writer: what was found, what is allowed.
    """
    word = text.strip().removeprefix("β").removeprefix("beta").lstrip(" =")
    if word.casefold() in ("greedy", tr("greedy").casefold()):
        return 0.0
    if word.casefold() in ("uniform", tr("uniform").casefold()):
        return math.inf
    beta = _nonnegative(word)
    if beta is None:
        raise ValueError(
            tr(
                "“{text}” is not an inverse temperature: type a number from 0 "
                "(uniform) to ∞ (greedy).",
                text=_quoted(text),
            )
        )
    if beta == 0:
        return math.inf
    return 1 / beta


def _quoted(text: str) -> str:
    """What was typed, cut to fit into the message that says why it cannot be used."""
    found = text.strip()
    return found if len(found) <= _LONGEST_QUOTE else found[: _LONGEST_QUOTE - 1] + "…"


def _nonnegative(word: str) -> float | None:
    try:
        number = parse_number(word)
    except ValueError:
        return None
    return number if number >= 0 else None
