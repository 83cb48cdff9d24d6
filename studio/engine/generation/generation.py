"""The loop over sequences: logits, sampling, a token of each, next.

Evaluates through an `Evaluation`, samples through `studio.sampling`, and gives events. May outlive
its run, so that sequences can go on.

Each sequence writes what it alone would have written with its seed. What can differ is arithmetic:
a batch of several tokens may be summed in another order than one, and where two tokens are nearer
than that (`studio.sampling.is_near_tie`, or a u so near the border between two of them) another one
is taken.
"""

import secrets
import time
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from studio.engine.control import Control
from studio.engine.generation.context_policy import ContextPolicy, CutWhenFull, EndWhenFull
from studio.engine.generation.evaluation import Evaluation, evaluation_of
from studio.engine.generation.pending_tokens import Drawn, PendingTokens
from studio.engine.generation.sequence import SequenceState
from studio.engine.generation.sequence_queue import ReadPrompt, SequenceQueue, Tokenize
from studio.engine.generation.stop_strings import SequenceStops
from studio.engine.interrupt import EvaluationStopped
from studio.engine.messages import (
    MOST_SEQUENCES,
    AnyEvent,
    ChangeSequence,
    ContinueSequence,
    Emit,
    Evaluating,
    Finished,
    FinishReason,
    Generate,
    ParamsChanged,
    QueueSequence,
    RemoveSequence,
    RerunSequence,
    RunFinished,
    SequenceCommand,
    Started,
    StopSequence,
    Token,
)
from studio.engine.writing.prompt import TokenizedPrompt
from studio.engine.writing.reader import ContinuedPrompt, Reader
from studio.sampling import LogitStatistics, SamplingParams, TokenLikelihood, choose, uniform
from studio.sampling.samplers.steps import without_repeat_penalty

if TYPE_CHECKING:
    from studio.engine.generation.at_server import ServedLogits
    from studio.engine.generation.streamed import StreamedLogits

_SEEDS = 2**32
_SHOWN = 10
"""How many of the most likely tokens a `Token` names."""


class Generation:
    """One prompt and its sequences.

    Args:
        command: what was asked for.
        prompt: the whole prompt.
        reader: reads it; no sequence but the main one has cells in its context.
        emit: takes all events.
        frame_seconds: how long tokens are collected before they are given.
        tokenize: makes tokens of the prompts of sequences that are queued.

    Raises:
        EngineError: the context has no room for it, or a bias is for a token that the model lacks.
    """

    def __init__(
        self,
        command: Generate,
        prompt: TokenizedPrompt,
        reader: Reader,
        emit: Emit,
        frame_seconds: float,
        tokenize: Tokenize,
    ) -> None:
        self.request = command.request
        self._ignore_eos = command.ignore_eos
        self._reader = reader
        self._context = context = reader.context
        self._policy: ContextPolicy = CutWhenFull()
        if command.when_full == "end":
            self._policy = EndWhenFull(at_once=context.shared_cells is not None)
        fitted = self._policy.fit(prompt, command, context.size)
        is_bare = context.knows_zero and not command.sketches  # a server sends all it has
        looked = TokenLikelihood if is_bare else LogitStatistics
        self._prompt = ReadPrompt(command.prompt, 0, prompt, fitted, looked)
        """For sequences that are run again too: they begin with the same logits."""
        self._queue = SequenceQueue(self._prompt, context, tokenize)
        self._emit = emit
        self._stops = SequenceStops(emit)
        self._pending = PendingTokens(command.request, reader, self._stops, frame_seconds)
        self._evaluation: Evaluation | None = None
        self._tokens = self._evaluated = 0
        self._reasons: list[FinishReason] = []
        seed = command.seed if command.seed >= 0 else secrets.randbelow(_SEEDS)
        self._sequences: dict[int, SequenceState] = {}
        for number, start in enumerate(command.sequences):
            own = seed
            if not command.share_u:
                own = start.params.seed if start.params.seed >= 0 else (seed + number) % _SEEDS
            one = self._add(
                number, start.params, own, start.token_ids(), command.max_tokens, start.stop
            )
            one.states.mu, one.states.adaptive_mean = start.mu, start.adaptive_mean
            if start.waits:
                one.reason = "stopped"

    def run(self, control: Control) -> None:
        """Write until all sequences have ended; first carries out what `control` has waiting.

        Raises:
            EngineError: llama.cpp refused, or a bias is for a token that the model lacks.
            ValueError: the model gave logits that are no numbers.
        """
        self._tokens = self._evaluated = 0
        self._reasons = []
        started = begun = time.perf_counter()
        if self._evaluation is None:
            for one in self._sequences.values():
                self._report_start(one)
        try:
            evaluation = self._evaluation or self._evaluate_prompt()
            evaluation.begin()
            begun = self._pending.ended = time.perf_counter()
            while not control.stopped:
                self.handle(control.commands)
                if self._queue.waiting:
                    self._begin_queued(evaluation, control)
                going = [one for one in self._sequences.values() if one.runs][: evaluation.at_once]
                if not going:
                    break
                self._step(going, evaluation, control)
        except EvaluationStopped:
            pass
        finally:
            self._queue.waiting.clear()
            if self._evaluation:
                self._evaluation.end()
            self._pending.emit()
            ended = max(begun, self._pending.ended)
            for one in self._sequences.values():
                if one.runs:
                    self._end(one, "stopped")
        self._emit(
            RunFinished(
                request=self.request,
                tokens=self._tokens,
                reasons=tuple(self._reasons),
                evaluated=self._evaluated,
                prompt_tokens=len(self._prompt.whole.tokens),
                seconds_prompt=begun - started,
                seconds_generation=ended - begun,
            )
        )

    def handle(self, commands: deque[SequenceCommand]) -> None:
        """Carry out what waits."""
        while commands:
            match commands.popleft():
                case ChangeSequence() as command:
                    one = self._sequences.get(command.sequence)
                    if one and one.runs:
                        self._change(one, command.params)
                case StopSequence() as command:
                    one = self._sequences.get(command.sequence)
                    if one and one.runs:
                        self._end(one, "stopped")
                case ContinueSequence() as command:
                    one = self._sequences.get(command.sequence)
                    if one:
                        self._change(one, command.params)
                        self._pending.emit()
                        self._stops.watch(command.sequence, command.stop)
                        one.go_on(command.max_tokens)
                case RerunSequence() as command:
                    self._forget(command.sequence)
                    seed = command.seed if command.seed >= 0 else secrets.randbelow(_SEEDS)
                    one = self._add(
                        command.sequence,
                        command.params,
                        seed,
                        [],
                        command.max_tokens,
                        command.stop,
                    )
                    self._report_start(one)
                case QueueSequence() as command if not self._policy.alone:
                    self._queue.waiting.append(command)
                case RemoveSequence() as command:
                    self._forget(command.sequence)

    def _begin_queued(self, evaluation: Evaluation, control: Control) -> None:
        """Begin sequences that wait, as many as have room beside those that run.

        Each gets its first token and its part of the context here, for the next one's prompt takes
        the place of its own in the main sequence.
        """
        while self._queue.waiting and not control.stopped:
            running = [one for one in self._sequences.values() if one.runs]
            if len(running) >= evaluation.at_once or not all(one.written for one in running):
                return
            for one in running:
                evaluation.hold(one)
            for one in self._sequences.values():
                if not one.runs:
                    evaluation.drop(one.number)
            prompt = self._queue.prompt()
            if prompt is not None and not self._queue.has_room(prompt, running):
                return
            taken = {one.number for one in running}
            number = next(place for place in range(MOST_SEQUENCES) if place not in taken)
            self._begin(number, self._queue.waiting.popleft(), prompt, evaluation)

    def _begin(
        self,
        number: int,
        command: QueueSequence,
        prompt: ReadPrompt | None,
        evaluation: Evaluation,
    ) -> None:
        """Begin a sequence, or end it at once where the context has no room for its prompt."""
        self._forget(number)
        params = self._possible(command.start.params)
        seed = params.seed if params.seed >= 0 else secrets.randbelow(_SEEDS)
        if prompt is None:
            one = SequenceState(number, params, seed, [], [], 1, self._reader.vocabulary)
            self._report_start(one)
            self._end(one, "context_full")
            return
        one = SequenceState(
            number,
            params,
            seed,
            list(prompt.whole.tokens),
            [],
            command.max_tokens,
            self._reader.vocabulary,
            prompt.number,
        )
        one.ends = prompt.whole.ends
        self._stops.watch(number, command.start.stop)
        one.states.at(params, len(one.history), one.history)
        self._sequences[number] = one
        self._report_start(one)
        continued = self._read(prompt)
        self._draw(one, self._first(prompt), continued)
        if one.runs:
            evaluation.hold(one)

    def _add(
        self,
        number: int,
        params: SamplingParams,
        seed: int,
        written: list[int],
        max_tokens: int,
        stop: tuple[str, ...],
    ) -> SequenceState:
        params = self._possible(params)
        prompt = list(self._prompt.whole.tokens)
        one = SequenceState(
            number, params, seed, prompt, written, max_tokens, self._reader.vocabulary
        )
        one.ends = self._prompt.whole.ends
        if self._prompt.continued:
            one.stand_behind(self._prompt.continued)
        self._stops.watch(number, stop)
        # What it cannot have is said before anything is evaluated.
        one.states.at(params, len(one.history), one.history)
        self._sequences[number] = one
        return one

    def _possible(self, params: SamplingParams) -> SamplingParams:
        """The parameters without what cannot act."""
        if self._context.takes_repeat_penalty:
            return params
        return without_repeat_penalty(params)

    def _forget(self, number: int) -> None:
        self._pending.emit()
        # Nobody wants the tokens that are held, but each is spelled only once.
        self._stops.settle(number)
        if self._sequences.pop(number, None) and self._evaluation:
            self._evaluation.drop(number)

    def _change(self, one: SequenceState, params: SamplingParams) -> None:
        params = self._possible(params)
        if params != one.params:
            one.params = params
            self._report(
                ParamsChanged(
                    request=self.request, sequence=one.number, index=one.written, params=params
                )
            )

    def _evaluate_prompt(self) -> Evaluation:
        # A sequence that goes on has evaluated more than the prompt, perhaps a moment ago.
        goes_on = self._policy.alone and all(one.written for one in self._sequences.values())
        continued = self._read(self._prompt, looks=goes_on)
        for one in self._sequences.values():
            one.stand_behind(continued)
        self._evaluation = evaluation_of(
            self._context,
            continued.evaluated,
            self._on_progress,
            self._reader.vocabulary,
            alone=self._policy.alone,
            ignore_eos=self._ignore_eos,
        )
        return self._evaluation

    def _read(self, prompt: ReadPrompt, *, looks: bool = False) -> ContinuedPrompt:
        """Have the context hold a prompt; what follows it, which is found and reported once."""
        continued = self._reader.evaluate(
            prompt.whole, prompt.fitted, self._on_progress, looks=looks
        )
        if prompt.continued is None:
            prompt.continued = continued
            self._report(
                self._reader.report(
                    self.request, continued.prompt, continued.fitted, continued.reused
                )
            )
        return prompt.continued

    def _step(self, going: list[SequenceState], evaluation: Evaluation, control: Control) -> None:
        """A token of each of these sequences."""
        behind = [one for one in going if one.written]
        rows = evaluation.logits(behind) if behind else []
        if rows is None:
            for one in behind:
                self._on_full(one)
            return
        if control.stopped:
            return
        self._evaluated += len(behind)
        if control.commands:
            # In time for these draws.
            self.handle(control.commands)
            going = [one for one in going if one.runs and self._sequences.get(one.number) is one]
        for one, row in zip(behind, rows, strict=True):
            if one in going:
                known = self._prompt.looked(row) if isinstance(row, np.ndarray) else row
                self._draw(one, known)
        if len(behind) < len(going):
            continued = self._prompt.continued
            assert continued is not None, "the prompt is evaluated"
            for one in going:
                if not one.written:
                    self._draw(one, self._first(self._prompt), continued)
        self._pending.step_is_over()

    def _first(self, prompt: ReadPrompt) -> "LogitStatistics | TokenLikelihood | ServedLogits":
        """What the first token behind a prompt is drawn from."""
        known = prompt.statistics
        if isinstance(known, LogitStatistics | TokenLikelihood):
            return known
        from studio.engine.generation.at_server import behind_prompt  # with it come sockets

        assert prompt.continued is not None, "it is evaluated"
        return behind_prompt(self._context, prompt.continued.evaluated, known)

    def _draw(
        self,
        one: SequenceState,
        statistics: "LogitStatistics | TokenLikelihood | ServedLogits | StreamedLogits",
        continued: ContinuedPrompt | None = None,
    ) -> None:
        """One token of a sequence; the first behind a prompt is drawn from what that gave."""
        healed = continued.healed if continued else None
        was_before = one.before
        if continued:
            one.stand_behind(continued)
        number, index, position = one.number, one.written, one.position
        u = uniform(one.seed, position)
        state = one.states.at(one.params, position, one.history, continued)
        if isinstance(statistics, LogitStatistics):
            choice = choose(statistics.ranking, one.params, one.history, u, _SHOWN, state)
            drawn = Drawn(number, index, statistics, statistics.drawn(choice), choice, u, healed)
        elif isinstance(statistics, TokenLikelihood):
            choice = choose(statistics.ranking, one.params, one.history, u, 0, state)
            nats = statistics.nats(choice.token)
            drawn = Drawn(number, index, None, None, choice, u, healed, nats)
        else:
            choice = statistics.choose(one.params, one.history, u, _SHOWN, state)
            own = u if statistics.is_drawn_here else None
            drawn = Drawn(number, index, statistics, None, choice, own, healed)
        is_end = self._reader.vocabulary.ends_generation(choice.token)
        if not self._ignore_eos and (is_end or choice.token in one.ends):
            self._end(one, "end_of_text", self._pending.token(drawn))
            return
        text = self._reader.vocabulary.text(choice.token)
        if healed:
            text = healed.added(choice.token, text)
        is_stop = self._stops.sees(number, text)
        self._pending.add(drawn)
        one.append(choice)
        if continued:
            one.stand_behind(continued)
            if self._evaluation and was_before not in (None, one.before):
                # It was to begin otherwise, and took that back.
                self._evaluation.drop(number)
        self._tokens += 1
        if is_stop:
            self._end(one, "stop_string")
        elif one.written >= one.limit:
            self._end(one, "max_tokens")

    def _on_full(self, one: SequenceState) -> None:
        """The context has no room for a sequence's next token."""
        text = self._prompt.whole._replace(tokens=list(one.history))
        fitted = self._policy.cut(text, self._context.size)
        if fitted is None:
            self._end(one, "context_full")
            return
        self._pending.emit()
        reused = self._context.evaluate(fitted.tokens, self._on_progress)
        self._report(self._reader.report(self.request, text, fitted, reused))
        one.stand_in(fitted.tokens)

    def _end(self, one: SequenceState, reason: FinishReason, end: Token | None = None) -> None:
        one.reason = reason
        self._pending.emit()
        cut = self._stops.settle(one.number)
        if cut is not None:
            self._tokens -= one.written - cut.index
            one.take_back(cut.index)
            end = cut
        self._reasons.append(reason)
        self._report(
            Finished(
                request=self.request,
                sequence=one.number,
                reason=reason,
                tokens=one.written,
                seed=one.seed,
                params=one.params,
                end=end,
                mu=one.states.mu,
                adaptive_mean=one.states.adaptive_mean,
            )
        )

    def _report_start(self, one: SequenceState) -> None:
        self._report(
            Started(
                request=self.request,
                sequence=one.number,
                seed=one.seed,
                params=one.params,
                tokens=one.written,
            )
        )

    def _report(self, event: AnyEvent) -> None:
        # In the order in which things happened.
        self._pending.emit()
        self._emit(event)

    def _on_progress(self, done: int, total: int) -> None:
        self._emit(Evaluating(request=self.request, done=done, total=total))
