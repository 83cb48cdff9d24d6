"""Watches over what the engine was asked and has not answered: does it still give a sign of life?

Counts beats of a timer that runs only while an answer is waited for.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from studio.engine.messages import (
    AnyCommand,
    AnyEvent,
    BreakersFound,
    ContinueSequence,
    Distribution,
    Failed,
    FindBreakers,
    FindTokens,
    FindWords,
    Generate,
    Load,
    Loaded,
    PreviewNextToken,
    RerunSequence,
    RunFinished,
    Score,
    ScoringEnded,
    Stop,
    Superseded,
    TokensFound,
    WordsFound,
)

BEAT_MS = 1000
_SILENT_BEATS = 5
_STARTING_BEATS = 30
"""For a child that has said nothing yet: it imports what it needs, perhaps from a slow disk."""

_ANSWERED = (
    Load,
    PreviewNextToken,
    Score,
    Generate,
    FindTokens,
    FindBreakers,
    FindWords,
    ContinueSequence,
    RerunSequence,
)
"""Commands that are each answered; the others change or stop one of these."""

FINAL = frozenset(
    {
        Loaded,
        Distribution,
        ScoringEnded,
        RunFinished,
        TokensFound,
        BreakersFound,
        WordsFound,
        Superseded,
        Failed,
    }
)
"""Events after which nothing more comes for a request."""


class AnswerWatch(QObject):
    """Pings an engine that owes an answer and says nothing, and counts how long it stays silent.

    Silence is counted in beats, not by a clock: where this process itself stood still, or the whole
    machine slept, one late beat is one beat, and what came meanwhile is read before the next.

    Args:
        ping: Asks the engine for a sign of life.
        beat_ms: Milliseconds from beat to beat.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """`silence`, `is_stopping` or `is_stop_late` has changed."""

    def __init__(
        self, ping: Callable[[], None], beat_ms: int = BEAT_MS, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._ping = ping
        self._pending: set[int] = set()
        self._stopping: set[int] = set()
        self._has_spoken = False
        self._has_news = False
        self._silent_beats = 0
        self._stop_beats = 0
        self._reported = self._state
        self._timer = QTimer(self)
        self._timer.setInterval(beat_ms)
        self._timer.timeout.connect(self._beat)

    @property
    def pending(self) -> frozenset[int]:
        """The requests that have no answer yet."""
        return frozenset(self._pending)

    @property
    def is_beating(self) -> bool:
        """Whether a timer runs: only while something is pending."""
        return self._timer.isActive()

    @property
    def silence(self) -> int:
        """For how many beats it has been silent; 0 while that is too short to be reported."""
        limit = _SILENT_BEATS if self._has_spoken else _STARTING_BEATS
        return self._silent_beats if self._silent_beats >= limit else 0

    @property
    def is_doubtful(self) -> bool:
        """Whether it has not answered the last beat's ping."""
        return self._silent_beats > 1

    @property
    def is_stopping(self) -> bool:
        """Whether a request was asked to stop and has not ended."""
        return bool(self._stopping)

    @property
    def is_stop_late(self) -> bool:
        """Whether it has not ended a whole beat later."""
        return self._stop_beats > 0

    def asked(self, command: AnyCommand) -> bool:
        """Note a command that is sent; returns whether it will be answered."""
        if isinstance(command, Stop):
            if command.request in self._pending:
                if not self._stopping:
                    self._timer.start()  # a whole beat from here
                self._stopping.add(command.request)
        elif isinstance(command, _ANSWERED):
            self._pending.add(command.request)
            if not self._timer.isActive():
                self._timer.start()
        self._report()
        return isinstance(command, _ANSWERED)

    def answered(self, event: AnyEvent) -> bool:
        """Note an event; returns whether it is the last of a request."""
        if type(event) not in FINAL or event.request not in self._pending:
            return False
        self._pending.discard(event.request)
        self._stopping.discard(event.request)
        self._settle()
        return True

    def heard(self) -> None:
        """Note that the engine gave a sign of life, of whatever kind."""
        self._has_news = self._has_spoken = True
        if self._silent_beats:
            self._silent_beats = 0
            self._report()

    def forget(self) -> None:
        """Start afresh: there is no engine, or a new one that was asked nothing."""
        self._pending.clear()
        self._stopping.clear()
        self._has_spoken = False
        self._settle()

    def _settle(self) -> None:
        if not self._stopping:
            self._stop_beats = 0
        if not self._pending:
            self._timer.stop()
            self._has_news = False
            self._silent_beats = 0
        self._report()

    def _beat(self) -> None:
        self._stop_beats += self.is_stopping
        if self._has_news:
            self._has_news = False
        else:
            self._silent_beats += 1
            if self._silent_beats == 1:
                # One is enough: whatever it says next, it is alive.
                self._ping()
        self._report()

    @property
    def _state(self) -> tuple[int, bool, bool]:
        return self.silence, self.is_stopping, self.is_stop_late

    def _report(self) -> None:
        if self._state != self._reported:
            self._reported = self._state
            self.changed.emit()
