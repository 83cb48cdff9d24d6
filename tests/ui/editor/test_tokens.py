from collections.abc import Sequence
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from studio.manuscript import Manuscript, TokenSpans
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.editor.tokens import TokenTiles
from tests.helpers.token_records import bytes_of, tokens

PROSE = ["The", " old", " fisherman", " looked", ",", "\n", "\n", "and", " 🙂", " smiled", "."]


class Page:
    """An editor with tokens in it."""

    def __init__(self, qtbot: QtBot, texts: Sequence[str | bytes], width: int = 400) -> None:
        records = tokens(*texts)
        self.manuscript = Manuscript(bytes_of(records).decode())
        self.spans = TokenSpans(self.manuscript)
        self.spans.fill(0, records)
        self.editor = ManuscriptEditor(self.manuscript)
        qtbot.addWidget(self.editor)
        self.editor.resize(width, 300)
        self.editor.show()
        qtbot.waitExposed(self.editor)
        self.tiles = TokenTiles(self.editor, self.spans)

    def texts(self) -> list[str]:
        text = self.manuscript.text
        return [text[span.start : span.end] for span in self.tiles.visible]

    def at(self, position: int) -> QPoint:
        """The middle of a character, in the viewport."""
        cursor = self.editor.textCursor()
        cursor.setPosition(self.editor.units(position))
        left = self.editor.cursorRect(cursor)
        cursor.setPosition(self.editor.units(position + 1))
        right = self.editor.cursorRect(cursor)
        return QPoint((left.center().x() + right.center().x()) // 2, left.center().y())


def test_every_character_in_view_is_under_its_token(qtbot: QtBot) -> None:
    page = Page(qtbot, PROSE)
    assert page.texts() == PROSE
    for span in page.spans.all:
        for position in range(span.start, span.end):
            if page.manuscript.text[position] == "\n":
                continue
            found = page.tiles.at(page.at(position))
            assert found is not None
            assert found.record is span.record, position
    assert page.tiles.at(QPoint(5, 290)) is None


def test_tiles_do_not_overlap_and_stand_in_lines(qtbot: QtBot) -> None:
    page = Page(qtbot, [" word"] * 200, width=300)
    tiles = page.tiles.tiles
    assert len({tile.rect.top() for tile in tiles}) > 3
    for before, after in pairwise(tiles):
        assert not before.rect.intersects(after.rect)
        if before.rect.top() == after.rect.top():
            assert after.rect.left() == before.rect.right() + 1


@pytest.mark.parametrize("first", ["The", "𝔞𝔟𝔠𝔡"])
def test_a_word_that_was_wrapped_is_one_tile_without_the_space_before_it(
    qtbot: QtBot, first: str
) -> None:
    page = Page(qtbot, [first, *[" " + "wide" * 4] * 30], width=300)
    places = [tile.place for tile in page.tiles.tiles]
    assert places == sorted(set(places)), "the space that hangs at a line's end has no tile"
    assert len({tile.rect.height() for tile in page.tiles.tiles}) <= 2, "another face may be higher"


def test_a_token_longer_than_a_line_has_a_tile_in_each(qtbot: QtBot) -> None:
    page = Page(qtbot, ["x" * 100, " end"], width=260)
    assert [tile.place for tile in page.tiles.tiles].count(0) > 1
    assert page.tiles.rects_of(page.spans.all[0])[0].top() < 40


def test_a_character_of_several_tokens_belongs_to_the_first(qtbot: QtBot) -> None:
    smile = "🙂".encode()
    page = Page(qtbot, ["a", smile[:2], smile[2:], "b"])
    found = page.tiles.at(page.at(1))
    assert found is not None
    assert found.record is page.spans.records[1]


def test_only_what_is_in_view_is_laid_out(qtbot: QtBot) -> None:
    page = Page(qtbot, [" word"] * 3000)
    seen = len(page.tiles.visible)
    assert 20 < seen < 400
    first = page.tiles.visible[0]
    page.editor.verticalScrollBar().setValue(2000)
    assert page.tiles.visible[0].start > first.start
    assert page.tiles.rects_of(first) == []
    inside = page.tiles.rects_of(page.tiles.visible[seen // 2])[0]
    assert page.editor.viewport().rect().contains(inside)


def test_tiles_are_kept_until_text_tokens_or_layout_change(qtbot: QtBot) -> None:
    page = Page(qtbot, PROSE)
    tiles = page.tiles.tiles
    assert page.tiles.tiles is tiles
    assert page.tiles.records is page.tiles.records
    page.manuscript.edit(0, 0, "Once. ")
    moved = page.tiles.tiles
    assert moved is not tiles
    assert moved[0].rect.left() > tiles[0].rect.left()
    larger = page.editor.prose_font
    larger.setPixelSize(40)
    page.editor.set_prose_font(larger)
    assert page.tiles.tiles[0].rect.height() > moved[0].rect.height()


@pytest.mark.parametrize("texts", [[], ["", ""]])
def test_without_tokens_there_are_no_tiles(qtbot: QtBot, texts: list[str]) -> None:
    page = Page(qtbot, texts)
    assert list(page.tiles.tiles) == []
    assert page.tiles.at(QPoint(30, 30)) is None
