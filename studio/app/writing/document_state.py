"""What one of several open documents is made of, beside its text.

It goes with the document when another one is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from studio.file_lock import FileLock
from studio.manuscript import (
    NO_PLAN,
    Document,
    FileState,
    KeptRun,
    Manuscript,
    ManuscriptContent,
    PromptPassage,
    PromptPlan,
    TextFile,
    Words,
    is_document_name,
)


class Saving(msgspec.Struct, frozen=True, eq=False):
    """A document as it was when a save of it began.

    Attributes:
        path: Where it is saved.
        file: What is written there, where that is plain text.
        brief: What is kept for it.
        plan: As the brief.
        revision: The number of its text.
        take_changes: `Manuscript.take_changes` then.
        document: What is written there in the program's own form; None for plain text.
        runs: What it keeps of runs of lanes.
        has_takes: Whether the text has any, or passages with sampling of their own.
        state: Of which of the open documents.
    """

    path: Path
    file: TextFile
    brief: str
    plan: PromptPlan
    revision: int
    take_changes: int
    document: Document | None
    runs: tuple[KeptRun, ...]
    has_takes: bool
    state: DocumentState


class DocumentState(msgspec.Struct, eq=False):
    """All of an open document that its text is not.

    Here, or in `ManuscriptContent`, is everything that is of one document and not of the window.
    `Draft` has the state of the one in front; in those of the others their texts are put aside.

    Attributes:
        number: Which of the documents without a file it is, from 1.
        path: Its file; None where it has none yet.
        is_read: Whether its text was read; one that was open last time is read when it is shown.
        file: The file's encoding and line ends; its text is that of the last time.
        held: What the file held when it was read or written last.
        saving: The save that is under way; None for none.
        save_again: Where to save again after that.
        taken_from: The document of another program that the text comes from; it is not written to.
        lock: The file, and its lock, where that could be taken.
        brief: What the model is told before the text.
        saved_brief: The brief that is saved for the file; None where that is not known.
        plan: What the model is given beside text and brief, and of these.
        saved_plan: The plan that is saved for the file.
        passages: Those of the plan by the number of the text, the earliest first: undo brings
            those back that went with their text.
        former_passages: The same of before others were set: text that comes back by undo, or as a
            take ends without a trace, has those again that it had.
        revision: The number of the text for which passages were looked up last.
        saved_takes: How many takes had been made when it was opened or saved.
        runs: The runs of lanes that were made for it.
        saved_runs: Those that are saved in its file.
        caret: The end of the selection, in code points.
        selected: How many code points before it are selected.
        line: A code point, and where in the view its line stood when the document was put aside.
        words_begun: The words that its text had when it was opened; None until they are counted.
        content: The text that was put aside; None in front, and where it was not read.
        settings: Puts the preset in force, with its values, that was when it was put aside; None
            where nothing was put aside.
    """

    number: int = 1
    path: Path | None = None
    is_read: bool = True
    file: TextFile = TextFile("")
    held: FileState | None = None
    saving: Saving | None = None
    save_again: Path | None = None
    taken_from: Path | None = None
    lock: tuple[Path, FileLock | None] | None = None
    brief: str = ""
    saved_brief: str | None = ""
    plan: PromptPlan = NO_PLAN
    saved_plan: PromptPlan = NO_PLAN
    passages: dict[int, tuple[PromptPassage, ...]] = msgspec.field(default_factory=dict)
    former_passages: dict[int, tuple[PromptPassage, ...]] = msgspec.field(default_factory=dict)
    revision: int = 0
    saved_takes: int = 0
    runs: tuple[KeptRun, ...] = ()
    saved_runs: tuple[KeptRun, ...] = ()
    caret: int = 0
    selected: int = 0
    line: tuple[int, int] | None = None
    words_begun: Words | None = None
    content: ManuscriptContent | None = None
    settings: Callable[[], None] | None = None
    _place: tuple[Path, Path] | None = None

    @property
    def place(self) -> Path | None:
        """Its file, where all links lead; looked up once, for its drive may answer late."""
        if self.path is None:
            return None
        if self._place is None or self._place[0] != self.path:
            self._place = self.path, self.path.resolve()
        return self._place[1]

    @property
    def keeps_takes(self) -> bool:
        """Whether its file keeps all that is known of the text, and not the text alone."""
        return self.path is not None and is_document_name(self.path)

    @property
    def is_brief_saved(self) -> bool:
        """Whether brief and plan are as they were opened or saved last."""
        return self.brief == self.saved_brief and self.plan == self.saved_plan

    def is_modified(self, text: Manuscript | ManuscriptContent) -> bool:
        """Whether there is something that a save would save.

        Args:
            text: Its text.
        """
        has_more = text.take_changes != self.saved_takes or self.runs != self.saved_runs
        return (self.keeps_takes and has_more) or not (text.is_clean and self.is_brief_saved)

    def is_worth_keeping(self, text: Manuscript | ManuscriptContent) -> bool:
        """Whether something would be lost with it: it is modified, and no empty page.

        Args:
            text: Its text.
        """
        has_words = bool(not text.is_blank or self.brief or self.plan.notes)
        is_something = self.path is not None or has_words
        return self.is_modified(text) and is_something
