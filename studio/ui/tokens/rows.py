"""What a view of the next token shows: rows, and the tail as one.

Plain values; they do not know where their numbers come from, nor how they are drawn.
"""

from typing import NamedTuple

from studio.ui.tokens.text import TokenText


class TokenRow(NamedTuple):
    """One token of the distribution.

    Attributes:
        token: Its id.
        text: How it is shown.
        probability: With what probability the sampler draws it now; 0 where it is cut.
        ghost: Its probability at T = 1 before penalties and filters: the model's own.
        uncut: Its probability now if there were no filters; what the filter took away.
        cut: Whether a filter has cut it.
        chosen: Whether it is the token that stands at the place.
        banned: Whether a bias has taken it out.
    """

    token: int
    text: TokenText
    probability: float
    ghost: float
    uncut: float
    cut: bool
    chosen: bool
    banned: bool = False


class Tail(NamedTuple):
    """All tokens but those in the rows, as one.

    Attributes:
        tokens: How many they are.
        kept: How many of them can be drawn: no filter cut them, and T is not 0.
        probability: With what probability the sampler draws any of them.
        chosen: The token that stands at the place, if it is one of them.
        drawn: Whether that was drawn from the distribution, and not merely read.
    """

    tokens: int
    kept: int
    probability: float
    chosen: TokenText | None
    drawn: bool = True
