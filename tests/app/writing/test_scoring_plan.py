"""What is to be scored, in order, while the text is edited."""

from hypothesis import given
from hypothesis import strategies as st

from studio.app.writing.scoring_plan import ScoringPlan, gaps_between
from studio.manuscript import Manuscript, TokenSpans
from tests.helpers.token_records import tokens


def plan_of(text: str, seen: tuple[int, int] = (0, 0)) -> tuple[Manuscript, ScoringPlan]:
    manuscript = Manuscript(text)
    return manuscript, ScoringPlan(manuscript, TokenSpans(manuscript), seen)


def taken(plan: ScoringPlan, step: int = 1_000) -> list[tuple[int, int]]:
    found = []
    while plan.next is not None:
        found.append(plan.next)
        plan.reached(min(plan.next[0] + step, plan.next[1]))
    return found


def test_what_is_seen_comes_first_then_the_rest_from_the_top() -> None:
    _, plan = plan_of("one two three four", (4, 8))
    assert plan.words == 4
    assert taken(plan) == [(4, 8), (0, 4), (8, 18)]
    assert plan.done == plan.words


def test_without_a_text_there_is_nothing() -> None:
    _, plan = plan_of("")
    assert plan.next is None


def test_of_a_part_nothing_outside_is_read() -> None:
    manuscript = Manuscript("one two three four")
    spans = TokenSpans(manuscript)
    spans.fill(4, tokens("two"))
    plan = ScoringPlan(manuscript, spans, seen=(0, 9), within=(2, 13))
    assert taken(plan) == [(2, 4), (7, 9), (9, 13)]
    assert ScoringPlan(manuscript, spans, within=(4, 7)).next is None
    assert gaps_between(spans, (5, 9)) == [(7, 9)]


def test_what_cannot_be_read_is_skipped() -> None:
    _, plan = plan_of("one two", (0, 3))
    plan.skip()
    assert plan.next == (3, 7)


def test_an_edit_moves_what_is_behind_it() -> None:
    manuscript, plan = plan_of("one two three", (4, 7))
    manuscript.edit(0, 0, "and ")
    assert taken(plan) == [(8, 11), (4, 8), (11, 17)]


def test_what_goes_is_not_read() -> None:
    manuscript, plan = plan_of("one two three", (4, 7))
    manuscript.edit(3, 5, "")
    assert taken(plan) == [(0, 3), (3, 8)]


@given(
    st.integers(0, 40),
    st.integers(0, 40),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12), st.text("xy ", max_size=6))),
    st.integers(1, 9),
)
def test_whatever_is_edited_each_character_that_was_there_is_read_once(
    low: int, high: int, edits: list[tuple[int, int, str]], step: int
) -> None:
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 40)))  # no two alike
    manuscript, plan = plan_of(text, (low, high))
    for position, removed, inserted in edits:
        at = min(position, len(manuscript))
        manuscript.edit(at, min(removed, len(manuscript) - at), inserted)
    read = "".join(
        manuscript.text[start : min(start + step, end)] for start, end in taken(plan, step)
    )
    left = [sign for sign in manuscript.text if sign >= "\u4e00"]
    assert sorted(sign for sign in read if sign >= "\u4e00") == left
