"""What T does here, in words: how much turning it changes, and where on the curve to look."""

import math

from studio.app.parameters.temperature_scale import format_temperature
from studio.app.tokens.shape import Interval
from studio.app.tokens.words import choices, choices_between
from studio.translation import tr

_ALWAYS, _NEARLY = 1.005, 1.5
"""Effective choices up to which hardly any word but the favourite ever comes."""

# In nats. Where T doubles, the choices grow by 2 to the sensitivity, if it went on like that: by
# less than 7 %, by less than 40 %, not quite threefold, and more.
_NOTHING, _LITTLE, _SOMETHING = 0.1, 0.5, 1.5


def follow_words(effective: float) -> str:
    """How many words could follow, as a writer says it: ``about 3 words could follow here``.

    Args:
        effective: The effective number of choices, exp(entropy).
    """
    if effective < _ALWAYS:
        return tr("always the favourite")
    if effective < _NEARLY:
        return tr("nearly always the favourite")
    return tr("about {count:,.0f} words could follow here", count=effective)


def follow_words_between(effective: Interval) -> str:
    """The same where that lies between two ends: ``12 to 19 words could follow here``.

    Args:
        effective: The least and the most.
    """
    least, most = effective
    if follow_words(least) == follow_words(most):
        return follow_words(most)
    if most < _NEARLY:
        return tr("nearly always the favourite")
    return tr(
        "{least:,.0f} to {most:,.0f} words could follow here", least=max(1.0, least), most=most
    )


def short_follow_words_between(effective: Interval) -> tuple[str, str]:
    """The same in short: ``12–19 words``, ``12–19``."""
    least, most = map(short_follow_words, effective)
    if least == most:
        return most
    figures = f"{least[1]}–{most[1]}"
    return tr("{figures} words", figures=figures), figures


def short_follow_words(effective: float) -> tuple[str, str]:
    """The same in short for a narrow and a very narrow column: ``about 3 words``, ``3``."""
    if effective < _NEARLY:
        return tr("the favourite"), "1"
    return tr("about {count:,.0f} words", count=effective), f"{effective:,.0f}"


def sensitivity_words(sensitivity: float) -> str:
    """How much turning T changes: ``a small turn changes much here``.

    Args:
        sensitivity: dH/dlnT in nats. Below 0.1 a turn changes nothing to speak of, below 0.5
            little; below 1.5 the choices grow about as T does; above that, faster.
    """
    if sensitivity < _NOTHING:
        return tr("turning T changes nothing here")
    if sensitivity < _LITTLE:
        return tr("turning T changes little here")
    if sensitivity < _SOMETHING:
        return tr("choices grow about as T does")
    return tr("a small turn changes much here")


def short_sensitivity_words(sensitivity: float) -> tuple[str, str]:
    """The same in short for a narrow and a very narrow card: ``T changes much here``, ``steep``."""
    if sensitivity < _NOTHING:
        return tr("T changes nothing here"), tr("flat")
    if sensitivity < _LITTLE:
        return tr("T changes little here"), tr("nearly flat")
    if sensitivity < _SOMETHING:
        return tr("choices grow as T does"), tr("grows as T")
    return tr("T changes much here"), tr("steep")


def sensitivity_figure(sensitivity: float) -> str:
    """The number behind the words: ``dH/dlnT 2.31 nats: T up by 10 %, choices up by about 25 %``.

    A tenth is a step or two of the slider; the curve is followed along its tangent.
    """
    growth = 100 * (math.exp(sensitivity * math.log(1.1)) - 1)
    shown = f"{growth:.0f}" if growth >= 0.95 else f"{growth:.1f}"
    return tr(
        "dH/dlnT {sensitivity:.2f} nats: T up by 10 %, choices up by about {shown} %",
        sensitivity=sensitivity,
        shown=shown,
    )


def place_words(temperature: float, entropy: float) -> str:
    """A point on the curve: ``T 1.5: about 100 choices``.

    Args:
        temperature: T.
        entropy: The entropy there, in nats.
    """
    return f"T {format_temperature(round_temperature(temperature))}: {choices(math.exp(entropy))}"


def place_words_between(temperature: float, entropies: Interval) -> str:
    """A point that is known between two ends: ``T 1.5: 80 to 200 choices``.

    Args:
        temperature: T.
        entropies: The least and the most entropy there, in nats.
    """
    least, most = map(math.exp, entropies)
    shown = format_temperature(round_temperature(temperature))
    return f"T {shown}: {choices_between((least, most))}"


def round_temperature(temperature: float) -> float:
    """A computed temperature with three significant digits: more would only distract."""
    if temperature == 0 or math.isinf(temperature):
        return temperature
    return float(f"{temperature:.3g}")
