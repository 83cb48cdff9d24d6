"""A chart as data: rows with names, one or more columns of bars beside them.

Plain values.
"""

from dataclasses import dataclass

from studio.app.tokens.text import TokenText


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        filled: Where the filled bar ends, in the column's unit.
        value: What stands beside it.
        tick: Where a thin tick stands; None for none.
        cut: Whether the bar is one that a filter took away.
        is_sum: Whether the value is of many together, which have no bar.
    """

    filled: float
    value: str
    tick: float | None = None
    cut: bool = False
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """Bars under one another, on one scale.

    Attributes:
        heading: What stands above them; may be empty.
        low: The number at the left end, 0 or less; bars start at 0.
        high: The number at the right end, above `low`.
        bars: One for each of the figure's rows.
    """

    heading: str
    low: float
    high: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """Rows and columns, perhaps under the curve of β against T.

    Attributes:
        names: What each row is; tokens or words.
        columns: One or more.
        curve_at: T at which the curve of β has its mark; None for no curve.
    """

    names: tuple[TokenText | str, ...]
    columns: tuple[Column, ...]
    curve_at: float | None = None

    def spoken(self) -> str:
        """The figure in words, for those who hear the window."""
        rows = (
            " ".join([_spoken(name), *(column.bars[row].value for column in self.columns)])
            for row, name in enumerate(self.names)
        )
        return "; ".join(rows)


def _spoken(name: TokenText | str) -> str:
    return name if isinstance(name, str) else name.spoken
