"""The histogram's words: probabilities, the tail, and all of it in words for a screen reader."""

import math
from collections.abc import Sequence

from studio.app.tokens.rows import Fold, Line, Tail, TokenRow
from studio.app.tokens.shape import Interval
from studio.translation import tr

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

    Whole percents from 1 on; anything less than all is never shown as 100.
    """
    hundredfold = 100 * probability
    if 0 < hundredfold < 0.05:
        number = f"<{_NARROW_NO_BREAK_SPACE}0.1"
    elif 0 < hundredfold < 0.95 or 99.5 <= hundredfold < 99.95:
        number = f"{hundredfold:.1f}"
    else:
        number = f"{hundredfold:.0f}"
    return f"{number}{_NARROW_NO_BREAK_SPACE}%"


def percent_between(band: Interval) -> str:
    """What a probability can be: ``31.2–34.0 %``, ``at most 0.4 %``; ``31.2 %`` for both."""
    least, most = map(percent, band)
    return _between(least, most, band) or tr("at most {share}", share=most)


def short_percent_between(band: Interval) -> str:
    """The same for a bar: ``31–34 %``, ``≤ 0.4 %``."""
    least, most = map(short_percent, band)
    return _between(least, most, band) or f"≤{_NARROW_NO_BREAK_SPACE}{most}"


def _between(least: str, most: str, band: Interval) -> str:
    if least == most:
        return most
    if "<" in most:
        return most
    if band[0] == 0.0 or "<" in least:
        return ""
    return f"{least.removesuffix('%').rstrip(_NARROW_NO_BREAK_SPACE)}–{most}"


def row_label(row: TokenRow) -> str:
    """The words to the right of a row's bar."""
    if row.banned:
        return tr("banned")
    if row.cut:
        return tr("cut")
    return short_percent_between(row.band.used) if row.band else short_percent(row.probability)


def tail_sentence(tail: Tail) -> str:
    """The last row: ``4,102 more share 14 %``."""
    if tail.tokens == 0:
        return tr("no others")
    if tail.kept:
        share = short_percent_between(tail.band) if tail.band else short_percent(tail.probability)
        # Said once: a number that hangs on an estimated one is none better.
        if not tail.is_counted:
            sentence = tr(
                "about %n more share {share}",
                "",
                tail.kept,
                one="about %n more has {share}",
                share=share,
            )
        elif not (tail.is_weighed or tail.band):
            sentence = tr(
                "%n more share about {share}",
                "",
                tail.kept,
                one="%n more has about {share}",
                share=share,
            )
        else:
            sentence = tr(
                "%n more share {share}", "", tail.kept, one="%n more has {share}", share=share
            )
    else:
        sentence = tr("%n more cannot be drawn", "", tail.tokens)
    if tail.chosen is not None:
        sentence += f"; {chosen_word(drawn=tail.drawn)}: {tail.chosen.text}"
    return sentence


def fold_sentence(fold: Fold, *, is_exact: bool = False, is_short: bool = False) -> str:
    """The row for what is cut: ``8 likely words cut by min-p 0.05``.

    Args:
        fold: The tokens that the row stands for.
        is_exact: Whether unlikely words are counted too, though nobody has opened the row:
            ``49,147 words cut by min-p 0.05, 8 likely``.
        is_short: Whether there is no room to say what cuts them, and what else there is of them.
    """
    words = _folded_words(fold, is_exact=is_exact)
    if fold.banned == fold.tokens:
        return tr("{words} banned", words=words)
    likely = ""
    if is_exact and fold.is_likely and fold.total > fold.tokens:
        words = _words(fold.total, is_counted=fold.is_counted)
        likely = tr(", {count:,} likely", count=fold.tokens)
    if not fold.by:
        cut = tr("{words} cut", words=words)
    elif is_short:
        return tr("{words} cut", words=words)
    else:
        cut = tr("{words} cut by {filters}", words=words, filters=fold.by)
    banned = tr(", {count:,} banned", count=fold.banned) if fold.banned else ""
    return f"{cut}{likely}{banned}"


def _folded_words(fold: Fold, *, is_exact: bool) -> str:
    if fold.is_likely:
        return tr("%n likely words", "", fold.tokens, one="%n likely word")
    if not (fold.is_open or is_exact or fold.tokens == 1):
        return tr("unlikely words")
    if fold.is_counted:
        return tr("%n unlikely words", "", fold.tokens, one="%n unlikely word")
    return tr("about %n unlikely words", "", fold.tokens, one="about %n unlikely word")


def _words(count: int, *, is_counted: bool) -> str:
    return tr("%n words", "", count) if is_counted else tr("about %n words", "", count)


def chosen_word(*, drawn: bool) -> str:
    """What the mark on a token means: it was drawn here, or it follows in the text."""
    return tr("drawn") if drawn else tr("in the text")


def description(rows: Sequence[TokenRow], *, drawn: bool = True) -> str:
    """The first few tokens in words, and the one that follows in the text.

    Args:
        rows: The tokens, the favourite first.
        drawn: Whether the chosen one was drawn rather than read.
    """
    return "; ".join(
        f"{row.text.spoken} {row_label(row)}{f', {chosen_word(drawn=drawn)}' if row.chosen else ''}"
        for index, row in enumerate(rows)
        if index < _SPOKEN_ROWS or row.chosen
    )


def spoken_lines(lines: Sequence[Line], *, drawn: bool = True, is_exact: bool = False) -> str:
    """The first few tokens in words, the one that follows in the text, and what is cut.

    Args:
        lines: The lines of bars.
        drawn: Whether the chosen token was drawn rather than read.
        is_exact: Whether the numbers are exact.
    """
    words = [description([line for line in lines if isinstance(line, TokenRow)], drawn=drawn)]
    words += [fold_sentence(line, is_exact=is_exact) for line in lines if isinstance(line, Fold)]
    return "; ".join(filter(None, words))


def choices_between(effective: Interval) -> str:
    """How many choices there can be: ``12 to 19 choices``, or as `choices` says of both ends."""
    least, most = effective
    if choices(least) == choices(most):
        return choices(most)
    return tr("{least} to {most} choices", least=_few(least), most=_few(most))


def bits_between(values: Interval) -> str:
    """What a number of bits can be: ``3.2–3.9 bits``, ``at least 9.0 bits``, ``3.2 bits``."""
    least, most = (f"{value:.1f}" for value in values)
    if math.isinf(values[1]):
        return tr("∞ bits") if math.isinf(values[0]) else tr("at least {least} bits", least=least)
    return tr("{bits} bits", bits=least if least == most else f"{least}–{most}")


def _few(effective: float) -> str:
    return f"{effective:.1f}" if effective < 2.95 else f"{effective:,.0f}"


def choices(effective: float) -> str:
    """How many choices there are: ``1 choice``, ``about 1.4 choices``, ``about 1,234 choices``."""
    if effective < 1.05:
        return tr("1 choice")
    if effective < 2.95:
        return tr("about {count:.1f} choices", count=effective)
    return tr("about {count:,.0f} choices", count=effective)
