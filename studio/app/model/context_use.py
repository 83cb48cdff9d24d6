"""How much of the context is used, and how far an evaluation is.

Follows the engine's events, whoever asked for them.
"""

from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from studio.app.engine_line.client import EngineClient
from studio.engine.messages import (
    AnyEvent,
    Evaluated,
    Evaluating,
    Failed,
    Loaded,
    RunFinished,
    Superseded,
    Token,
)


class Progress(NamedTuple):
    """An evaluation under way, in tokens."""

    done: int
    total: int


class ContextUse(QObject):
    """How full the context is, for the status line.

    Args:
        client: The line to the engine.
        parent: The Qt parent, if any.
    """

    changed = Signal()

    def __init__(self, client: EngineClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.used = 0
        self.size = 0
        self.unseen_characters = 0
        """At the manuscript's beginning: what the model no longer sees."""
        self.progress: Progress | None = None
        client.follow(self._on_event, Loaded, Evaluating, Evaluated, Token)
        client.follow(self._on_event, RunFinished, Failed, Superseded)
        client.died.connect(self._on_died)

    def _on_event(self, event: AnyEvent) -> None:
        match event:
            case Loaded():
                self.used, self.size, self.unseen_characters = 0, event.report.context_size, 0
                self.progress = None
            case Evaluating():
                # Of nothing there is no share; only a damaged engine speaks of it.
                self.progress = Progress(event.done, event.total) if event.total > 0 else None
            case Evaluated():
                self.used, self.size = event.context_used, event.context_size
                self.unseen_characters = event.unseen_characters
                self.progress = None
            case Token():
                # The listener of tokens redraws at each frame and reads this there.
                self.used = min(self.used + 1, self.size)
                if self.progress is None:
                    return
                self.progress = None
            case RunFinished() | Failed() | Superseded():
                self.progress = None
        self.changed.emit()

    def _on_died(self) -> None:
        self.used = self.size = self.unseen_characters = 0
        self.progress = None
        self.changed.emit()
