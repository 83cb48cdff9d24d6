"""What a view of the next token shows: rows, those cut as one, and the tail as one.

Plain values, made of a shape; they do not know how they are drawn.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple

from studio.app.tokens.shape import Band, Interval, TokenShape
from studio.app.tokens.text import TokenText


class TokenRow(NamedTuple):
    """One token of the distribution.

    Attributes:
        token: Its id.
        text: How it is shown.
        probability: The probability with which the sampler draws it now; 0 where it is cut.
        ghost: Its probability at T = 1 before penalties and filters: the model's own.
        uncut: What its probability would be without filters.
        cut: Whether a filter has cut it.
        chosen: Whether it is the token that follows in the text.
        banned: Whether a bias has banned it.
        band: What the three probabilities can be where not all of the distribution is known; they
            lie in the middle of it then.
    """

    token: int
    text: TokenText
    probability: float
    ghost: float
    uncut: float
    cut: bool
    chosen: bool
    banned: bool = False
    band: Band | None = None


class Tail(NamedTuple):
    """All tokens that have no row, as one line.

    Attributes:
        tokens: How many there are.
        kept: How many of them can be drawn: no filter cut them, and T is not 0.
        probability: The probability with which the sampler draws any of them.
        chosen: The token that follows in the text, if it is one of them.
        drawn: Whether that was drawn from the distribution, rather than only read.
        is_counted: Whether `kept` is exact rather than an estimate.
        is_weighed: Whether `probability` is exact. Where a filter cuts among tokens that are not
            known one by one, both may be estimates.
        band: What `probability` can be, as for `TokenRow`.
    """

    tokens: int
    kept: int
    probability: float
    chosen: TokenText | None
    drawn: bool = True
    is_counted: bool = True
    is_weighed: bool = True
    band: Interval | None = None


class Fold(NamedTuple):
    """The tokens that filters and biases have removed, as one row that can be opened.

    Attributes:
        tokens: How many were likely before, if any; else how many were removed in all.
        banned: How many of these a bias has banned.
        is_likely: Whether `tokens` counts the likely ones.
        total: How many tokens were removed in all.
        is_counted: Whether `total` is exact rather than an estimate.
        by: The filter that cut them, as the writer reads it; empty where several did.
        is_open: Whether rows of their own follow.
    """

    tokens: int
    banned: int
    is_likely: bool
    total: int
    is_counted: bool
    by: str
    is_open: bool


Line = TokenRow | Fold | Tail
"""One line of the bars."""

LIKELY = 0.01
"""The probability, before filters or in the model's own distribution, from which a token that was
cut counts as likely: one that a writer may miss."""


def lines_of(
    shape: TokenShape,
    room: int,
    chosen: int | None,
    text: Callable[[int], TokenText],
    vocabulary_size: int,
    by: Callable[[], str],
    *,
    is_open: bool,
    drawn: bool,
) -> list[Line]:
    """Return the lines of bars that fit.

    First the tokens that can be drawn, favourite first; then one line for those that were cut,
    followed by their own rows where it is open; then one line for all others.

    Args:
        shape: The distribution.
        room: How many lines there are.
        chosen: The token that follows in the text, if any. It has a row if the shape has it.
        text: How a token is shown, by its id.
        vocabulary_size: How many tokens there are.
        by: Gives the only filter that cuts, if one does. Called only where tokens are cut.
        is_open: Whether the tokens that were cut have rows too.
        drawn: Whether the chosen token was drawn from the distribution, rather than only read.
    """
    if room <= 0:
        return []
    out = taken_out(shape)
    uncut, ghosts = shape.uncut, shape.ghosts
    likely = [place for place in out if uncut[place] >= LIKELY or ghosts[place] >= LIKELY]
    listed = likely or out
    room = max(0, room - bool(out) - 1)
    # Those that can be drawn have what room they need, but leave half of it to what was opened.
    free = max(room // 2, room - (len(shape.ids) - len(out)))
    opened = listed[:free] if is_open else []
    hidden = set(out)
    drawable = (place for place in range(len(shape.ids)) if place not in hidden)
    places = list(islice(drawable, max(0, room - len(opened))))
    if chosen in shape.ids and (place := shape.ids.index(chosen)) not in {*places, *opened}:
        if room - len(opened) <= len(places):
            places = places[:-1]
        places.append(place)
    kept = [row_of(shape, place, chosen, text) for place in places]
    cut = [row_of(shape, place, chosen, text) for place in opened]
    lines: list[Line] = [*kept]
    if out:
        lines.append(_fold_of(shape, listed, bool(likely), by(), is_open=is_open))
        lines += cut
    mark = None if chosen is None else text(chosen)
    tail = tail_of(shape, [*kept, *cut], vocabulary_size, mark, drawn=drawn)
    # Of what is cut the fold has reported.
    if tail.kept or tail.chosen is not None or not out or is_open:
        lines.append(tail)
    return lines


def taken_out(shape: TokenShape) -> list[int]:
    """The places in the shape's lists of the tokens that filters or biases have removed."""
    probabilities, uncut, banned = shape.probabilities, shape.uncut, shape.banned
    if 0.0 not in probabilities:
        return []
    first = probabilities.index(0.0)
    if not (banned or any(probabilities[first:]) or 0.0 in uncut[first:]):
        return list(range(first, len(probabilities)))  # all behind the last that is left
    return [
        place
        for place, (token, probability, before) in enumerate(
            zip(shape.ids, probabilities, uncut, strict=True)
        )
        if (probability == 0.0 and before > 0.0) or token in banned
    ]


def _fold_of(
    shape: TokenShape,
    listed: Sequence[int],
    is_likely: bool,
    by: str,
    *,
    is_open: bool,
) -> Fold:
    banned = sum(shape.ids[place] in shape.banned for place in listed)
    if len(listed) == banned:
        return Fold(banned, banned, is_likely, banned, True, by, is_open)
    total = max(len(listed), shape.possible - shape.top.kept)
    tokens = len(listed) if is_likely else total
    return Fold(tokens, banned, is_likely, total, shape.top.is_counted, by, is_open)


def rows_of(
    shape: TokenShape, count: int, chosen: int | None, text: Callable[[int], TokenText]
) -> list[TokenRow]:
    """Return the first `count` tokens of a shape, favourite first; fewer if there are.

    Args:
        shape: The distribution.
        count: How many tokens.
        chosen: The token that follows in the text, if any. It is always among them if the shape
            has it: where it ranks lower it takes the last row.
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
    """Return the token at a place of a shape's lists.

    Args:
        shape: The distribution.
        place: Its place in the lists.
        chosen: The token that follows in the text; None for none.
        text: How a token is shown, by its id.
    """
    token, probability = shape.ids[place], shape.probabilities[place]
    return TokenRow(
        token,
        text(token),
        probability,
        shape.ghosts[place],
        shape.uncut[place],
        # At T 0 nothing but the favourite has a probability, filters or not.
        cut=probability == 0 and shape.uncut[place] > 0,
        chosen=token == chosen,
        banned=token in shape.banned,
        band=shape.bands[place] if shape.bands else None,
    )


def rank_of(shape: TokenShape, place: int) -> int | None:
    """Return a token's rank among those that can be drawn, 0 for the favourite; None if it cannot.

    At T 0, where only the favourite can be drawn, it is the rank at any T above 0.

    Args:
        shape: The distribution.
        place: Where it stands in the shape's lists.
    """
    out = taken_out(shape)
    return None if place in out else place - sum(other < place for other in out)


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
        chosen: The token that follows in the text, if any.
        drawn: Whether that was drawn from the distribution, rather than only read.
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
        band=_rest(rows) if shape.bands else None,
    )


def _rest(rows: Sequence[TokenRow]) -> Interval:
    """What all but the rows can have."""
    least, most = (sum(row.band.used[end] for row in rows if row.band) for end in (0, 1))
    return max(0.0, 1.0 - most), max(0.0, 1.0 - least)
