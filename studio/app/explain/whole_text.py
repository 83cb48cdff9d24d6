"""Explain's example of texts drawn token by token and as a whole: three texts of three tokens.

Of the first token “the” has 0.4 and “a” 0.6; behind “a” come “wind” and “storm” evenly; all other
tokens are certain. So the likeliest text begins with the less likely token (after Karan and Du
2025, arXiv 2510.14901).
"""

import numpy as np

from studio.sampling import SamplingParams, distribution
from studio.translation import mark

TEXTS = (mark("the sea sleeps"), mark("a wind rises"), mark("a storm rises"))
"""The likeliest first."""

_FIRST, _SECOND = (0.4, 0.6), (0.5, 0.5)
_WHOLE = (0.4, 0.3, 0.3)


def token_by_token(temperature: float) -> tuple[float, float, float]:
    """Return the texts' probabilities where each token is drawn at T."""
    the, a = _tempered(_FIRST, temperature)
    wind, storm = _tempered(_SECOND, temperature)
    return the, a * wind, a * storm


def as_a_whole(temperature: float) -> tuple[float, float, float]:
    """Return the texts' probabilities where a whole text is drawn at T."""
    sea, wind, storm = _tempered(_WHOLE, temperature)
    return sea, wind, storm


def _tempered(probabilities: tuple[float, ...], temperature: float) -> list[float]:
    logits = np.log(np.array(probabilities)).astype(np.float32)
    found: list[float] = distribution(logits, SamplingParams(temperature=temperature)).tolist()
    return found
