"""What the engine does, while it does something; how fast, and how full the context is, apart."""

from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.app.compare.state import CompareState
from studio.app.engine_line.client import EngineClient
from studio.app.frame_clock import FrameClock
from studio.app.generation.sequence import SequencePhase
from studio.app.model.context_use import ContextUse
from studio.app.model.state import ModelPhase, ModelState
from studio.app.writing.records import TokenRecords
from studio.app.writing.writing import Writing
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_spacing
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.tips import set_tip

_CONTEXT_TIP = mark(
    "<p><b>Context</b>: tokens the model holds in view, of those it has room for. When the "
    "manuscript is longer, its beginning is left out; brief and newest text stay.</p>"
)
_RATE_TIP = mark("<p><b>Tokens a second</b>, of the generation alone.</p>")

_AT_REST = mark("ready")
_INTERVAL_MS = 200
"""Numbers that change more often cannot be read, and each new text lays the head out anew."""


class StatusLine(QWidget):
    """State and what the model no longer sees, in words that go when there is nothing to say.

    Attributes:
        figures: Tokens a second and context used: exact, for those who ask for details.
        labels: All of them; those with nothing to say are hidden.

    Args:
        model: The open model.
        writing: What is written.
        context: How full its context is.
        compare: The lanes, where there are any.
        records: What is scored.
        client: The line to the engine.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        model: ModelState,
        writing: Writing,
        context: ContextUse,
        compare: CompareState | None = None,
        records: TokenRecords | None = None,
        client: EngineClient | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._writing = writing
        self._context_use = context
        self._compare = compare
        self._records = records
        self._client = client
        self._state = self._label(tr("State"), "")
        self._rate = self._label(tr("Speed"), tr(_RATE_TIP))
        self._context = self._label(tr("Context used"), tr(_CONTEXT_TIP))
        self._unseen = self._label(tr("Not seen by the model"), tr(_CONTEXT_TIP))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        set_spacing(row, 16)
        self.labels = (self._state, self._rate, self._context, self._unseen)
        self.figures = QWidget()
        figures = QHBoxLayout(self.figures)
        figures.setContentsMargins(0, 0, 0, 0)
        set_spacing(figures, 16)
        for label in (self._rate, self._context):
            figures.addWidget(label)
        for label in (self._unseen, self._state):
            row.addWidget(label)
        self._clock = FrameClock(self._show, self, _INTERVAL_MS)
        for changed in (writing.progressed, context.changed):
            changed.connect(self._clock.request)
        self._phases = model.phase, writing.phase
        for changed in (model.changed, writing.changed):
            changed.connect(self._on_phase)
        if records is not None:
            records.scoring_progressed.connect(self._clock.request)
            records.scoring_changed.connect(self._clock.request)
        if client is not None:
            client.waiting_changed.connect(self._clock.request)
        if compare is not None:
            compare.changed.connect(self._clock.request)
            compare.progressed.connect(self._clock.request)
        self._show()

    @staticmethod
    def _label(name: str, tip: str) -> PlainLabel:
        label = PlainLabel()
        label.setProperty("role", "muted")
        label.setAccessibleName(name)
        set_tip(label, tip)
        return label

    @property
    def is_settled(self) -> bool:
        """Whether the words are those of the state as it is now."""
        return self._clock.is_settled

    def state_words(self) -> str:
        """What the engine does now, in a word or two."""
        if self._client is not None and self._client.is_stop_late:
            return tr("stopping; Esc again ends the engine")
        if self._client is not None and (silence := self._client.silence):
            return tr("no answer for {silence:,} s", silence=silence)
        match self._model.phase:
            case ModelPhase.NONE:
                return tr("no model")
            case ModelPhase.FAILED:
                return tr("no model")
            case ModelPhase.LOADING:
                return tr("loading {fraction:.0%}", fraction=self._model.fraction).replace(
                    "%", " %"
                )
        if self._writing.phase is SequencePhase.STOPPING:
            return tr("stopping")
        is_writing = not self._writing.is_idle
        if self._records and not is_writing and (scored := self._records.progress):
            done, words = scored
            return tr(
                "scored {done:,} of %n words",
                "",
                words,
                one="scored {done:,} of %n word",
                done=done,
            )
        if progress := self._context_use.progress:
            return tr(
                "reading {done:,} of %n tokens",
                "",
                progress.total,
                one="reading {done:,} of %n token",
                done=progress.done,
            )
        if self._writing.phase is SequencePhase.READING:
            return tr("reading")
        if self._compare is not None and self._compare.is_running:
            return tr("comparing")
        is_writing = self._writing.phase is SequencePhase.RUNNING
        return tr("writing") if is_writing else tr(_AT_REST)

    def _on_phase(self) -> None:
        phases = self._model.phase, self._writing.phase
        if phases == self._phases:
            self._clock.request()
            return
        # Such a word is read at once, and untrue a moment later.
        self._phases = phases
        self._clock.flush()

    def _show(self) -> None:
        state = self.state_words()
        self._state.setText("" if state == tr(_AT_REST) else state)
        rate = context = unseen = ""
        if self._model.is_ready:
            use = self._context_use
            speed = self._writing.rate
            if self._compare is not None and self._compare.is_running:
                speed = self._compare.rate
            rate = tr("{speed:.0f} tokens/s", speed=speed) if speed else ""
            context = (
                tr("context {used:,} of {size:,}", used=use.used, size=use.size) if use.size else ""
            )
            if use.unseen_characters:
                unseen = tr(
                    "first %n characters not seen",
                    "",
                    use.unseen_characters,
                    one="first %n character not seen",
                )
        self._rate.setText(rate)
        self._context.setText(context)
        self._unseen.setText(unseen)
        for label in self.labels:
            label.setVisible(bool(label.text()))
