"""Whole-text temperature on a model: an engine writes what `text_temperature` asks for."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from studio.engine.messages import (
    MOST_SEQUENCES,
    AnyEvent,
    Finished,
    Generate,
    Prompt,
    SequenceStart,
    Token,
    id_bytes,
)
from studio.experiments.text_temperature import NO_TOKEN, Proposal, Texts
from studio.sampling import InverseTemperature, LogitSketch, SamplingParams
from studio.sampling.analysis.filtered_distribution import everything
from studio.sampling.analysis.retemper import moments_of

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

    def _commands_for(self, proposal: Proposal) -> Iterator[Generate]:
        """Have the texts of a proposal written, into `_texts`."""
        former, kept, length = proposal
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


def log_mass(sketch: LogitSketch, alpha: float) -> float:
    """Return ln Σ p^α over the vocabulary, where p is the model's own distribution.

    Args:
        sketch: The distribution.
        alpha: From above 0.
    """
    own, tempered = moments_of(everything(sketch), np.array([1.0, alpha])).log_mass
    return float(tempered - alpha * own)
