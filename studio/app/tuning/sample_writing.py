"""Samples that the window's engine writes: they give way to whatever else is to be written.

What is under way when they give way is written again afterwards. At rest nothing runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.engine_line.client import EngineClient
from studio.app.model.state import ModelState
from studio.engine.messages import (
    AnyEvent,
    Failed,
    Generate,
    QueueSequence,
    RunFinished,
    Stop,
    Superseded,
)
from studio.experiments.samples import Run
from studio.translation import tr


class SampleWriting(QObject):
    """Writes the samples of one run at a time.

    Attributes:
        is_paused: Whether it waits for `resume`.

    Args:
        client: The line to the engine.
        model: The open model.
        gives_way: Whether something else is to be written now; `look` when that has changed.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """It writes, waits, or has ended."""
    ended = Signal(str)
    """Nothing is to be written any more; why, where that is not because all was."""

    def __init__(
        self,
        client: EngineClient,
        model: ModelState,
        gives_way: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.is_paused = False
        self._client = client
        self._model = model
        self._gives_way = gives_way
        self._vocabulary = model.vocabulary
        self._run: Run | None = None
        """None while nothing is to be written."""
        self._commands: Iterator[Generate] = iter(())
        self._request = 0
        """Of the command that runs; 0 for none."""
        self._own_request = 0
        """What the run calls it."""
        self._is_stopping = False
        model.changed.connect(self.look)
        client.died.connect(lambda _outcome: self._on_died())

    @property
    def is_running(self) -> bool:
        """Whether there is more to be written."""
        return self._run is not None

    @property
    def is_writing(self) -> bool:
        """Whether the engine writes it now."""
        return self._request != 0 and not self._is_stopping

    def begin(self, make: Callable[[Callable[[QueueSequence], None]], Run]) -> None:
        """Write samples, in place of what was before.

        Args:
            make: Makes what writes them, given what takes what is to reach the command that runs.
        """
        self.stop()
        self.is_paused = False
        self._vocabulary = self._model.vocabulary
        self._run = make(self._send)
        self._commands = self._run.commands()
        self.look()
        self.changed.emit()

    def pause(self) -> None:
        """Write nothing until `resume`."""
        if self.is_running and not self.is_paused:
            self.is_paused = True
            self.look()
            self.changed.emit()

    def resume(self) -> None:
        """Go on."""
        if self.is_paused:
            self.is_paused = False
            self.look()
            self.changed.emit()

    def stop(self) -> None:
        """Write nothing more of it."""
        if self._run is not None:
            self._end(tr("It was stopped."))

    def look(self) -> None:
        """Go on, or give way to what is to be written otherwise."""
        if self._run is None:
            return
        if self._model.is_ready and self._model.vocabulary != self._vocabulary:
            self._end(tr("Another model is open now: begin again with it."))
        elif self.is_paused or self._gives_way():
            if self.is_writing:
                self._is_stopping = True
                self._client.send(Stop(request=self._request))
                self.changed.emit()
        elif not self._request and self._model.is_ready:
            self._go_on()

    def _go_on(self) -> None:
        command = next(self._commands, None)
        if command is None:
            self._end("")
            return
        self._own_request = command.request
        self._request = self._client.next_request(self._on_event)
        self._client.send(msgspec.structs.replace(command, request=self._request))
        self.changed.emit()

    def _send(self, command: QueueSequence) -> None:
        self._client.send(msgspec.structs.replace(command, request=self._request))

    def _on_event(self, event: AnyEvent) -> None:
        run = self._run
        if run is None or event.request != self._request:
            return
        run.on_event(msgspec.structs.replace(event, request=self._own_request))
        if run is self._run and isinstance(event, RunFinished | Failed | Superseded):
            self._is_over(run)

    def _on_died(self) -> None:
        run = self._run
        if run is not None and self._request:
            run.on_event(Superseded(request=self._own_request))
            self._is_over(run)

    def _is_over(self, run: Run) -> None:
        """A command has ended."""
        self._request, self._is_stopping = 0, False
        if run.failed is not None:
            self._end(run.failed.message)
            return
        if run.is_stopped:  # to give way: what was under way is written again
            self._commands = run.commands()
        self.look()
        self.changed.emit()

    def _end(self, message: str) -> None:
        if self._request:
            self._client.send(Stop(request=self._request))
        self._run, self._request, self._is_stopping = None, 0, False
        self.is_paused = False
        self.ended.emit(message)
        self.changed.emit()
