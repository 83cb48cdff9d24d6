"""Numbers as formats without types write them."""

from __future__ import annotations

import re

from studio.presets.errors import refused
from studio.translation import tr

_WHOLE = re.compile(r"[-+]?\d{1,18}")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?")


def number_of(key: str, text: object) -> int | float:
    """The number in `text`.

    Args:
        key: The key in the file.
        text: The text that was found.

    Raises:
        PresetError: it is none, or none that is finite.
    """
    if isinstance(text, str):
        if _WHOLE.fullmatch(text):
            return int(text)
        if _NUMBER.fullmatch(text) and len(text) < 400 and abs(float(text)) < 1e308:
            return float(text)
    raise refused(key, text, tr("a finite number"))
