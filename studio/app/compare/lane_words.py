"""A lane's figures in plain words."""

import math

from studio.app.tokens.text import token_text
from studio.sampling.measures import bits
from studio.token_record import TokenRecord
from studio.translation import tr

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
    return (
        tr("1 word every time")
        if effective < 1.05
        else tr("about {count} words", count=_few(effective))
    )


def word_count(count: int) -> str:
    """``1 word``, ``1,204 words``."""
    return tr("%n words", "", count, one="%n word")


def token_count(count: int) -> str:
    """``1 token``, ``1,204 tokens``."""
    return tr("%n tokens", "", count, one="%n token")


def word_of(token: TokenRecord) -> str:
    """What a token spells, without the space that it begins with where there is more of it."""
    shown = token_text(token.text, token.id).text
    return shown.removeprefix("␣") or shown


def token_openness(token: TokenRecord) -> str:
    """How open the place of a token was: ``“sea”, one of about 16 words, 4.0 bits``."""
    effective = effective_words(token.entropy)
    chosen = (
        tr("the only word")
        if effective < 1.05
        else tr("one of about {count}", count=_few(effective))
    )
    return tr(
        "“{word}” {chosen}, {bits:.1f} bits",
        word=word_of(token),
        chosen=chosen,
        bits=bits(shown_nats(token.entropy)),
    )


def _few(count: float) -> str:
    return f"{count:.1f}" if count < 2.95 else f"{count:,.0f}"
