"""Which events go to whom: a request's to whoever asked, some kinds to all who follow them."""

from collections.abc import Callable
from typing import Any

from studio.app.engine_line.answer_watch import FINAL
from studio.engine.messages import AnyEvent, RunFinished

Listener = Callable[[Any], None]


class Router:
    """Hands events on, each first to those who follow its kind, then to whoever asked."""

    def __init__(self) -> None:
        self._askers: dict[int, Listener] = {}
        self._late: dict[int, Listener] = {}
        """Who is given what still comes of requests that were replaced."""
        self._followers: dict[type[AnyEvent], list[Listener]] = {}

    def follow(self, listener: Listener, *kinds: type[AnyEvent]) -> None:
        """Let a listener have the events of some kinds, whoever asked.

        Args:
            listener: Is given each event.
            kinds: The kinds of events.
        """
        for kind in kinds:
            self._followers.setdefault(kind, []).append(listener)

    def expect(self, request: int, listener: Listener) -> None:
        """Let a listener have the events of a request, to the last one.

        A `RunFinished` is not the last: sequences can go on under the same request.

        Args:
            request: Its number.
            listener: Takes each event.
        """
        self._askers[request] = listener

    def replace(self, request: int, late: Listener | None) -> None:
        """Note that another request takes a request's place.

        Args:
            request: The one that is replaced.
            late: Is given what still comes of it; None to drop that.
        """
        if self._askers.pop(request, None) and late:
            self._late[request] = late

    def hand_on(self, event: AnyEvent) -> None:
        """Give an event to those who follow its kind, and to whoever asked."""
        for follower in self._followers.get(type(event), ()):
            follower(event)
        request = event.request
        asker = self._askers.get(request) or self._late.get(request)
        if type(event) in FINAL:
            self._late.pop(request, None)
            if not isinstance(event, RunFinished):
                self._askers.pop(request, None)
        if asker:
            asker(event)

    def forget(self) -> None:
        """Forget all requests: none will be answered."""
        self._askers.clear()
        self._late.clear()
