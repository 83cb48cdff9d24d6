"""A comparison: one prompt continued in several lanes, a token of each a step.

Evaluates through a `LaneEvaluation`, samples through `studio.sampling`, and gives events. Outlives
its run, so that lanes can go on. Knows nothing of how the prompt was made or who listens.

A lane writes what it alone would have written with its seed. What can differ is arithmetic: a batch
of several tokens may be summed in another order than one, and where two tokens are nearer than that
(`studio.sampling.is_near_tie`, or a u so near the border between two of them) another one is taken.
"""

import secrets
import time
from collections import deque

from studio.engine.lanes.lane import LaneState
from studio.engine.lanes.lane_control import LaneControl
from studio.engine.lanes.lane_evaluation import LaneEvaluation, evaluation_of
from studio.engine.lanes.lane_stops import LaneStops
from studio.engine.llama.context import Context, EvaluationStopped
from studio.engine.llama.vocabulary import Vocabulary
from studio.engine.messages import (
    ChangeLane,
    Compare,
    ComparisonFinished,
    ContinueLane,
    Emit,
    Evaluating,
    LaneCommand,
    LaneEvent,
    LaneFinished,
    LaneFinishReason,
    LaneStarted,
    LaneTurned,
    RemoveLane,
    RerunLane,
    StopLane,
    Token,
)
from studio.engine.writing.continued_prompt import ContinuedPrompt, PromptEvaluation
from studio.engine.writing.evaluated import evaluated
from studio.engine.writing.pending_tokens import PendingTokens
from studio.engine.writing.prompt import FittedPrompt, TokenizedPrompt
from studio.engine.writing.token_piece_cache import TokenPieceCache
from studio.sampling import LogitStatistics, SamplingParams, choose, uniform

_SEEDS = 2**32
_SHOWN = 10
"""How many of the most likely tokens a `Token` names."""


class Comparison:
    """One prompt and its lanes.

    Args:
        command: what was asked for.
        prompt: the whole prompt.
        fitted: the same, cut to what the lanes leave of the context.
        context: no lane has cells in it.
        prompts: brings the prompt into it.
        vocabulary: the model's.
        pieces: what the listener knows to spell.
        emit: takes all events.
        frame_seconds: how long tokens are collected before they are given.

    Raises:
        EngineError: a bias is for a token that the model lacks.
    """

    def __init__(
        self,
        command: Compare,
        prompt: TokenizedPrompt,
        fitted: FittedPrompt,
        context: Context,
        prompts: PromptEvaluation,
        vocabulary: Vocabulary,
        pieces: TokenPieceCache,
        emit: Emit,
        frame_seconds: float,
    ) -> None:
        self.request = command.request
        self._ignore_eos = command.ignore_eos
        self._prompt = prompt
        self._fitted = fitted
        self._context = context
        self._prompts = prompts
        self._vocabulary = vocabulary
        self._emit = emit
        self._stops = LaneStops(command.request, emit)
        self._pending = PendingTokens(
            command.request, vocabulary, pieces, self._stops, frame_seconds
        )
        self._pieces = pieces
        self._evaluation: LaneEvaluation | None = None
        self._continued: ContinuedPrompt | None = None
        """The prompt, for lanes that are run again too: they begin with the same logits."""
        self._tokens = self._evaluated = 0
        seed = command.seed if command.seed >= 0 else secrets.randbelow(_SEEDS)
        self._lanes: dict[int, LaneState] = {}
        for number, lane in enumerate(command.lanes):
            own = seed
            if not command.same_dice:
                own = lane.params.seed if lane.params.seed >= 0 else (seed + number) % _SEEDS
            state = self._lane(
                number, lane.params, own, lane.token_ids(), command.max_tokens, lane.stop, lane.mu
            )
            if lane.waits:
                state.reason = "stopped"

    def run(self, control: LaneControl) -> None:
        """Write until all lanes have ended; first carries out what `control` has waiting.

        Raises:
            EngineError: llama.cpp refused, or a bias is for a token that the model lacks.
            ValueError: the model gave logits that are no numbers.
        """
        self._tokens = self._evaluated = 0
        started = begun = time.perf_counter()
        is_new = self._evaluation is None
        if is_new:
            for lane in self._lanes.values():
                self._say_started(lane)
        try:
            evaluation = self._evaluation or self._evaluate_prompt()
            begun = self._pending.ended = time.perf_counter()
            while not control.stopped:
                self.handle(control.orders)
                going = [lane for lane in self._lanes.values() if lane.runs][: evaluation.at_once]
                if not going:
                    break
                self._step(going, evaluation)
        except EvaluationStopped:
            pass
        finally:
            self._pending.tell()
            ended = max(begun, self._pending.ended)
            for lane in self._lanes.values():
                if lane.runs:
                    self._end(lane, "stopped")
        self._emit(
            ComparisonFinished(
                request=self.request,
                tokens=self._tokens,
                evaluated=self._evaluated,
                prompt_tokens=len(self._prompt.tokens),
                seconds_prompt=begun - started,
                seconds_generation=ended - begun,
            )
        )

    def handle(self, orders: deque[LaneCommand]) -> None:
        """Carry out what waits: turns, stops, lanes that go on, run again, or are forgotten."""
        while orders:
            match orders.popleft():
                case ChangeLane() as order:
                    lane = self._lanes.get(order.lane)
                    if lane and lane.runs:
                        self._turn(lane, order.params)
                case StopLane() as order:
                    lane = self._lanes.get(order.lane)
                    if lane and lane.runs:
                        self._end(lane, "stopped")
                case ContinueLane() as order:
                    lane = self._lanes.get(order.lane)
                    if lane:
                        self._turn(lane, order.params)
                        self._pending.tell()
                        self._stops.watch(order.lane, order.stop)
                        lane.go_on(order.max_tokens)
                case RerunLane() as order:
                    self._forget(order.lane)
                    seed = order.seed if order.seed >= 0 else secrets.randbelow(_SEEDS)
                    lane = self._lane(
                        order.lane, order.params, seed, [], order.max_tokens, order.stop
                    )
                    self._say_started(lane)
                case RemoveLane() as order:
                    self._forget(order.lane)

    def _lane(
        self,
        number: int,
        params: SamplingParams,
        seed: int,
        written: list[int],
        max_tokens: int,
        stop: tuple[str, ...],
        mu: float | None = None,
    ) -> LaneState:
        tokens = list(self._prompt.tokens)
        lane = LaneState(number, params, seed, tokens, written, max_tokens, self._vocabulary, mu)
        if self._continued:
            lane.stand_behind(self._continued)
        self._stops.watch(number, stop)
        # What it cannot have is said before anything is evaluated.
        lane.states.at(params, len(lane.history), lane.history)
        self._lanes[number] = lane
        return lane

    def _forget(self, number: int) -> None:
        self._pending.tell()
        # Nobody wants the tokens that are held, but how they are spelled is told once.
        self._stops.settle(number)
        if self._lanes.pop(number, None) and self._evaluation:
            self._evaluation.drop(number)

    def _turn(self, lane: LaneState, params: SamplingParams) -> None:
        if params == lane.params:
            return
        lane.params = params
        self._say(
            LaneTurned(request=self.request, lane=lane.number, index=lane.written, params=params)
        )

    def _evaluate_prompt(self) -> LaneEvaluation:
        context = self._context
        continued = self._prompts.evaluate(self._prompt, self._fitted, self._on_progress)
        prompt, fitted = continued.prompt, continued.fitted
        report = evaluated(
            self.request,
            prompt,
            fitted,
            continued.reused,
            context.size,
            self._vocabulary,
            self._pieces,
        )
        self._emit(report)
        self._continued = continued
        for lane in self._lanes.values():
            lane.stand_behind(continued)
        self._evaluation = evaluation_of(context, continued.evaluated, self._on_progress)
        return self._evaluation

    def _step(self, going: list[LaneState], evaluation: LaneEvaluation) -> None:
        """A token of each of these lanes."""
        behind = [lane for lane in going if lane.written]
        rows = evaluation.logits(behind) if behind else []
        if rows is None:
            for lane in behind:
                self._end(lane, "context_full")
            return
        self._evaluated += len(behind)
        for lane, row in zip(behind, rows, strict=True):
            self._draw(lane, LogitStatistics(row))
        if len(behind) < len(going):
            assert self._continued is not None, "the prompt is evaluated"
            statistics = LogitStatistics(self._continued.healed.logits)
            for lane in going:
                if not lane.written:
                    self._draw(lane, statistics, self._continued)
        self._pending.step_is_over()

    def _draw(
        self, lane: LaneState, statistics: LogitStatistics, continued: ContinuedPrompt | None = None
    ) -> None:
        """One token of a lane; the first one behind a prompt is drawn from what that gave."""
        healed = continued.healed if continued else None
        was_before = lane.before
        if continued:
            lane.stand_behind(continued)
        position = lane.position
        u = uniform(lane.seed, position)
        state = lane.states.at(lane.params, position, lane.history, continued)
        choice = choose(statistics.ranking, lane.params, lane.history, u, _SHOWN, state)
        if not self._ignore_eos and self._vocabulary.ends_generation(choice.token):
            end = self._pending.token(lane.written, statistics, choice, u, healed)
            self._end(lane, "end_of_text", end)
            return
        text = self._vocabulary.text(choice.token)
        if continued:
            text = continued.healed.added(choice.token, text)
        is_stop = self._stops.sees(lane.number, text)
        self._pending.add(lane.written, statistics, choice, u, lane.number, healed)
        lane.write(choice)
        if continued:
            lane.stand_behind(continued)
            if self._evaluation and was_before not in (None, lane.before):
                # It was to begin otherwise, and took that back.
                self._evaluation.drop(lane.number)
        self._tokens += 1
        if is_stop:
            self._end(lane, "stop_string")
        elif lane.written >= lane.limit:
            self._end(lane, "max_tokens")

    def _end(self, lane: LaneState, reason: LaneFinishReason, end: Token | None = None) -> None:
        lane.reason = reason
        self._pending.tell()
        cut = self._stops.settle(lane.number)
        if cut is not None:
            self._tokens -= lane.written - cut.index
            lane.take_back(cut.index)
            end = cut
        self._say(
            LaneFinished(
                request=self.request,
                lane=lane.number,
                reason=reason,
                tokens=lane.written,
                seed=lane.seed,
                params=lane.params,
                end=end,
                mu=lane.states.mu,
            )
        )

    def _say_started(self, lane: LaneState) -> None:
        self._say(
            LaneStarted(
                request=self.request,
                lane=lane.number,
                seed=lane.seed,
                params=lane.params,
                tokens=lane.written,
            )
        )

    def _say(self, event: LaneEvent) -> None:
        # In the order in which things happened.
        self._pending.tell()
        self._emit(event)

    def _on_progress(self, done: int, total: int) -> None:
        self._emit(Evaluating(request=self.request, done=done, total=total))
