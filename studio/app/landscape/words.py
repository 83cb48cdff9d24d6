"""What is known of the place that is pointed at in the landscape, in one line of text."""

from studio.app.landscape.scale import RANKS, REST
from studio.app.landscape.state import Cell
from studio.app.tokens.words import percent, percent_between
from studio.translation import tr


def cell_line(cell: Cell) -> str:
    """``␣sea, rank 3, 4.2 %, 12 ago; here rank 7: ␣bay 1.1 %``."""
    written, there = (percent(cell.written_p), percent(cell.other_p))
    if cell.bands is not None:
        written, there = map(percent_between, cell.bands)
    ago = tr("newest") if cell.ago == 0 else tr("{ago:,} ago", ago=cell.ago)
    line = tr(
        "{token}  rank {rank:,}, {share}, {ago}",
        token=cell.written.text,
        rank=cell.written_rank + 1,
        share=written,
        ago=ago,
    )
    if cell.row is None:
        return line
    if cell.row == REST:
        rest = tr("beyond rank {rank}: {share} together", rank=RANKS, share=there)
        return f"{line};  {rest}"
    if cell.other is None:
        return line
    other = tr(
        "rank {rank}: {token} {share}",
        rank=cell.row + 1,
        token=cell.other.text,
        share=there,
    )
    return f"{line};  {other}"
