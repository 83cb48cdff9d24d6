"""Ranks candidates for a place by how well the text behind it follows each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from studio.app.engine_line.client import EngineClient
from studio.engine.messages import (
    AnyEvent,
    Failed,
    Prompt,
    Scored,
    ScoringEnded,
    Stop,
    Superseded,
)
from studio.experiments.following_text import following_score, mean_surprise
from studio.token_record import TokenRecord


class Ranking(QObject):
    """Has the engine read what follows behind one candidate after the other.

    Attributes:
        found: The measure of each that was read by now, in the order in which they were given; None
            where it could not be.
        is_running: Whether they are being read.

    Args:
        client: The line to the engine.
        parent: The Qt parent, if any.
    """

    progressed = Signal()
    """One more was read."""
    ended = Signal()
    """All were, or no more will be."""

    def __init__(self, client: EngineClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.found: list[float | None] = []
        self.is_running = False
        self._client = client
        self._prompt = Prompt(manuscript="")
        self._texts: Sequence[str] = ()
        self._after = ""
        self._request = 0
        self._read: list[TokenRecord] = []
        client.died.connect(lambda _outcome: self._end())

    @property
    def count(self) -> int:
        """How many candidates there are."""
        return len(self._texts)

    def begin(self, prompt: Prompt, texts: Sequence[str], after: str) -> None:
        """Have them read.

        Args:
            prompt: What stands before them, as far as the model saw it.
            texts: Each as it is to stand there.
            after: What follows.
        """
        self._prompt, self._texts, self._after = prompt, texts, after
        self.found = []
        self.is_running = True
        self._ask()

    def stop(self) -> None:
        """Read no more; what was found by now stays."""
        if self.is_running:
            self._client.send(Stop(request=self._request))
            self._end()

    def _ask(self) -> None:
        self._read = []
        self._request = self._client.next_request(self._on_event, replaces=self._request)
        text = self._texts[len(self.found)]
        self._client.send(following_score(self._request, self._prompt, text, self._after))

    def _on_event(self, event: AnyEvent) -> None:
        if not self.is_running:
            return
        match event:
            case Scored():
                self._read += event.tokens
            case ScoringEnded():
                self.found.append(mean_surprise(self._read))
                self.progressed.emit()
                if self.is_running and len(self.found) < self.count:
                    self._ask()
                else:
                    self._end()
            case Failed() | Superseded():
                self._end()

    def _end(self) -> None:
        if self.is_running:
            self.is_running = False
            self._read = []
            self.ended.emit()
