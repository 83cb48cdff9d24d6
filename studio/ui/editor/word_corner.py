"""Where the word panel stands: over nothing, or what has been read, where the window has room."""

from PySide6.QtCore import QPoint, QRect

from studio.ui.word.panel import WordPanel

_GAP = 6
"""Pixels between the word and the panel, and between the panel and the card's edge."""


def corner_for(
    panel: WordPanel, word: QRect, page: QRect, end: int, window: QRect, beside: int
) -> QPoint:
    """Give the panel its size, and say where it stands.

    Below the text's last line if the word is in that one; above the word's line, with fewer
    alternatives where the page has no room for all of them; below the last line if the text is
    short; beside the text. Where nothing of that can be, over what is above the page, and at
    last below the word's line.

    Args:
        panel: It.
        word: Where the word stands.
        page: Where the page does.
        end: Where the text's last line ends.
        window: All there is.
        beside: Where the room beside the text begins.
    """
    panel.fit()
    room_above, room_below = word.top() - page.top() - _GAP, page.bottom() - end - 2 * _GAP
    left = max(min(word.left(), page.right() + 1 - panel.width() - _GAP), page.left() + _GAP)
    below_text = QPoint(left, end + _GAP)
    if word.bottom() + _GAP >= end and panel.height() <= room_below:
        return below_text
    if panel.height() > room_above:
        panel.fit(room_above)
    if panel.height() <= room_above:
        return QPoint(left, word.top() - _GAP - panel.height())
    panel.fit()
    if panel.height() <= room_below:
        return below_text
    tallest = window.height() - 2 * _GAP
    panel.fit(tallest)
    if beside + _GAP + panel.width() <= window.right() + 1 - _GAP and panel.height() <= tallest:
        lowest = window.bottom() + 1 - _GAP - panel.height()
        return QPoint(beside + _GAP, max(min(word.top(), lowest), _GAP))
    room_above = word.top() - 2 * _GAP
    panel.fit(room_above)
    if panel.height() <= room_above:
        return QPoint(left, word.top() - _GAP - panel.height())
    below = word.bottom() + _GAP
    panel.fit(window.bottom() + 1 - _GAP - below)
    return QPoint(left, below)
