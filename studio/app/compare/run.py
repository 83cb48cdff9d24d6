"""The run of a comparison: what the engine is asked to write in the lanes.

Shows the lanes what it reports of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from PySide6.QtCore import QObject

from studio.app.compare.lane import CompareLane
from studio.app.compare.lanes import CompareLanes
from studio.app.compare.run_input import RunTimings
from studio.app.engine_line.client import EngineClient
from studio.app.generation.generation import Generation
from studio.app.generation.sequence import SequencePhase
from studio.engine.messages import (
    ContinueSequence,
    Evaluated,
    Failed,
    Generate,
    RemoveSequence,
    RerunSequence,
    RunFinished,
    SequenceStart,
    Superseded,
    id_bytes,
)


class CompareRun(Generation):
    """Binds lanes to the engine.

    Args:
        client: The engine.
        lanes: The lanes; nobody else writes to them while they run.
        parent: The Qt parent, if any.
    """

    def __init__(
        self, client: EngineClient, lanes: CompareLanes, parent: QObject | None = None
    ) -> None:
        super().__init__(client, parent)
        self._lanes = lanes
        self._is_kept = False
        """Whether the engine still has these lanes."""
        self.evaluated.connect(self._on_evaluated)
        self.progressed.connect(lanes.request_look)
        self.progressed.connect(lanes.progressed)
        self.changed.connect(lanes.changed)
        self.ended.connect(self._on_ended)
        client.follow(self._learn_from, Evaluated)
        client.died.connect(self.forget)

    def start(self, going: Sequence[CompareLane]) -> None:
        """Write some lanes from the prompt on; the others are emptied, and can be run later."""
        lanes = self._lanes
        others = [lane for lane in lanes.lanes if lane not in going]
        for lane in (*going, *others):
            lane.clear()
        for lane in others:
            lane.seed = None
            lane.set_phase(SequencePhase.NEW)
        self._generate(
            [SequenceStart(params=lane.sampling.params, stop=lane.stop) for lane in going],
            [*going, *others],
            share_u=lanes.share_u,
            seed=lanes.seed,
        )

    def go_on(self, lane: CompareLane) -> None:
        """Have a lane that has ended write on from its end, or a new one begin."""
        if lane.seed is None:
            lane.seed = self._shared_seed()
            self._write_from_prompt(lane)
        elif not self._is_kept:
            self._begin_anew(lane)
        else:
            params = lane.sampling.params
            lane.turn(len(lane.tokens), params)
            self.resume(
                lane,
                ContinueSequence(
                    request=self._request,
                    sequence=lane.number,
                    params=params,
                    max_tokens=self._lanes.max_tokens,
                    stop=lane.stop,
                ),
            )

    def run_again(self, lane: CompareLane) -> None:
        """Write a lane again from the prompt on, with other random draws."""
        lane.clear()
        lane.seed = None
        self._write_from_prompt(lane)

    def _write_from_prompt(self, lane: CompareLane) -> None:
        if not self._is_kept:
            self._begin_anew(lane)
            return
        self.resume(
            lane,
            RerunSequence(
                request=self._request,
                sequence=lane.number,
                params=lane.sampling.params,
                max_tokens=self._lanes.max_tokens,
                seed=-1 if lane.seed is None else lane.seed,
                stop=lane.stop,
            ),
        )

    def _shared_seed(self) -> int | None:
        """The seed of the others, for a lane that joins them."""
        seeds = {lane.seed for lane in self._lanes.lanes if lane.seed is not None}
        return seeds.pop() if self._lanes.share_u and len(seeds) == 1 else None

    def remove(self, lane: CompareLane) -> None:
        """Forget a lane that was removed."""
        if self._is_kept:
            self._client.send(RemoveSequence(request=self._request, sequence=lane.number))
        self._sequences.pop(lane.number, None)

    def forget(self) -> None:
        """Note that the engine has none of these lanes: to go on, they must be given back to it."""
        self._is_kept = False
        self._sequences = {n: lane for n, lane in self._sequences.items() if lane.runs}

    def _begin_anew(self, going: CompareLane) -> None:
        """Give the engine the lanes back, which it has lost, and run this one."""
        given = []
        for lane in self._lanes.lanes:
            params = lane.sampling.params
            if lane.seed is not None:
                params = msgspec.structs.replace(params, seed=lane.seed)
            if lane is going:
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
        self._generate(given, self._lanes.lanes, share_u=False, seed=-1)

    def _generate(
        self,
        given: Sequence[SequenceStart],
        lanes: Sequence[CompareLane],
        *,
        share_u: bool,
        seed: int,
    ) -> None:
        run_input = self._lanes.run_input
        assert run_input.prompt is not None, "lanes that run continue something"
        self._is_kept = True
        run_input.figures = None
        self.begin(
            Generate(
                request=self.next_request(),
                prompt=run_input.prompt,
                sequences=tuple(given),
                max_tokens=self._lanes.max_tokens,
                ignore_eos=run_input.ignore_eos,
                when_full="end",
                keep=True,
                share_u=share_u,
                seed=seed,
                unseen_tokens=run_input.unseen_tokens,
            ),
            lanes,
        )

    # -- what the engine says ----------------------------------------------------------------

    def _learn(self, pieces: Mapping[int, bytes]) -> None:
        super()._learn(pieces)
        self._lanes.vocabulary.add_pieces(pieces)

    def _on_evaluated(self, event: Evaluated) -> None:
        run_input = self._lanes.run_input
        run_input.prompt_tokens = event.token_ids()
        run_input.unseen_characters = event.unseen_characters
        run_input.unseen_tokens = len(run_input.prompt_tokens) - event.context_used

    def _on_ended(self, event: RunFinished | Failed | Superseded | None) -> None:
        if isinstance(event, RunFinished):
            self._lanes.run_input.figures = RunTimings(
                event.seconds_prompt, event.seconds_generation, event.tokens_per_second
            )
        elif isinstance(event, Failed):
            self._is_kept = False
        if not self.is_running:
            self._lanes.look_now()
            self._lanes.ended.emit()
