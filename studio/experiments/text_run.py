"""Whole-text temperature on a model: an engine writes what `text_temperature` asks for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from studio.engine.messages import (
    MOST_SEQUENCES,
    AnyEvent,
    Evaluated,
    Failed,
    Finished,
    Generate,
    Prompt,
    RunFinished,
    SequenceStart,
    Superseded,
    Token,
    id_bytes,
)
from studio.experiments.samples import Sample, WrittenSample
from studio.experiments.text_temperature import (
    NO_TOKEN,
    BlockWise,
    Proposal,
    Resampled,
    Texts,
    WholeText,
)
from studio.sampling import InverseTemperature, LogitSketch, SamplingParams
from studio.sampling.analysis.filtered_distribution import everything
from studio.sampling.analysis.retemper import moments_of
from studio.token_record import TokenRecord
from studio.utf8 import whole_characters

_SEEDS = 2**32

Outcome = TypeVar("Outcome")


class TextRun(Generic[Outcome]):
    """A draw of whole texts: gives the commands, one after another, and takes their events.

    A proposal of one text is written in the main sequence, where a beginning that stays is not
    evaluated again; several are written beside one another.

    Args:
        request: The number of the first command; the others have those that follow it.
        prompt: What the texts continue.
        temperature: T of a whole text, above 0 and finite.
        draw: `text_temperature.resampled` or `block_wise`, for one chain.
        rng: The seeds of what is written.
        ignore_eos: Whether texts go on past an end-of-sequence token.

    Attributes:
        result: What the draw returned; None until it has.
    """

    def __init__(
        self,
        request: int,
        prompt: Prompt,
        temperature: float,
        draw: Generator[Proposal, Texts, Outcome],
        rng: np.random.Generator,
        *,
        ignore_eos: bool = False,
    ) -> None:
        self.result: Outcome | None = None
        self._request = request
        self._prompt = prompt
        self._params = SamplingParams(temperature=temperature)
        self._alpha = InverseTemperature(temperature).beta
        self._draw = draw
        self._rng = rng
        self._ignore_eos = ignore_eos
        self._texts = Texts(np.zeros((0, 0), dtype=np.int64), np.zeros((0, 0)))
        self._rows: list[int] = []
        """Of the texts that the sequences of the last command write."""
        self._ends: set[int] = set()
        """Tokens that have ended a text."""
        self._added: dict[tuple[bool, int], bytes] = {}
        """What a token adds: as the first behind the prompt, where some of it may stand there
        already, and elsewhere."""
        self._records: dict[bytes, TokenRecord] = {}
        """By the ids up to each token, itself included: of the texts as they are and as they are
        proposed."""

    def commands(self) -> Iterator[Generate]:
        """What is to be carried out, the next one when the one before was answered."""
        try:
            proposal = next(self._draw)
            while True:
                yield from self._commands_for(proposal)
                proposal = self._draw.send(self._texts)
        except StopIteration as end:
            self.result = end.value

    def on_event(self, event: AnyEvent) -> None:
        """Take an event of one of the commands."""
        match event:
            case Token():
                self._take(event)
            case Finished() if event.end is not None:
                self._ends.add(event.end.record.id)
                self._take(event.end)

    def text(self, tokens: NDArray[np.int64]) -> bytes:
        """What one of the texts adds to the prompt.

        Args:
            tokens: `(length,)`, a row of `Texts.tokens`.
        """
        written = [token for token in tokens.tolist() if token != NO_TOKEN]
        return b"".join(self._added[place == 0, token] for place, token in enumerate(written))

    def records(self, tokens: NDArray[np.int64]) -> tuple[TokenRecord, ...]:
        """What is kept of the tokens of a text that was drawn, without that which ended it.

        Args:
            tokens: As for `text`.
        """
        written = tokens[tokens != NO_TOKEN]
        found = [self._records[written[:end].tobytes()] for end in range(1, len(written) + 1)]
        return tuple(found[:-1] if self.has_ended(tokens) else found)

    def has_ended(self, tokens: NDArray[np.int64]) -> bool:
        """Whether a text ended of itself.

        Args:
            tokens: As for `text`.
        """
        written = tokens[tokens != NO_TOKEN]
        return bool(written.size) and int(written[-1]) in self._ends

    def _commands_for(self, proposal: Proposal) -> Iterator[Generate]:
        """Have the texts of a proposal written, into `_texts`."""
        former, kept, length = proposal
        self._forget_all_but(former.tokens)
        count, width = former.tokens.shape
        tokens = np.full((count, length), NO_TOKEN, dtype=np.int64)
        log_masses = np.zeros((count, length))
        going = []
        for row, stays in enumerate(kept.tolist()):
            own = former.tokens[row].tolist()
            has_ended = NO_TOKEN in own or (bool(own) and own[-1] in self._ends)
            if has_ended and stays >= int(former.lengths[row]):
                stays = width
            elif stays < length:
                going.append(row)
            tokens[row, :stays] = former.tokens[row, :stays]
            log_masses[row, :stays] = former.log_masses[row, :stays]
        self._texts = Texts(tokens, log_masses)
        for first in range(0, len(going), MOST_SEQUENCES):
            self._rows = going[first : first + MOST_SEQUENCES]
            (stays,) = {int(kept[row]) for row in self._rows}
            written = [id_bytes(tokens[row, :stays].tolist()) for row in self._rows]
            yield Generate(
                request=self._request,
                prompt=self._prompt,
                sequences=tuple(SequenceStart(params=self._params, written=ids) for ids in written),
                max_tokens=length - stays,
                ignore_eos=self._ignore_eos,
                when_full="cut" if count == 1 else "end",
                seed=int(self._rng.integers(_SEEDS)),
            )
            self._request += 1

    def _take(self, token: Token) -> None:
        record, place = token.record, token.index
        row = self._rows[token.sequence]
        self._texts.tokens[row, place] = record.id
        self._texts.log_masses[row, place] = log_mass(
            LogitSketch.from_bytes(record.sketch), self._alpha
        )
        self._added[place == 0, record.id] = record.text
        self._records[self._texts.tokens[row, : place + 1].tobytes()] = record

    def _forget_all_but(self, tokens: NDArray[np.int64]) -> None:
        """Forget what is known of texts that were proposed and not taken."""
        ends = range(1, tokens.shape[1] + 1)
        kept = (row[:end].tobytes() for row in tokens for end in ends)
        self._records = {key: self._records[key] for key in kept if key in self._records}


class WholeTextRun:
    """Writes samples whose T is that of the whole text: as `SampleRun`, one after another.

    Of a sample's parameters T and seed count.

    Args:
        request: The number of the first command; others have those that follow it.
        more: The next sample to be written; None where there is none.
        written: Takes each sample as it ends.
        way: How they are drawn.
        ignore_eos: Whether samples go on past an end-of-sequence token.

    Attributes:
        failed: What went wrong; None while nothing did.
        is_stopped: Whether a command was stopped. What was drawn then is drawn anew, first, where
            commands are asked for again.
    """

    def __init__(
        self,
        request: int,
        more: Callable[[], Sample | None],
        written: Callable[[WrittenSample], None],
        way: WholeText,
        *,
        ignore_eos: bool = False,
    ) -> None:
        self.failed: Failed | None = None
        self.is_stopped = False
        self._request = request - 1
        self._more = more
        self._written = written
        self._way = way
        self._ignore_eos = ignore_eos
        self._again: deque[Sample] = deque()
        self._run: TextRun[Resampled | BlockWise] | None = None
        self._unseen = 0
        self._has_no_room = False

    def commands(self) -> Iterator[Generate]:
        """What is to be carried out, the next one when the one before was answered."""
        self.is_stopped = False
        while (sample := self._again.popleft() if self._again else self._more()) is not None:
            yield from self._commands_for(sample)
            if self.failed or self.is_stopped:
                self._again.append(sample)
                return
            self._give(sample)

    def on_event(self, event: AnyEvent) -> None:
        """Take an event of one of the commands; those of others are passed over."""
        if event.request != self._request or self._run is None:
            return
        self._run.on_event(event)
        match event:
            case Evaluated():
                self._unseen = max(self._unseen, event.unseen_characters)
            case RunFinished():
                self.is_stopped = "stopped" in event.reasons
            case Superseded():
                self.is_stopped = True
            case Failed(kind="context_size"):
                self._has_no_room = True
            case Failed():
                self.failed = event

    def _commands_for(self, sample: Sample) -> Iterator[Generate]:
        params = sample.params
        rng = np.random.default_rng(params.seed)
        draw = self._way.draw(sample.max_tokens, rng)
        self._run = TextRun(
            0, sample.prompt, params.temperature, draw, rng, ignore_eos=self._ignore_eos
        )
        self._unseen, self._has_no_room = 0, False
        for command in self._run.commands():
            self._request += 1
            yield replace(command, request=self._request)
            if self.failed or self.is_stopped or self._has_no_room:
                return

    def _give(self, sample: Sample) -> None:
        run, self._run = self._run, None
        assert run is not None, "it was begun"
        seed = sample.params.seed
        if run.result is None:
            self._written(WrittenSample(sample, seed, "", (), "context_full", 0))
            return
        (tokens,) = run.result.texts.tokens
        self._written(
            WrittenSample(
                sample,
                seed,
                whole_characters(run.text(tokens)),
                run.records(tokens),
                "end_of_text" if run.has_ended(tokens) else "max_tokens",
                self._unseen,
                evaluations=run.result.evaluations,
            )
        )


def log_mass(sketch: LogitSketch, alpha: float) -> float:
    """Return ln Σ p^α over the vocabulary, where p is the model's own distribution.

    Args:
        sketch: The distribution.
        alpha: From above 0.
    """
    own, tempered = moments_of(everything(sketch), np.array([1.0, alpha])).log_mass
    return float(tempered - alpha * own)
