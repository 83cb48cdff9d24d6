"""Tokens as a server's stream has them: the record of each, and what else could have stood there.

A token is known by the server's id and spelled by its vocabulary, where both are known; it is then
put together with the text, which comes later where characters or stop strings are not whole. Where
the server names no ids, a token is its text, and each text has a number of its own as long as the
server is open. Log-probabilities make a sketch where they are the model's own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from studio.engine.server.capabilities import ALL, MOST_TOKENS, Capabilities
from studio.engine.server.completions import Candidate, Choice, Step
from studio.engine.server.spelled_vocabulary import SpelledVocabulary
from studio.sampling import LogitsError
from studio.sampling.sketches.truncated_logits import TruncatedLogits
from studio.token_record import TokenRecord, undrawn

BEST = 200
"""Of the likeliest tokens of each place, where a server gives so many."""
_LONGEST = 4_000
"""Bytes of what counts as one token."""
_ROUNDING = 1e-4
"""By how much a server's probabilities may be off: some compute in 16 bits."""
_BROKEN = "\ufffd"


class StreamedToken(NamedTuple):
    """A token and what it is shown with.

    Attributes:
        record: It.
        pieces: How tokens are spelled that were not met before.
    """

    record: TokenRecord
    pieces: dict[int, bytes]


class StreamedTokens:
    """What a server's tokens are known by.

    Attributes:
        best: How many log-probabilities are asked for of each place; 0 where they are not the
            model's own.

    Args:
        can: What the server can do.
        vocabulary: How its ids are spelled; None where that is not known.
    """

    def __init__(self, can: Capabilities, vocabulary: SpelledVocabulary | None) -> None:
        self._vocabulary = vocabulary
        self._size = vocabulary.size if vocabulary else MOST_TOKENS
        self._numbers: dict[str, int] = {}
        self._texts: list[str] = []
        """By their numbers."""
        self._spelled: set[int] = set()
        most = can.logprobs.value if can.raw.is_there else 0
        self.best = min(BEST, most if most != ALL else BEST) if isinstance(most, int) else 0

    def reader(self) -> StreamReader:
        """What reads one stream."""
        return StreamReader(self, self._vocabulary)

    def number(self, text: str) -> int:
        """The number of a token's text."""
        found = self._numbers.get(text)
        if found is None:
            found = min(len(self._texts), MOST_TOKENS - 1)
            self._numbers[text] = found
            self._texts.append(text)
        return found

    def token(self, token: int, text: bytes, step: Step | None) -> StreamedToken:
        """A token.

        Args:
            token: Its number.
            text: What it adds.
            step: What the server says of its place.
        """
        known = self._known(token, step) if step else None
        sketch = known.sketch(token) if known else None
        ids = [token, *(sketch.ids.tolist() if sketch else ())]
        record = undrawn(
            token,
            text,
            sketch.to_bytes() if sketch else b"",
            near_tie=known is not None and known.is_near_tie,
        )
        return StreamedToken(record, self._new_pieces(ids))

    def _known(self, token: int, step: Step) -> TruncatedLogits | None:
        """What is known of a place; None where that is not said, or cannot be so."""
        own = step.token.logprob
        if not self.best or own is None or own == -float("inf"):
            return None
        found = dict[int, float]()
        for one in step.top:
            number = self._number_of(one)
            if number is None or number in found or one.logprob is None:
                return None  # of several that are spelled alike one alone may have come
            found[number] = one.logprob
        # One more than asked for is the token that was drawn.
        if len(found) > self.best and token in found:
            del found[token]
        if not found or (len(found) < self.best and self._vocabulary is None):
            return None
        try:
            return TruncatedLogits(
                list(found),
                list(found.values()),
                self._size,
                rounding=_ROUNDING,
                beside=(token, own),
            )
        except LogitsError:
            return None

    def _number_of(self, one: Candidate) -> int | None:
        if self._vocabulary is not None:
            return one.id if one.id is not None and one.id < self._size else None
        return None if _BROKEN in one.text or not one.text else self.number(one.text)

    def _new_pieces(self, ids: Sequence[int]) -> dict[int, bytes]:
        new = [number for number in ids if number not in self._spelled]
        self._spelled.update(new)
        if self._vocabulary is not None:
            return {number: self._vocabulary.name(number) for number in new}
        return {number: self._texts[number].encode("utf-8", "replace") for number in new}


class _Waiting(NamedTuple):
    """A token of which not all text has come."""

    token: int
    text: bytes
    step: Step | None


class StreamReader:
    """Puts the tokens of one stream together.

    Args:
        tokens: What they are known by.
        vocabulary: How ids are spelled; None where that is not known.
    """

    def __init__(self, tokens: StreamedTokens, vocabulary: SpelledVocabulary | None) -> None:
        self._tokens = tokens
        self._vocabulary = vocabulary
        self._waiting: deque[_Waiting] = deque()
        self._came = b""
        """Text whose tokens have not been given."""

    def read(self, choice: Choice) -> Iterator[StreamedToken]:
        """The tokens that a part of the stream brings.

        Args:
            choice: The part.
        """
        if self._vocabulary is None:
            yield from self._by_texts(choice)
            return
        self._came += choice.text.encode("utf-8", "replace")
        ids = [step.token.id for step in choice.steps] if choice.ids is None else choice.ids
        for place, token in enumerate(ids):
            if token is not None and token < self._vocabulary.size:
                step = choice.steps[place] if place < len(choice.steps) else None
                self._waiting.append(_Waiting(token, self._vocabulary.text(token), step))
        yield from self._whole()

    def end(self) -> tuple[list[StreamedToken], StreamedToken | None]:
        """What is left when the stream has ended, and the token that ended it, if it came."""
        left, last = list[StreamedToken](), None
        if self._waiting and self._came:
            token, _, step = self._waiting.popleft()  # a stop string ended within it
            left.append(self._tokens.token(token, self._came, step))
        elif self._came:
            left.extend(self._untokenized())
        if self._waiting and self._vocabulary is not None:
            token, text, step = self._waiting[-1]
            if self._vocabulary.ends_generation(token):
                last = self._tokens.token(token, text, step)
        self._waiting.clear()
        self._came = b""
        return left, last

    def _whole(self) -> Iterator[StreamedToken]:
        """Tokens all of whose text has come."""
        assert self._vocabulary is not None, "they are spelled"
        while self._waiting:
            token, text, step = self._waiting[0]
            if not text and self._vocabulary.ends_generation(token) and len(self._waiting) == 1:
                return  # it is the end, unless something follows
            if len(text) > len(self._came):
                return
            if not self._came.startswith(text):
                # Broken characters are replaced there, which has another length.
                self._waiting.clear()
                yield from self._untokenized()
                return
            self._waiting.popleft()
            self._came = self._came[len(text) :]
            yield self._tokens.token(token, text, step)

    def _untokenized(self) -> Iterator[StreamedToken]:
        text, self._came = self._came.decode("utf-8", "replace"), b""
        yield from self._parts(text)

    def _by_texts(self, choice: Choice) -> Iterator[StreamedToken]:
        if choice.steps and "".join(step.token.text for step in choice.steps) == choice.text:
            for step in choice.steps:
                text = step.token.text
                number = self._tokens.number(text)
                yield self._tokens.token(number, text.encode("utf-8", "replace"), step)
            return
        yield from self._parts(choice.text)  # parts of characters are not said

    def _parts(self, text: str) -> Iterator[StreamedToken]:
        """A text of which the tokens were not said, in parts no longer than a token may be."""
        step = _LONGEST // 4  # bytes of a character at most
        for start in range(0, len(text), step):
            part = text[start : start + step]
            if self._vocabulary is None:
                tokens = [(self._tokens.number(part), part.encode("utf-8", "replace"))]
            else:
                ids = self._vocabulary.tokenize(part)
                tokens = [(token, self._vocabulary.text(token)) for token in ids]
            for number, spelled in tokens:
                yield self._tokens.token(number, spelled, None)
