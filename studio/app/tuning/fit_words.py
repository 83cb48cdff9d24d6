"""What a fitted temperature says of a text, in plain words and in figures."""

from __future__ import annotations

from studio.app.parameters.temperature_scale import format_beta
from studio.experiments.sentence_places import SentencePlace
from studio.sampling.analysis.fitted_temperature import BLOCK, Interval, TemperatureFit
from studio.sampling.analysis.retemper import COLDEST, HOTTEST
from studio.translation import mark, tr

PLACES = {
    SentencePlace.START: mark("Sentence starts"),
    SentencePlace.INSIDE: mark("Inside sentences"),
    SentencePlace.NAME: mark("Names"),
}
"""What the rows of a table are called."""

PLACE_TIPS = {
    SentencePlace.START: mark("The token with the first letter of each sentence"),
    SentencePlace.INSIDE: mark("All other tokens, signs among them"),
    SentencePlace.NAME: mark("Words with a capital that no sentence begins with"),
}

_LONGEST_IN_NAME = 60
_AT_AN_END = 1.0001
"""A factor: what is nearer to an end of the range stands for all beyond."""


def fitted_temperature(temperature: float) -> str:
    """A temperature that was fitted: ``0.87``; at an end of the range, that it is no more exact."""
    if temperature <= COLDEST * _AT_AN_END:
        return tr("{t:g} or less", t=COLDEST)
    if temperature >= HOTTEST / _AT_AN_END:
        return tr("{t:g} or more", t=HOTTEST)
    return f"{settable(temperature):.{_digits(temperature)}f}"


def settable(temperature: float) -> float:
    """A fitted temperature with the digits that are shown, to be put in force."""
    return round(temperature, _digits(temperature))


def _together(words: str) -> str:
    """The words with no line's end between a T and its number."""
    return words.replace(" T ", " T\u00a0")


def interval_words(interval: Interval) -> str:
    """``0.82 to 0.93``."""
    low, high = map(fitted_temperature, interval)
    return tr("{low} to {high}", low=low, high=high)


def lead(subject: str, fit: TemperatureFit) -> str:
    """``Your text reads like T 0.87 (0.82 to 0.93).``.

    Args:
        subject: What the text is called, with a capital.
        fit: Its fit.
    """
    words = tr(
        "{subject} reads like T {t} ({interval}).",
        subject=subject,
        t=fitted_temperature(fit.temperature),
        interval=interval_words((fit.low, fit.high)),
    )
    return _together(words)


def meaning(fit: TemperatureFit) -> str:
    """What that says beside the model's own writing at T 1."""
    if fit.high < 1.0:
        words = tr("It keeps closer to the model’s favourites than what the model writes at T 1.")
    elif fit.low > 1.0:
        words = tr("It surprises the model more than what the model writes at T 1.")
    else:
        words = tr("It surprises the model about as much as what the model writes at T 1.")
    return _together(words)


def figures(fit: TemperatureFit) -> str:
    """``Perplexity 24.1 at T 1, 23.6 at T 0.87; 1,312 tokens``."""
    tokens = tr("%n tokens", "", fit.tokens, one="%n token")
    return tr(
        "Perplexity {at_one} at T 1, {fitted} at T {t}; {tokens}",
        at_one=perplexity(fit.perplexity_t1),
        fitted=perplexity(fit.perplexity_fitted),
        t=fitted_temperature(fit.temperature),
        tokens=tokens,
    )


def perplexity(value: float) -> str:
    """A perplexity with three digits, or all before its point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def details(fit: TemperatureFit) -> list[str]:
    """β, and the intervals by each way of making one; a line each."""
    low, high = format_beta(fit.high), format_beta(fit.low)
    beta = tr("β {beta} ({low} to {high})", beta=format_beta(fit.temperature), low=low, high=high)
    ratio = tr("By likelihood ratio: T {interval}", interval=interval_words(fit.by_likelihood))
    if fit.by_information is None:
        information = tr("By observed information: none, for T is at an end of the range")
    else:
        words = interval_words(fit.by_information)
        information = tr("By observed information: T {interval}", interval=words)
    if fit.by_bootstrap is None:
        bootstrap = tr("By block bootstrap: none, for there are too few tokens")
    else:
        words = interval_words(fit.by_bootstrap)
        bootstrap = tr(
            "By block bootstrap, blocks of {count} tokens or more: T {interval}",
            count=BLOCK,
            interval=words,
        )
    used = tr("The interval above has, at each end, the wider of likelihood ratio and bootstrap.")
    return [beta, ratio, information, bootstrap, used]


def spoken_curve(subject: str, fit: TemperatureFit) -> str:
    """The curve in words, for those who do not see it.

    Args:
        subject: What the text is called.
        fit: Its fit.
    """
    return tr(
        "{subject}: most likely at T {t}, hardly less from {interval}",
        subject=subject,
        t=fitted_temperature(fit.temperature),
        interval=interval_words((fit.low, fit.high)),
    )


def _digits(temperature: float) -> int:
    return 3 if temperature < 0.1 else 2 if temperature < 10 else 1


def preset_name(name: str) -> str:
    """What a preset made from a text's fit is called: ``Like The Sea``.

    Args:
        name: What the text is called.
    """
    plain = "".join(sign if sign.isalnum() or sign in " -_’'" else " " for sign in name)
    words = " ".join(plain.split())[:_LONGEST_IN_NAME].strip()
    return tr("Like {name}", name=words) if words else tr("Fitted")
