import math

import pytest

from studio.app.writing.take_tree import PlaceNode, take_tree
from studio.manuscript import Manuscript
from studio.token_record import TokenRecord


def write(manuscript: Manuscript, position: int, text: str) -> None:
    manuscript.begin_take(position).append(text)
    manuscript.end_take()


def described(places: list[PlaceNode] | tuple[PlaceNode, ...]) -> list[object]:
    return [
        (
            place.before,
            [(node.first_words, node.is_shown, described(node.inside)) for node in place.takes],
        )
        for place in places
    ]


def test_places_come_in_the_order_of_the_text() -> None:
    manuscript = Manuscript("One. Two.")
    write(manuscript, 9, " Three.")
    write(manuscript, 4, " and a half")
    assert described(take_tree(manuscript)) == [
        ("One.", [("and a half", True, [])]),
        ("One. and a half Two.", [("Three.", True, [])]),
    ]


def test_what_is_inside_a_take_stands_below_it_in_the_text_or_not() -> None:
    manuscript = Manuscript("> ")
    write(manuscript, 2, "one two")
    outer = manuscript.take_sets[0]
    write(manuscript, 5, " and a half")
    inner = manuscript.take_sets[1]
    shown: list[object] = [
        (">", [("one and a half two", True, [("one", [("and a half", True, [])])])])
    ]
    assert described(take_tree(manuscript)) == shown
    manuscript.retake(outer).append("three")
    manuscript.end_take()
    away: list[object] = [
        (
            ">",
            [
                ("one and a half two", False, [("one", [("and a half", False, [])])]),
                ("three", True, []),
            ],
        )
    ]
    assert described(take_tree(manuscript)) == away
    # The way to what is inside leads through what is around it.
    [place] = take_tree(manuscript)
    node = place.takes[0].inside[0].takes[0]
    assert node.way == ((outer, 0), (inner, 0))
    for take_set, index in node.way:
        if take_set.index != index:
            manuscript.choose_take(take_set, index)
    assert manuscript.text == "> one and a half two"
    assert described(take_tree(manuscript))[0] == (
        ">",
        [("one and a half two", True, [("one", [("and a half", True, [])])]), ("three", False, [])],
    )


def test_a_place_that_was_deleted_is_not_there_until_undo() -> None:
    manuscript = Manuscript("One. Two.")
    write(manuscript, 4, " and a half")
    manuscript.edit(2, 15, "")
    assert take_tree(manuscript) == []
    manuscript.undo()
    assert described(take_tree(manuscript)) == [("One.", [("and a half", True, [])])]


def test_a_take_says_how_unexpected_it_is() -> None:
    manuscript = Manuscript()
    take = manuscript.begin_take(0)
    take.append("a b")
    for probability in (0.5, 0.125, 0.0):
        take.records.append(
            TokenRecord(id=1, text=b"a", u=0.1, probability=probability, rank=0, entropy=1.0)
        )
    manuscript.end_take()
    [place] = take_tree(manuscript)
    [node] = place.takes
    assert node.words == 2
    assert node.mean_surprise is not None
    assert math.isclose(node.mean_surprise, 2.0)
    write(manuscript, 3, "x " * 100)
    assert take_tree(manuscript)[1].takes[0].mean_surprise is None
    assert len(take_tree(manuscript)[1].takes[0].first_words) <= 61


def test_a_take_is_chosen_by_its_number() -> None:
    manuscript = Manuscript("> ")
    for text in ("one", "two", "three"):
        if manuscript.take_sets:
            manuscript.retake(manuscript.take_sets[0]).append(text)
            manuscript.end_take()
        else:
            write(manuscript, 2, text)
    [takes] = manuscript.take_sets
    assert manuscript.choose_take(takes, 0) == 5
    assert manuscript.text == "> one"
    manuscript.undo()
    assert manuscript.text == "> three"
    with pytest.raises(ValueError, match="no take 3 of 3"):
        manuscript.choose_take(takes, 3)


def test_a_name_is_a_change_and_no_step() -> None:
    manuscript = Manuscript()
    write(manuscript, 0, "one")
    changes, steps = manuscript.take_changes, manuscript.can_redo
    manuscript.name_take(manuscript.take_sets[0].takes[0], "Calm")
    manuscript.name_take(manuscript.take_sets[0].takes[0], "Calm")
    assert manuscript.take_sets[0].takes[0].name == "Calm"
    assert manuscript.take_changes == changes + 1
    assert manuscript.can_redo == steps
    manuscript.undo()
    assert manuscript.text == ""
