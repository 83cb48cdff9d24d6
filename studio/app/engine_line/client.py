"""The window's line to the engine: one child process at a time, numbered requests, events."""

import logging

from PySide6.QtCore import QObject, Signal

from studio.app.engine_line.answer_watch import BEAT_MS, AnswerWatch
from studio.app.engine_line.process import End, EngineProcess, Outcome
from studio.app.engine_line.request_log import RequestLog
from studio.app.engine_line.router import Listener, Router
from studio.engine.messages import AnyCommand, AnyEvent, Ping, Stop, Superseded
from studio.translation import tr

_log = logging.getLogger(__name__)


class EngineClient(QObject):
    """Sends commands to the engine and hands its events on.

    Args:
        command: Starts the child; by default this same program.
        parent: The Qt parent, if any.
        beat_ms: Milliseconds in which an engine that owes an answer should give a sign of life.
    """

    received = Signal(object)
    """Each `AnyEvent`, in the order sent, after those who asked for it or follow its kind."""
    died = Signal(object)
    """The `Outcome` of a child that ended unasked, after its last event."""
    waiting_changed = Signal()
    """`silence`, `is_stopping` or `is_stop_late` has changed."""

    def __init__(
        self,
        command: list[str] | None = None,
        parent: QObject | None = None,
        *,
        beat_ms: int = BEAT_MS,
    ) -> None:
        super().__init__(parent)
        self._command = command
        self._process: EngineProcess | None = None
        self._last_request = 0
        self._router = Router()
        self._watch = AnswerWatch(self._ping, beat_ms, self)
        self._watch.changed.connect(self.waiting_changed)
        self._requests = RequestLog()

    @property
    def is_running(self) -> bool:
        """Whether there is a child."""
        return self._process is not None

    @property
    def process_id(self) -> int:
        """The child's process id; 0 when there is none."""
        return self._process.process_id if self._process else 0

    @property
    def silence(self) -> int:
        """For how many seconds the engine, which owes an answer, has given no sign of life.

        0 while that is too short to be reported. An engine that is merely busy is not silent: its
        reading thread answers.
        """
        return self._watch.silence

    @property
    def is_stopping(self) -> bool:
        """Whether the engine was asked to stop something and has not ended it yet."""
        return self._watch.is_stopping

    @property
    def is_stop_late(self) -> bool:
        """Whether it was asked to a second ago, or longer."""
        return self._watch.is_stop_late

    @property
    def is_owing(self) -> bool:
        """Whether the engine owes an answer."""
        return bool(self._watch.pending)

    def start(self) -> None:
        """Start a child, if there is none."""
        if self._process:
            return
        self._watch.forget()
        process = EngineProcess(self._command, self)
        process.received.connect(self._on_received)
        process.heard.connect(self._watch.heard)
        process.ended.connect(self._on_ended)
        self._process = process
        process.start()
        if process.process_id:
            _log.info("engine: started, process %d", process.process_id)

    def follow(self, listener: Listener, *kinds: type[AnyEvent]) -> None:
        """Let a listener have the events of some kinds, whoever asked.

        Tokens come by the hundred in a second, and most listeners have no use for them. A listener
        lives as long as this client.

        Args:
            listener: Is given each event.
            kinds: The kinds of events.
        """
        self._router.follow(listener, *kinds)

    def hand_on(self, event: AnyEvent) -> None:
        """Give an event to those who follow its kind or asked for it."""
        self._router.hand_on(event)
        self.received.emit(event)

    def next_request(
        self, listener: Listener, *, replaces: int = 0, late: Listener | None = None
    ) -> int:
        """A number that no request of this session has had, for what is asked next.

        Args:
            listener: Is given the request's events, after those who follow their kind.
            replaces: The request that this one replaces, if any.
            late: Is given what still comes of the replaced one; None to drop it.
        """
        self._router.replace(replaces, late)
        request = self._new_number()
        self._router.expect(request, listener)
        return request

    def send(self, command: AnyCommand) -> None:
        """Send a command. Without a child it is dropped: `died` has been emitted then."""
        if not self._process:
            return
        if self._watch.asked(command):
            self._requests.asked(command)
        gave_way = self._process.send(command)
        if gave_way is not None:
            # Not sent yet, and of no use any more: the engine would say so, if it read it.
            self._on_received(Superseded(request=gave_way.request))

    def stop_all(self) -> None:
        """Ask the engine to stop all that it has not answered."""
        for request in sorted(self._watch.pending):
            self.send(Stop(request=request))

    def end(self, why: str) -> None:
        """End the child at once, without asking it; `died` follows within seconds at most.

        Args:
            why: The end of a sentence, "The engine was ended, because …".
        """
        if self._process:
            self._watch.forget()
            self._process.kill(why)

    def close(self) -> None:
        """End the child in good order, or at once where it does not answer."""
        process, self._process = self._process, None
        is_doubtful = self._watch.is_doubtful or self._watch.is_stop_late
        self._watch.forget()
        self._requests.forget()
        self._router.forget()
        if process:
            _log.info("engine: closed")
            process.close(is_polite=not is_doubtful)
            process.deleteLater()

    def _ping(self) -> None:
        if self._process:
            self._process.send(Ping(request=self._new_number()))

    def _new_number(self) -> int:
        self._last_request += 1
        return self._last_request

    def _on_received(self, event: AnyEvent) -> None:
        if self._watch.answered(event):
            self._requests.answered(event)
        self.hand_on(event)

    def _on_ended(self, outcome: Outcome) -> None:
        process, self._process = self._process, None
        self._watch.forget()
        # What was no message is not repeated.
        is_ours = outcome.end is not End.BROKE_PROTOCOL
        how = outcome.describe() if is_ours else tr("It broke the protocol.")
        _log.error("engine: %s Not answered: %s", how, self._requests.kinds or "nothing")
        self._requests.forget()
        self._router.forget()
        if process:
            process.deleteLater()
        self.died.emit(outcome)


def silence_words(seconds: int) -> str:
    """The reason for `EngineClient.end` of an engine that was silent so many seconds."""
    return tr(
        "it had not answered for %n seconds",
        "",
        seconds,
        one="it had not answered for %n second",
    )
