"""The plan of a prompt: notes by keys, paragraphs, and passages that move with the text."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.manuscript import NO_PLAN, PromptPassage, PromptPlan
from studio.manuscript.note_keys import KeyedText
from studio.manuscript.prompt_plan import last_paragraphs, paragraphs


@pytest.mark.parametrize(
    ("keys", "text", "is_called"),
    [
        ("lighthouse", "They saw the Lighthouse.", True),
        ("LIGHTHOUSE", "They saw the lighthouse.", True),
        ("light", "They saw the lighthouse.", False),
        ("Mara, lamp", "The lamp, she said.", True),
        ("Mara, lamp", "Nothing.", False),
        ("old  lamp", "the old\nlamp", True),
        ("Élan", "with élan!", True),
        ("C++", "in C++ and", True),
        ("a.c", "abc", False),
        ("", "anything", False),
        (" , ,", "anything", False),
        ("don't", "I don't.", True),
    ],
)
def test_a_note_is_called_by_whole_words(keys: str, text: str, is_called: bool) -> None:
    assert KeyedText(text).has(keys) is is_called


@pytest.mark.parametrize(
    ("text", "count", "start"),
    [
        ("", 1, 0),
        ("One.", 1, 0),
        ("One.\nTwo.", 1, 5),
        ("One.\nTwo.", 2, 0),
        ("One.\nTwo.", 3, 0),
        ("One.\n\nTwo.\n\n", 1, 6),
        ("One.\n \nTwo.\n\nThree", 2, 7),
        ("\n\n", 1, 0),
    ],
)
def test_paragraphs_that_have_words_are_counted_from_the_end(
    text: str, count: int, start: int
) -> None:
    assert last_paragraphs(text, count) == start


def test_a_paragraph_has_its_line_end() -> None:
    text = "One.\nTwo.\nThree."
    assert [text[slice(*paragraphs(text, at))] for at in (0, 4, 5, 12)] == [
        "One.\n",
        "One.\n",
        "Two.\n",
        "Three.",
    ]


def plan(*passages: tuple[int, int, bool]) -> PromptPlan:
    return PromptPlan(passages=tuple(PromptPassage(*one) for one in passages))


def test_one_passage_takes_from_others_what_they_have_in_common() -> None:
    had = plan((0, 10, True), (20, 30, False))
    assert had.with_passage(PromptPassage(5, 25, False)) == plan(
        (0, 5, True), (5, 25, False), (25, 30, False)
    )
    assert had.without(4, 6) == plan((0, 4, True), (6, 10, True), (20, 30, False))
    assert had.without(0, 30) == NO_PLAN


@pytest.mark.parametrize(
    ("now", "former", "found"),
    [
        ([], [(12, 18, True)], [(12, 18, True)]),
        ([(0, 5, False)], [(12, 18, True)], [(0, 5, False), (12, 18, True)]),
        ([(5, 10, True)], [(5, 15, True)], [(5, 15, True)]),
        ([(20, 25, True)], [(15, 25, True)], [(15, 25, True)]),
        ([], [(5, 15, True), (15, 20, True)], [(15, 20, True)]),
        ([(5, 10, False)], [(5, 15, True)], [(5, 10, False)]),
        ([(5, 25, False)], [(12, 18, True)], [(5, 25, False)]),
        ([], [(5, 25, True)], []),
    ],
    ids=[
        "its own",
        "and another",
        "before it",
        "behind it",
        "rest taken out",
        "rest turned",
        "within",
        "around taken out",
    ],
)
def test_a_part_that_comes_back_has_its_passages(
    now: list[tuple[int, int, bool]],
    former: list[tuple[int, int, bool]],
    found: list[tuple[int, int, bool]],
) -> None:
    assert plan(*now).with_brought_back(10, 20, plan(*former).passages) == plan(*found)


@given(data=st.data())
def test_passages_move_with_the_text(data: st.DataObject) -> None:
    """Held against characters that each know whose they are."""
    length = data.draw(st.integers(2, 30))
    borders = sorted(data.draw(st.sets(st.integers(0, length), min_size=2, max_size=6)))
    made = PromptPlan(
        passages=tuple(
            PromptPassage(low, high, data.draw(st.booleans()))
            for low, high in zip(borders[::2], borders[1::2], strict=False)
        )
    )
    owners: list[Any] = [None] * length
    for number, one in enumerate(made.passages):
        owners[one.start : one.end] = [number] * (one.end - one.start)
    pinned = [one.is_pinned for one in made.passages]
    for _ in range(data.draw(st.integers(1, 5))):
        position = data.draw(st.integers(0, len(owners)))
        removed = data.draw(st.integers(0, min(8, len(owners) - position)))
        inserted = data.draw(st.integers(0, 5))
        made = made.after(position, removed, inserted)
        behind = position + removed
        left = owners[position - 1] if position else None
        right = owners[behind] if behind < len(owners) else None
        owner = left if left is not None and left == right else None
        owners[position:behind] = [owner] * inserted
        expected = []
        for number, is_pinned in enumerate(pinned):
            places = [place for place, owner in enumerate(owners) if owner == number]
            if places:
                assert places == list(range(places[0], places[-1] + 1))
                expected.append(PromptPassage(places[0], places[-1] + 1, is_pinned))
        assert made.passages == tuple(expected)


def test_within_drops_what_the_text_does_not_have() -> None:
    assert plan((0, 4, True), (5, 9, True)).within(8) == plan((0, 4, True))


@pytest.mark.parametrize(
    "value",
    [
        {"notes": [{"text": "a\0b"}]},
        {"notes": [{"name": "n" * 201}]},
        {"notes": [{"text": "n" * 100_001}]},
        {"notes": [{"keys": "n" * 2_001}]},
        {"notes": [{"sent": "sometimes"}]},
        {"notes": [{"paragraphs": 0}]},
        {"notes": [{"most": -1}]},
        {"notes": [{}] * 1_001},
        {"notes": [{"text": "n" * 100_000}] * 21},
        {"passages": [[n, n + 1, True] for n in range(1_001)]},
        {"passages": [[3, 3, True]]},
        {"passages": [[3, 5, True], [4, 6, True]]},
        {"passages": [[-1, 5, True]]},
        {"passages": [[0, 2**31, True]]},
        {"looked_at": 101},
        {"most_called": 2_000_000},
    ],
)
def test_what_is_no_plan_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, PromptPlan)
