"""The run of a comparison: has the engine write the lanes, and takes what it reports of them.

Shows it to the lanes once a frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.compare.lane import CompareLane, LanePhase
from studio.app.compare.lanes import CompareLanes
from studio.app.compare.run_input import RunTimings
from studio.app.engine_line.client import EngineClient
from studio.app.frame_clock import FrameClock
from studio.engine.messages import (
    AnyEvent,
    ChangeSequence,
    ContinueSequence,
    Evaluated,
    Failed,
    Finished,
    Generate,
    ParamsChanged,
    RemoveSequence,
    RerunSequence,
    RunFinished,
    SequenceStart,
    Started,
    Stop,
    StopSequence,
    Superseded,
    Token,
    id_bytes,
)
from studio.sampling import SamplingParams


class CompareRun(QObject):
    """Binds lanes to the engine.

    Args:
        client: The engine.
        lanes: The lanes; nobody else writes to them while they run.
        parent: The Qt parent, if any.
    """

    failed = Signal(str)
    """One message for the writer."""
    spelled = Signal(object)
    """How tokens are spelled that the window's own histogram was not given: a dict by token
    id."""
    ended = Signal()
    """No lane runs any more."""

    def __init__(
        self, client: EngineClient, lanes: CompareLanes, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._lanes = lanes
        self._request = 0
        self._is_kept = False
        """Whether the engine still has these lanes."""
        self._grown: set[CompareLane] = set()
        self._pieces: dict[int, bytes] = {}
        self._frames = FrameClock(self._show_frame, self)
        client.follow(self._learn, Evaluated)
        client.died.connect(lambda _outcome: self._on_died())

    # -- what lanes are asked for ------------------------------------------------------------

    def start(self, going: Sequence[CompareLane]) -> None:
        """Write lanes from the prompt on; the others are as new, and can be run later."""
        lanes = self._lanes
        others = [lane for lane in lanes.lanes if lane not in going]
        for number, lane in enumerate([*going, *others]):
            lane.number = number
            lane.clear()
        for lane in others:
            lane.phase, lane.seed = LanePhase.NEW, None
            lane.changed.emit()
        self._compare(
            [SequenceStart(params=lane.sampling.params, stop=lane.stop) for lane in going],
            set(going),
            share_u=lanes.share_u,
            seed=lanes.seed,
        )

    def go_on(self, lane: CompareLane) -> None:
        """Let a lane that has ended write on from where it ended; one that is new, begin."""
        if lane.seed is None:
            lane.seed = self._shared_seed()
            self._write_from_prompt(lane)
            return
        if not self._is_kept:
            self._begin_anew(lane)
            return
        lane.begin(self._lanes.max_tokens)
        self._client.send(
            ContinueSequence(
                request=self._request,
                sequence=lane.number,
                params=lane.sampling.params,
                max_tokens=self._lanes.max_tokens,
                stop=lane.stop,
            )
        )
        lane.turn(len(lane.tokens), lane.sampling.params)
        self._lanes.changed.emit()

    def run_again(self, lane: CompareLane) -> None:
        """Write a lane from the prompt on, with other random draws."""
        lane.clear()
        lane.seed = None
        self._write_from_prompt(lane)

    def _write_from_prompt(self, lane: CompareLane) -> None:
        if not self._is_kept:
            self._begin_anew(lane)
            return
        lane.awaits_start = True
        lane.begin(self._lanes.max_tokens)
        self._client.send(
            RerunSequence(
                request=self._request,
                sequence=lane.number,
                params=lane.sampling.params,
                max_tokens=self._lanes.max_tokens,
                seed=-1 if lane.seed is None else lane.seed,
                stop=lane.stop,
            )
        )
        self._lanes.changed.emit()

    def _shared_seed(self) -> int | None:
        """The seed of the others, for a lane that joins them."""
        seeds = {lane.seed for lane in self._lanes.lanes if lane.seed is not None}
        return seeds.pop() if self._lanes.share_u and len(seeds) == 1 else None

    def stop(self, lane: CompareLane) -> None:
        """End one lane; the others go on."""
        if lane.phase in (LanePhase.READING, LanePhase.RUNNING):
            lane.phase = LanePhase.STOPPING
            self._client.send(StopSequence(request=self._request, sequence=lane.number))
            lane.changed.emit()

    def stop_all(self) -> None:
        """End all lanes; what they wrote stays."""
        if self._lanes.is_running:
            self._client.send(Stop(request=self._request))

    def turn(self, lane: CompareLane, params: SamplingParams) -> None:
        """A lane's parameters are others.

        Args:
            lane: Which one.
            params: Its parameters from now on.
        """
        if lane.runs:
            self._client.send(
                ChangeSequence(request=self._request, sequence=lane.number, params=params)
            )

    def remove(self, lane: CompareLane) -> None:
        """A lane is no more."""
        if self._is_kept:
            self._client.send(RemoveSequence(request=self._request, sequence=lane.number))
        self._grown.discard(lane)

    def forget(self) -> None:
        """Other lanes come, or the engine has kept none: what goes on is given back to it."""
        self._is_kept = False
        self._grown.clear()

    def _begin_anew(self, going: CompareLane) -> None:
        """The engine has lost the lanes: give them back as they were, and run this one."""
        given = []
        for number, lane in enumerate(self._lanes.lanes):
            lane.number = number
            params = lane.sampling.params
            if lane.seed is not None:
                params = msgspec.structs.replace(params, seed=lane.seed)
            if lane is going and lane.tokens:
                lane.turn(len(lane.tokens), lane.sampling.params)
            given.append(
                SequenceStart(
                    params=params,
                    written=id_bytes(token.id for token in lane.tokens),
                    waits=lane is not going,
                    stop=lane.stop,
                    mu=lane.mu,
                    adaptive_mean=lane.adaptive_mean,
                )
            )
        self._compare(given, {going}, share_u=False, seed=-1)

    def _compare(
        self, given: list[SequenceStart], going: set[CompareLane], *, share_u: bool, seed: int
    ) -> None:
        lanes, run_input = self._lanes, self._lanes.run_input
        assert run_input.prompt is not None, "lanes that run continue something"
        self._request = self._client.next_request(
            self._on_event, replaces=self._request, late=self._learn_token
        )
        self._is_kept = True
        run_input.figures = None
        for lane in lanes.lanes:
            lane.awaits_start = True
            if lane in going:
                lane.begin(lanes.max_tokens)
        self._client.send(
            Generate(
                request=self._request,
                prompt=run_input.prompt,
                sequences=tuple(given),
                max_tokens=lanes.max_tokens,
                ignore_eos=run_input.ignore_eos,
                when_full="end",
                keep=True,
                share_u=share_u,
                seed=seed,
                unseen_tokens=run_input.unseen_tokens,
            )
        )
        lanes.changed.emit()

    # -- what the engine says ----------------------------------------------------------------

    def _on_event(self, event: AnyEvent) -> None:
        match event:
            case Token() | Started() | ParamsChanged() | Finished():
                self._learn_token(event)
                number = event.sequence
                lane = next((one for one in self._lanes.lanes if one.number == number), None)
                if lane is not None:
                    self._on_lane_event(lane, event)
            case Evaluated():
                run_input = self._lanes.run_input
                run_input.prompt_tokens = event.token_ids()
                run_input.unseen_characters = event.unseen_characters
                run_input.unseen_tokens = len(run_input.prompt_tokens) - event.context_used
            case RunFinished():
                self._lanes.run_input.figures = RunTimings(
                    event.seconds_prompt, event.seconds_generation, event.tokens_per_second
                )
                self._after()
            case Failed():
                self._is_kept = False
                self._end_all("failed")
                self.failed.emit(event.message)
            case Superseded():
                self._end_all("stopped")

    def _learn(self, event: Token | Evaluated) -> None:
        if event.pieces:
            self._pieces.update(event.pieces)
            self._lanes.vocabulary.add_pieces(event.pieces)

    def _learn_token(self, event: AnyEvent) -> None:
        # Reported once: also the last tokens of a run before say how tokens are spelled.
        token = event.end if isinstance(event, Finished) else event
        if isinstance(token, Token):
            self._learn(token)

    def _on_lane_event(
        self, lane: CompareLane, event: Token | Started | ParamsChanged | Finished
    ) -> None:
        match event:
            case Started():
                lane.awaits_start = False
                lane.seed = event.seed
                if len(lane.turns) == 0 or event.tokens == 0:
                    lane.turn(event.tokens, lane.sampling.params)
                lane.changed.emit()
            case ParamsChanged():
                lane.turn(event.index, event.params)
            case _ if lane.awaits_start:
                return  # it is of the lane that had this number before
            case Token():
                lane.append(event.record)
                self._grown.add(lane)
                self._frames.request()
                self._lanes.request_look()
            case Finished():
                self._frames.flush()
                lane.finish(event.reason, event)
                self._after()

    def _on_died(self) -> None:
        self._is_kept = False
        self._end_all("gone")

    def _end_all(self, reason: str) -> None:
        for lane in self._lanes.lanes:
            if lane.runs:
                lane.finish(reason)
        self._after()

    def _after(self) -> None:
        """Something has ended."""
        if not self._lanes.is_running:
            self._frames.flush()
            self._lanes.look_now()
            if self._pieces:
                pieces, self._pieces = self._pieces, {}
                self.spelled.emit(pieces)
            self.ended.emit()
        self._lanes.changed.emit()

    def _show_frame(self) -> None:
        grown, self._grown = self._grown, set()
        for lane in grown:
            lane.estimate_rate()
            lane.grown.emit()
        self._lanes.progressed.emit()
