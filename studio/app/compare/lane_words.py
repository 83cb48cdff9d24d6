"""A lane's figures in plain words."""

import math

from studio.app.tokens.text import token_text
from studio.sampling.measures import bits
from studio.token_record import TokenRecord
from studio.translation import tr

_MOST_NATS = 50.0
"""More than any vocabulary can give; a number that a file holds may be larger."""


def shown_nats(nats: float) -> float:
    """An entropy within the bounds of the picture; 0 for what is not a number."""
    return min(nats, _MOST_NATS) if nats > 0.0 else 0.0


def effective_words(nats: float) -> float:
    """The number of equally likely words that would have this entropy, in nats."""
    return math.exp(shown_nats(nats))


def openness(effective: float) -> str:
    """How many words could follow: ``1 word every time``, ``about 1.3 words``, ``about 16 words``.

    Args:
        effective: The number of equally likely tokens with the same entropy: e to its power.
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
    """What a token spells, without the space at its beginning unless it is all there is."""
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
    known = bits(shown_nats(token.entropy))
    shown = (
        tr("about {bits:.1f} bits", bits=known)
        if token.is_estimated
        else tr("{bits:.1f} bits", bits=known)
    )
    return tr("“{word}” {chosen}, {bits}", word=word_of(token), chosen=chosen, bits=shown)


def _few(count: float) -> str:
    return f"{count:.1f}" if count < 2.95 else f"{count:,.0f}"
