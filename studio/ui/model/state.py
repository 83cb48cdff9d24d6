"""Which model is open: none, loading, ready, failed or gone.

Knows how to ask the engine for a model; nothing of prompts, widgets or recent files.
"""

from collections.abc import Hashable
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.engine.messages import (
    AnyEvent,
    Failed,
    Load,
    Loaded,
    Loading,
    LoadOptions,
    ModelReport,
    Stop,
    Superseded,
)
from studio.ui.engine_line.client import EngineClient, silence_words
from studio.ui.engine_line.process import Outcome
from studio.ui.model.names import model_name


class ModelPhase(Enum):
    """Where a model is."""

    NONE = "none"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class ModelState(QObject):
    """The open model."""

    changed = Signal()
    failed = Signal(str)
    """One message for the writer: a load that failed, or an engine that died."""
    told = Signal(str)
    """What the writer should know of a load that goes on."""

    def __init__(self, client: EngineClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._request = 0
        self.phase = ModelPhase.NONE
        self.path = ""
        """Of the model open or last asked for."""
        self.options = LoadOptions()
        self.fraction = 0.0
        """Of the load, 0 to 1."""
        self.report: ModelReport | None = None
        self.message = ""
        """Why it failed."""
        self._before: tuple[str, LoadOptions, ModelReport] | None = None
        """What was open when another was asked for."""
        self._is_old_engine = False
        """Whether the load was given to an engine that ran already and has not begun it."""
        self._is_replacing = False
        """Whether a new engine is to load it, as soon as the old one is gone."""
        client.listen(self._on_event, Loading, Loaded, Superseded, Failed)
        client.died.connect(self._on_died)
        client.waiting_changed.connect(self._replace_silent_engine)

    @property
    def is_ready(self) -> bool:
        """Whether the engine can be asked to write."""
        return self.phase is ModelPhase.READY

    @property
    def vocabulary(self) -> Hashable:
        """Tells the models apart whose token ids mean different things; None when none is ready."""
        report = self.report
        return (report.path, report.file_bytes, report.vocabulary_size) if report else None

    @property
    def mark(self) -> str:
        """The vocabulary's own fingerprint and the model's name; empty when none is ready."""
        return self.report.vocabulary if self.report else ""

    def open(self, path: str, options: LoadOptions | None = None) -> None:
        """Load another model, in place of the one that is open.

        What is refused beforehand leaves that open; where the load itself fails or is given up, it
        is opened again. An engine that does not answer is ended, and a new one loads the model.
        """
        # Where the engine stands, a relative one would mean another file.
        path = str(Path(path).absolute())
        if self.report is not None:
            self._before = self.path, self.options, self.report
        if options is not None:
            self.options = options
        self.path = path
        self.report = None
        self.fraction = 0.0
        self.message = ""
        self.phase = ModelPhase.LOADING
        self._is_old_engine = self._client.is_running
        if not self._replace_silent_engine():
            self._load()
        self.changed.emit()

    def reopen(self) -> None:
        """Load the same model once more, in a new child where the old one died."""
        if self.path:
            self.open(self.path)

    def cancel(self) -> None:
        """Give a load up; what was open before is opened again."""
        if self.phase is ModelPhase.LOADING:
            self._client.send(Stop(request=self._request))

    def _load(self) -> None:
        self._client.start()
        self._request = self._client.next_request()
        self._client.send(Load(request=self._request, path=self.path, options=self.options))

    def _replace_silent_engine(self) -> bool:
        """End an engine that should load and gives no sign of life; returns whether it is so."""
        if self._is_replacing:
            return True
        silence = self._client.silence
        if not (silence and self._is_old_engine and self.phase is ModelPhase.LOADING):
            return False
        self._is_replacing = True
        self._client.end(silence_words(silence))
        return True

    def _on_event(self, event: AnyEvent) -> None:
        if event.request != self._request:
            if isinstance(event, Loading | Loaded):
                self._before = None  # it gave way to one that was asked for meanwhile
            return
        self._is_old_engine = False
        match event:
            case Loading():
                self.fraction = event.fraction
            case Loaded():
                self._before = None
                self.report = event.report
                self.phase = ModelPhase.READY
            case Superseded():
                before, self._before = self._before, None
                if before:
                    path, options, _ = before
                    self.open(path, options)
                    return
                self.phase = ModelPhase.NONE
            case Failed():
                self._fail(event.message, keeps=event.has_model)
                return
        self.changed.emit()

    def _on_died(self, outcome: Outcome) -> None:
        self._is_old_engine = False
        if self._is_replacing:
            self._is_replacing = False
            self._load()
            self.told.emit(f"{outcome.describe()} A new one loads the model.")
            return
        detail = f"\n\nIts last words: {outcome.last_words}" if outcome.last_words else ""
        must_ask = self.path and not self._before
        what_next = " Choose “Reopen model” to go on." if must_ask else ""
        self._fail(f"{outcome.describe()} Your text is untouched.{what_next}", detail=detail)

    def _fail(self, message: str, *, keeps: bool = False, detail: str = "") -> None:
        before, self._before = self._before, None
        if keeps and before:
            self.path, self.options, self.report = before
            self.phase = ModelPhase.READY
            self.changed.emit()
        elif before:
            path, options, report = before
            name = model_name(path, report.quantization)
            message = f"{message} “{name}”, which was open before, is opened again."
            # Without a report of its own: if this fails too, nothing is left to go back to.
            self.open(path, options)
        else:
            self.phase = ModelPhase.FAILED
            self.report = None
            self.message = message + detail
            self.changed.emit()
        self.failed.emit(message + detail)
