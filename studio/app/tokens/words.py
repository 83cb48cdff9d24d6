"""The histogram's words: probabilities, the tail, and the whole of it for those who hear it.

This module turns numbers into sentences.
"""

import math
from collections.abc import Sequence

from studio.app.tokens.rows import Fold, Line, Tail, TokenRow

_SPOKEN_ROWS = 5
_NARROW_NO_BREAK_SPACE = "\u202f"


def percent(probability: float) -> str:
    """A probability as a percentage: ``31.2 %``, ``0.042 %``, ``< 0.001 %``, ``0 %``.

    One decimal where that shows two digits or more; two significant digits below that.
    """
    hundredfold = 100 * probability
    if hundredfold == 0:
        number = "0"
    elif hundredfold < 0.001:
        number = f"<{_NARROW_NO_BREAK_SPACE}0.001"
    elif hundredfold < 0.95:
        digits = 1 - math.floor(math.log10(hundredfold))
        number = f"{hundredfold:.{digits}f}"
    else:
        number = f"{hundredfold:.1f}"
    return f"{number}{_NARROW_NO_BREAK_SPACE}%"


def short_percent(probability: float) -> str:
    """A probability as a bar's number: ``63 %``, ``0.4 %``, ``< 0.1 %``.

    Whole percents from 1 on; what is not all is never shown as 100.
    """
    hundredfold = 100 * probability
    if 0 < hundredfold < 0.05:
        number = f"<{_NARROW_NO_BREAK_SPACE}0.1"
    elif 0 < hundredfold < 0.95 or 99.5 <= hundredfold < 99.95:
        number = f"{hundredfold:.1f}"
    else:
        number = f"{hundredfold:.0f}"
    return f"{number}{_NARROW_NO_BREAK_SPACE}%"


def row_label(row: TokenRow) -> str:
    """What stands at the right of a row's bar."""
    if row.banned:
        return "banned"
    return "cut" if row.cut else short_percent(row.probability)


def tail_sentence(tail: Tail) -> str:
    """The last row: ``4,102 more share 14 %``."""
    if tail.tokens == 0:
        return "no others"
    if tail.kept:
        verb = "has" if tail.kept == 1 else "share"
        # Said once: a number that hangs on an estimated one is none better.
        count = f"{'' if tail.is_counted else 'about '}{tail.kept:,}"
        about = "about " if tail.is_counted and not tail.is_weighed else ""
        sentence = f"{count} more {verb} {about}{short_percent(tail.probability)}"
    else:
        sentence = f"{tail.tokens:,} more cannot be drawn"
    if tail.chosen is not None:
        sentence += f"; {chosen_word(drawn=tail.drawn)}: {tail.chosen.text}"
    return sentence


def fold_sentence(fold: Fold, *, is_exact: bool = False) -> str:
    """The row of what is cut: ``8 likely words cut by min-p 0.05``.

    Args:
        fold: What the row stands for.
        is_exact: Whether unlikely words are counted too, though nobody has opened the row:
            ``49,147 words cut by min-p 0.05, 8 likely``.
    """
    words = f"{'' if fold.is_likely else 'un'}likely word{'' if fold.tokens == 1 else 's'}"
    about = "" if fold.is_counted else "about "
    if fold.is_likely:
        words = f"{fold.tokens:,} {words}"
    elif fold.is_open or is_exact or fold.tokens == 1:
        words = f"{about}{fold.tokens:,} {words}"
    if fold.banned == fold.tokens:
        return f"{words} banned"
    likely = ""
    if is_exact and fold.is_likely and fold.total > fold.tokens:
        words, likely = f"{about}{fold.total:,} words", f", {fold.tokens:,} likely"
    by = f" by {fold.by}" if fold.by else ""
    return f"{words} cut{by}{likely}{f', {fold.banned:,} banned' if fold.banned else ''}"


def chosen_word(*, drawn: bool) -> str:
    """What the mark of the token at a place means: it was drawn there, or it stands in the text."""
    return "drawn" if drawn else "in the text"


def description(rows: Sequence[TokenRow], *, drawn: bool = True) -> str:
    """The first few tokens in words, and the one that stands there.

    Args:
        rows: The tokens, the favourite first.
        drawn: Whether the chosen one was drawn, and not read.
    """
    return "; ".join(
        f"{row.text.spoken} {row_label(row)}{f', {chosen_word(drawn=drawn)}' if row.chosen else ''}"
        for index, row in enumerate(rows)
        if index < _SPOKEN_ROWS or row.chosen
    )


def spoken_lines(lines: Sequence[Line], *, drawn: bool = True, is_exact: bool = False) -> str:
    """The first few tokens in words, the one that stands there, and what is cut.

    Args:
        lines: What is shown.
        drawn: Whether the chosen token was drawn, and not read.
        is_exact: Whether the numbers are exact.
    """
    words = [description([line for line in lines if isinstance(line, TokenRow)], drawn=drawn)]
    words += [fold_sentence(line, is_exact=is_exact) for line in lines if isinstance(line, Fold)]
    return "; ".join(filter(None, words))


def choices(effective: float) -> str:
    """How many choices there are: ``1 choice``, ``about 1.4 choices``, ``about 1,234 choices``."""
    if effective < 1.05:
        return "1 choice"
    if effective < 2.95:
        return f"about {effective:.1f} choices"
    return f"about {effective:,.0f} choices"
