"""What a sampling parameter may be: the checks that `SamplingParams` makes of its fields.

Each takes the field's name and the value found, and returns the value as a plain Python number (or
a tuple of them), or raises a `ParameterError` that names the field and what is allowed.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from functools import cache

from studio.sampling.errors import ParameterError
from studio.sampling.facts import LARGEST_COUNT, Number


def real(field: str, value: object, allowed: str) -> float:
    """Return `value` as a float, which may still be infinite or NaN.

    Args:
        field: What the value is called in a message.
        value: What was found.
        allowed: What may be there, in words.
    """
    # A bool is an Integral to Python; as a temperature it is a mistake.
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ParameterError(field, value, allowed)
    try:
        return float(value)
    except OverflowError:  # an int beyond float's range
        raise ParameterError(field, value, allowed) from None


def non_negative(field: str, value: object, allowed: str) -> float:
    """Return `value` as a float from 0 to infinity, or refuse it by the field's name.

    Args:
        field: What the value is called in a message.
        value: What was found.
        allowed: What may be there, in words.

    Raises:
        ParameterError: Not a number, NaN, or negative.
    """
    number = real(field, value, allowed)
    if not number >= 0.0:  # false for NaN too
        raise ParameterError(field, value, allowed)
    return abs(number)  # -0.0 becomes 0.0


def number(facts: Number, field: str, value: object) -> float:
    """Return `value` as a number that a parameter may be: an int where it is a whole one.

    Args:
        facts: The parameter.
        field: What to call it where the value is refused.
        value: What was found.
    """
    if facts.is_whole:
        return _whole(facts, field, value)
    allowed = _allowed(facts)
    found = real(field, value, allowed) + 0.0  # -0.0 becomes 0.0
    if found == facts.also_neutral:
        return facts.neutral
    is_inside = facts.least < found if facts.is_above else facts.least <= found
    is_inside = is_inside and found <= facts.most
    if math.isinf(found) and not facts.may_be_infinite:
        is_inside = False
    if not (is_inside or found in facts.words.values()):  # so is NaN not
        raise ParameterError(field, value, allowed)
    return found


def _whole(facts: Number, field: str, value: object) -> int:
    allowed = _allowed(facts)
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise ParameterError(field, value, allowed)
    found = int(value)
    if not _lowest(facts) <= found <= facts.most:
        raise ParameterError(field, value, allowed)
    return found


def _lowest(facts: Number) -> float:
    """The least of its range and of what words stand for."""
    return min((facts.least, *facts.words.values()))


@cache
def _allowed(facts: Number) -> str:
    """What a number may be, in words."""
    means = facts.means or facts.meanings
    if facts.is_whole:
        return f"a whole number from {_lowest(facts):.0f} to {facts.most:.0f} ({means})"
    least = f"{facts.least:g}"
    if facts.may_be_infinite:
        word = {value: f" ({name})" for name, value in facts.words.items()}
        ends = word.get(facts.least, ""), word.get(facts.most, "")
        return f"a number from {least}{ends[0]} to infinity{ends[1]}"
    if not math.isinf(facts.most):
        side = f"above {least} and at most" if facts.is_above else f"from {least} to"
        return f"a number {side} {facts.most:g} ({means})"
    if math.isinf(facts.least):
        return f"a finite number ({means})"
    beyond = [value for value in facts.words.values() if value < facts.least]
    others = "".join(f", or {value:g}" for value in beyond)
    return f"a finite number {'above' if facts.is_above else 'from'} {least}{others} ({means})"


def biases(field: str, value: object) -> tuple[tuple[int, float], ...]:
    """Return (token, bias) pairs in ascending order of token, from pairs or from a mapping.

    A bias of None is read as -inf: JSON has no infinity, and writes null for it.

    Args:
        field: What the value is called in a message.
        value: What was found.
    """
    allowed = (
        f"pairs of a token id (0 to {LARGEST_COUNT}) and a number to add to its logit, -inf to ban "
        "it, each token at most once"
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
        number = -math.inf if bias is None else real(field, bias, allowed)
        if not number < math.inf:  # so is NaN not
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
        raise ParameterError(field, value, "a line of at most 200 characters")
    return value


def texts(field: str, value: object, longest: int) -> tuple[str, ...]:
    """Return texts that are not empty, each once, in their order.

    Args:
        field: What the value is called in a message.
        value: What was found.
        longest: How many characters one may have.
    """
    allowed = f"texts of 1 to {longest} bytes in UTF-8, without a zero"
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
    allowed = f"each of {', '.join(known)} at most once, in the order wanted"
    if isinstance(value, str) or not isinstance(value, (tuple, list)):
        raise ParameterError(field, value, allowed)
    if not all(isinstance(name, str) for name in value):
        raise ParameterError(field, value, allowed)
    settled = tuple(aliases.get(name, name) for name in value)
    unknown = [name for name in settled if name not in known]
    if unknown or len(set(settled)) != len(settled):
        raise ParameterError(field, value, allowed)
    return settled
