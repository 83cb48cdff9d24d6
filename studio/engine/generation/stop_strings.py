"""Texts that end a sequence: found across tokens, and never shown.

A token whose bytes may be the beginning of such a text is held back until it is known to be none.
Works on bytes of UTF-8, in which a text is found at whole characters alone.
"""

from collections import deque
from collections.abc import Sequence

import msgspec

from studio.engine.messages import Emit, Token


class StopStrings:
    """Watches the bytes of one sequence for the texts that end it, and holds its tokens back.

    Args:
        stops: the texts; none of them is empty.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop.encode("utf-8", errors="replace") for stop in stops)
        self._tail = b""
        """The bytes that may be the beginning of a stop; a stop begins nowhere before them."""
        self._seen = 0
        self._end: int | None = None
        self._held: deque[Token] = deque()
        self._given = 0
        """Bytes of the tokens that were given."""

    def sees(self, text: bytes) -> bool:
        """Take a token's bytes as soon as it is drawn; whether a stop is complete."""
        tail = self._tail + text
        self._seen += len(text)
        starts = [place for stop in self._stops if (place := tail.find(stop)) >= 0]
        if starts:
            self._end = self._seen - len(tail) + min(starts)
            return True
        self._tail = tail[len(tail) - self._longest_beginning(tail) :]
        return False

    def feed(self, token: Token) -> list[Token]:
        """Take a token's message; returns those that can be no part of a stop, in order."""
        self._held.append(token)
        return self._free(self._seen - len(self._tail) if self._end is None else self._end)

    def settle(self) -> tuple[list[Token], Token | None]:
        """The sequence has ended.

        Returns:
            The tokens that are held and no part of a stop; and where a stop is complete, the token
            in which it begins, of its text only what stands before the stop. It spells what all
            tokens of the stop would have.
        """
        free = self._free(self._seen if self._end is None else self._end)
        if self._end is None or not self._held:
            return free, None
        pieces: dict[int, bytes] = {}
        for token in self._held:
            pieces |= token.pieces
        cut = self._held[0]
        text = cut.record.text[: max(0, self._end - self._given)]
        record = msgspec.structs.replace(cut.record, text=text)
        return free, msgspec.structs.replace(cut, record=record, pieces=pieces)

    def _free(self, until: int) -> list[Token]:
        """Give up all tokens that end at that byte at the latest."""
        free: list[Token] = []
        while self._held and self._given + len(self._held[0].record.text) <= until:
            token = self._held.popleft()
            self._given += len(token.record.text)
            free.append(token)
        return free

    def _longest_beginning(self, tail: bytes) -> int:
        """How many of the last bytes are the beginning of a stop that may still be completed."""
        longest = min(len(tail), max(len(stop) for stop in self._stops) - 1)
        for length in range(longest, 0, -1):
            ending = tail[-length:]
            if any(stop.startswith(ending) for stop in self._stops):
                return length
        return 0


class SequenceStops:
    """The stop strings of a generation's sequences; tokens pass it on their way to the listener.

    Args:
        emit: takes the tokens that may be shown, those of a frame at once.
    """

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._watched: dict[int, StopStrings] = {}

    def watch(self, sequence: int, stop: Sequence[str]) -> None:
        """Watch a sequence from here on for these texts, or for none.

        Args:
            sequence: its number.
            stop: the texts.
        """
        self.settle(sequence)
        if stop:
            self._watched[sequence] = StopStrings(stop)

    def sees(self, sequence: int, text: bytes) -> bool:
        """Take a token's bytes as soon as it is drawn; whether a stop is complete.

        Args:
            sequence: the number of its sequence.
            text: what the token adds.
        """
        stops = self._watched.get(sequence)
        return stops is not None and stops.sees(text)

    def __call__(self, *tokens: Token) -> None:
        """Take a frame's tokens; give on what can be no part of a stop."""
        if not self._watched:
            self._emit(*tokens)
            return
        ready: list[Token] = []
        for token in tokens:
            stops = self._watched.get(token.sequence)
            ready += stops.feed(token) if stops else (token,)
        if ready:
            self._emit(*ready)

    def settle(self, sequence: int) -> Token | None:
        """A sequence has ended: give what is held of it; see `StopStrings.settle`."""
        stops = self._watched.pop(sequence, None)
        if stops is None:
            return None
        free, cut = stops.settle()
        if free:
            self._emit(*free)
        return cut
