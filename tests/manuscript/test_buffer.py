"""A text in chunks is the plain text that it stands for, and a change copies little of it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from studio.manuscript import Manuscript, Origin
from studio.manuscript.buffer import LARGEST_CHUNK, Buffer, Words
from studio.manuscript.change import Change
from studio.manuscript.passage import NOTHING, Passage

texts = st.text("ab \n😀", max_size=12).flatmap(
    lambda text: st.sampled_from([1, 1, 1, 700, 3000]).map(lambda times: text * times)
)
edits = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), texts, st.booleans()), max_size=12)


@settings(max_examples=40)
@given(texts, edits, st.integers(1, 20_000))
def test_it_is_the_text_that_a_plain_string_would_be(
    first: str, changes: list[tuple[float, float, str, bool]], most: int
) -> None:
    buffer = Buffer()
    buffer.load(Passage.of(first, Origin.TYPED))
    text, marks = first, list[object | None]([None] * len(first))
    for begin, stop, inserted, is_marked in changes:
        start, end = sorted(round(at * len(text)) for at in (begin, stop))
        buffer.apply(Change(start, buffer.passage(start, end), Passage.of(inserted, Origin.TYPED)))
        text = text[:start] + inserted + text[end:]
        marks[start:end] = [None] * len(inserted)
        if is_marked:
            buffer.mark(start, start + len(inserted), mark := object())
            marks[start : start + len(inserted)] = [mark] * len(inserted)
        low, high = start // 2, start + len(inserted) // 2
        assert buffer.part(low, high) == text[low:high]
        assert buffer.marks(low, high) == tuple(marks[low:high])
        outside = [True] * len(text)
        for first_marked, last_marked in buffer.marked(0, len(text)):
            outside[first_marked:last_marked] = [False] * (last_marked - first_marked)
        assert not any(out and mark is not None for out, mark in zip(outside, marks, strict=True))
        words = None
        while words is None:
            words = buffer.words(most)
        assert words.total == words.typed == len(text.split())
        typed = len(text[low:high].split())
        assert buffer.words(0, low, high) == Words(typed, typed, 0)
    assert buffer.text == text
    assert len(buffer) == len(text)
    assert buffer.origins(0, len(text)) == bytes(len(text))


def test_a_key_in_a_long_text_copies_no_more_than_in_a_short_one() -> None:
    manuscript = Manuscript("The sea was calm that night. " * 100_000)
    for position in (0, len(manuscript) // 2, len(manuscript)):
        before = manuscript.copied
        manuscript.edit(position, 0, "x")
        manuscript.edit(position, 1, "")
        manuscript.undo()
        assert manuscript.copied - before <= 6 * LARGEST_CHUNK


def test_words_that_were_counted_are_not_counted_again() -> None:
    buffer = Buffer()
    buffer.load(Passage.of("word " * 20_000, Origin.TYPED))
    assert buffer.words(81_920) is None
    assert buffer.words(81_920) == Words(20_000, 20_000, 0)
    buffer.apply(Change(50_000, NOTHING, Passage.of("two more ", Origin.TYPED)))
    assert buffer.words(1) == Words(20_002, 20_002, 0)


def test_a_word_is_of_whoever_began_it() -> None:
    buffer = Buffer()
    text = "ab cd ef gh"
    origins = bytes([0, 1, 0, 1, 0, 0, 2, 2, 0, 3, 0])
    buffer.load(Passage(text * 2_000, origins * 2_000))
    counted = buffer.words(10**6)
    # Where two of the texts meet, "ghab" is one word, of a file that was opened.
    assert counted == Words(6_001, 1, 2_000)
    assert buffer.words(0, 1, 8) == Words(3, 0, 2)


def test_a_text_that_was_mostly_deleted_is_not_left_in_crumbs() -> None:
    manuscript = Manuscript("word " * 20_000)
    manuscript.edit_all([])
    for _ in range(15):
        manuscript.edit(len(manuscript) // 3, len(manuscript) // 2, "")
    before = manuscript.copied
    manuscript.edit(0, 0, "x")
    assert manuscript.copied - before <= len(manuscript)
