"""A comparison as the window knows it: lanes that continue one prompt, and what they may do.

Sends the engine's commands, takes its events, and shows them to the lanes once a frame. Knows no
widget; the files that a comparison is kept in are `compare_files`' affair.
"""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.engine.messages import (
    AnyEvent,
    ChangeLane,
    Compare,
    ComparisonFinished,
    ContinueLane,
    Evaluated,
    Failed,
    Lane,
    LaneFinished,
    LaneStarted,
    LaneToken,
    LaneTurned,
    Prompt,
    RemoveLane,
    RerunLane,
    Stop,
    StopLane,
    Superseded,
    lane_tokens,
)
from studio.experiments.recorder import model_record
from studio.sampling import SamplingParams
from studio.ui.compare_lane import CompareLane, LanePhase
from studio.ui.compare_lanes import RUNS, CompareLanes
from studio.ui.compare_place import LanePlace
from studio.ui.compare_room import room_warning
from studio.ui.context_use import ContextUse
from studio.ui.draft import Draft
from studio.ui.engine_client import EngineClient
from studio.ui.frame_clock import FrameClock
from studio.ui.model_state import ModelState
from studio.ui.next_token import NextToken
from studio.ui.profile_state import ProfileState
from studio.ui.sampling_state import SamplingState
from studio.ui.token_records import TokenRecords
from studio.ui.writing import Writing

ELSEWHERE = "The Compare page is shown; go back to the Write page first (Ctrl+1)."


class CompareState(CompareLanes):
    """The lanes, and their run.

    Attributes:
        can_make_preset: Whether somebody keeps presets: see `preset_wanted`.
    """

    failed = Signal(str)
    """One message for the writer."""
    used = Signal(int)
    """A lane's text was put into the manuscript; where it ends, in code points."""
    preset_wanted = Signal(str, object)
    """The profile's name and the parameters of a lane that is to be kept as a preset."""

    def __init__(
        self,
        client: EngineClient,
        model: ModelState,
        draft: Draft,
        writing: Writing,
        records: TokenRecords,
        sampling: SamplingState,
        profiles: ProfileState,
        next_token: NextToken,
        context: ContextUse,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(sampling, profiles, next_token, parent)
        self._client = client
        self._model = model
        self._draft = draft
        self._writing = writing
        self._records = records
        self._context = context
        self._request = 0
        self._is_kept = False
        """Whether the engine still has these lanes."""
        self._grown: set[CompareLane] = set()
        self._told: dict[int, bytes] = {}
        """Pieces of this run that the window's own histogram is to learn, when it is over."""
        self._place = LanePlace(draft.manuscript)
        self._frames = FrameClock(self._show_frame, self)
        self.can_make_preset = False
        client.received.connect(self._on_event)
        client.died.connect(lambda _outcome: self._end_all("gone"))
        model.changed.connect(self._on_model_changed)
        self.changed.connect(self._hold_writing)
        for other in (writing.changed, records.scoring_changed):
            other.connect(self.changed)
        draft.prompt_changed.connect(self._on_draft_changed)

    @property
    def prompt_here(self) -> Prompt:
        """What the next run will continue."""
        return self._draft.prompt()

    @property
    def room_warning(self) -> str:
        """Where the lanes may not fit the context beside their prompt, and what to do; or ""."""
        use = self._context
        if not use.size or self.is_running or self.prompt is not None:
            return ""
        return room_warning(len(self.lanes), self.max_tokens, use.used, use.size)

    # -- a lane's text, and its settings -------------------------------------------------------

    def why_not_use(self, lane: CompareLane) -> str | None:
        """Why a lane's text cannot go into the manuscript now; None where it can."""
        if not lane.tokens:
            return "This lane has written nothing yet."
        if self.is_running:
            return "Lanes are running; stop them first (Esc)."
        if not self._writing.is_idle:
            return "The model is writing into the manuscript; stop it first (Esc)."
        return None

    def use(self, lane: CompareLane) -> None:
        """Put a lane's text where its prompt ended, as a take with all its records."""
        if self.why_not_use(lane):
            return
        take = self._place.begin_take(self._draft.caret)
        take.seed = lane.seed
        if self.source is not None and self.source == self._model.vocabulary:
            # Of another model, the records would be read with the wrong vocabulary.
            take.records.extend(lane.tokens)
        take.append(lane.text)
        self._draft.manuscript.end_take()
        self.used.emit(self._place.end_of_take())

    def make_preset(self, lane: CompareLane) -> None:
        """Ask whoever keeps presets to keep a lane's settings."""
        self.preset_wanted.emit(lane.profiles.current.name, lane.sampling.params)

    # -- the run -----------------------------------------------------------------------------

    def _hold_writing(self) -> None:
        # `hold` is silent where nothing differs, so that this does not go round in a circle.
        self._writing.hold(RUNS if self.is_running else ELSEWHERE if self.is_shown else None)

    def _on_draft_changed(self) -> None:
        # At each key of a writer who does not see the lanes: they are told when they are shown.
        if self.is_shown:
            self.changed.emit()

    def set_shown(self, is_shown: bool) -> None:
        """Whether the writer looks at the lanes: then nothing begins in the manuscript."""
        self.is_shown = is_shown
        if is_shown:
            self._look()
        self.changed.emit()

    @property
    def why_not(self) -> str | None:
        """Why nothing can be run now, and what to do; None where it can."""
        if not self._model.is_ready:
            return "Open a model first (Ctrl+Shift+O): it is the one that writes."
        if not self._writing.is_idle:
            return "The model is writing; a comparison has to wait until it has ended (Esc)."
        if self._records.is_scoring:
            return "The text is being scored; a comparison has to wait until it has ended (Esc)."
        return None

    @property
    def why_not_run(self) -> str | None:
        """Why `run` would do nothing; None where it would."""
        if self.is_running:
            return "The lanes run already. Esc stops them."
        if self.why_not:
            return self.why_not
        prompt = self._draft.prompt()
        if not (prompt.manuscript.strip() or prompt.brief.strip()):
            return "Write a sentence first (Ctrl+1): the lanes continue what stands at the caret."
        return None

    def run(self) -> None:
        """Continue the manuscript from the caret in all lanes; what they wrote before is gone."""
        if self.why_not_run:
            return
        self.prompt = self._draft.prompt()
        self._place.put(self._draft.caret)
        for number, lane in enumerate(self.lanes):
            lane.number = number
        self.prompt_tokens = []
        self.source = self._model.vocabulary
        report = self._model.report
        self.model_name = report.name if report else ""
        self.kept_model = model_record(report) if report else None
        self.vocabulary.use_vocabulary(self.source)
        self.vocabulary.learn_from(self._next_token)
        for lane in self.lanes:
            lane.clear()
        self._send_compare(
            [Lane(params=lane.sampling.params) for lane in self.lanes], self.same_dice, self.seed
        )

    def why_not_go_on(self, lane: CompareLane) -> str | None:
        """Why a lane can neither go on nor run again; None where it can."""
        if self.prompt is None:
            return "Run the comparison first (Ctrl+Enter)."
        if lane.runs:
            return "It runs."
        if self.why_not:
            return self.why_not
        if self.source != self._model.vocabulary:
            return f"These lanes are of another model ({self.model_name}); open it to go on."
        return None

    def go_on(self, lane: CompareLane) -> None:
        """Let a lane that has ended write on."""
        if self.why_not_go_on(lane):
            return
        if self._is_kept and lane.seed is not None:
            lane.begin()
            self._client.send(
                ContinueLane(
                    request=self._request,
                    lane=lane.number,
                    params=lane.sampling.params,
                    max_tokens=self.max_tokens,
                )
            )
            lane.turn(len(lane.tokens), lane.sampling.params)
            self.changed.emit()
        else:
            self._begin_anew({lane})

    def run_again(self, lane: CompareLane) -> None:
        """Run one lane from the prompt, with new dice."""
        if self.why_not_go_on(lane):
            return
        lane.clear()
        lane.seed = None
        if self._is_kept:
            lane.awaits_start = True
            lane.begin()
            self._client.send(
                RerunLane(
                    request=self._request,
                    lane=lane.number,
                    params=lane.sampling.params,
                    max_tokens=self.max_tokens,
                )
            )
            self.changed.emit()
        else:
            self._begin_anew({lane})

    def stop(self, lane: CompareLane) -> None:
        """End one lane; the others go on."""
        if lane.phase in (LanePhase.READING, LanePhase.RUNNING):
            lane.phase = LanePhase.STOPPING
            self._client.send(StopLane(request=self._request, lane=lane.number))
            lane.changed.emit()

    def stop_all(self) -> None:
        """End all lanes; what they wrote stays."""
        if self.is_running:
            self._client.send(Stop(request=self._request))

    def _begin_anew(self, going: set[CompareLane]) -> None:
        """The engine has lost the lanes: give them back as they were, and run these."""
        lanes = []
        for number, lane in enumerate(self.lanes):
            lane.number = number
            params = lane.sampling.params
            if lane.seed is not None:
                params = msgspec.structs.replace(params, seed=lane.seed)
            if lane in going and lane.tokens:
                lane.turn(len(lane.tokens), lane.sampling.params)
            written = lane_tokens([token.id for token in lane.tokens])
            lanes.append(Lane(params=params, written=written, waits=lane not in going))
        self._send_compare(lanes, False, -1, going)

    def _send_compare(
        self,
        lanes: list[Lane],
        same_dice: bool,
        seed: int,
        going: set[CompareLane] | None = None,
    ) -> None:
        assert self.prompt is not None
        self._request = self._client.next_request()
        self._is_kept = True
        self.summary = None
        for lane in self.lanes:
            lane.awaits_start = True
            if going is None or lane in going:
                lane.begin()
        self._client.send(
            Compare(
                request=self._request,
                prompt=self.prompt,
                lanes=tuple(lanes),
                max_tokens=self.max_tokens,
                same_dice=same_dice,
                seed=seed,
            )
        )
        self.changed.emit()

    def _on_turned(self, lane: CompareLane, params: SamplingParams) -> None:
        if lane.runs:
            self._client.send(ChangeLane(request=self._request, lane=lane.number, params=params))
        super()._on_turned(lane, params)

    def _before_removal(self, lane: CompareLane) -> None:
        if self._is_kept:
            self._client.send(RemoveLane(request=self._request, lane=lane.number))
        self._grown.discard(lane)

    def _before_exchange(self) -> None:
        self._is_kept = False
        self._grown.clear()
        self._place.put(None)

    # -- what the engine says ----------------------------------------------------------------

    def _lane(self, number: int) -> CompareLane | None:
        return next((lane for lane in self.lanes if lane.number == number), None)

    def _on_event(self, event: AnyEvent) -> None:
        if isinstance(event, LaneToken) and event.token.pieces:
            # Told once: also the last tokens of a run before say how tokens are spelled.
            self._told.update(event.token.pieces)
            self.vocabulary.add_pieces(event.token.pieces)
        if event.request != self._request:
            return
        match event:
            case LaneToken():
                lane = self._lane(event.lane)
                if lane is not None and not lane.awaits_start:
                    lane.take(event.token)
                    self._grown.add(lane)
                self._frames.request()
                self._looks.request()
            case Evaluated():
                self.prompt_tokens = event.token_ids()
            case LaneStarted():
                lane = self._lane(event.lane)
                if lane is not None:
                    lane.awaits_start = False
                    lane.seed = event.seed
                    if len(lane.turns) == 0 or event.tokens == 0:
                        lane.turn(event.tokens, lane.sampling.params)
                    lane.changed.emit()
            case LaneTurned():
                lane = self._lane(event.lane)
                if lane is not None:
                    lane.turn(event.index, event.params)
            case LaneFinished():
                lane = self._lane(event.lane)
                if lane is not None and not lane.awaits_start:
                    self._frames.flush()
                    lane.end(event.reason)
                    self._after()
            case ComparisonFinished():
                self.summary = event
                self._after()
            case Failed():
                self._is_kept = False
                self._end_all("failed")
                self.failed.emit(event.message)
            case Superseded():
                self._end_all("stopped")

    def _end_all(self, reason: str) -> None:
        self._is_kept = self._is_kept and reason != "gone"
        for lane in self.lanes:
            if lane.runs:
                lane.end(reason)
        self._after()

    def _after(self) -> None:
        """Something has ended."""
        if not self.is_running:
            self._frames.flush()
            self._looks.flush()
            if self._told:
                told, self._told = self._told, {}
                self._next_token.add_pieces(told)
        self.changed.emit()

    def _on_model_changed(self) -> None:
        # A load ends what ran, and the engine keeps no lanes over it.
        self._is_kept = self._is_kept and self._model.is_ready and self.is_running
        self.changed.emit()

    def _show_frame(self) -> None:
        grown, self._grown = self._grown, set()
        for lane in grown:
            lane.estimate_rate()
            lane.grown.emit()
        self.progressed.emit()

    @property
    def rate(self) -> float:
        """Tokens a second of all lanes that run."""
        return sum(lane.rate or 0.0 for lane in self.lanes if lane.runs)
