"""What a view of the next token shows: rows, and the tail as one.

Plain values, made of a shape; they do not know how they are drawn.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from studio.ui.tokens.shape import TokenShape
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
        is_counted: Whether `kept` is exact, and not an estimate.
        is_weighed: Whether `probability` is. Where a filter cuts among tokens of which no single
            one is known, both may be roughly so.
    """

    tokens: int
    kept: int
    probability: float
    chosen: TokenText | None
    drawn: bool = True
    is_counted: bool = True
    is_weighed: bool = True


def rows_of(
    shape: TokenShape, count: int, chosen: int | None, text: Callable[[int], TokenText]
) -> list[TokenRow]:
    """Return the first `count` tokens of a shape, favourite first; fewer if there are.

    Args:
        shape: The distribution.
        count: How many.
        chosen: The token that stands at the place, if one does. It is always among them if the
            shape has it: where its rank is lower it takes the last row.
        text: How a token is shown, by its id.
    """
    if count <= 0:
        return []
    places = list(range(min(count, len(shape.ids))))
    if chosen in shape.ids and (place := shape.ids.index(chosen)) >= count:
        places[-1] = place
    return [row_of(shape, place, chosen, text) for place in places]


def row_of(
    shape: TokenShape, place: int, chosen: int | None, text: Callable[[int], TokenText]
) -> TokenRow:
    """Return the token at a place of a shape's lists."""
    _, ids, probabilities, uncut, ghosts, _ = shape
    token, probability = ids[place], probabilities[place]
    return TokenRow(
        token,
        text(token),
        probability,
        ghosts[place],
        uncut[place],
        # At T 0 nothing but the favourite has a probability, filters or not.
        cut=probability == 0 and uncut[place] > 0,
        chosen=token == chosen,
        banned=token in shape.banned,
    )


def tail_of(
    shape: TokenShape,
    rows: Sequence[TokenRow],
    vocabulary_size: int,
    chosen: TokenText | None,
    *,
    drawn: bool,
) -> Tail:
    """Return everything but `rows` of a shape.

    Args:
        shape: The distribution.
        rows: Some of its tokens, as `rows_of` gives them.
        vocabulary_size: How many tokens there are.
        chosen: The token that stands at the place, if one does.
        drawn: Whether that was drawn from the distribution, and not merely read.
    """
    # What is left is the head of the ranking, and so are the rows but for a chosen token.
    shown = sum(row.probability > 0 for row in rows)
    kept = max(0, shape.top.kept - shown)
    return Tail(
        tokens=vocabulary_size - len(rows),
        kept=kept,
        # The rows' sum leaves rounding errors of either sign.
        probability=max(0.0, 1.0 - sum(row.probability for row in rows)) if kept else 0.0,
        chosen=None if any(row.chosen for row in rows) else chosen,
        drawn=drawn,
        is_counted=shape.top.is_counted,
        is_weighed=not shape.top.cuts_tail,
    )
