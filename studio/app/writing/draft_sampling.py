"""The parameters in force in a draft, parts of which may have a temperature of their own.

What such a part says is kept in the manuscript, with its undo; what holds for all the rest is kept
here. This is the one place that puts the two together.
"""

from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.parameters.sampling_state import DEFAULT_MAX_TOKENS, SamplingState
from studio.app.timers import single_shot
from studio.app.writing.draft import Draft
from studio.manuscript import Brush, OwnSampling, TokenSpan
from studio.sampling import SamplingParams
from studio.translation import mark, tr

_REST_MS = 1000
"""After the last turn: what is turned later can be undone by itself."""

_NEAR = 1024
"""Code points at the end of a selection that are looked at."""

GROWS = mark("The model is writing. A passage can be given its own temperature when it has ended.")
EMPTY = mark(
    "There is no text here that could have its own temperature: write first, or select a passage."
)


class DraftSampling(SamplingState):
    """As `SamplingState`, of which a passage of the draft may have its own.

    `params` are those of the place where the model writes; while it does not, of the caret. To turn
    them is to turn what that passage has of its own, and else what holds for all the rest.

    Args:
        draft: The document.
        params: To start with.
        max_tokens: How many tokens one generation may have.
        parent: The Qt parent, if any.
    """

    place_changed = Signal()
    """Another passage is meant, or what it has of its own is something else."""

    def __init__(
        self,
        draft: Draft,
        params: SamplingParams | None = None,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(params, max_tokens, parent)
        self._draft = draft
        self._whole = self._params
        self._brush: Brush | None = None
        """That of the passage that is meant."""
        self._is_turning = False
        self._rest = single_shot(self, draft.manuscript.close_step, _REST_MS)
        draft.prompt_changed.connect(self._follow)
        draft.selection_changed.connect(self._follow)
        draft.manuscript.state_changed.connect(self._follow)
        draft.manuscript.brushed.connect(self._on_brushed)

    @property
    def whole(self) -> SamplingParams:
        """Those of all text that has none of its own."""
        return self._whole

    @property
    def here(self) -> OwnSampling | None:
        """What the passage has of its own that is meant; None where it has nothing."""
        return self._brush.own if self._brush else None

    def own(self, start: int, end: int) -> OwnSampling | None:
        """What a part of the text has of its own; None where it has nothing.

        Args:
            start: Its first code point.
            end: The one behind the last; for an empty part, of what would be written there.
        """
        brush = self._draft.manuscript.brush_at(start, end)
        return brush.own if brush else None

    def owns(self, spans: Sequence[TokenSpan]) -> Sequence[OwnSampling | None]:
        """The same for each token; empty where none has anything."""
        if not spans:
            return ()
        at = spans[0].start
        runs = self._draft.manuscript.brushes(at, spans[-1].end)
        if not runs:
            return ()
        found: list[OwnSampling | None] = []
        rest = [*reversed(runs)]
        length, brush = rest.pop()
        for span in spans:
            while rest and span.start >= at + length:
                at += length
                length, brush = rest.pop()
            found.append(brush.own if brush else None)
        return found

    def set_params(self, params: SamplingParams) -> None:
        """Put other parameters in force in the passage that is meant, or in all text but those."""
        brush = self._brush
        if brush is None:
            self.set_whole(params)
            return
        if brush.own.params is None:
            # Its T alone is its own.
            temperature = self._whole.temperature
            self._whole = msgspec.structs.replace(params, temperature=temperature)
        self._is_turning = True
        try:
            self._draft.manuscript.turn_brush(brush, brush.own.turned(params))
        finally:
            self._is_turning = False
        self._rest.start()
        self._show(brush.own.over(self._whole))
        self.place_changed.emit()
        self.changed.emit()

    def set_whole(self, params: SamplingParams) -> None:
        """Put other parameters in force in all text that has none of its own."""
        if params != self._whole:
            self._whole = params
            self._show(params if self._brush is None else self._brush.own.over(params))
            self.changed.emit()

    # What a passage is given

    def target(self) -> tuple[int, int]:
        """What a temperature is given to: what is selected, or the caret's passage or paragraph."""
        draft, manuscript = self._draft, self._draft.manuscript
        caret = draft.caret
        if draft.selected:
            return caret - draft.selected, caret
        if self._brush is not None:
            return manuscript.brush_extent(self._brush, caret)
        return manuscript.paragraph_at(caret)

    @property
    def is_selected(self) -> bool:
        """Whether that is what is selected."""
        return self._draft.selected > 0

    @property
    def why_not(self) -> str:
        """Why nothing can be given to a passage now; empty where it can be."""
        if self._draft.manuscript.growing is not None:
            return tr(GROWS)
        start, end = self.target()
        return "" if start < end else tr(EMPTY)

    def set_own(self, own: OwnSampling | None) -> None:
        """Give the passage that is meant something of its own, in one undo step.

        Args:
            own: What; None for what holds for the rest of the text.
        """
        if self.why_not:
            return
        if own is not None and self._brush is not None and not self._draft.selected:
            self._draft.manuscript.close_step()
            self._draft.manuscript.turn_brush(self._brush, own)
            self._draft.manuscript.close_step()
        else:
            self._draft.manuscript.brush(*self.target(), own)

    # Following

    @property
    def _place(self) -> int:
        """The caret; of what is selected, the end of its last paragraph that is not empty."""
        draft = self._draft
        caret, selected = draft.caret, min(draft.selected, _NEAR)
        if not selected:
            return caret
        return caret - selected + len(draft.manuscript.part(caret - selected, caret).rstrip("\n"))

    def _follow(self) -> None:
        if self._is_turning:
            return
        manuscript = self._draft.manuscript
        if manuscript.growing is not None:
            brush = manuscript.growing_brush
        else:
            place = self._place
            brush = manuscript.brush_at(place, place)
        params = self._whole if brush is None else brush.own.over(self._whole)
        if brush is self._brush and params == self._params:
            return
        self._brush = brush
        self.is_moving = True
        try:
            self._show(params)
        finally:
            self.is_moving = False
        self.place_changed.emit()

    def _on_brushed(self) -> None:
        if not self._is_turning:
            self._follow()
            self.changed.emit()
