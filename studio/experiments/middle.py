"""Writing in the middle of a text, headless: several candidates, ranked by how it goes on.

What the window does with takes (`studio.app.writing`) the command line and benchmarks do with this.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from studio.engine.messages import (
    AnyEvent,
    Evaluated,
    Finished,
    Generate,
    Loaded,
    Prompt,
    Score,
    Scored,
    SequenceStart,
    Token,
)
from studio.experiments.following_text import (
    AFTER,
    Ending,
    best_first,
    endings_of,
    following_score,
    mean_surprise,
    seen_part,
)
from studio.sampling import MAX_SEED, SamplingParams
from studio.token_record import TokenRecord
from studio.utf8 import whole_characters


def starts_of(
    params: SamplingParams, count: int, stop: tuple[str, ...] = ()
) -> tuple[SequenceStart, ...]:
    """Sequences that differ by their random draws alone.

    Args:
        params: Those of all; the first has their seed, the others the seeds that follow it.
        count: How many.
        stop: What ends each.
    """
    seeds = [(params.seed + number) % (MAX_SEED + 1) for number in range(count)]
    return tuple(
        SequenceStart(params=msgspec.structs.replace(params, seed=seed), stop=stop)
        for seed in seeds
    )


class Candidate(NamedTuple):
    """One of those that were written for a place.

    Attributes:
        text: As it is to stand there, joined to what follows.
        follows: How well that follows it: see `mean_surprise`. None where it was not read.
        finished: How it ended.
    """

    text: str
    follows: float | None
    finished: Finished


class MiddleRun:
    """Candidates for one place: gives the commands, one after another, and takes their events.

    A model that is known to have tokens for it is given both sides instead, and writes one.

    Args:
        request: The number of the first command; the others have those that follow it.
        prompt: What stands before the place.
        after: What stands behind it.
        starts: One for each candidate, with a seed.
        max_tokens: How many tokens each may have.
        ignore_eos: Whether they go on past an end-of-sequence token.
    """

    def __init__(
        self,
        request: int,
        prompt: Prompt,
        after: str,
        starts: tuple[SequenceStart, ...],
        max_tokens: int,
        *,
        ignore_eos: bool = False,
    ) -> None:
        self.generate = Generate(
            request=request,
            prompt=prompt,
            sequences=starts,
            max_tokens=max_tokens,
            ignore_eos=ignore_eos,
            when_full="end" if len(starts) > 1 else "cut",
        )
        self._seen = prompt
        self._after = after
        self._bytes: dict[int, list[bytes]] = {number: [] for number in range(len(starts))}
        self._finished: dict[int, Finished] = {}
        self._read: list[TokenRecord] = []
        self._follows: list[float | None] = []

    def on_event(self, event: AnyEvent) -> None:
        """Take an event of one of the commands, or of the load before."""
        match event:
            case Loaded() if event.report.fills_in:
                self._fill_in()
            case Evaluated() if event.request == self.generate.request:
                self._seen = seen_part(self._seen, event)
            case Token():
                self._bytes[event.sequence].append(event.record.text)
            case Finished():
                self._finished[event.sequence] = event
                if event.beginning:
                    self._bytes[event.sequence].append(event.beginning.record.text)
            case Scored():
                self._read += event.tokens

    @property
    def fills_in(self) -> bool:
        """Whether the model is given both sides."""
        return bool(self.generate.prompt.after)

    def _fill_in(self) -> None:
        asked = self.generate
        if asked.prompt.format == "plain" and len(asked.sequences) > 1 and self._after.strip():
            self.generate = msgspec.structs.replace(
                asked,
                prompt=msgspec.structs.replace(asked.prompt, after=self._after[:AFTER]),
                sequences=asked.sequences[:1],
                when_full="cut",
            )

    def commands(self) -> Iterator[Generate | Score]:
        """What is to be carried out, the next one when the one before was answered."""
        yield self.generate
        endings = self._endings()
        if len({ending.number for ending in endings}) < 2 or not self._after.strip():
            return
        for number, ending in enumerate(endings, self.generate.request + 1):
            self._read = []
            yield following_score(number, self._seen, ending.text, self._after)
            self._follows.append(mean_surprise(self._read))

    def ranked(self) -> list[Candidate]:
        """All that wrote something, the best first; in the order written where nothing was read."""
        numbers = sorted(self._finished)
        return [
            Candidate(one.ending.text, one.follows, self._finished[numbers[one.ending.number]])
            for one in best_first(self._endings(), self._follows)
        ]

    def _endings(self) -> list[Ending]:
        written = [
            (whole_characters(b"".join(self._bytes[number])), self._finished[number].reason)
            for number in sorted(self._finished)
        ]
        return endings_of(written, self._after)
