"""Who wrote each character, and which take: also of what a hand changed in what a model wrote."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from studio.manuscript import (
    Edit,
    Manuscript,
    Origin,
    Passage,
    Provenance,
    Take,
    TokenSpans,
    provenance_of,
    takes_of,
    with_own_records,
)
from studio.manuscript.document_file import document_of_bytes, document_to_bytes
from studio.token_record import TokenSequence, placed
from tests.helpers.documents import document_of
from tests.helpers.token_records import tokens

SIGNS = {
    Provenance.TYPED: "t",
    Provenance.GENERATED: "g",
    Provenance.EDITED: "e",
    Provenance.PASTED: "p",
    Provenance.OPENED: "o",
}


def seen(manuscript: Manuscript) -> str:
    """A letter for each character of the text."""
    found = provenance_of(manuscript.text, manuscript.origins(), manuscript.take_sets)
    return "".join(SIGNS[Provenance(one)] for one in found)


def write(manuscript: Manuscript, position: int, text: str) -> Take:
    take = manuscript.begin_take(position)
    take.append(text)
    manuscript.end_take()
    return take


def test_a_word_put_into_a_line_of_the_models_is_changed() -> None:
    manuscript = Manuscript("> ")
    write(manuscript, 2, "calm sea")
    assert seen(manuscript) == "tt" + 8 * "g"
    manuscript.edit(7, 0, "dark ")
    assert seen(manuscript) == "tt" + "ggggg" + "eeeee" + "ggg"
    # In the place of its first and its last words, too.
    manuscript.edit(2, 4, "Wild")
    manuscript.edit(12, 3, "bay")
    assert manuscript.text == "> Wild dark bay"
    assert seen(manuscript) == "tt" + "eeee" + "g" + 8 * "e"
    manuscript.edit(6, 1, "-")
    assert seen(manuscript) == "tt" + 13 * "t", "where nothing of the model's is left it is typed"
    for _ in range(4):
        manuscript.undo()
    assert seen(manuscript) == "tt" + 8 * "g"


def test_what_is_written_behind_a_take_or_between_two_is_typed() -> None:
    manuscript = Manuscript("")
    write(manuscript, 0, "one")
    manuscript.edit(3, 0, " mine ")
    write(manuscript, 9, "two")
    assert seen(manuscript) == "ggg" + 6 * "t" + "ggg"


def test_a_paragraph_of_ones_own_in_a_take_is_typed() -> None:
    manuscript = Manuscript("")
    write(manuscript, 0, "one\ntwo")
    manuscript.edit(4, 0, "Mine.\n")
    assert seen(manuscript) == "gggg" + 6 * "t" + "ggg"
    # A line end that was put in is nobody's word.
    manuscript.edit(1, 0, "\n")
    assert seen(manuscript) == "gtgg" + "g" + 6 * "t" + "ggg"


def test_what_was_pasted_or_opened_into_a_take_stays_that() -> None:
    manuscript = Manuscript("")
    write(manuscript, 0, "abcd")
    manuscript.edit(2, 0, "P", Origin.PASTED)
    manuscript.edit(1, 0, "O", Origin.OPENED)
    assert seen(manuscript) == "gogpgg"


def test_what_a_take_was_begun_with_is_its_writers() -> None:
    manuscript = Manuscript("The sea was calm")
    manuscript.branch(8, 11, Passage.of("had", Origin.TYPED)).append(" risen")
    manuscript.end_take()
    assert manuscript.text == "The sea had risen"
    assert seen(manuscript) == 11 * "t" + 6 * "g"
    # In what a model wrote, it is a word in the place of the model's.
    other = Manuscript("")
    write(other, 0, "The sea was calm")
    other.branch(8, 11, Passage.of("had", Origin.TYPED)).append(" risen")
    other.end_take()
    assert seen(other) == 8 * "g" + "eee" + 6 * "g"


def test_lines_that_are_looked_at_alone_say_the_same_as_the_whole() -> None:
    manuscript = Manuscript("Mine.\n")
    write(manuscript, 6, "one two\nthree four\nfive")
    manuscript.edit(9, 0, "X")
    manuscript.edit(20, 0, "YY")
    whole = provenance_of(manuscript.text, manuscript.origins(), manuscript.take_sets)
    start = 0
    for line in manuscript.text.split("\n"):
        end = start + len(line)
        part = provenance_of(line, manuscript.origins(start, end), manuscript.take_sets, start)
        assert part == whole[start:end]
        start = end + 1


edits = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.integers(0, 5),
        st.text("ab\n", max_size=4),
        st.sampled_from(["edit", "take", "step", "undo"]),
    ),
    max_size=12,
)


@given(edits)
@settings(max_examples=80, deadline=None)
def test_a_document_says_the_same_when_it_is_opened_again(
    done: list[tuple[int, int, str, str]],
) -> None:
    manuscript = Manuscript("one\ntwo three")
    for position, length, text, what in done:
        at = position % (len(manuscript) + 1)
        takes = manuscript.take_set_at(at, at)
        if what == "take":
            write(manuscript, at, text)
        elif what == "step" and takes and manuscript.can_step_take(takes, 1):
            manuscript.step_take(takes, 1)
        elif what == "undo" and manuscript.can_undo:
            manuscript.undo()
        elif what == "edit":
            manuscript.edit(at, min(length, len(manuscript) - at), text)
    found = provenance_of(manuscript.text, manuscript.origins(), manuscript.take_sets)
    assert len(found) == len(manuscript)
    for one, origin in zip(found, manuscript.origins(), strict=True):
        assert one in (origin, Provenance.EDITED)
        assert one != Provenance.EDITED or origin == Origin.TYPED
    again = document_of_bytes(document_to_bytes(document_of(manuscript)))
    assert provenance_of(again.text, again.passage.origins, again.take_sets) == found


# Takes


def drawn(manuscript: Manuscript, position: int, *words: str) -> Take:
    """A take of these tokens."""
    take = manuscript.begin_take(position)
    sequence = TokenSequence([0, 1], seed=1, start=0)
    for index, record in enumerate(tokens(*words)):
        take.records.append(placed(record, sequence, index))
        take.append(record.text.decode())
    manuscript.end_take()
    return take


def owners(manuscript: Manuscript) -> list[tuple[str, Take | None]]:
    passage = manuscript.passage(0, len(manuscript))
    return [
        (manuscript.part(start, end), take)
        for start, end, take in takes_of(
            passage.text, passage.origins, passage.marks, manuscript.take_sets
        )
    ]


def test_each_part_of_what_a_model_wrote_is_of_its_take() -> None:
    manuscript = Manuscript("> . End")
    spans = TokenSpans(manuscript)
    spans.set_source("a")
    first = drawn(manuscript, 2, "one", " two")
    second = drawn(manuscript, 5, " and", " a half")
    assert manuscript.text == "> one and a half two. End"
    assert owners(manuscript) == [("one", first), (" and a half", second), (" two", first)]
    # What is cut and put elsewhere keeps its take with its tokens; without them nobody knows.
    moved = manuscript.passage(2, 5)
    manuscript.edit(2, 3, "")
    here = len(manuscript)
    again = with_own_records(moved)
    manuscript.edit_all([_put(here, again)])
    assert owners(manuscript)[-1] == ("one", first)
    bare = Passage.of("one", Origin.GENERATED)
    manuscript.edit_all([_put(len(manuscript), Passage(".", bytes(1))), _put(0, bare)])
    assert owners(manuscript)[0] == ("one", None)


def _put(position: int, passage: Passage) -> Edit:
    return Edit(position, 0, passage.text, passage.origins, passage.marks)
