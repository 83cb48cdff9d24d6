"""Lanes' tokens on their way to the listener: what may be part of a stop string waits.

Knows neither how tokens are drawn nor what a lane is beyond its number.
"""

from collections.abc import Sequence

from studio.engine.messages import AnyEvent, Emit, LaneToken, Token
from studio.engine.writing.stop_strings import StopStrings


class LaneStops:
    """Watches each lane for the texts that end it, and holds its tokens back.

    Args:
        request: Of the comparison.
        emit: Takes the tokens that may be shown, those of a frame at once.
    """

    def __init__(self, request: int, emit: Emit) -> None:
        self._request = request
        self._emit = emit
        self._lanes: dict[int, StopStrings] = {}
        self._ready: list[AnyEvent] = []

    def watch(self, lane: int, stop: Sequence[str]) -> None:
        """Watch a lane from here on for these texts, or for none."""
        self.settle(lane)
        if stop:
            self._lanes[lane] = StopStrings(stop, lambda *events: self._take(lane, events))

    def sees(self, lane: int, text: bytes) -> bool:
        """Take a token's bytes as soon as it is drawn; whether a stop is complete."""
        stops = self._lanes.get(lane)
        return stops is not None and stops.sees(text)

    def __call__(self, *events: AnyEvent) -> None:
        """Take a frame's tokens; give on what can be no part of a stop."""
        if not self._lanes:
            self._emit(*events)
            return
        for event in events:
            stops = self._lanes.get(event.lane) if isinstance(event, LaneToken) else None
            if stops and isinstance(event, LaneToken):
                stops(event.token)
            else:
                self._ready.append(event)
        self._give()

    def settle(self, lane: int) -> Token | None:
        """A lane has ended: give what is held of it; see `StopStrings.settle`."""
        stops = self._lanes.pop(lane, None)
        cut = stops.settle() if stops else None
        self._give()
        return cut

    def _take(self, lane: int, tokens: Sequence[AnyEvent]) -> None:
        for token in tokens:
            assert isinstance(token, Token), "nothing else was given"
            self._ready.append(LaneToken(request=self._request, lane=lane, token=token))

    def _give(self) -> None:
        if self._ready:
            ready, self._ready = self._ready, []
            self._emit(*ready)
