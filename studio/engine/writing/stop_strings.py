"""Texts that end a generation: found across tokens, and never shown.

A token whose bytes may be the beginning of such a text is held back until it is known to be none.
Works on bytes of UTF-8, in which a text is found at whole characters alone.
"""

from collections import deque
from collections.abc import Iterable, Sequence

import msgspec

from studio.engine.messages import AnyEvent, Emit, Token


class StopStrings:
    """Watches the bytes of one generation for the texts that end it, and holds events back.

    Args:
        stops: the texts; none of them is empty.
        emit: takes the events that may be shown.
    """

    def __init__(self, stops: Sequence[str], emit: Emit) -> None:
        self._stops = tuple(stop.encode("utf-8", errors="replace") for stop in stops)
        self._emit = emit
        self._tail = b""
        """The bytes that may be the beginning of a stop; a stop begins nowhere before them."""
        self._seen = 0
        self._end: int | None = None
        self._held: deque[AnyEvent] = deque()
        self._told = 0
        self.tokens = 0
        """How many have been given to `emit`."""

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

    def __call__(self, *events: AnyEvent) -> None:
        """Take events as they happen; give on what can be no part of a stop."""
        self._held.extend(events)
        self._give(self._seen - len(self._tail) if self._end is None else self._end)

    def finish(self) -> Iterable[int]:
        """The generation is over: give what is held, without a stop.

        Returns:
            The tokens that were spelled in what is never given.
        """
        cut = self.settle()
        if cut is None or not cut.record.text:
            return cut.pieces if cut else ()
        self._emit(cut)
        self.tokens += 1
        return ()

    def settle(self) -> Token | None:
        """Give the tokens that are held and no part of a stop.

        Returns:
            The token in which the stop begins, of its text only what stands before the stop; it
            spells what all tokens of the stop would have. None where no stop is complete.
        """
        if self._end is None:
            self._give(self._seen)
            return None
        self._give(self._end)
        tokens = [event for event in self._held if isinstance(event, Token)]
        self._held.clear()
        if not tokens:
            return None
        pieces: dict[int, bytes] = {}
        for token in tokens:
            pieces |= token.pieces
        text = tokens[0].record.text[: max(0, self._end - self._told)]
        record = msgspec.structs.replace(tokens[0].record, text=text)
        return msgspec.structs.replace(tokens[0], record=record, pieces=pieces)

    def _give(self, until: int) -> None:
        """Give all events that end at that byte at the latest, in their order."""
        ready: list[AnyEvent] = []
        while self._held:
            event = self._held[0]
            if isinstance(event, Token):
                if self._told + len(event.record.text) > until:
                    break
                self._told += len(event.record.text)
                self.tokens += 1
            ready.append(self._held.popleft())
        if ready:
            self._emit(*ready)

    def _longest_beginning(self, tail: bytes) -> int:
        """How many of the last bytes are the beginning of a stop that may still be completed."""
        longest = min(len(tail), max(len(stop) for stop in self._stops) - 1)
        for length in range(longest, 0, -1):
            ending = tail[-length:]
            if any(stop.startswith(ending) for stop in self._stops):
                return length
        return 0
