"""The sentences of the word panel: how likely a token was, and what T had to do with it."""

from __future__ import annotations

import math

from studio.app.parameters.temperature_scale import format_temperature
from studio.app.tokens.rows import TokenRow
from studio.app.tokens.shape import Interval
from studio.app.tokens.words import percent, percent_between
from studio.translation import mark, tr

NO_DRAW = mark("This text was scored, not written: nothing was drawn here, so T is not to blame.")

NO_RECORD = mark(
    "What else could stand here is not known: the model has neither written nor read this text. "
    "“Score the text” (Ctrl+Shift+E) has it read."
)

UNKNOWN_BEGINNING = mark("How probable its beginning is here is not known.")

CHOSEN = mark("You chose this word: nothing was drawn for it, so T has no blame.")


def ordinal(rank: int) -> str:
    """A rank, counted from 0, as people count: ``1st``, ``2nd``, ``1,012th``."""
    number = rank + 1
    teens = 10 <= number % 100 < 20
    match 0 if teens else number % 10:
        case 1:
            return tr("{rank:,}st", rank=number)
        case 2:
            return tr("{rank:,}nd", rank=number)
        case 3:
            return tr("{rank:,}rd", rank=number)
        case _:
            return tr("{rank:,}th", rank=number)


def ranks(used: int | None, own: int, *, is_least: bool = False) -> str:
    """A rank after all samplers, and the model's own where that differs: ``2nd (own 5th)``.

    Args:
        used: The rank after all samplers, from 0; None where the token cannot be drawn.
        own: The rank in the model's own distribution, from 0.
        is_least: Whether these are the least that they can be.
    """
    if is_least:
        return tr("{rank} at best", rank=ordinal(own))
    if used == own:
        return ordinal(own)
    now = tr("none") if used is None else ordinal(used)
    return tr("{rank} (own {own})", rank=now, own=ordinal(own))


def bits(value: float) -> str:
    """Bits with one decimal: ``3.2 bits``, ``∞ bits``."""
    return tr("∞ bits") if math.isinf(value) else tr("{value:.1f} bits", value=value)


def probabilities(now: float, is_cut: bool, at_one: float, temperature: float) -> str:
    """``will be used at T 0.80: 3.1 %; the model’s own 4.2 %``, or what a filter has done to it.

    Args:
        now: The probability now; NaN where it is not known.
        is_cut: Whether a filter takes the token out.
        at_one: The model's own, at T 1.
        temperature: The T in force.
    """
    here = f"T {format_temperature(temperature)}"
    if math.isnan(now):
        return tr("the model’s own {share}", share=percent(at_one))
    chance = (
        tr("cut by a filter at {here}", here=here)
        if is_cut
        else tr("will be used at {here}: {share}", here=here, share=percent(now))
    )
    return tr("{chance}; the model’s own {share}", chance=chance, share=percent(at_one))


def beginning_words(row: TokenRow | None, temperature: float) -> str:
    """How probable the first token of a typed text is: ``begins with “␣oce”: 2.3 % at T 0.80``.

    Args:
        row: That token; None where none is known that the text begins with.
        temperature: The T in force.
    """
    if row is None:
        return tr(UNKNOWN_BEGINNING)
    if row.banned:
        return tr("Begins with “{token}”, which is banned", token=row.text.text)
    here = f"T {format_temperature(temperature)}"
    if row.cut:
        return tr(
            "Begins with “{token}”, which a filter cuts at {here}", token=row.text.text, here=here
        )
    return tr(
        "Begins with “{token}”: {share} at {here}",
        token=row.text.text,
        share=percent_between(row.band.used) if row.band else percent(row.probability),
        here=here,
    )


def probabilities_between(now: Interval, at_one: Interval, is_cut: bool, temperature: float) -> str:
    """The same where both are known between bounds alone.

    Args:
        now: The probability now, at least and at most.
        at_one: The model's own.
        is_cut: Whether a filter takes the token out.
        temperature: The T in force.
    """
    here = f"T {format_temperature(temperature)}"
    chance = (
        tr("cut by a filter at {here}", here=here)
        if is_cut
        else tr("will be used at {here}: {share}", here=here, share=percent_between(now))
    )
    return tr("{chance}; the model’s own {share}", chance=chance, share=percent_between(at_one))


def flip_sentence_between(flips: Interval | None, favourite: str, temperature: float) -> str:
    """What `flip_sentence` says where that temperature lies between two ends.

    Args:
        flips: Up to the first the favourite is taken for certain, from the second on it is not;
            None where the token is the favourite itself.
        favourite: The favourite, as it is shown.
        temperature: The one in force.
    """
    if flips is None or _shown(flips[0]) == _shown(flips[1]):
        return flip_sentence(None if flips is None else flips[1], favourite, temperature)
    if math.isinf(flips[1]):
        return tr(
            "Up to T {low} the same draw would have taken “{favourite}” instead; above, what is "
            "known does not decide it.",
            low=_shown(flips[0]),
            favourite=favourite,
        )
    if flips[0] == 0.0:
        return tr(
            "Above T {high} the same draw would not have taken “{favourite}”; below, what is known "
            "does not decide it.",
            high=_shown(flips[1]),
            favourite=favourite,
        )
    return tr(
        "Below T {low} the same draw would have taken “{favourite}” instead, above T {high} not; "
        "between the two, what is known does not decide it.",
        low=_shown(flips[0]),
        high=_shown(flips[1]),
        favourite=favourite,
    )


def _shown(temperature: float) -> str:
    return format_temperature(float(f"{temperature:.2g}"))


def flip_sentence(flip: float | None, favourite: str, temperature: float) -> str:
    """Below which temperature the same random draw would have taken the favourite.

    Args:
        flip: That temperature; None where the token is the favourite itself.
        favourite: The favourite, as it is shown.
        temperature: The one in force.
    """
    if flip is None:
        return tr("The favourite: at any lower T the same draw takes it too.")
    if flip == 0.0:
        return tr("Only T 0 would have chosen “{favourite}” instead.", favourite=favourite)
    if math.isinf(flip):
        return tr(
            "With these filters the same draw would take “{favourite}” at any T.",
            favourite=favourite,
        )
    # Two digits are what a hand can set.
    turn = format_temperature(float(f"{flip:.2g}"))
    sentence = tr(
        "Below T {turn} the same draw would have taken “{favourite}” instead",
        turn=turn,
        favourite=favourite,
    )
    return (
        tr("{sentence}, as they would now.", sentence=sentence)
        if temperature <= flip
        else f"{sentence}."
    )
