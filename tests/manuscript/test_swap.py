"""Two stretches of a text change places, and what is known of their characters goes with them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.manuscript import GrowingTakeError, Manuscript, Origin, TokenSpans
from tests.helpers.token_records import tokens


def grown(manuscript: Manuscript, position: int, text: str) -> None:
    manuscript.begin_take(position).append(text)
    manuscript.end_take()


@given(st.lists(st.integers(0, 30), min_size=4, max_size=4, unique=True))
def test_it_is_what_cutting_and_joining_makes_and_one_undo_takes_back(cuts: list[int]) -> None:
    text = "".join(chr(0x1F600 + number) for number in range(30))
    a, b, c, d = sorted(cuts)
    manuscript = Manuscript(text)
    manuscript.edit(3, 0, "typed", Origin.PASTED)
    marks = [object() for _ in range(35)]
    manuscript.mark_each(0, marks)
    before = manuscript.text
    rows = list(zip(before, manuscript.origins(), marks, strict=True))
    followed = before

    def follow(position: int, removed: int, inserted: str, _: bytes) -> None:
        nonlocal followed
        followed = followed[:position] + inserted + followed[position + removed :]

    manuscript.changed.connect(follow)
    manuscript.swap((a, b), (c, d))
    expected = rows[:a] + rows[c:d] + rows[b:c] + rows[a:b] + rows[d:]
    present = list(zip(manuscript.text, manuscript.origins(), manuscript.marks(), strict=True))
    assert present == expected
    assert followed == manuscript.text
    manuscript.undo()
    assert (manuscript.text, followed) == (before, before)
    assert list(manuscript.marks()) == marks
    manuscript.redo()
    assert manuscript.text == "".join(row[0] for row in expected)


@pytest.mark.parametrize("is_long_first", [True, False])
def test_takes_go_along_and_come_back(is_long_first: bool) -> None:
    one, two = ("one" * 20, "two") if is_long_first else ("one", "two" * 20)
    manuscript = Manuscript(f"{one}. \n{two}. \nend")
    grown(manuscript, len(one) + 1, "A take.")
    first = manuscript.take_sets[0]
    manuscript.retake(first).append("Another.")
    manuscript.end_take()
    second_at = manuscript.text.index(two)
    grown(manuscript, second_at + len(two) + 1, "Of two.")
    second = manuscript.take_sets[1]

    def standing() -> list[str]:
        return [manuscript.text[taken.place.start : taken.place.end] for taken in (first, second)]

    places = first.place, second.place
    gap = manuscript.text.index("\n")
    end = manuscript.text.rindex("\n")
    manuscript.swap((0, gap), (second_at, end))
    assert manuscript.text == f"{two}.Of two. \n{one}.Another. \nend"
    assert standing() == ["Another.", "Of two."]
    manuscript.choose_take(first, 0)
    assert manuscript.text == f"{two}.Of two. \n{one}.A take. \nend"
    manuscript.undo()
    manuscript.undo()
    assert (first.place, second.place) == places
    assert standing() == ["Another.", "Of two."]
    manuscript.redo()
    assert standing() == ["Another.", "Of two."]


def test_a_take_that_holds_both_keeps_them() -> None:
    manuscript = Manuscript("()")
    grown(manuscript, 1, "# A\na\n\n# B\nb")
    manuscript.swap((1, 6), (8, 13))
    assert manuscript.text == "(# B\nb\n\n# A\na)"
    place = manuscript.take_sets[0].place
    assert (place.start, place.end, place.index) == (1, 13, 0)


def test_records_stay_with_their_tokens() -> None:
    manuscript = Manuscript("# A\nThe sea.\n# B\nThe end.")
    spans = TokenSpans(manuscript)
    spans.fill(4, tokens("The", " sea", "."))
    spans.fill(17, tokens("The", " end", "."))
    records = list(spans.records)
    manuscript.swap((0, 12), (13, 25))
    assert manuscript.text == "# B\nThe end.\n# A\nThe sea."
    assert list(spans.records) == records[3:] + records[:3]
    assert [manuscript.text[span.start : span.end] for span in spans.all] == [
        *("The", " end", "."),
        *("The", " sea", "."),
    ]
    manuscript.undo()
    assert list(spans.records) == records


def test_what_cannot_be_is_refused() -> None:
    manuscript = Manuscript("0123456789")
    for first, second in (
        ((0, 0), (3, 4)),
        ((0, 3), (2, 4)),
        ((3, 4), (0, 1)),
        ((0, 1), (9, 11)),
        ((-1, 1), (2, 3)),
    ):
        with pytest.raises(ValueError, match="allowed are two"):
            manuscript.swap(first, second)
    manuscript.begin_take(4)
    with pytest.raises(GrowingTakeError):
        manuscript.swap((0, 1), (2, 3))
    manuscript.end_take()
    assert (manuscript.text, manuscript.can_undo) == ("0123456789", False)
