"""The landscape's words: what is known of the place that is pointed at.

This module turns facts into a line of text.
"""

from studio.app.landscape.scale import RANKS, REST
from studio.app.landscape.state import Cell
from studio.app.tokens.words import percent


def cell_line(cell: Cell) -> str:
    """``␣sea, rank 3, 4.2 %, 12 ago; here rank 7: ␣bay 1.1 %``."""
    ago = "newest" if cell.ago == 0 else f"{cell.ago:,} ago"
    line = f"{cell.written.text}  rank {cell.written_rank + 1:,}, {percent(cell.written_p)}, {ago}"
    if cell.row is None:
        return line
    if cell.row == REST:
        return f"{line};  beyond rank {RANKS}: {percent(cell.other_p)} together"
    if cell.other is None:
        return line
    return f"{line};  rank {cell.row + 1}: {cell.other.text} {percent(cell.other_p)}"
