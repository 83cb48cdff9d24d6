"""Writing many texts at once, headless: a sample begins as soon as another has ended.

What is to be written comes one by one, and so may depend on what was written. Prompts, parameters
and lengths may be all different. What a sample is depends on its prompt, its parameters and its
seed, and not on the others that are written beside it (near-ties excepted, see
`studio.engine.generation.generation`).

In process:

    control = Control(interrupt)
    run = SampleRun(1, more, written, control.commands.append)
    for command in run.commands():
        engine.run(command, control)  # whose events go to `run.on_event`
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property
from statistics import fmean
from typing import NamedTuple, Protocol

import msgspec
import numpy as np

from studio.engine.messages import (
    MOST_SEQUENCES,
    AnyEvent,
    Evaluated,
    Failed,
    Finished,
    FinishReason,
    Generate,
    Prompt,
    QueueSequence,
    RunFinished,
    SequenceStart,
    Started,
    Superseded,
    Token,
)
from studio.sampling import (
    InverseTemperature,
    LogitSketch,
    SamplingParams,
    SketchStack,
    active_steps,
)
from studio.sampling.samplers.steps import active_changes
from studio.sampling.sketches.stack_bounds import StackBounds
from studio.sampling.sketches.truncated_sketch import Interval, TruncatedSketch
from studio.token_record import TokenRecord
from studio.utf8 import whole_characters

_LEAST = 5e-324
_OPEN = 1e-3
"""Nats a token that the bounds of a mean may be apart."""
"""No smaller probability is above 0, and none that was drawn is 0."""

_AHEAD = MOST_SEQUENCES
"""So many wait in the engine: as many as could end at once."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A text that is to be written."""

    key: tuple[int, ...]
    """Whatever whoever wants it knows it by."""
    prompt: Prompt
    params: SamplingParams
    """With a seed: one that leaves it open is another text each time."""
    max_tokens: int
    stop: tuple[str, ...] = ()

    @property
    def start(self) -> SequenceStart:
        """How it begins."""
        return SequenceStart(params=self.params, stop=self.stop)


class ServedText(NamedTuple):
    """What is known of the tokens of a text that a server drew.

    Attributes:
        tokens: How many it has; 0 where the server does not say.
        ids: Their numbers; empty where it does not say.
        nats_t1: −Σ ln p of them under the model's own distribution; None where that is not known.
    """

    tokens: int
    ids: tuple[int, ...]
    nats_t1: float | None


class WrittenSample(msgspec.Struct, frozen=True, dict=True):
    """A text that was written.

    Attributes:
        sample: What was asked for.
        seed: Of its random draws, also where that was left open.
        text: What was written, without the prompt.
        records: Its tokens, each with its sketch where those were asked for; a token that a stop
            string cut is none.
        reason: Why it ended. With `context_full` and no text the prompt has no room.
        unseen_characters: Of the prompt's manuscript, at its beginning: they had no room.
        served: Of one that a server drew, which has no records; None for all others.
        evaluations: How many next-token distributions the model was asked for, where the text was
            drawn as a whole; else 0.
    """

    sample: Sample
    seed: int
    text: str
    records: tuple[TokenRecord, ...]
    reason: FinishReason
    unseen_characters: int
    served: ServedText | None = None
    evaluations: int = 0

    @property
    def tokens(self) -> int:
        """How many it has."""
        return self.served.tokens if self.served else len(self.records)

    @property
    def temperature(self) -> InverseTemperature:
        """T and β that it was written at."""
        return InverseTemperature(self.sample.params.temperature)

    @cached_property
    def _sketches(self) -> tuple[LogitSketch, ...]:
        return tuple(LogitSketch.from_bytes(record.sketch) for record in self.records)

    @cached_property
    def stack(self) -> SketchStack:
        """The distributions of its tokens, for any temperature."""
        stack = SketchStack()
        for sketch, record in zip(self._sketches, self.records, strict=True):
            stack.append(sketch, record.id)
        return stack

    @cached_property
    def nats_t1(self) -> Interval | None:
        """−Σ ln p of its tokens at T 1, without filters: at least and at most.

        Both are one but where a server sent the likeliest tokens alone, weighed at another T. None
        where it has no tokens, or nothing is known of their distributions.
        """
        if self.served:
            nats = self.served.nats_t1
            return None if nats is None or not self.served.tokens else (nats, nats)
        reported = [record.nats_t1 for record in self.records if record.nats_t1 is not None]
        if self.records and len(reported) == len(self.records):
            nats = math.fsum(reported)
            return nats, nats
        if not self.records or not all(record.sketch for record in self.records):
            return None
        known = np.array([not sketch.is_truncated for sketch in self._sketches])
        bits = self.stack.surprise(1.0)[known]
        low = high = float(bits.sum())
        bounds = StackBounds()
        for sketch, record in zip(self._sketches, self.records, strict=True):
            if isinstance(sketch, TruncatedSketch):
                bounds.append(sketch, record.id)
        if len(bounds):
            least, most = bounds.surprise(1.0)
            low, high = low + float(least.sum()), high + float(most.sum())
        return math.log(2.0) * low, math.log(2.0) * high

    @cached_property
    def entropy(self) -> Interval | None:
        """The entropies in nats, summed, of what its tokens were drawn from: at least, at most.

        Both are one but where a server sent the likeliest tokens alone. None where it drew them, or
        where that is open and turns on what stands before them.
        """
        if any(record.u is None for record in self.records):
            return None
        params, low, high = self.sample.params, 0.0, 0.0
        for record in self.records:
            ends = record.entropy, record.entropy
            if record.is_estimated:
                if not _is_known_by_place(params):
                    return None
                sketch = LogitSketch.from_bytes(record.sketch)
                assert isinstance(sketch, TruncatedSketch), "its record says so"
                ends = sketch.shaped_range(params).entropy
            low, high = low + ends[0], high + ends[1]
        return low, high

    @property
    def log_probability_t1(self) -> float | None:
        """The mean of its tokens' ln p at T 1, without filters; None where that is not known."""
        if self.nats_t1 is None:
            return None
        low, high = self.nats_t1
        is_open = high - low > _OPEN * self.tokens
        return None if is_open else -(low + high) / 2.0 / self.tokens

    @property
    def log_probability_t(self) -> float | None:
        """The same as they were drawn: at its T, behind its penalties and filters."""
        if not self.records or any(record.u is None for record in self.records):
            return None  # a server drew
        return fmean(math.log(max(record.probability, _LEAST)) for record in self.records)


def _is_known_by_place(params: SamplingParams) -> bool:
    """Whether what samplers leave in a place turns on nothing but its logits."""
    by_others = params.mirostat or params.word_biases or active_changes(params)
    return not by_others and {"xtc", "adaptive_p"}.isdisjoint(active_steps(params))


class Run(Protocol):
    """What writes samples: see `SampleRun`."""

    failed: Failed | None
    is_stopped: bool

    def commands(self) -> Iterator[Generate]:
        """What is to be carried out, the next one when the one before was answered."""

    def on_event(self, event: AnyEvent) -> None:
        """Take an event of one of the commands."""


class _Lane(msgspec.Struct):
    sample: Sample
    seed: int
    unseen: int
    records: list[TokenRecord] = msgspec.field(default_factory=list)


class SampleRun:
    """Writes samples: gives the commands, one after another, and takes their events.

    Args:
        request: The number of the first command; others have those that follow it.
        more: The next sample to be written; None where there is none now. It is asked again
            whenever one was written, until none is and it has none.
        written: Takes each sample as it ends.
        send: Takes what is to reach the command that runs, while it does.
        ignore_eos: Whether samples go on past an end-of-sequence token.
        sketches: Whether their records have sketches, which take longer than the draws.

    Attributes:
        failed: What went wrong; None while nothing did.
        is_stopped: Whether a command was stopped while samples were being written. They were given
            up, and are written first where commands are asked for again.
        tokens: How many were written, by all samples together.
    """

    def __init__(
        self,
        request: int,
        more: Callable[[], Sample | None],
        written: Callable[[WrittenSample], None],
        send: Callable[[QueueSequence], None],
        *,
        ignore_eos: bool = False,
        sketches: bool = False,
    ) -> None:
        self.failed: Failed | None = None
        self.is_stopped = False
        self.tokens = 0
        self._request = request - 1
        self._more = more
        self._written = written
        self._send = send
        self._ignore_eos = ignore_eos
        self._sketches = sketches
        self._again: deque[Sample] = deque()
        """Those that were under way when a command ended."""
        self._waiting: deque[Sample] = deque()
        """Those that the engine has, and has not begun; it begins them in this order."""
        self._lanes: dict[int, _Lane] = {}
        self._newest: _Lane | None = None
        self._unseen = 0

    def commands(self) -> Iterator[Generate]:
        """What is to be carried out, the next one when the one before was answered."""
        self.is_stopped = False
        while not (self.failed or self.is_stopped):
            first = self._next()
            if first is None:
                return
            self._request += 1
            self._waiting.append(first)
            yield Generate(
                request=self._request,
                prompt=first.prompt,
                sequences=(first.start,),
                max_tokens=first.max_tokens,
                ignore_eos=self._ignore_eos,
                when_full="end",
                sketches=self._sketches,
            )

    def on_event(self, event: AnyEvent) -> None:
        """Take an event of one of the commands; those of others are passed over."""
        if event.request != self._request:
            return
        match event:
            case Started():
                lane = _Lane(self._waiting.popleft(), event.seed, self._unseen)
                self._lanes[event.sequence] = self._newest = lane
                self._fill()
            case Evaluated():
                self._unseen = event.unseen_characters
                if self._newest is not None:
                    self._newest.unseen = event.unseen_characters
            case Token():
                self._lanes[event.sequence].records.append(event.record)
                self.tokens += 1
            case Finished() if event.reason != "stopped":
                self._finish(self._lanes.pop(event.sequence), event)
                self._fill()
            case RunFinished():
                self.is_stopped = "stopped" in event.reasons
                self._give_up()
            case Superseded():
                self.is_stopped = True
                self._give_up()
            case Failed(kind="context_size") if self._waiting and not self._lanes:
                # The first one's prompt has no room; the others may have.
                lane = _Lane(self._waiting.popleft(), 0, 0)
                self._written(WrittenSample(lane.sample, 0, "", (), "context_full", 0))
                self._give_up()
            case Failed():
                self.failed = event
                self._give_up()

    def _finish(self, lane: _Lane, finished: Finished) -> None:
        records = tuple(lane.records)
        data = b"".join(record.text for record in records)
        if finished.beginning:
            data += finished.beginning.record.text
        text = whole_characters(data)
        self._written(
            WrittenSample(lane.sample, lane.seed, text, records, finished.reason, lane.unseen)
        )

    def _fill(self) -> None:
        """Have enough wait in the engine that no lane is ever empty."""
        while len(self._waiting) < _AHEAD:
            sample = self._next()
            if sample is None:
                return
            self._waiting.append(sample)
            self._send(
                QueueSequence(
                    request=self._request,
                    prompt=sample.prompt,
                    start=sample.start,
                    max_tokens=sample.max_tokens,
                )
            )

    def _next(self) -> Sample | None:
        return self._again.popleft() if self._again else self._more()

    def _give_up(self) -> None:
        """A command has ended: what it had of samples is to be written anew."""
        under_way = [lane.sample for _, lane in sorted(self._lanes.items())]
        self._again.extend([*under_way, *self._waiting])
        self._lanes.clear()
        self._waiting.clear()
        self._newest = None
