"""What a sampling parameter may be: the checks that `SamplingParams` makes of its fields.

Each takes the field's name and the value found, and returns the value as a plain Python number (or
a tuple of them), or raises a `ParameterError` that names the field and what is allowed.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping

from studio.sampling.errors import ParameterError
from studio.sampling.facts import LARGEST_COUNT, Number
from studio.translation import tr


def real(value: object) -> float | None:
    """Return `value` as a float, which may still be infinite or NaN; None where it is no number."""
    # A bool is an Integral to Python; as a temperature it is a mistake.
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        return float(value)
    except OverflowError:  # an int beyond float's range
        return None


def non_negative(field: str, value: object, allowed: str) -> float:
    """Return `value` as a float from 0 to infinity, or refuse it by the field's name.

    Args:
        field: What the value is called in a message.
        value: What was found.
        allowed: What may be there, in words; marked.

    Raises:
        ParameterError: Not a number, NaN, or negative.
    """
    number = real(value)
    if number is None or not number >= 0.0:  # false for NaN too
        raise ParameterError(field, value, tr(allowed))
    return abs(number)  # -0.0 becomes 0.0


def number(facts: Number, field: str, value: object) -> float:
    """Return `value` as a number that a parameter may be: an int where it is a whole one.

    Args:
        facts: The parameter.
        field: What to call it where the value is refused.
        value: What was found.
    """
    found = _whole(facts, value) if facts.is_whole else _fraction(facts, value)
    if found is None:
        raise ParameterError(field, value, _allowed(facts))
    return found


def _fraction(facts: Number, value: object) -> float | None:
    found = real(value)
    if found is None:
        return None
    found += 0.0  # -0.0 becomes 0.0
    if found == facts.also_neutral:
        return facts.neutral
    is_inside = facts.least < found if facts.is_above else facts.least <= found
    is_inside = is_inside and found <= facts.most
    if math.isinf(found) and not facts.may_be_infinite:
        is_inside = False
    # So is NaN not.
    return found if is_inside or found in facts.words.values() else None


def _whole(facts: Number, value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        return None
    found = int(value)
    return found if _lowest(facts) <= found <= facts.most else None


def _lowest(facts: Number) -> float:
    """The least of its range and of what words stand for."""
    return min((facts.least, *facts.words.values()))


def _allowed(facts: Number) -> str:
    """What a number may be, in words."""
    means = tr(facts.means) if facts.means else facts.meanings
    least, most = facts.least, facts.most
    if facts.is_whole:
        least = _lowest(facts)
        return tr(
            "a whole number from {least:.0f} to {most:.0f} ({means})",
            least=least,
            most=most,
            means=means,
        )
    if facts.may_be_infinite:
        word = {value: f" ({tr(name)})" for name, value in facts.words.items()}
        return tr(
            "a number from {least:g}{named_least} to infinity{named_most}",
            least=least,
            named_least=word.get(least, ""),
            named_most=word.get(most, ""),
        )
    if not math.isinf(most):
        if facts.is_above:
            words = tr("a number above {least:g} and at most {most:g}", least=least, most=most)
        else:
            words = tr("a number from {least:g} to {most:g}", least=least, most=most)
    elif math.isinf(least):
        words = tr("a finite number")
    elif facts.is_above:
        words = tr("a finite number above {least:g}", least=least)
    else:
        words = tr("a finite number from {least:g}", least=least)
    for value in facts.words.values():
        if value < least and math.isinf(most):
            words = tr("{number}, or {value:g}", number=words, value=value)
    return f"{words} ({means})"


def biases(field: str, value: object) -> tuple[tuple[int, float], ...]:
    """Return (token, bias) pairs in ascending order of token, from pairs or from a mapping.

    A bias of None is read as -inf: JSON has no infinity, and writes null for it.

    Args:
        field: What the value is called in a message.
        value: What was found.
    """
    allowed = tr(
        "pairs of a token id (0 to {largest}) and a number to add to its logit, -inf to ban it, "
        "each token at most once",
        largest=LARGEST_COUNT,
    )
    pairs = tuple(value.items()) if isinstance(value, Mapping) else value
    if not isinstance(pairs, (tuple, list)):
        raise ParameterError(field, value, allowed)
    found: dict[int, float] = {}
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ParameterError(field, value, allowed)
        token, bias = pair
        if isinstance(token, bool) or not isinstance(token, numbers.Integral):
            raise ParameterError(field, value, allowed)
        number = -math.inf if bias is None else real(bias)
        if number is None or not number < math.inf:  # so is NaN not
            raise ParameterError(field, value, allowed)
        identity = int(token)
        if not 0 <= identity <= LARGEST_COUNT or identity in found:
            raise ParameterError(field, value, allowed)
        found[identity] = number + 0.0
    return tuple(sorted(found.items()))


def short_text(field: str, value: object) -> str:
    """Return `value` as a text of one line.

    Args:
        field: What the value is called in a message.
        value: What was found.
    """
    if not isinstance(value, str) or len(value) > 200 or not value.isprintable():
        raise ParameterError(field, value, tr("a line of at most 200 characters"))
    return value


def texts(field: str, value: object, longest: int) -> tuple[str, ...]:
    """Return texts that are not empty, each once, in their order.

    Args:
        field: What the value is called in a message.
        value: What was found.
        longest: How many characters one may have.
    """
    allowed = tr("texts of 1 to {longest} bytes in UTF-8, without a zero", longest=longest)
    if isinstance(value, str) or not isinstance(value, (tuple, list)):
        raise ParameterError(field, value, allowed)
    for text in value:
        if not isinstance(text, str) or "\0" in text:
            raise ParameterError(field, value, allowed)
        if not 1 <= len(text.encode("utf-8", errors="replace")) <= longest:
            raise ParameterError(field, value, allowed)
    return tuple(dict.fromkeys(value))


def names(
    field: str, value: object, known: tuple[str, ...], aliases: Mapping[str, str]
) -> tuple[str, ...]:
    """Return `value` as names that are `known`, each at most once; aliases are replaced.

    Args:
        field: What the value is called in a message.
        value: What was found.
        known: The names that there are.
        aliases: Other names for them.
    """
    allowed = tr("each of {names} at most once, in the order wanted", names=", ".join(known))
    if isinstance(value, str) or not isinstance(value, (tuple, list)):
        raise ParameterError(field, value, allowed)
    if not all(isinstance(name, str) for name in value):
        raise ParameterError(field, value, allowed)
    settled = tuple(aliases.get(name, name) for name in value)
    unknown = [name for name in settled if name not in known]
    if unknown or len(set(settled)) != len(settled):
        raise ParameterError(field, value, allowed)
    return settled
