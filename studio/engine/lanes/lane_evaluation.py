"""How lanes get their logits: all in one batch a step, or one lane after another.

In one batch where the context's memory can be copied: the prompt is evaluated once and shared. One
after another where it cannot (recurrent and hybrid models): each lane's text is evaluated in the
main sequence then, the prompt again for each, rather than go on from a state that may be wrong.
Knows nothing of sampling or requests.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from studio.engine.lane_messages import MOST_LANES
from studio.engine.lanes.lane import LaneState
from studio.engine.llama.context import Context

Progress = Callable[[int, int], None]


class LaneEvaluation(Protocol):
    """Brings lanes' texts to their logits."""

    at_once: int
    """How many lanes a step may have."""

    def logits(self, lanes: Sequence[LaneState]) -> list[NDArray[np.float32]] | None:
        """The logits after each lane's last token; each has written one at least.

        They are views: true until the next evaluation. None where these tokens, and all before
        them, do not fit the context: nothing is evaluated then.

        Raises:
            EvaluationStopped: the interrupt was set; all can be asked for again.
            EngineError: llama.cpp refused.
        """

    def drop(self, lane: int) -> None:
        """Forget what is evaluated of a lane."""


def evaluation_of(context: Context, prompt: list[int], progress: Progress) -> LaneEvaluation:
    """The way that the context's memory allows.

    Args:
        context: holds `prompt`.
        prompt: as the model sees it.
        progress: of a prompt that must be evaluated again.
    """
    cells = context.lane_cells
    if cells is not None and cells.share(0, len(prompt)):
        cells.drop(0)
        return Together(context, prompt, progress)
    return InTurn(context, prompt, progress)


class Together:
    """One batch a step, of one token for each lane; the prompt's cells are everybody's."""

    at_once = MOST_LANES

    def __init__(self, context: Context, prompt: list[int], progress: Progress) -> None:
        assert context.lane_cells is not None
        self._context = context
        self._cells = context.lane_cells
        self._prompt = prompt
        self._progress = progress

    def logits(self, lanes: Sequence[LaneState]) -> list[NDArray[np.float32]] | None:
        """See `LaneEvaluation`."""
        missing = [self._missing(lane) for lane in lanes]
        if sum(missing) > self._context.free:
            # What the main sequence holds beside the prompt is no lane's.
            self._context.cut_to(self._prompt)
            missing = [self._missing(lane) for lane in lanes]
            if sum(missing) > self._context.free:
                return None
        for lane, count in zip(lanes, missing, strict=True):
            if not self._cells.length(lane.number):
                self._begin(lane)
            if count > 1:
                done = self._cells.length(lane.number)
                self._context.extend_lane(lane.number, lane.text_from(done)[:-1])
        return self._context.step(
            [lane.number for lane in lanes], [lane.history[-1] for lane in lanes]
        )

    def drop(self, lane: int) -> None:
        """See `LaneEvaluation`."""
        self._cells.drop(lane)

    def _missing(self, lane: LaneState) -> int:
        """How many of a lane's tokens are not evaluated."""
        length = lane.length
        too_many = self._cells.length(lane.number) - (length - 1)
        if too_many > 0:
            # Its text ended on a token that was drawn and not written, or with some of a stop
            # string that are taken back: the logits behind the last one are gone.
            self._cells.shrink(lane.number, too_many)
        return length - (self._cells.length(lane.number) or self._shared(lane))

    def _shared(self, lane: LaneState) -> int:
        """How many of the prompt's tokens a lane begins with: all but some of the last."""
        assert lane.before is not None, "it has written"
        pairs = zip(lane.before, self._prompt, strict=False)
        different = (place for place, (one, other) in enumerate(pairs) if one != other)
        return next(different, min(len(lane.before), len(self._prompt)))

    def _begin(self, lane: LaneState) -> None:
        """Give a lane what it has of the prompt."""
        shared = self._shared(lane)
        if not self._cells.holds(shared) and not self._context.holds(self._prompt[:shared]):
            self._context.evaluate(self._prompt, self._progress)
        self._cells.share(lane.number, shared)


class InTurn:
    """The main sequence, for one lane at a time."""

    at_once = 1

    def __init__(self, context: Context, prompt: list[int], progress: Progress) -> None:
        self._context = context
        self._prompt = prompt
        self._progress = progress

    def logits(self, lanes: Sequence[LaneState]) -> list[NDArray[np.float32]] | None:
        """See `LaneEvaluation`."""
        (lane,) = lanes
        tokens = lane.text_from(0)
        if len(tokens) > self._context.size:
            return None
        if self._context.used == len(tokens) - 1 and self._context.holds(tokens[:-1]):
            self._context.append(tokens[-1])
        else:
            self._context.evaluate(tokens, self._progress)
        return [self._context.logits()]

    def drop(self, lane: int) -> None:
        """See `LaneEvaluation`: nothing is kept for a lane."""
