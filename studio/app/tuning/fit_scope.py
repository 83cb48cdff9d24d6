"""Which part of the text in front is fitted."""

from __future__ import annotations

from collections.abc import Generator
from enum import Enum

from studio.app.writing.draft import Draft
from studio.interchange.blocks import chapters
from studio.manuscript import Provenance, provenance_of, runs_of
from studio.translation import mark

_PIECE = 50_000
"""Code points whose source is looked up in one go, to a line's end: some milliseconds."""

Ranges = list[tuple[int, int]]


class FitScope(Enum):
    """What counts; the value is its name in a list."""

    WHOLE = mark("The whole text")
    SELECTION = mark("What is selected")
    YOURS = mark("What I typed")
    CHAPTER = mark("This chapter")


NOTHING = {
    FitScope.WHOLE: mark("There is no text yet. Type, paste or open some."),
    FitScope.SELECTION: mark("Nothing is selected. Select a passage, then fit again."),
    FitScope.YOURS: mark("You typed nothing of this text: it came from a file or the model."),
    FitScope.CHAPTER: mark("There is no text yet. Type, paste or open some."),
}
"""What is said where it has no text."""

SUBJECTS = {
    FitScope.WHOLE: mark("Your text"),
    FitScope.SELECTION: mark("What is selected"),
    FitScope.YOURS: mark("What you typed"),
    FitScope.CHAPTER: mark("This chapter"),
}
"""What it is called in a sentence."""


def scope_ranges(scope: FitScope, draft: Draft) -> Generator[bool, None, Ranges]:
    """The ranges of the text that count, in order; empty for none. In steps.

    Args:
        scope: What counts.
        draft: The document in front.
    """
    manuscript, caret = draft.manuscript, draft.caret
    length = len(manuscript)
    match scope:
        case FitScope.SELECTION:
            found = [(caret - draft.selected, caret)]
        case FitScope.CHAPTER:
            parts = chapters(manuscript.text)
            found = [(start, end) for _, start, end in parts if start <= caret][-1:]
        case FitScope.YOURS:
            found = []
            start = 0
            while start < length:
                yield False
                end = min(manuscript.line_end(min(start + _PIECE, length)) + 1, length)
                text, origins = manuscript.part(start, end), manuscript.origins(start, end)
                sources = provenance_of(text, origins, manuscript.take_sets, start)
                yours = sources.replace(bytes([Provenance.EDITED]), bytes([Provenance.TYPED]))
                found += [
                    (start + low, start + high) for low, high in runs_of(yours, Provenance.TYPED)
                ]
                start = end
        case _:
            found = [(0, length)]
    return [(start, end) for start, end in found if start < end]
