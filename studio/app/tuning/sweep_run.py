"""A sweep that the window's engine writes, and what comes out of it. At rest nothing runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from studio.app.background import Background
from studio.app.engine_line.client import EngineClient
from studio.app.model.fingerprint import ModelFingerprint
from studio.app.model.state import ModelState
from studio.app.tuning.sample_writing import SampleWriting
from studio.app.tuning.time_left import TimeLeft
from studio.experiments.samples import WrittenSample
from studio.experiments.sweep.figures import SweepFigures, figures_of
from studio.experiments.sweep.plan import Sweep
from studio.experiments.sweep.recommendation import Recommendation, recommendation
from studio.experiments.sweep.result import SweepResult, now
from studio.experiments.sweep.texts import SweepText, kept
from studio.experiments.sweep.writing import run_of, samples_of
from studio.model_record import ModelRecord
from studio.translation import tr

_LOOKS = 8
"""How often figures are made while it runs."""


class SweepRun(QObject):
    """Writes and measures what a plan asks for.

    Attributes:
        sweep: The plan; None before the first.
        texts: What was written.
        result: What that comes to, as far as it was measured; None before.
        message: Why it ended before its end, for the writer; empty where it did not.
        writing: Has the texts written.

    Args:
        client: The line to the engine.
        model: The open model.
        fingerprint: Its fingerprint.
        gives_way: Whether something else is to be written now.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """It runs or has ended, more is written, or the result is another."""

    def __init__(
        self,
        client: EngineClient,
        model: ModelState,
        fingerprint: ModelFingerprint,
        gives_way: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.sweep: Sweep | None = None
        self.texts: list[SweepText] = []
        self.result: SweepResult | None = None
        self.message = ""
        self._model = model
        self._fingerprint = fingerprint
        self._measured = 0
        """How many texts are in the figures that were made last, or are being made."""
        self._background = Background("sweep", self)
        self.writing = SampleWriting(client, model, gives_way, self)
        self._time_left = TimeLeft()
        self.writing.changed.connect(self._follow_writing)
        self.writing.ended.connect(self._on_ended)

    @property
    def is_running(self) -> bool:
        """Whether there is more to be written."""
        return self.writing.is_running

    @property
    def is_measured(self) -> bool:
        """Whether the result is of all texts that there are."""
        return self.result is not None and len(self.result.figures.texts) == len(self.texts)

    @property
    def progress(self) -> str:
        """How far it is, for the writer."""
        count = self.sweep.texts if self.sweep else 0
        words = tr("{done:,} of {count:,} texts", done=len(self.texts), count=count)
        if not self.writing.is_writing:
            return tr("{progress}; it waits", progress=words)
        return ", ".join(filter(None, (words, self._time_left.words(len(self.texts), count))))

    def begin(self, sweep: Sweep) -> None:
        """Write and measure, in place of what was before.

        Args:
            sweep: The plan.
        """
        self.stop()
        self.sweep, self.texts, self.result, self.message = sweep, [], None, ""
        self._measured = 0
        if not self._model.is_ready:
            self.message = tr("Open a model first: it is the one that writes.")
            self.changed.emit()
            return
        self._fingerprint.ask()
        samples = samples_of(sweep)
        self.writing.begin(partial(run_of, sweep, lambda: next(samples, None), self._keep))

    def stop(self) -> None:
        """End it; what was written stays, and is measured."""
        self.writing.stop()

    def close(self) -> None:
        """End all of it; nothing is measured any more."""
        self.stop()
        self._background.close()

    def _follow_writing(self) -> None:
        self._time_left.follow(self.writing.is_writing, len(self.texts))
        self.changed.emit()

    def _keep(self, written: WrittenSample) -> None:
        assert self.sweep is not None
        self.texts.append(kept(written))
        if len(self.texts) - self._measured >= max(8, self.sweep.texts // _LOOKS):
            self._measure()
        self.changed.emit()

    def _on_ended(self, message: str) -> None:
        self.message = message
        self._measure()

    def _measure(self) -> None:
        sweep = self.sweep
        if sweep is None or self._background.is_busy or self._measured == len(self.texts):
            return
        texts = tuple(self.texts)
        self._measured = len(texts)
        self._background.start(lambda _at: _measured(sweep, texts), partial(self._take, sweep))

    def _take(self, sweep: Sweep, found: tuple[SweepFigures, Recommendation | None] | None) -> None:
        if sweep is self.sweep and found is not None:
            figures, chosen = found
            model = self._fingerprint.record or ModelRecord(name="")
            self.result = SweepResult(sweep, figures, chosen, model, now())
            self.changed.emit()
        if not self.is_running:
            self._measure()  # what came meanwhile


def _measured(
    sweep: Sweep, texts: tuple[SweepText, ...]
) -> tuple[SweepFigures, Recommendation | None]:
    """In the other thread."""
    figures = figures_of(sweep, texts)
    return figures, recommendation(sweep, figures)
