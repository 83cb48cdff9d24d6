"""What is being written: a manuscript, its brief, its caret, its file.

The state behind the editor and the brief field, and the one place that makes a prompt of them.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.parameters.prompt_settings import PromptSettings
from studio.app.writing.document_state import DocumentState, Saving
from studio.app.writing.prompt_parts import parts_of
from studio.engine.messages import Prompt
from studio.experiments.following_text import AFTER
from studio.manuscript import (
    NO_PLAN,
    Document,
    FileState,
    KeptRun,
    Manuscript,
    ManuscriptContent,
    Origin,
    Outside,
    PromptPassage,
    PromptPlan,
    RecoveryRecord,
    Take,
    TakeSet,
    TextFile,
    Waiting,
    is_document_name,
    replacement,
    runs_of,
    with_run,
)
from studio.presets import Preset
from studio.utf8 import fit_text

_log = logging.getLogger(__name__)

_LEAST_REACH = 200_000
"""Code points of a prompt that are sent to any model, if there are so many."""

_NEAR = 1024
"""Code points near a place that are examined at a time."""

_REMEMBERED = 1000
"""States of the text of which it is known where passages stood."""


class Draft(QObject):
    """The document in front.

    Attributes:
        manuscript: Its text.
        state: What else it is made of.
        prompting: How a prompt is made of it, and where what is written ends.
        preset_name: The name of the preset chosen last.
        reach: The most code points before the caret that a model could see. What is before them is
            not sent to it, but reported as not seen.

    Args:
        preset: The preset in force.
        parent: The Qt parent, if any.
    """

    prompt_changed = Signal()
    """The prompt may have changed: the text before the caret, the brief or the format."""
    selection_changed = Signal()
    """The selection has changed, while the caret stayed where it is."""
    brief_changed = Signal()
    """The brief or the plan has changed: it was edited, or another document was opened."""
    preset_found = Signal(bytes)
    """A document was opened that keeps the preset in force then, as `Document.preset`."""
    file_changed = Signal()
    """The file is another one, or was saved."""
    saved = Signal(object)
    """A document, which may be in front no more, was saved: its `DocumentState`."""
    runs_changed = Signal()
    """A document keeps other runs of lanes, or another document is in front."""

    def __init__(self, preset: Preset, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.manuscript = Manuscript()
        self.state = DocumentState()
        self._reads_after = False
        self._visible_end = 0
        """One past the last visible character; kept up to date, not searched for at each key."""
        self._came = NO_PLAN
        """What has come into the text since its last state, each part as a passage."""
        self.reach = 0
        self.preset_in_force: Callable[[], bytes] = lambda: b""
        """Says what a document keeps of it."""
        self.preset_name = preset.name
        self.prompting = PromptSettings(preset, self)
        self.prompting.changed.connect(self.prompt_changed)
        self.manuscript.changed.connect(self._on_text_changed)
        self.manuscript.state_changed.connect(self._on_state_changed)
        self.manuscript.brought_back.connect(self._on_brought_back)

    @property
    def path(self) -> Path | None:
        """Its file; None where it has none yet."""
        return self.state.path

    @property
    def brief(self) -> str:
        """What the model is told before the manuscript."""
        return self.state.brief

    def set_brief(self, brief: str) -> None:
        """Set the brief. What no file could hold (half a character) becomes U+FFFD."""
        brief = _brief_of(brief)
        if brief != self.state.brief:
            self.state.brief = brief
            self.brief_changed.emit()
            self.prompt_changed.emit()

    @property
    def plan(self) -> PromptPlan:
        """What the model is given beside text and brief, and of these."""
        return self.state.plan

    def set_plan(self, plan: PromptPlan) -> None:
        """Set the plan."""
        if plan != self.state.plan:
            if plan.passages != self.state.plan.passages:
                former = {**self.state.former_passages, **self.state.passages}
                self.state.former_passages = dict(list(former.items())[-_REMEMBERED:])
                self.state.passages = {}
            self.state.plan = plan
            self._on_state_changed()
            self.brief_changed.emit()
            self.prompt_changed.emit()

    @property
    def is_brief_saved(self) -> bool:
        """Whether brief and plan are as they were opened or saved last."""
        return self.state.is_brief_saved

    @property
    def is_modified(self) -> bool:
        """Whether there is something that a save would save."""
        return self.state.is_modified(self.manuscript)

    @property
    def keeps_takes(self) -> bool:
        """Whether its file keeps all that is known of the text, and not the text alone."""
        return self.state.keeps_takes

    @property
    def caret(self) -> int:
        """Where the model continues, in code points: at the end of the selection."""
        return min(self.state.caret, len(self.manuscript))

    @property
    def selected(self) -> int:
        """How many code points before the caret are selected."""
        return min(self.state.selected, self.caret)

    @property
    def text_follows(self) -> bool:
        """Whether visible text follows the caret."""
        return self.is_followed(self.caret)

    def is_followed(self, position: int) -> bool:
        """Whether visible text follows a place."""
        return self._visible_end > position

    def fills_in(self, position: int) -> bool:
        """Whether the model is given what follows a place, too, to fill in before it."""
        is_plain = self.prompting.prompt_format == "plain"
        return self._reads_after and is_plain and self.is_followed(position)

    def set_reads_after(self, reads_after: bool) -> None:
        """Set whether the open model is given both sides of a place in the middle of the text."""
        if reads_after != self._reads_after:
            self._reads_after = reads_after
            self.prompt_changed.emit()

    def prompt_of(self, take_set: TakeSet, take: Take) -> Prompt:
        """The prompt of a take, as all around its place is now.

        Args:
            take_set: The takes of its place.
            take: One of them.
        """
        given = take_set.current.given if take_set.current is not None else 0
        behind = take_set.place.end if take.fills_in else None
        return self.prompt(take_set.place.start + given, behind)

    def set_caret(self, position: int, selected: int = 0) -> None:
        """Follow the editor's caret.

        Args:
            position: The end of the selection.
            selected: How many code points before it are selected.
        """
        former = self.state.caret, self.state.selected
        self.state.caret, self.state.selected = position, selected
        if position != former[0]:
            self.prompt_changed.emit()
        elif selected != former[1]:
            self.selection_changed.emit()

    def set_preset(self, preset: Preset) -> None:
        """Follow the picker: the preset says how a prompt is made."""
        self.preset_name = preset.name
        self.prompting.follow(preset)

    @property
    def stop(self) -> tuple[str, ...]:
        """The texts that end what is written."""
        return self.prompting.stop

    def prompt(self, position: int | None = None, behind: int | None = None) -> Prompt:
        """The prompt for a continuation.

        Args:
            position: Where; None for the caret, and what follows that.
            behind: Where what follows begins, which a model that fills in is given too; None for
                nothing.
        """
        end = self.caret if position is None else position
        behind = end if position is None else behind
        begin = self._begin_of_prompt(end)
        after = ""
        if behind is not None and self.fills_in(behind):
            after = self.manuscript.part(behind, behind + AFTER)
        return Prompt(
            manuscript=self.manuscript.part(begin, end),
            skipped=begin,
            brief=self.state.brief if self.plan.has_brief else "",
            system=self.prompting.system_message,
            format=self.prompting.prompt_format,
            after=after,
            parts=parts_of(self.plan, self.manuscript, begin, end),
        )

    def _begin_of_prompt(self, end: int) -> int:
        """Where the part of the text begins that is sent for a prompt up to `end`.

        In a long text that is not its start, and moves only once per block of writing: what has
        been evaluated stays a prefix of the next prompt.
        """
        reach = max(_LEAST_REACH, self.reach)
        if end <= 2 * reach:
            return 0
        begin = (end // reach - 1) * reach
        near = self.manuscript.part(begin, begin + _NEAR)
        # At a word's beginning, where a tokenizer would not join it to what is before.
        return begin + next((at for at, sign in enumerate(near) if sign.isspace()), 0)

    def new(self) -> None:
        """Begin an empty manuscript without a file or a brief."""
        self._load(None, TextFile(""), None, "")

    def begin_with(self, file: TextFile) -> None:
        """Begin an unsaved manuscript without a file, with a text from elsewhere."""
        self._load(None, file, None, "", origin=Origin.OPENED)
        self.manuscript.mark_unsaved()

    def open(
        self,
        path: Path,
        file: TextFile,
        held: FileState | None,
        brief: str = "",
        plan: PromptPlan = NO_PLAN,
    ) -> None:
        """Open a text file that was read.

        Args:
            path: Where it is.
            file: Its text, encoding and line ends.
            held: The state of the file when it was read.
            brief: The brief that was saved for it.
            plan: The plan that was saved for it.
        """
        self._load(path, file, held, brief, origin=Origin.OPENED, plan=plan)
        _log.info("a text was opened, %d characters", len(self.manuscript))

    def open_document(self, path: Path, document: Document, held: FileState | None) -> None:
        """Be the document of a file in the program's own form.

        Args:
            path: Where it is.
            document: What it says.
            held: What it held.
        """
        self._load(path, TextFile(""), held, document.brief, document)
        _log.info(
            "a document was opened, %d characters, %d sets of takes",
            len(self.manuscript),
            len(document.take_sets),
        )

    def document(self) -> Document:
        """All of it as it is now; what waits for its first token has not begun there."""
        passages, take_sets = self.manuscript.content()
        preset = self.preset_in_force()
        caret, plan = self.caret, self.plan
        if (waiting := self.manuscript.waiting) is not None:
            caret = waiting.carried(caret)
            moved = plan.after(waiting.start, waiting.end - waiting.start, len(waiting.replaced))
            plan = self._plan_with(waiting, moved)
        return Document(passages, take_sets, caret, self.brief, preset, plan, self.state.runs)

    def _plan_with(self, waiting: Waiting, moved: PromptPlan) -> PromptPlan:
        """The plan as it is with what a take without text has replaced.

        Args:
            waiting: The take.
            moved: The plan, moved as that text comes back.
        """
        known, former = self.state.passages, self.state.former_passages
        passages = known.get(waiting.revision, former.get(waiting.revision, ()))
        plan = msgspec.structs.replace(moved, passages=passages)
        for change in waiting.changes:
            plan = plan.after(change.position, len(change.removed), len(change.inserted))
        if waiting.revision in known:
            return plan
        # They were changed since: what came back has its own, and the rest those that it has now.
        start, length = waiting.start, len(waiting.replaced)
        return moved.with_brought_back(start, start + length, plan.passages)

    def begin_save(self, path: Path) -> Saving:
        """Begin a save: returns the text in the file's encoding and line ends, and the brief.

        Until `end_save` it cannot be said whether others change the file.
        """
        manuscript = self.manuscript
        manuscript.close_step()
        document = self.document()
        self.state.saving = Saving(
            path,
            self.state.file.with_text(document.text),
            document.brief,
            document.plan,
            manuscript.content_revision,
            manuscript.take_changes,
            document if is_document_name(path) else None,
            self.state.runs,
            bool(manuscript.take_sets) or manuscript.is_brushed,
            self.state,
        )
        return self.state.saving

    def end_save(self, saving: Saving, held: FileState | None, is_brief_saved: bool) -> bool:
        """End a save. What was changed since it began is not saved.

        Args:
            saving: What was to be written.
            held: The file's state since then; None where it could not be written.
            is_brief_saved: Whether the brief was saved for it.

        Returns:
            Whether the document that was to be saved is still open, in front or not.
        """
        state = saving.state
        if state.saving is not saving:
            return False
        state.saving = None
        text = self.manuscript if state.content is None else state.content
        saved = saving.brief, saving.plan
        if is_brief_saved and (state.saved_brief, state.saved_plan) != saved:
            state.saved_brief, state.saved_plan = saved
            self.brief_changed.emit()
        if held is not None:
            state.path, state.file, state.held = saving.path, saving.file, held
            state.saved_takes = saving.take_changes
            state.saved_runs = saving.runs
            text.mark_clean(saving.revision)
            _log.info("a text was saved, %d characters", len(saving.file.text))
            self.file_changed.emit()
            self.saved.emit(state)
        return True

    def record(self) -> RecoveryRecord:
        """The document as it is now, to be recovered if the program dies."""
        document = self.document()
        return RecoveryRecord(
            file=self.state.file.with_text(document.text),
            generated=tuple(runs_of(document.origins, Origin.GENERATED)),
            brief=document.brief,
            caret=document.caret,
            path=self.path,
            held=self.state.held,
            written_at=time.time(),
            document=document,
        )

    def restore(self, record: RecoveryRecord) -> None:
        """Open a recovered document, which is not saved: its file is as it was."""
        file = record.file.with_text(fit_text(record.text))
        self._load(record.path, file, record.held, record.brief, record.document, record.generated)
        self.state.saved_brief = None
        self.manuscript.mark_unsaved()
        _log.info("a text that was not saved was restored, %d characters", len(self.manuscript))

    def show(self, state: DocumentState) -> None:
        """Be another of the open documents, and put this one aside.

        Args:
            state: That one's; its text was put aside, or it has none yet.

        Raises:
            GrowingTakeError: A take grows.
        """
        self.state.content = self.manuscript.put_aside()
        # Before the text, whose change asks what would follow it, and what is saved of it.
        self.state, content = state, state.content
        state.content = None
        # Its passages stand where they stand in that text, and are not moved by its coming.
        plan, passages, state.plan, state.passages = state.plan, state.passages, NO_PLAN, {}
        self.manuscript.take_up(ManuscriptContent() if content is None else content)
        state.plan, state.passages = plan, passages
        state.revision, self._came = self.manuscript.revision, NO_PLAN
        if plan != NO_PLAN:
            self.prompt_changed.emit()
        self.brief_changed.emit()
        self.file_changed.emit()
        self.runs_changed.emit()

    # Runs of lanes

    def keep_run(self, state: DocumentState, run: KeptRun) -> None:
        """Have a document keep a run of lanes, in place of one of the same name.

        Args:
            state: The one that it was made for, in front or not.
            run: It has no more bytes than all may have: see `with_run`.
        """
        runs = with_run(state.runs, run)
        if runs != state.runs:
            state.runs = runs
            self.runs_changed.emit()

    def keep_no_run_but(self, name: str) -> None:
        """Have the document in front keep none of its runs but one, if it has that."""
        self.state.runs = tuple(run for run in self.state.runs if run.name == name)
        self.runs_changed.emit()

    # The file, and other programs

    def compare(self) -> Outside:
        """Whether others have changed the file since it was read or written here."""
        if self.path is None or self.state.held is None or self.state.saving is not None:
            return Outside.SAME
        return self.state.held.compare(self.path)

    def keep_mine(self) -> None:
        """Keep the text as it is here; a save will replace what the file holds now."""
        if self.path is not None:
            # One that cannot be read cannot be known again: it is asked about once more.
            with contextlib.suppress(OSError):
                self.state.held = FileState.at(self.path)
        self.manuscript.mark_unsaved()

    def take_theirs(
        self, file: TextFile, held: FileState | None, document: Document | None = None
    ) -> None:
        """Replace the text by what the file holds now, in one step that can be undone.

        Args:
            file: The file's text, encoding and line ends.
            held: The state of the file when it was read.
            document: All that it says, where it keeps more than a text.

        Raises:
            GrowingTakeError: A take is growing.
        """
        manuscript, state = self.manuscript, self.state
        if document is None:
            edit = replacement(manuscript.text, file.text)
            manuscript.close_step()
            manuscript.edit_all([edit], Origin.OPENED)
            state.file = file
        else:
            manuscript.replace_all(document.passage, document.take_sets)
            state.saved_takes = manuscript.take_changes
            state.saved_brief, state.saved_plan = document.brief, document.plan
            state.runs = state.saved_runs = document.runs
            self.set_brief(document.brief)
            self.set_plan(document.plan)
            self.runs_changed.emit()
        manuscript.mark_clean()
        state.held = held
        self.file_changed.emit()

    def _load(
        self,
        path: Path | None,
        file: TextFile,
        held: FileState | None,
        brief: str,
        document: Document | None = None,
        generated: Sequence[tuple[int, int]] = (),
        origin: Origin = Origin.TYPED,
        plan: PromptPlan = NO_PLAN,
    ) -> None:
        """Be another document: what is known of it, or the plain text of the file."""
        self.state.path, self.state.file, self.state.held = path, file, held
        self.state.saving = self.state.save_again = self.state.taken_from = None
        self.state.words_begun = None
        self.state.runs = self.state.saved_runs = document.runs if document is not None else ()
        # Before the text, whose change asks what would follow it.
        self.state.brief = self.state.saved_brief = _brief_of(brief)
        # Passages are of the text before.
        self.state.plan, self.state.passages, self.state.former_passages = NO_PLAN, {}, {}
        if document is None:
            self.manuscript.load(file.text, generated, origin)
        else:
            self.manuscript.restore(document.passage, document.take_sets)
            plan = document.plan
        self.state.plan = self.state.saved_plan = plan.within(len(self.manuscript))
        if plan != NO_PLAN:
            self._on_state_changed()
            self.prompt_changed.emit()
        self.state.saved_takes = self.manuscript.take_changes
        self.brief_changed.emit()
        self.file_changed.emit()
        self.runs_changed.emit()
        if document is not None:
            self.preset_found.emit(document.preset)

    def _on_text_changed(self, position: int, removed: int, inserted: str, _: bytes) -> None:
        visible, caret = len(inserted.rstrip()), self.state.caret
        if self._visible_end > position + removed:
            self._visible_end += len(inserted) - removed
        elif visible:
            self._visible_end = position + visible
        elif self._visible_end > position:
            self._visible_end = self._last_visible(position)
        self.state.plan = self.plan.after(position, removed, len(inserted))
        if self.manuscript.growing is not None and position <= self.state.caret:
            # As the editor's goes behind this: else the prompt would change twice at each frame.
            end = position + removed
            self.state.caret = max(self.state.caret, end) + len(inserted) - removed
        if self.state.former_passages and self.manuscript.growing is None:
            self._came = self._came.after(position, removed, len(inserted))
            if inserted:
                came = PromptPassage(position, position + len(inserted), is_pinned=False)
                self._came = self._came.with_passage(came)
        reach = caret + (AFTER if self._reads_after else 0)
        if position <= reach:
            self.prompt_changed.emit()

    def _on_brought_back(self, waiting: Waiting) -> None:
        """Have the passages of what came back, too, wherever something was written meanwhile."""
        plan = self._plan_with(waiting, self.plan)
        if plan != self.plan:
            self.state.plan = plan
            self.brief_changed.emit()
            self.prompt_changed.emit()

    def _on_state_changed(self) -> None:
        """Have the passages of the plan stand where they stood when the text was this one."""
        if self.manuscript.growing is not None:
            return  # no step leads back there
        state, passages, revision = self.state, self.plan.passages, self.manuscript.revision
        came, self._came = self._came, NO_PLAN
        if not (passages or state.passages or state.former_passages):
            return
        known = state.passages.get(revision)
        if known is None:
            # Others were set since: what has come back has those that it had.
            plan, former = self.plan, state.former_passages.get(revision, ())
            for part in came.passages:
                plan = plan.with_brought_back(part.start, part.end, former)
            known = plan.passages
        is_another, state.revision = revision != state.revision, revision
        if is_another and known != passages:
            state.plan = msgspec.structs.replace(state.plan, passages=known)
            self.brief_changed.emit()
            self.prompt_changed.emit()
        state.passages[revision] = known if is_another else passages
        if len(state.passages) > _REMEMBERED:
            del state.passages[next(iter(state.passages))]

    def _last_visible(self, end: int) -> int:
        while end and not (part := self.manuscript.part(max(0, end - _NEAR), end).rstrip()):
            end = max(0, end - _NEAR)
        return max(0, end - _NEAR) + len(part) if end else 0


def _brief_of(text: str) -> str:
    # At a text's beginning Qt takes this one for a mark that turns the bytes of all others round.
    return fit_text(text).replace("\ufffe", "\ufffd")
