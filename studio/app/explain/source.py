"""Where Explain's numbers come from: the writer's caret, or the example where there is none.

At rest it follows the caret. While the model writes it keeps to the place where writing began:
numbers that change thirty times a second teach nobody anything.
"""

from PySide6.QtCore import QObject, Signal

from studio.app.explain.place import Place, example, quoted
from studio.app.frame_clock import FrameClock
from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.next_token import NextToken
from studio.app.writing.draft import Draft
from studio.app.writing.next_token_preview import NextTokenPreview
from studio.app.writing.writing import Writing
from studio.sampling import LogitSketch, SamplingParams

_LOOKED_AT = 4096
"""Code points before the caret that are looked at; far fewer are quoted."""


class ExplainSource(QObject):
    """The place and the sampling parameters in force; computes nothing while Explain is hidden.

    Args:
        next_token: Whose distribution it is.
        draft: The text before it.
        sampling: The parameters in force.
        writing: While it runs the place stays.
        next_token_preview: Says whether the distribution belongs to the text as it is now.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """The place or the parameters have changed; emitted at most once a frame."""

    def __init__(
        self,
        next_token: NextToken,
        draft: Draft,
        sampling: SamplingState,
        writing: Writing,
        next_token_preview: NextTokenPreview,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._next_token = next_token
        self._draft = draft
        self._sampling = sampling
        self._writing = writing
        self._next_token_preview = next_token_preview
        self._active = False
        self._example: Place | None = None
        self._place: Place | None = None
        self._clock = FrameClock(self._take, self)
        for moved in (next_token.changed, sampling.params_changed, writing.changed):
            moved.connect(self._request)

    @property
    def place(self) -> Place:
        """The writer's place if there is one, else the example."""
        if self._place is not None:
            return self._place
        if self._example is None:
            self._example = example()
        return self._example

    @property
    def params(self) -> SamplingParams:
        """The parameters in force."""
        return self._sampling.params

    @property
    def is_held(self) -> bool:
        """Whether the place stays where it is because the model writes."""
        return not self._writing.is_idle

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits to be shown."""
        return self._clock.is_settled

    def set_active(self, active: bool) -> None:
        """Follow from now on, or stop following."""
        self._active = active
        if active:
            self._clock.flush()

    def _request(self) -> None:
        if self._active:
            self._clock.request()

    def _take(self) -> None:
        # A moment later than the signal: by then the look-ahead knows whether it has its answer.
        if not self.is_held:
            sketch = self._next_token.sketch
            # Of one that is known between bounds alone its sentences could not be true.
            if sketch is None or sketch.is_truncated or not self._text_before().strip():
                self._place = None
            elif self._next_token_preview.is_settled and (
                self._place is None or self._place.sketch is not sketch
            ):
                self._place = self._own_place(sketch)
        self.changed.emit()

    def _own_place(self, sketch: LogitSketch) -> Place:
        texts = {token: self._next_token.text(token) for token in sketch.ids.tolist()}
        return Place(sketch, texts, quoted(self._text_before()))

    def _text_before(self) -> str:
        caret = self._draft.caret
        return self._draft.manuscript.part(max(0, caret - _LOOKED_AT), caret)
