"""Tokens of any borders become a take of whole characters, joined to what follows."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.manuscript import Manuscript, TakeWriter, TokenSpans, joined
from studio.token_record import TokenRecord
from studio.utf8 import whole_characters
from tests.helpers.token_records import token_record, tokens

pieces = st.lists(st.binary(max_size=4) | st.sampled_from([b" ", b"\n", b" sea", "é".encode()]))


class Desk:
    """A take that grows between two texts."""

    def __init__(self, before: str, after: str) -> None:
        self.before, self.after = before, after
        self.manuscript = Manuscript(before + after)
        self.spans = TokenSpans(self.manuscript)
        self.seen: list[str] = []
        self.manuscript.changed.connect(lambda *_: self.seen.append(self.written))
        self.take = self.manuscript.begin_take(len(before))
        self.writer = TakeWriter(self.manuscript, self.take)

    @property
    def written(self) -> str:
        return self.manuscript.text[len(self.before) : len(self.manuscript) - len(self.after)]

    def write(self, records: list[TokenRecord]) -> None:
        for record in records:
            self.writer.add(record.text, record)
            self.writer.flush()
        self.end()

    def end(self) -> None:
        self.writer.end()
        self.manuscript.end_take()

    def recorded(self) -> list[tuple[str, int]]:
        text = self.manuscript.text
        return [(text[span.start : span.end], span.record.id) for span in self.spans.all]


@given(st.text("ab é😀"), pieces, st.sampled_from(["", " x", "\n", "x", ",", "“x”"]))
def test_any_bytes_give_whole_characters_and_one_undo_takes_them_back(
    before: str, texts: list[bytes], after: str
) -> None:
    desk = Desk(before, after)
    desk.write(tokens(*texts))
    whole = whole_characters(b"".join(texts)).replace("\0", "\ufffd")
    assert desk.written == joined(whole, after)
    assert "\ufffd" not in "".join(desk.seen) or "\ufffd" in whole
    growing = [text for text in desk.seen if text]
    assert all(later.startswith(text) for text, later in pairwise(growing)), "nothing is taken back"
    kept = [record.text for record in desk.take.records]
    recorded = whole_characters(b"".join(kept)).replace("\0", "\ufffd")
    assert desk.written.startswith(recorded)
    if desk.written:
        desk.manuscript.undo()
    assert desk.manuscript.text == before + after


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_half_a_character_at_the_end_is_no_text_and_no_record(cut: int) -> None:
    desk = Desk("The sea ", "")
    desk.write([*tokens("is "), *(token_record(bytes([byte]), 9) for byte in "🐟".encode()[:cut])])
    assert desk.manuscript.text == "The sea is "
    assert desk.recorded() == [("is ", 0)]
    assert len(desk.take.records) == 1


def test_a_character_of_several_tokens_has_all_their_records() -> None:
    desk = Desk("", "")
    desk.write(tokens(b"\xf0\x9f", b"\x90", b"\x9f", " swims"))
    assert desk.recorded() == [("🐟", 0), ("", 1), ("", 2), (" swims", 3)]


def test_white_space_at_the_end_waits_where_text_follows() -> None:
    desk = Desk("The", " man")
    for text in (b" old", b" ", b"\n"):
        desk.writer.add(text, None)
        desk.writer.flush()
    assert desk.written == " old"
    desk.writer.add(b"er", None)
    desk.writer.flush()
    assert desk.written == " old \ner"
    desk.writer.add(b" ", None)
    desk.end()
    assert desk.written == " old \ner"


def test_white_space_at_the_texts_end_is_shown_at_once() -> None:
    desk = Desk("The", "")
    desk.writer.add(b" old\n", None)
    desk.writer.flush()
    assert desk.written == " old\n"
    desk.end()
    assert desk.written == " old\n"


def test_a_token_that_comes_in_part_leaves_no_record() -> None:
    desk = Desk("The", " man")
    desk.write(tokens(" old", ".\n\n"))
    assert desk.manuscript.text == "The old. man"
    assert desk.recorded() == [(" old", 0)]


def test_what_is_typed_behind_a_growing_take_is_what_it_is_joined_to() -> None:
    desk = Desk("The", "")
    desk.writer.add(b" old", None)
    desk.writer.flush()
    desk.manuscript.edit(len("The old"), 0, "man")
    desk.after = "man"
    desk.end()
    assert desk.manuscript.text == "The old man"
