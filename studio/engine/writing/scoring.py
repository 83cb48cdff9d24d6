"""Scoring: the model reads a text once, and says of each token what else it would have said.

Evaluates in batches, with the logits at each position; the tokens are those that the studio's own
tokenizing gives.
"""

from collections.abc import Callable

import numpy as np

from studio.engine.context import KnownLogits
from studio.engine.control import Control
from studio.engine.interrupt import EvaluationStopped
from studio.engine.messages import AnyEvent, Evaluating, Score, Scored, ScoringEnded
from studio.engine.writing.open_end import OpenEnd
from studio.engine.writing.prompt import TokenizedPrompt, fit_from
from studio.engine.writing.reader import Reader
from studio.engine.writing.token_places import TokenPlaces, places_of
from studio.sampling import LogitSketch, LogitStatistics, is_near_tie
from studio.sampling.sketches.truncated_logits import TruncatedLogits
from studio.token_record import TokenRecord, undrawn

_PIECE = 64
"""Tokens a message: with their sketches about 90 KiB."""


def score(
    command: Score,
    prompt: TokenizedPrompt,
    reader: Reader,
    control: Control,
    emit: Callable[[AnyEvent], None],
) -> None:
    """Read a prompt, and record tokens of its manuscript.

    Args:
        command: what was asked for.
        prompt: the whole prompt.
        reader: its context holds all of the prompt in the end where that fits, so that a
            generation can follow at once.
        control: the stop.
        emit: takes each `Scored`, the `Evaluating` between them, and at the end the `Evaluated`
            and the `ScoringEnded`.

    Raises:
        EvaluationStopped: it was to end; what was scored by then has been given.
        EngineError: llama.cpp refused.
        ValueError: the model gave logits that are no numbers.
    """
    request, context, vocabulary = command.request, reader.context, reader.vocabulary
    characters = len(command.prompt.manuscript)
    places = places_of(prompt, command.prompt.manuscript, vocabulary)
    # Counted in the manuscript's tokens, seen or not. What the text begins with has nothing before
    # it that could predict it.
    first = _first_beyond(command.first, places)
    fitted = fit_from(prompt, context.size, first)
    if command.last is not None:
        last = max(first + 1, int(np.searchsorted(places.starts[:-1], command.last)))
        fitted = fitted._replace(tokens=fitted.tokens[: prompt.head + last - fitted.unseen])
    beginning = fitted.unseen + (0 if prompt.head else 1)
    wanted = max(beginning, first)
    if command.most:
        last = wanted + command.most
        fitted = fitted._replace(tokens=fitted.tokens[: prompt.head + last - fitted.unseen])
    behind = fitted.unseen + len(fitted.tokens) - prompt.head
    is_end = prompt.head + behind == len(prompt.tokens)
    while 0 < behind < places.tokens and not places.whole[behind]:
        behind -= 1  # half a character is left to the next part
    end = OpenEnd(fitted.tokens, prompt.head, vocabulary) if is_end else None
    records = _Records(request, prompt, places, reader, emit)

    def visit(index: int, logits: KnownLogits) -> None:
        if control.stopped:
            raise EvaluationStopped
        following = index + 1
        if following < len(fitted.tokens):
            # These logits are about the token behind them.
            place = following - prompt.head + fitted.unseen
            if end and following >= end.first and isinstance(logits, np.ndarray):
                logits = end.scored(following, logits)
            records.add(fitted.tokens[following], place, logits)

    try:
        reused = context.read(
            fitted.tokens,
            min(prompt.head + wanted - fitted.unseen, len(fitted.tokens)) - 1,
            visit,
            lambda done, total: emit(Evaluating(request=request, done=done, total=total)),
        )
    finally:
        records.send()
    report = reader.report(request, prompt, fitted, reused)
    emit(report)
    emit(
        ScoringEnded(
            request=request,
            tokens=records.count,
            reached=int(places.starts[behind]) if behind < places.tokens else characters,
            unseen_characters=report.unseen_characters,
            unpredicted_characters=places.characters(fitted.unseen, beginning),
        )
    )


def _first_beyond(characters: int, places: TokenPlaces) -> int:
    """The first token that holds more than the text's first `characters`."""
    return int(np.searchsorted(places.starts[1:], characters, side="right"))


def _is_possible(token: int, logits: KnownLogits) -> bool:
    """Whether the model can say a token."""
    if isinstance(logits, TruncatedLogits):
        return logits.knows(token)
    return bool(logits[token] > -np.inf)


class _Records:
    """Collects scored tokens and gives them out in pieces of whole characters."""

    def __init__(
        self,
        request: int,
        prompt: TokenizedPrompt,
        places: TokenPlaces,
        reader: Reader,
        emit: Callable[[AnyEvent], None],
    ) -> None:
        self._request = request
        self._prompt = prompt
        self._places = places
        self._reader = reader
        self._emit = emit
        self._waiting: list[TokenRecord] = []
        self._first = 0
        """The place of the first that waits."""
        self._spellings: dict[int, bytes] = {}
        self.count = 0

    def add(self, token: int, place: int, logits: KnownLogits) -> None:
        """Record the next token, which stands at `place` and was read with these logits."""
        places = self._places
        is_placed = place < places.tokens and (self._waiting or places.whole[place])
        # A model that rules a token out cannot say how likely it is.
        if not is_placed or not _is_possible(token, logits):
            self.send()
            return
        if not self._waiting:
            self._first = place
        if isinstance(logits, TruncatedLogits):
            sketch, near_tie = logits.sketch(token), logits.is_near_tie
        else:
            statistics = LogitStatistics(logits, knows_zero=self._reader.context.knows_zero)
            sketch = LogitSketch.of_statistics(statistics, statistics.written(token))
            near_tie = is_near_tie(statistics.ranking)
        self._spellings |= self._reader.pieces.new_bytes(sketch.ids)
        self._waiting.append(
            undrawn(
                token,
                # The manuscript has no space that the tokenizer put before it.
                self._reader.vocabulary.text(token)[0 if place else self._prompt.added :],
                sketch.to_bytes(),
                near_tie=near_tie,
            )
        )
        if len(self._waiting) >= _PIECE and places.whole[place + 1]:
            self.send()

    def send(self) -> None:
        """Give out what waits, up to the last whole character."""
        places, end = self._places, self._first + len(self._waiting)
        while end > self._first and not places.whole[end]:
            end -= 1
        tokens = tuple(self._waiting[: end - self._first])
        self._waiting = []
        if tokens:
            self.count += len(tokens)
            start, spelled = int(places.starts[self._first]), self._spellings
            self._spellings = {}
            first = self._prompt.head + self._first
            self._emit(
                Scored(
                    request=self._request, start=start, first=first, tokens=tokens, pieces=spelled
                )
            )
