"""A document at one moment: a text with all that is known of it, as its own file keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from studio.manuscript.passage import Origin, Passage, concatenated
from studio.manuscript.prompt_plan import NO_PLAN, PromptPlan
from studio.manuscript.takes import TakeSet
from studio.memory_budgets import DOCUMENT_RUNS

SUFFIX = ".kelvin"
_TYPED_OR_GENERATED = bytes([Origin.TYPED, Origin.GENERATED])


def is_document_name(path: Path) -> bool:
    """Whether a file of this name keeps a document, and no plain text."""
    return path.suffix.lower() == SUFFIX


class KeptRun(NamedTuple):
    """A run of lanes that was made for a document.

    Attributes:
        name: By which it is known, here and on the shelf of runs; of two the later sorts behind.
        data: The comparison, as its file has it. Nobody looks into it before it is shown.
    """

    name: str
    data: bytes


MOST_RUNS = 24
"""That a document keeps; of more, the oldest go. Their bytes have a budget beside that."""


def with_run(runs: Iterable[KeptRun], one: KeptRun) -> tuple[KeptRun, ...]:
    """The runs of a document with one more, or with one as it is now.

    Of more than there may be, the oldest of the others go.

    Args:
        runs: Those that it keeps.
        one: The one; alone it has no more bytes than all may have.
    """
    found = sorted([one, *(run for run in runs if run.name != one.name)])
    while len(found) > MOST_RUNS or sum(len(run.data) for run in found) > DOCUMENT_RUNS:
        found.remove(next(run for run in found if run is not one))
    return tuple(found)


class Document(msgspec.Struct, frozen=True):
    """All of it at one moment. Nothing of it changes any more: another thread may write it.

    Attributes:
        passages: The text in pieces, who wrote it, which tokens stand in it, and which parts of it
            have sampling of their own.
        take_sets: Its takes.
        caret: Before which code point it stands.
        brief: What the model is told before the text.
        preset: The preset in force with its values, as its own file has it; empty where that is
            not known.
        plan: What the model is given beside text and brief, and of these.
        runs: Those of lanes that were made for it, the oldest first.
    """

    passages: tuple[Passage, ...]
    take_sets: tuple[TakeSet, ...] = ()
    caret: int = 0
    brief: str = ""
    preset: bytes = b""
    plan: PromptPlan = NO_PLAN
    runs: tuple[KeptRun, ...] = ()

    @property
    def says_more(self) -> bool:
        """Whether it has what a text and the ranges of it that a model wrote do not say."""
        return bool(self.take_sets or self.runs or self.plan != NO_PLAN) or any(
            passage.marks or passage.brushes or passage.origins.strip(_TYPED_OR_GENERATED)
            for passage in self.passages
        )

    @property
    def text(self) -> str:
        """All characters."""
        return "".join([passage.text for passage in self.passages])

    @property
    def origins(self) -> bytes:
        """Who wrote each character, one byte each."""
        return b"".join([passage.origins for passage in self.passages])

    @property
    def passage(self) -> Passage:
        """The text in one piece."""
        return concatenated(self.passages)
