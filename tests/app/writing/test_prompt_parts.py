"""What notes and passages of a document make of its prompts."""

import hashlib

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from studio.app.writing.document_state import DocumentState
from studio.app.writing.draft import Draft
from studio.app.writing.prompt_parts import parts_of
from studio.engine.messages import PINNED_PART, PromptNote, PromptParts, PromptRange
from studio.manuscript import NO_PLAN, Edit, Manuscript, Note, PromptPassage, PromptPlan
from studio.presets import Preset
from tests.helpers.fake_engine import Desk

LINES = ["The lighthouse stood dark.", "Mara rowed.", "", "Nobody spoke.", "The boat lay still."]
TEXT = "\n".join(LINES)


@pytest.fixture
def draft(qtbot: QtBot) -> Draft:
    draft = Draft(Preset(name="Plain", description=""))
    draft.manuscript.edit(0, 0, TEXT)
    draft.set_caret(len(TEXT))
    return draft


def parts(draft: Draft) -> PromptParts:
    found = draft.prompt().parts
    assert found is not None
    return found


def test_without_a_plan_there_are_none(draft: Draft) -> None:
    assert draft.prompt().parts is None
    off = Note(text="Mara is his daughter.", is_on=False)
    draft.set_plan(PromptPlan(notes=(off, Note(text="  \n"))))
    assert draft.prompt().parts is None


def test_notes_go_where_they_are_wanted(draft: Draft) -> None:
    draft.set_plan(
        PromptPlan(
            notes=(
                Note(text="Always."),
                Note(text="Near.", sent="near", paragraphs=2, most=20),
                Note(text="Far.", sent="near", paragraphs=90),
                Note(text="Mara.", sent="called", keys="mara"),
                Note(text="Ship.", sent="called", keys="ship"),
            ),
            most_called=77,
        )
    )
    assert parts(draft) == PromptParts(
        notes=(
            PromptNote(text="Always.", number=0),
            PromptNote(text="Near.", number=1, at=TEXT.index("Nobody"), most=20),
            PromptNote(text="Far.", number=2, at=0),
            PromptNote(text="Mara.", number=3, is_called=True),
        ),
        most_called=77,
    )


def test_keys_are_looked_for_in_the_last_paragraphs_alone(draft: Draft) -> None:
    note = Note(text="Dark since the war.", sent="called", keys="Lighthouse")
    draft.set_plan(PromptPlan(notes=(note,), looked_at=3))
    assert draft.prompt().parts is None
    draft.set_plan(PromptPlan(notes=(note,), looked_at=4))
    assert [one.number for one in parts(draft).notes] == [0]
    assert draft.prompt(draft.caret - 1).parts == draft.prompt().parts, "the same each time"


def test_a_brief_can_be_left_out_or_shortened(draft: Draft) -> None:
    draft.set_brief("Sad.")
    draft.set_plan(PromptPlan(most_brief=5, most_text=100))
    assert (draft.prompt().brief, parts(draft).most_brief, parts(draft).most_text) == (
        "Sad.",
        5,
        100,
    )
    draft.set_plan(PromptPlan(has_brief=False))
    assert (draft.prompt().brief, draft.prompt().parts) == ("", None)
    assert draft.brief == "Sad."


def test_passages_move_with_the_text_and_undo_brings_them_back(draft: Draft) -> None:
    second = TEXT.index("Mara")
    passage = PromptPassage(second, second + 12, is_pinned=True)
    draft.set_plan(PromptPlan(passages=(passage,)))
    assert parts(draft).pinned == (PromptRange(second, second + 12, PINNED_PART),)
    draft.manuscript.edit(0, 0, "So. ")
    assert parts(draft).pinned == (PromptRange(second + 4, second + 16, PINNED_PART),)
    draft.manuscript.edit(0, len(draft.manuscript), "")
    assert not draft.plan.passages
    draft.manuscript.undo()
    draft.manuscript.undo()
    assert draft.plan.passages == (passage,)
    draft.manuscript.redo()
    assert parts(draft).pinned == (PromptRange(second + 4, second + 16, PINNED_PART),)


def test_passages_stand_where_they_are_while_a_take_grows_before_them(draft: Draft) -> None:
    last = TEXT.index("The boat")
    draft.set_plan(PromptPlan(passages=(PromptPassage(last, len(TEXT), is_pinned=True),)))
    manuscript = draft.manuscript
    take = manuscript.begin_take(5)
    for word in (" one", " two", " three"):
        take.append(word)
    manuscript.end_take()

    def pinned() -> str:
        [one] = draft.plan.passages
        return manuscript.part(one.start, one.end)

    assert pinned() == "The boat lay still."
    manuscript.undo()
    assert pinned() == "The boat lay still."
    manuscript.redo()
    assert pinned() == "The boat lay still."


@pytest.mark.parametrize("written", ["", " two"])
def test_passages_of_a_take_are_there_again_when_the_next_one_ends_without_a_trace(
    draft: Draft, written: str
) -> None:
    manuscript = draft.manuscript
    manuscript.begin_take(len(TEXT)).append(" It rained.")
    manuscript.end_take()
    rained = PromptPassage(len(TEXT) + 1, len(TEXT) + 11, is_pinned=True)
    draft.set_plan(PromptPlan(passages=(rained,)))
    [takes] = manuscript.take_sets
    manuscript.retake(takes)
    manuscript.edit(0, 0, "Now ")
    draft.set_plan(msgspec.structs.replace(draft.plan, has_brief=False))
    moved = PromptPassage(rained.start + 4, rained.end + 4, is_pinned=True)
    assert draft.document().plan.passages == (moved,), "as it would be saved"
    assert not draft.plan.passages
    assert manuscript.growing is not None
    manuscript.growing.append(written)
    manuscript.drop_take()
    assert draft.plan.passages == (moved,)
    assert not draft.plan.has_brief
    manuscript.undo()
    assert draft.plan.passages == (rained,)
    manuscript.redo()
    assert draft.plan.passages == (moved,)


@pytest.mark.parametrize("written", ["", " two"])
def test_passages_are_changed_while_a_take_grows_that_ends_without_a_trace(
    draft: Draft, written: str
) -> None:
    manuscript = draft.manuscript
    manuscript.begin_take(len(TEXT)).append(" It rained.")
    manuscript.end_take()
    rained = PromptPassage(len(TEXT) + 1, len(TEXT) + 11, is_pinned=True)
    draft.set_plan(PromptPlan(passages=(PromptPassage(4, 6, is_pinned=True), rained)))
    [takes] = manuscript.take_sets
    take = manuscript.retake(takes)
    take.append(written)
    manuscript.edit(0, 0, "Now ")
    new = PromptPassage(0, 4, is_pinned=False)
    draft.set_plan(PromptPlan(passages=(new,)))
    draft.set_plan(PromptPlan(passages=(PromptPassage(0, 3, is_pinned=False),)))
    draft.set_plan(PromptPlan(passages=(new,)))
    moved = PromptPassage(rained.start + 4, rained.end + 4, is_pinned=True)
    if not written:
        assert draft.document().plan.passages == (new, moved), "as it would be saved"
    manuscript.drop_take()
    assert draft.plan.passages == draft.document().plan.passages == (new, moved)
    manuscript.edit(0, len(manuscript), "")
    manuscript.undo()
    assert draft.plan.passages == (new, moved)


def test_passages_were_changed_before_undo_brings_their_text_back(draft: Draft) -> None:
    def passages() -> list[PromptPassage]:
        return list(draft.plan.passages)

    manuscript = draft.manuscript
    manuscript.begin_take(len(TEXT)).append(" It rained.")
    manuscript.end_take()
    rained = PromptPassage(len(TEXT) + 1, len(TEXT) + 11, is_pinned=True)
    draft.set_plan(PromptPlan(passages=(rained,)))
    [takes] = manuscript.take_sets
    manuscript.retake(takes).append(" It snowed all day.")
    manuscript.end_take()
    assert not passages()
    first = PromptPassage(0, 4, is_pinned=False)
    draft.set_plan(PromptPlan(passages=(first,)))
    manuscript.edit(0, 0, "Now ")
    manuscript.undo()
    assert passages() == [first], "what was typed had none"
    manuscript.undo()
    assert manuscript.text == TEXT + " It rained."
    assert passages() == [first, rained]
    manuscript.redo()
    assert passages() == [first]
    manuscript.undo()
    assert passages() == [first, rained]
    draft.set_plan(PromptPlan(passages=(first,)))
    manuscript.redo()
    manuscript.undo()
    assert passages() == [first], "it was taken out by hand"


def test_passages_were_changed_before_undo_brings_back_several_parts(draft: Draft) -> None:
    manuscript = draft.manuscript
    near = PromptPassage(0, 3, is_pinned=True)
    far = PromptPassage(len(TEXT) - 6, len(TEXT), is_pinned=True)
    draft.set_plan(PromptPlan(passages=(near, far)))
    manuscript.edit_all([Edit(0, 3, ""), Edit(len(TEXT) - 6, 6, "")])
    draft.set_plan(PromptPlan(passages=(PromptPassage(7, 9, is_pinned=False),)))
    manuscript.undo()
    assert draft.plan.passages == (near, PromptPassage(10, 12, is_pinned=False), far)


def test_what_is_behind_the_caret_makes_no_difference(draft: Draft) -> None:
    last = TEXT.index("The boat")
    draft.set_plan(PromptPlan(passages=(PromptPassage(last, len(TEXT), is_pinned=False),)))
    assert draft.prompt(last).parts is None
    assert parts(draft).left_out == (PromptRange(last, len(TEXT), PINNED_PART),)


def test_a_pinned_passage_out_of_reach_is_sent_all_the_same(draft: Draft) -> None:
    draft.manuscript.edit(0, 0, "It began.\n" + "The sea was calm and nobody spoke.\n" * 30_000)
    draft.set_caret(len(draft.manuscript))
    pinned = PromptPassage(0, 10, is_pinned=True)
    draft.set_plan(PromptPlan(passages=(pinned, PromptPassage(10, 45, is_pinned=False))))
    assert draft.prompt().skipped > 45
    note = PromptNote(text="It began.\n", number=PINNED_PART, at=0)
    assert parts(draft) == PromptParts(notes=(note,))


def test_a_plan_is_part_of_what_is_saved(draft: Draft, qtbot: QtBot) -> None:
    draft.manuscript.mark_clean()
    assert not draft.is_modified
    with qtbot.waitSignals([draft.brief_changed, draft.prompt_changed]):
        draft.set_plan(PromptPlan(notes=(Note(text="Always."),)))
    assert draft.is_modified
    assert draft.document().plan == draft.plan
    draft.set_plan(NO_PLAN)
    assert not draft.is_modified


def test_takes_of_before_there_were_notes_are_known_by_their_mark(qtbot: QtBot) -> None:
    desk = Desk()
    prompt = desk.draft.prompt()
    former = {
        "manuscript": prompt.manuscript,
        "skipped": 0,
        "brief": "",
        "system": prompt.system,
        "format": prompt.format,
    }
    seen = msgspec.msgpack.encode((former, repr(desk.model.vocabulary)))
    mark = desk.writing.mark_of(prompt)
    assert mark == hashlib.blake2b(seen, digest_size=16).digest()
    desk.draft.set_plan(PromptPlan(notes=(Note(text="Always."),)))
    assert desk.writing.mark_of(desk.draft.prompt()) != mark


def test_a_manuscript_is_read_near_the_place_alone() -> None:
    manuscript = Manuscript("x" * 150_000 + "\nMara.\n" + "y" * 50_000)
    plan = PromptPlan(
        notes=(Note(text="N.", sent="near"), Note(text="M.", sent="called", keys="mara"))
    )
    found = parts_of(plan, manuscript, 0, len(manuscript))
    assert found is not None
    [near, called] = found.notes
    assert called.number == 1
    assert near.at == 150_001, "at a paragraph's beginning"


def test_a_plan_goes_with_its_document(draft: Draft) -> None:
    first, other = draft.state, DocumentState()
    passage = PromptPassage(0, 10, is_pinned=True)
    plan = PromptPlan(notes=(Note(text="Always."),), passages=(passage,))
    draft.set_plan(plan)
    draft.show(other)
    assert draft.plan == NO_PLAN
    draft.manuscript.edit(0, 0, "Another text, longer than that passage.")
    draft.set_plan(PromptPlan(passages=(PromptPassage(3, 5, is_pinned=False),)))
    draft.show(first)
    assert draft.plan == plan
    assert draft.manuscript.text == TEXT
    draft.manuscript.edit(0, len(TEXT), "")
    assert not draft.plan.passages
    draft.manuscript.undo()
    assert draft.plan == plan
    draft.show(other)
    assert draft.plan.passages == (PromptPassage(3, 5, is_pinned=False),)
