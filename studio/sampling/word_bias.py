"""`WordBias`: a word that is to be likelier, less likely, or banned, whatever the model.

Kept as text: which tokens write it is another matter in each vocabulary (`word_tokens`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from studio.sampling.checks import real
from studio.sampling.errors import ParameterError
from studio.translation import tr

CASINGS = ("lower", "capitalised", "upper")
"""Ways of writing a word that may be asked for beside the one in which it was typed."""

LONGEST_WORD = 200
"""Bytes of a word or phrase in UTF-8."""
MOST_WORDS = 2_000


class WordBias(msgspec.Struct, frozen=True):
    """A word or phrase and its bias.

    Attributes:
        text: As typed. A letter or digit at either end is the end of a word: "art" is not found
            in "start", and with or without a space before it makes no difference. A text that
            begins with a space means only where that stands.
        bias: Added to the logit of the token that completes the text; -inf bans it.
        casings: Which of `CASINGS` are meant too.
    """

    text: str
    bias: float
    casings: tuple[str, ...] = ()

    @property
    def forms(self) -> tuple[str, ...]:
        """The texts that are meant, as typed first, each once."""
        return tuple(dict.fromkeys([self.text, *(cased(self.text, name) for name in self.casings)]))


def cased(text: str, casing: str) -> str:
    """Return `text` in one of `CASINGS`; "capitalised" is its first letter large, the rest small.

    A sign before the letter, such as a quotation mark, stays as it is.

    Args:
        text: A word or phrase.
        casing: One of `CASINGS`.
    """
    if casing == "upper":
        return text.upper()
    small = text.lower()
    if casing == "lower":
        return small
    place = next((place for place, sign in enumerate(small) if sign.isalpha()), 0)
    return small[:place] + small[place : place + 1].title() + small[place + 1 :]


def word_biases(field: str, value: object) -> tuple[WordBias, ...]:
    """Return words with their biases in the order given, from `WordBias`es or from what JSON has.

    Spaces at a word's end are dropped: they were hardly meant, and a token has them in front. A
    bias of None is read as -inf, as JSON has no infinity.

    Args:
        field: What the value is called in a message.
        value: What was found.

    Raises:
        ParameterError: They are no list of words with biases, too many, or one is there twice.
    """
    allowed = tr(
        "at most {most:,} words, each once: a text of 1 to {longest} bytes, a number to add to its "
        "logit (-inf bans it), and casings out of {casings}",
        most=MOST_WORDS,
        longest=LONGEST_WORD,
        casings=", ".join(CASINGS),
    )
    if not isinstance(value, (tuple, list)) or len(value) > MOST_WORDS:
        raise ParameterError(field, value, allowed)
    found: dict[str, WordBias] = {}
    for entry in value:
        word = _word(entry)
        if word is None or word.text in found:
            raise ParameterError(field, entry, allowed)
        found[word.text] = word
    return tuple(found.values())


def _word(entry: object) -> WordBias | None:
    """The word that `entry` describes; None where it is none."""
    if isinstance(entry, WordBias):
        entry = {"text": entry.text, "bias": entry.bias, "casings": entry.casings}
    if not (isinstance(entry, Mapping) and entry.keys() <= {"text", "bias", "casings"}):
        return None
    text, bias, casings = entry.get("text"), entry.get("bias", False), entry.get("casings", ())
    if not isinstance(text, str) or "\0" in text or not isinstance(casings, (tuple, list)):
        return None
    if not all(isinstance(name, str) and name in CASINGS for name in casings):
        return None
    text = text.encode("utf-8", errors="replace").decode()  # a lone surrogate is in no vocabulary
    text = text.rstrip(" \t") or text
    if not 1 <= len(text.encode()) <= LONGEST_WORD:
        return None
    number = -math.inf if bias is None else real(bias)
    if number is None or not number < math.inf:  # so is NaN not
        return None
    in_order = tuple(name for name in CASINGS if name in casings)
    return WordBias(text, number + 0.0, in_order)
