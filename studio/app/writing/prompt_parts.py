"""What a document's plan gives to a prompt at a place of its text.

The same text and the same plan make the same prompt: nothing else is looked at.
"""

from studio.engine.messages import PINNED_PART, PromptNote, PromptParts, PromptRange
from studio.manuscript import Manuscript, PromptPlan
from studio.manuscript.note_keys import KeyedText
from studio.manuscript.prompt_plan import NO_PLAN, last_paragraphs

_NEAR = 100_000
"""Code points before the place in which paragraphs are counted and keys are looked for."""


def parts_of(plan: PromptPlan, manuscript: Manuscript, begin: int, end: int) -> PromptParts | None:
    """What stands in a prompt beside brief and text; None where nothing does.

    Args:
        plan: What is wanted.
        manuscript: The text. The notes are numbered as in the plan, and its passages from
            `PINNED_PART` down.
        begin: Where the part of it begins that is sent.
        end: Where it is to be continued.
    """
    if plan == NO_PLAN:
        return None
    pinned, left_out, notes = list[PromptRange](), list[PromptRange](), list[PromptNote]()
    for index, one in enumerate(plan.passages):
        number, low, high = PINNED_PART - index, max(one.start, begin), min(one.end, end)
        if one.is_pinned and one.start < begin:
            far = manuscript.part(one.start, min(one.end, begin))
            notes.append(PromptNote(text=far, number=number, at=0))
        if low < high:
            there = PromptRange(low - begin, high - begin, number)
            (pinned if one.is_pinned else left_out).append(there)
    near = max(begin, end - _NEAR)
    text = manuscript.part(near, end)
    if near > begin:
        first = text.find("\n") + 1  # where a paragraph begins
        near, text = near + first, text[first:]
    looked_at = KeyedText(text[last_paragraphs(text, plan.looked_at) :])
    for number, note in enumerate(plan.notes):
        is_called = note.sent == "called"
        if not (note.is_on and note.text.strip()):
            continue
        if is_called and not looked_at.has(note.keys):
            continue
        at = None
        if note.sent == "near":
            at = near - begin + last_paragraphs(text, note.paragraphs)
        notes.append(
            PromptNote(text=note.text, number=number, at=at, most=note.most, is_called=is_called)
        )
    parts = PromptParts(
        notes=tuple(notes),
        most_called=plan.most_called if any(note.is_called for note in notes) else 0,
        most_brief=plan.most_brief if plan.has_brief else 0,
        most_text=plan.most_text,
        pinned=tuple(pinned),
        left_out=tuple(left_out),
    )
    return parts if parts != PromptParts() else None
