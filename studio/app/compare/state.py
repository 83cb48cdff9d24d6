"""A comparison as the window knows it: what may be done with its lanes, and doing it.

Asks whether something is allowed, and says why not; `CompareRun` carries it out with the engine.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from PySide6.QtCore import QObject, Signal

from studio.app.compare.lane import CompareLane
from studio.app.compare.lane_biases import LaneBiases
from studio.app.compare.lanes import RUNS, CompareLanes
from studio.app.compare.origin import CompareOrigin
from studio.app.compare.place import LanePlace
from studio.app.compare.room import room_warning
from studio.app.compare.run import CompareRun
from studio.app.compare.run_input import RunInput
from studio.app.engine_line.client import EngineClient
from studio.app.model.context_use import ContextUse
from studio.app.model.fingerprint import ModelFingerprint
from studio.app.model.state import ModelState
from studio.app.parameters.sampling_state import SamplingState
from studio.app.presets.preset_choice import PresetChoice
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.text_question import TextQuestion
from studio.app.writing.draft import Draft
from studio.app.writing.records import TokenRecords
from studio.app.writing.writing import Writing
from studio.engine.messages import Prompt
from studio.manuscript import TakeWriter, begun, shape_of
from studio.manuscript.text_shape import BRIEF_LIMITS, LIMITS, fits, too_large
from studio.sampling import SamplingParams
from studio.translation import mark, tr
from studio.utf8 import fit_text

ELSEWHERE = mark("The Compare page is shown; go back to the Write page first (Ctrl+1).")
ENDS_AT_ONCE = mark(
    "It would end here again: the same settings and random draws give the same end. Turn its "
    "temperature, or give it new random draws."
)


class CompareState(CompareLanes):
    """The lanes, and what may be done with them.

    Attributes:
        origin: Says whether the open model is the one that wrote the lanes.
        biases: Says which lanes cannot run because of their biases.
        can_make_preset: Whether `preset_wanted` is answered.

    Args:
        client: The line to the engine.
        model: The open model.
        fingerprint: Its fingerprint.
        draft: The document.
        writing: What is written into it.
        records: What is known of each token of the text.
        sampling: The parameters in force.
        preset_choice: The presets, and the one in force.
        next_token: The distribution at the caret.
        context: How full the engine's context is.
        parent: The Qt parent, if any.
    """

    failed = Signal(str)
    """One message for the writer."""
    reported = Signal(str)
    """What the writer should know of what was done."""
    used = Signal(int)
    """A lane's text was put into the manuscript; where it ends, in code points."""
    place_wanted = Signal(object)
    """A lane is to be used whose prompt is not in the manuscript: asks where to put it."""
    preset_wanted = Signal(str, object)
    """The preset's name and the parameters of a lane that is to be kept as a preset."""

    def __init__(
        self,
        client: EngineClient,
        model: ModelState,
        fingerprint: ModelFingerprint,
        draft: Draft,
        writing: Writing,
        records: TokenRecords,
        sampling: SamplingState,
        preset_choice: PresetChoice,
        next_token: NextToken,
        context: ContextUse,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(sampling, preset_choice, next_token, parent)
        self._model = model
        self._draft = draft
        self._writing = writing
        self._records = records
        self._context = context
        self._place = LanePlace(draft.manuscript)
        self._run = CompareRun(client, self, self)
        self.origin = CompareOrigin(model, fingerprint, self)
        self.biases = LaneBiases(model, self, self)
        self._texts = TextQuestion(client, model, self._wanted_texts, self)
        for other in (self.changed, self.lanes_changed):
            other.connect(self._texts.ask)
        self.can_make_preset = False
        self._run.failed.connect(lambda why, _kind: self.failed.emit(why))
        self.ended.connect(self._on_ended)
        self.origin.changed.connect(self._recognise_model)
        model.changed.connect(self._on_model_changed)
        self.changed.connect(self._hold_writing)
        records.scoring_changed.connect(self.changed)  # with each change of the writing
        draft.prompt_changed.connect(self._on_draft_changed)

    @property
    def prompt_here(self) -> Prompt:
        """What the next run will continue."""
        return self._draft.prompt()

    @property
    def room_warning(self) -> str:
        """Where the lanes may not fit the context beside their prompt, and what to do; or ""."""
        use = self._context
        if not use.size or self.is_running or self.run_input.prompt is not None:
            return ""
        return room_warning(len(self.lanes), self.max_tokens, use.used, use.size)

    @property
    def rate(self) -> float:
        """Tokens a second of all lanes that run."""
        return sum(lane.rate or 0.0 for lane in self.lanes if lane.runs)

    # -- a lane's text, and its settings -------------------------------------------------------

    def why_not_use(self, lane: CompareLane) -> str | None:
        """Why a lane's text cannot go into the manuscript now; None where it can."""
        if lane.runs:
            return tr("This lane is still being written: wait until it has ended, or stop it.")
        if not lane.written:
            return tr("This lane has written nothing yet.")
        if not self._writing.is_idle:
            return tr("The model is writing into the manuscript; stop it first (Esc).")
        return None

    def use(self, lane: CompareLane) -> None:
        """Put a lane's text where its prompt ended, as a take with all its records.

        Where the prompt's text is gone, `place_wanted` asks where to put it; on an empty page both
        are put there.
        """
        prompt = self.run_input.prompt
        if self.why_not_use(lane) or prompt is None:
            return
        if self._place.find(prompt.manuscript):
            self._put_text(lane)
        elif not len(self._draft.manuscript) and not self._draft.brief:
            self.use_in_new(lane)
        else:
            self.place_wanted.emit(lane)

    def use_at_caret(self, lane: CompareLane) -> None:
        """Put a lane's text at the caret, wherever its prompt ended."""
        if self.why_not_use(lane) is None:
            caret = self._draft.caret
            self._place.put(caret)
            before = self._draft.manuscript.part(max(0, caret - 2), caret)
            self._put_text(lane, begun(lane.text, before))
            # The next one is asked about again: what stands here is not its prompt.
            self._place.put(None)

    def use_in_new(self, lane: CompareLane) -> None:
        """Put a lane's prompt and its text into the manuscript, which was begun for them."""
        prompt = self.run_input.prompt
        if self.why_not_use(lane) or prompt is None:
            return
        text = fit_text(prompt.manuscript)
        for what, foreign, limits in (
            (tr("The prompt"), text, LIMITS),
            (tr("The brief"), prompt.brief, BRIEF_LIMITS),
        ):
            if not fits(shape := shape_of(foreign), limits):
                why = too_large(what, shape, limits)
                self.reported.emit(
                    tr("{why} That is more than a new manuscript can be begun with.", why=why)
                )
                return
        self._draft.set_brief(prompt.brief)
        self._draft.manuscript.edit(0, 0, text)
        self._place.put(len(text))
        self._put_text(lane)

    def _put_text(self, lane: CompareLane, wanted: str | None = None) -> None:
        """Write a lane's text at the place.

        Args:
            lane: Whose text it is.
            wanted: The text with the white space that it should begin with; None for its own.
        """
        take = self._place.begin_take()
        take.seed, take.preset, take.ending = lane.seed, lane.ran_as, lane.reason
        take.temperatures = [params.temperature for _, params in lane.turns]
        take.model = self.run_input.model
        prompt = self.run_input.prompt
        take.fills_in = prompt is not None and bool(prompt.after)
        writer = TakeWriter(self._draft.manuscript, take)
        # Of another model, the records would be read with the wrong vocabulary.
        is_known = self.origin.is_open_model(self.run_input.source)
        records = lane.records(self.run_input.prompt_tokens)[: len(lane.written)]
        is_begun = wanted is None or lane.text == wanted
        if wanted is not None and len(wanted) > len(lane.text):
            writer.add(b" ", None)
            is_begun = True
        for record in records:
            text = record.text if is_begun else record.text.lstrip()
            # A token of which only a part comes into the text leaves no record; nor does one that
            # was kept without its distribution.
            is_whole = is_known and text == record.text and bool(record.sketch)
            writer.add(text, record if is_whole else None)
            is_begun = is_begun or bool(text)
        writer.end()
        self._draft.manuscript.end_take()
        self.used.emit(self._place.end_of_take())

    def make_preset(self, lane: CompareLane) -> None:
        """Ask whoever keeps presets to keep a lane's settings."""
        self.preset_wanted.emit(lane.preset_choice.current.name, lane.sampling.params)

    # -- what may run --------------------------------------------------------------------------

    @property
    def why_not(self) -> str | None:
        """Why nothing can be run now, and what to do; None where it can."""
        if not self._model.is_ready:
            return tr("Open a model first (Ctrl+Shift+O): it is the one that writes.")
        if not self._writing.is_idle:
            return tr("The model is writing; a comparison has to wait until it has ended (Esc).")
        if self._records.is_scoring:
            return tr(
                "The text is being scored; a comparison has to wait until it has ended (Esc)."
            )
        return None

    @property
    def why_not_run(self) -> str | None:
        """Why `run` would do nothing; None where it would."""
        if self.is_running:
            return tr("The lanes are running already. Esc stops them.")
        if self.why_not:
            return self.why_not
        prompt = self._draft.prompt()
        if not (prompt.manuscript.strip() or prompt.brief.strip()):
            return tr(
                "Write a sentence first (Ctrl+1): the lanes continue what stands at the caret."
            )
        return None

    def why_not_again(self, lane: CompareLane) -> str | None:
        """Why a lane cannot run again from the prompt; None where it can."""
        if self.run_input.prompt is None:
            return tr("Run the comparison first (Ctrl+Enter).")
        if lane.runs:
            return tr("It runs.")
        why_not = self.why_not or self.origin.why_not(self.run_input)
        return why_not or self.biases.why_not(lane) or None

    def why_not_go_on(self, lane: CompareLane) -> str | None:
        """Why a lane cannot write on from where it ended; None where it can."""
        why_not = self.why_not_again(lane)
        return tr(ENDS_AT_ONCE) if why_not is None and lane.would_end_at_once else why_not

    # -- the run -------------------------------------------------------------------------------

    def run(self) -> None:
        """Continue the manuscript from the caret in all lanes, in place of what they wrote.

        Lanes with biases for another model are left out, and `biases` reports them.
        """
        if self.why_not_run:
            return
        going = [lane for lane in self.lanes if not self.biases.why_not(lane)]
        self.biases.report()
        if not going:
            return
        if self.has_tokens:
            self.replacing.emit()
        self.run_input = RunInput(
            prompt=self._draft.prompt(),
            source=self._model.vocabulary,
            model=self.origin.record,
            made=now(),
            document=self._draft.state,
        )
        self.origin.recognise(self.run_input)
        self._place.put(self._draft.caret)
        self.vocabulary.use_vocabulary(self.run_input.source, self._model.mark)
        self._learn_spellings()
        self._run.start(going)

    def run_left_out(self) -> None:
        """Run the lanes that `biases` reported without their biases; all, where none has run."""
        left_out = self.biases.left_out
        self.biases.drop(left_out)
        if self.is_running or self.has_tokens:
            for lane in left_out:
                self.go_on(lane)
        else:
            self.run()

    def go_on(self, lane: CompareLane) -> None:
        """Have a lane that has ended write on."""
        if self.why_not_go_on(lane) is None:
            self._learn_spellings()
            self._run.go_on(lane)

    def run_again(self, lane: CompareLane) -> None:
        """Run one lane from the prompt, with other random draws."""
        if self.why_not_again(lane) is None:
            if lane.tokens:
                self.replacing.emit()
            self._learn_spellings()
            self._run.run_again(lane)

    def stop(self, lane: CompareLane) -> None:
        """End one lane; the others go on."""
        self._run.stop(lane)

    def stop_all(self) -> None:
        """End all lanes; what they wrote stays."""
        self._run.stop_all()

    # -- what goes on around it ----------------------------------------------------------------

    def set_shown(self, is_shown: bool) -> None:
        """Set whether the writer looks at the lanes: then nothing can begin in the manuscript."""
        self.is_shown = is_shown
        if is_shown:
            self._look()
        self.changed.emit()

    def _hold_writing(self) -> None:
        # `hold` is silent where nothing differs, so that this does not go round in a circle.
        self._writing.hold(
            tr(RUNS) if self.is_running else tr(ELSEWHERE) if self.is_shown else None
        )

    def _on_draft_changed(self) -> None:
        # At each key of a writer who does not see the lanes: they are reported when they are shown.
        if self.is_shown:
            self.changed.emit()

    def _on_model_changed(self) -> None:
        if not (self._model.is_ready and self.is_running):
            # A load ends what ran, and the engine keeps no lanes over it.
            self._run.forget()
        self._recognise_model()

    def _recognise_model(self) -> None:
        if self.run_input.prompt is None:
            self.vocabulary.use_vocabulary(self._model.vocabulary, self._model.mark)
        if self.run_input.prompt is None or self.origin.is_open_model(self.run_input.source):
            self.vocabulary.add_pieces({}, self._model.control)
        self.origin.recognise(self.run_input)
        self.changed.emit()

    def _on_ended(self) -> None:
        if pieces := self._run.take_pieces():
            # The window's own histogram was not given them.
            self._next_token.add_pieces(pieces)
        self.origin.ask()

    def _learn_spellings(self) -> None:
        # The engine spells each token once, and may have spelled it for the caret.
        self.vocabulary.learn_from(self._next_token)

    def _wanted_texts(self) -> Iterator[tuple[SamplingParams, NextToken]]:
        """The settings of the lanes whose tokens are the open model's."""
        source = self.run_input.source
        if self.run_input.prompt is None or self.origin.is_open_model(source):
            for lane in self.lanes:
                for params in (lane.sampling.params, *(params for _, params in lane.turns)):
                    yield params, self.vocabulary

    def shown(self) -> None:
        """See `CompareLanes`."""
        super().shown()
        self._recognise_model()

    def _on_turned(self, lane: CompareLane, params: SamplingParams) -> None:
        if lane.runs and self.biases.why_not(lane):
            # The engine would end all lanes.
            self._run.stop(lane)
            self.biases.report()
        else:
            self._run.turn(lane, params)
        super()._on_turned(lane, params)
        if not lane.runs:
            # Whether it can go on may hang by that.
            lane.changed.emit()
        self.biases.look()
        self._texts.ask()

    def _before_removal(self, lane: CompareLane) -> None:
        self._run.remove(lane)

    def _before_exchange(self) -> None:
        self._run.forget()
        self.vocabulary.use_vocabulary(self._model.vocabulary, self._model.mark)
        self._place.put(None)


def now() -> str:
    """The time, as a file keeps it: ISO 8601, UTC."""
    moment = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return moment.replace("+00:00", "Z")
