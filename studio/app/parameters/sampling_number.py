"""Numbers as people type them, whatever the locale: 0.95 and 0,95 are the same.

Qt's spin boxes and C's `strtod` read only the locale's own separator and take the other for the end
of the number, or for a thousands separator. Here a comma is a decimal separator; only where a whole
number is wanted can groups of three digits be thousands, whatever separates them.
"""

import math
import re

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:([,.\s'’])\d{3})(?:\1\d{3})*")


def parse_number(text: str) -> float:
    """The number in `text`; ``∞`` and ``inf`` are infinity, and minus signs may be typographic.

    Raises:
        ValueError: `text` is not one number, or it is "nan". The message is for programmers: the
            caller knows the field, and what to say to the writer.
    """
    word = text.strip().replace("−", "-").replace("∞", "inf")
    number = math.nan
    if "_" not in word:  # Python's own thousands separator, and nobody else's
        number = float(word.replace(",", ".").replace("٫", "."))
    if math.isnan(number):
        raise ValueError(f"not a number: {text!r}")
    return number + 0.0  # -0.0 becomes 0.0


def parse_integer(text: str) -> int:
    """The whole number in `text`, such as ``40``, ``40.0``, ``−1`` or ``1,000``.

    Raises:
        ValueError: `text` is not a number, or not a whole one.
    """
    word = text.strip().replace("−", "-")
    if grouped := _THOUSANDS.fullmatch(word):
        word = word.replace(grouped[1], "")
    number = parse_number(word)
    if not number.is_integer():  # infinity is not, either
        raise ValueError(f"not a whole number: {text!r}")
    return int(number)


def format_number(number: float) -> str:
    """A parameter as it is shown: ``0.95``, ``40``, ``1.05``; at most six significant digits."""
    return "∞" if math.isinf(number) else f"{number:.6g}"
