"""A generation of one to eight sequences, followed from what is asked to its last token.

Gives each sequence what the engine reports of it, and has it shown once a frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, Signal

from studio.app.engine_line.client import EngineClient
from studio.app.frame_clock import FrameClock
from studio.app.generation.sequence import GeneratedSequence, SequencePhase
from studio.engine.messages import (
    AnyEvent,
    ChangeSequence,
    ContinueSequence,
    Evaluated,
    Failed,
    Finished,
    Generate,
    ParamsChanged,
    RerunSequence,
    RunFinished,
    SequenceEvent,
    Started,
    Stop,
    StopSequence,
    Superseded,
    Token,
)
from studio.sampling import SamplingParams


class Generation(QObject):
    """Follows the sequences of the last `Generate`; nobody else writes to them while they run.

    Args:
        client: The line to the engine.
        parent: The Qt parent, if any.
    """

    evaluated = Signal(object)
    """The `Evaluated` of its prompt; once more between two tokens where the context was cut. All
    tokens that came before have been shown."""
    progressed = Signal()
    """Tokens have been shown, or how they are spelled may be; once a frame."""
    changed = Signal()
    """A sequence runs, or has ended."""
    ended = Signal(object)
    """What ended a run, and all that it wrote has been shown: a `RunFinished`, `Failed` or
    `Superseded`; None where the engine died."""
    failed = Signal(str, str)
    """One message for the writer, and its `FailureKind`; behind `ended`."""

    def __init__(self, client: EngineClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._request = 0
        self._sequences: dict[int, GeneratedSequence] = {}
        """By their numbers."""
        self._pieces: dict[int, bytes] = {}
        self._is_open = False
        """Whether the engine has yet to say that a run has ended."""
        self.frames = FrameClock(self._show_frame, self)
        client.died.connect(lambda _outcome: self._end(None))

    @property
    def is_running(self) -> bool:
        """Whether a sequence runs."""
        return any(sequence.runs for sequence in self._sequences.values())

    def take_pieces(self) -> dict[int, bytes]:
        """The bytes of tokens, by their ids, that have come since this was asked last."""
        pieces, self._pieces = self._pieces, {}
        return pieces

    # -- what is asked of the engine -----------------------------------------------------------

    def next_request(self) -> int:
        """The number of a `Generate` for `begin`, in place of the one before."""
        self._request = self._client.next_request(
            self._on_event, replaces=self._request, late=self._learn_from
        )
        return self._request

    def begin(self, command: Generate, sequences: Sequence[GeneratedSequence]) -> None:
        """Have sequences written.

        Args:
            command: With the number of `next_request`.
            sequences: Those of the command, in its order, and behind them such as may come later.
        """
        self._sequences = dict(enumerate(sequences))
        for number, sequence in self._sequences.items():
            sequence.number, sequence.awaits_start = number, False
            if number < len(command.sequences) and not command.sequences[number].waits:
                sequence.begin(command.max_tokens)
        self._send(command)

    def resume(
        self, sequence: GeneratedSequence, command: ContinueSequence | RerunSequence
    ) -> None:
        """Have a sequence written on, or again, that the engine keeps.

        Args:
            sequence: It.
            command: What is asked of it.
        """
        self._sequences[sequence.number] = sequence
        sequence.awaits_start = isinstance(command, RerunSequence)
        sequence.begin(command.max_tokens)
        self._send(command)

    def _send(self, command: Generate | ContinueSequence | RerunSequence) -> None:
        self._is_open = True
        self._client.send(command)
        self.changed.emit()

    def turn(self, sequence: GeneratedSequence, params: SamplingParams) -> None:
        """The parameters of a sequence are others.

        Args:
            sequence: Nothing is asked where it does not run.
            params: Its parameters from now on.
        """
        if sequence.runs:
            self._client.send(
                ChangeSequence(request=self._request, sequence=sequence.number, params=params)
            )

    def stop(self, sequence: GeneratedSequence) -> None:
        """End one sequence; the others go on."""
        if sequence.can_stop:
            self._client.send(StopSequence(request=self._request, sequence=sequence.number))
            sequence.set_phase(SequencePhase.STOPPING)

    def stop_all(self) -> None:
        """End all sequences; what they wrote stays."""
        if self.is_running:
            self._client.send(Stop(request=self._request))

    # -- what the engine says ------------------------------------------------------------------

    def _on_event(self, event: AnyEvent) -> None:
        self._learn_from(event)
        match event:
            case Token() | Started() | ParamsChanged() | Finished():
                sequence = self._sequences.get(event.sequence)
                if sequence is not None:
                    self._on_sequence_event(sequence, event)
            case Evaluated():
                self.frames.flush()
                self.evaluated.emit(event)
            case RunFinished() | Failed() | Superseded():
                self._end(event)

    def _on_sequence_event(self, sequence: GeneratedSequence, event: SequenceEvent) -> None:
        match event:
            case Started():
                sequence.start(event.seed, event.tokens)
            case ParamsChanged():
                sequence.turn(event.index, event.params)
            case _ if sequence.awaits_start or not sequence.runs:
                return  # it is of the sequence that had this number before
            case Token():
                sequence.append(event.record)
                self.frames.request()
            case Finished():
                self.frames.flush()
                sequence.finish(event.reason, event)
                self.changed.emit()

    def _learn_from(self, event: AnyEvent) -> None:
        # Reported once: also the last tokens of a request before say how tokens are spelled.
        source = event.end if isinstance(event, Finished) else event
        if isinstance(source, Token | Evaluated) and source.pieces:
            self._learn(source.pieces)

    def _learn(self, pieces: Mapping[int, bytes]) -> None:
        """Keep how tokens are spelled."""
        self._pieces.update(pieces)

    def _end(self, event: RunFinished | Failed | Superseded | None) -> None:
        if not self._is_open:
            return
        self.frames.flush()
        if not isinstance(event, RunFinished):
            stopped = "failed" if isinstance(event, Failed) else "stopped"
            for sequence in self._sequences.values():
                if sequence.runs:
                    sequence.finish(stopped if event else "gone")
        # One may have been asked to go on since the engine said that.
        self._is_open = self.is_running
        self.ended.emit(event)
        self.changed.emit()
        if isinstance(event, Failed):
            self.failed.emit(event.message, event.kind)

    def _show_frame(self) -> None:
        for sequence in tuple(self._sequences.values()):
            sequence.show()
        self.progressed.emit()
