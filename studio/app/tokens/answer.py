"""Which T gives a token some probability: the question as it was typed, the answer in words.

Plain values and sentences.
"""

import math
from typing import NamedTuple

import msgspec

from studio.app.parameters.sampling_number import parse_number
from studio.app.parameters.temperature_scale import format_temperature
from studio.app.tokens.details import TokenDetails
from studio.app.tokens.words import percent
from studio.sampling import NO_STATE, LogitSketch, SamplerState, SamplingParams
from studio.sampling.analysis.retemper import temperature_for_left
from studio.translation import tr

_DIGITS = 4
"""Digits of a temperature that is set: what the field shows, and enough for 0.1 %."""


class Answer(NamedTuple):
    """An answer to "what T makes this token so likely?".

    Attributes:
        words: One sentence.
        temperatures: The temperatures to offer: none, one or two, the lower one first.
    """

    words: str
    temperatures: tuple[float, ...] = ()


class AskedToken(NamedTuple):
    """A token at one place, as it was when the question was asked.

    Attributes:
        details: The token.
        sketch: The distribution it is in.
        params: The samplers in force; their temperature does not matter.
        history: The tokens before it, oldest first.
        state: What XTC, DRY and Mirostat need beside them.
    """

    details: TokenDetails
    sketch: LogitSketch
    params: SamplingParams
    history: tuple[int, ...]
    state: SamplerState = NO_STATE

    def answer(self, probability: float) -> Answer:
        """Say at which temperatures the token has this probability."""
        left, basis, peak = self.details.subject
        wanted = percent(probability) + (f" {basis}" if basis else "")
        found = temperature_for_left(left, self.details.row.token, probability)
        if found:
            makes_it = (
                tr("One T makes it {wanted}:", wanted=wanted)
                if len(found) == 1
                else tr("Two T make it {wanted}:", wanted=wanted)
            )
            return Answer(makes_it, tuple(map(_settable, found)))
        if probability <= peak.probability:
            least = percent(1.0 / left.tokens)
            return Answer(
                tr(
                    "No T makes it {wanted}: it does not fall below {least}.",
                    wanted=wanted,
                    least=least,
                )
            )
        most = tr(
            "No T makes it {wanted}. The most it reaches is {share}",
            wanted=wanted,
            share=percent(peak.probability),
        )
        if peak.temperature == 0.0:  # it ties with the favourite, which has everything at T 0
            return Answer(tr("{most}, as T nears 0.", most=most))
        return Answer(tr("{most}, here:", most=most), (_settable(peak.temperature),))

    def offer(self, temperature: float) -> str:
        """A button's words: ``T 0.62``, with the probability after filters where that differs."""
        shown = f"T {format_temperature(temperature)}"
        if not self.details.subject.basis or self.sketch.is_truncated:
            return shown
        return tr(
            "{shown}: {share} after filters",
            shown=shown,
            share=percent(self._after(temperature)),
        )

    def _after(self, temperature: float) -> float:
        """The probability at another T, after all samplers."""
        params = msgspec.structs.replace(self.params, temperature=temperature)
        shaped = self.sketch.shaped(params, self.history, self.state)
        return float(shaped.probabilities[shaped.ids == self.details.row.token].sum())


def parse_percent(text: str) -> float:
    """The probability that was typed as a percentage, with or without the sign.

    Raises:
        ValueError: With a sentence for the writer: what was found, what is allowed.
    """
    shown = text.strip()
    try:
        number = parse_number(shown.removesuffix("%").strip())
    except ValueError:
        number = math.nan
    if not 0.0 <= number <= 100.0:
        raise ValueError(
            tr("“{shown}” is not a percentage: type a number from 0 to 100.", shown=shown)
        )
    return number / 100


def _settable(temperature: float) -> float:
    return float(f"{temperature:.{_DIGITS}g}")
