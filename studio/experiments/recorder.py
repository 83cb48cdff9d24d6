"""Makes a `Comparison` of the engine's events, as they come."""

from __future__ import annotations

import datetime
from pathlib import Path

import msgspec

from studio.engine.messages import (
    AnyEvent,
    Evaluated,
    Finished,
    FinishReason,
    Generate,
    ModelReport,
    ParamsChanged,
    RunFinished,
    Started,
    Token,
    is_server,
)
from studio.experiments.comparison import Comparison, LaneRecord, Turn
from studio.model_record import LONGEST_LINE, ModelRecord
from studio.sampling import SamplingParams
from studio.token_record import TokenRecord


class _Lane(msgspec.Struct):
    params: SamplingParams
    seed: int
    stop: tuple[str, ...]
    tokens: list[TokenRecord] = msgspec.field(default_factory=list)
    turns: list[Turn] = msgspec.field(default_factory=list)
    reason: FinishReason | None = None
    end: TokenRecord | None = None
    mu: float | None = None
    adaptive_mean: float | None = None


class ComparisonRecorder:
    """Follows one comparison from its command on.

    Args:
        command: It. Lanes that had written before are recorded from there on.
        names: What the lanes are called, by their numbers.
    """

    def __init__(self, command: Generate, names: tuple[str, ...] = ()) -> None:
        self.names = dict(enumerate(names))
        self.finished: RunFinished | None = None
        """The last run's end."""
        self._command = command
        self._lanes: dict[int, _Lane] = {}
        self._spellings: dict[int, bytes] = {}
        self._prompt_ids: tuple[int, ...] = ()
        self._unseen = self._unseen_tokens = 0
        self._seconds_prompt = self._seconds_generation = 0.0
        self._evaluated = 0
        self._made = datetime.datetime.now(datetime.UTC)

    def add(self, event: AnyEvent) -> None:
        """Record an event; those of other requests, and of other kinds, are passed over."""
        if event.request != self._command.request:
            return
        match event:
            case Evaluated():
                self._spellings |= event.pieces
                self._prompt_ids = tuple(event.token_ids())
                self._unseen = event.unseen_characters
                self._unseen_tokens = len(self._prompt_ids) - event.context_used
            case Started():
                starts, number = self._command.sequences, event.sequence
                stop = starts[number].stop if number < len(starts) else ()
                self._lanes[number] = _Lane(event.params, event.seed, stop)
            case Token() | ParamsChanged() | Finished():
                # What was under way when its lane was forgotten is no lane's.
                if lane := self._lanes.get(event.sequence):
                    self._add_for(lane, event)
            case RunFinished():
                self.finished = event
                self._seconds_prompt += event.seconds_prompt
                self._seconds_generation += event.seconds_generation
                self._evaluated += event.evaluated

    def forget(self, lane: int) -> None:
        """A lane was removed."""
        self._lanes.pop(lane, None)

    def spell(self, pieces: dict[int, bytes]) -> None:
        """What tokens spell that messages before this comparison have spelled already."""
        self._spellings |= pieces

    def record(self, model: ModelRecord) -> Comparison:
        """What it is so far, lanes in the order of their numbers.

        Raises:
            ValueError: no lane has begun.
        """
        if not self._lanes:
            raise ValueError("nothing to record: no lane has begun")
        seconds = self._seconds_generation
        return Comparison(
            made=self._made.isoformat(timespec="seconds").replace("+00:00", "Z"),
            model=model,
            prompt=self._command.prompt,
            prompt_tokens=len(self._prompt_ids),
            prompt_ids=self._prompt_ids,
            unseen_characters=self._unseen,
            unseen_tokens=self._unseen_tokens,
            share_u=self._command.share_u,
            max_tokens=self._command.max_tokens,
            ignore_eos=self._command.ignore_eos,
            lanes=tuple(
                LaneRecord(
                    params=lane.params,
                    seed=lane.seed,
                    tokens=tuple(lane.tokens),
                    reason=lane.reason,
                    end=lane.end,
                    stop=lane.stop,
                    mu=lane.mu,
                    adaptive_mean=lane.adaptive_mean,
                    name=self.names.get(number, ""),
                    turns=tuple(lane.turns),
                )
                for number, lane in sorted(self._lanes.items())
            ),
            seconds_prompt=self._seconds_prompt,
            seconds_generation=seconds,
            tokens_per_second=self._evaluated / seconds if self._evaluated else 0.0,
            spellings=dict(self._spellings),
        )

    def _add_for(self, lane: _Lane, event: Token | ParamsChanged | Finished) -> None:
        match event:
            case Token():
                self._spellings |= event.pieces
                lane.reason = lane.end = None
                lane.tokens.append(event.record)
            case ParamsChanged():
                lane.turns.append(Turn(index=event.index, params=event.params))
            case Finished():
                lane.reason, lane.mu = event.reason, event.mu
                lane.adaptive_mean = event.adaptive_mean
                if event.end:
                    self._spellings |= event.end.pieces
                    lane.end = event.end.record


def model_record(report: ModelReport, fingerprint: str = "") -> ModelRecord:
    """What is kept of a model.

    Args:
        report: What the engine reported of it.
        fingerprint: Its `model_hash`, or nothing.
    """
    # A file can call itself anything, at any length.
    name, file, architecture, quantization = (
        text[:LONGEST_LINE]
        for text in (
            report.name or Path(report.path).stem,
            # Where a server stands is nobody's business who is given the record.
            "" if is_server(report.path) else Path(report.path).name,
            report.architecture,
            report.quantization,
        )
    )
    attention = "flash" if report.has_flash_attention else "plain"
    return ModelRecord(
        name=name,
        file=file,
        architecture=architecture,
        quantization=quantization,
        bytes=report.file_bytes,
        hash=fingerprint,
        attention="" if is_server(report.path) else attention,
    )
