"""A lane's figures in plain words."""

import math

from studio.app.counted import counted
from studio.app.tokens.text import token_text
from studio.sampling.measures import bits
from studio.token_record import TokenRecord

_MOST_NATS = 50.0
"""No vocabulary has more; but what draws does not rely on where a number came from."""


def shown_nats(nats: float) -> float:
    """An entropy as it can be drawn: 0 to what no vocabulary has; 0 for what is no number."""
    return min(nats, _MOST_NATS) if nats > 0.0 else 0.0


def effective_words(nats: float) -> float:
    """As many equally likely words would be as uncertain as an entropy of so many nats."""
    return math.exp(shown_nats(nats))


def openness(effective: float) -> str:
    """How many words could follow: ``1 word every time``, ``about 1.3 words``, ``about 16 words``.

    Args:
        effective: As many equally likely tokens would be as uncertain (e to the entropy).
    """
    return "1 word every time" if effective < 1.05 else f"about {_few(effective)} words"


def word_count(count: int) -> str:
    """``1 word``, ``1,204 words``."""
    return counted(count, "word")


def token_count(count: int) -> str:
    """``1 token``, ``1,204 tokens``."""
    return counted(count, "token")


def word_of(token: TokenRecord) -> str:
    """What a token spells, without the space that it begins with where there is more of it."""
    shown = token_text(token.text, token.id).text
    return shown.removeprefix("␣") or shown


def token_openness(token: TokenRecord) -> str:
    """How open the place of a token was: ``“sea”, one of about 16 words, 4.0 bits``."""
    effective = effective_words(token.entropy)
    chosen = "the only word" if effective < 1.05 else f"one of about {_few(effective)}"
    return f"“{word_of(token)}” {chosen}, {bits(shown_nats(token.entropy)):.1f} bits"


def _few(count: float) -> str:
    return f"{count:.1f}" if count < 2.95 else f"{count:,.0f}"
