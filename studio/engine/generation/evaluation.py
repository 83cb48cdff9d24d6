"""How sequences get their logits: all in one batch a step, or one sequence after another.

In one batch where the context's memory can be copied: the prompt is evaluated once and shared. One
after another, in the main sequence of the context, where it cannot (recurrent and hybrid models):
the prompt is evaluated again for each then, rather than go on from a state that may be wrong. And
where one alone is written, whose text the next command goes on from.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from studio.engine.context import Context, Progress
from studio.engine.generation.sequence import SequenceState
from studio.engine.llama.context import LlamaContext
from studio.engine.messages import MOST_SEQUENCES

if TYPE_CHECKING:
    from studio.engine.generation.at_server import ServedLogits
    from studio.engine.generation.streamed import StreamedLogits
    from studio.engine.vocabulary import Vocabulary


class Evaluation(Protocol):
    """Brings sequences' texts to their logits."""

    at_once: int
    """How many sequences a step may have."""

    def begin(self) -> None:
        """A run begins: others may have used the context since the last one."""

    def logits(
        self, sequences: Sequence[SequenceState]
    ) -> "Sequence[NDArray[np.float32] | ServedLogits | StreamedLogits] | None":
        """The logits after each sequence's last token; each has written one at least.

        Arrays are views: true until the next evaluation. None where these tokens, and all before
        them, do not fit the context: nothing is evaluated then.

        Raises:
            EvaluationStopped: the interrupt was set; all can be asked for again.
            EngineError: llama.cpp refused.
        """

    def hold(self, one: SequenceState) -> None:
        """Keep a sequence's prompt, which is evaluated: another one is evaluated next.

        Raises:
            EvaluationStopped: the interrupt was set.
            EngineError: llama.cpp refused.
        """

    def drop(self, number: int) -> None:
        """Forget what is evaluated of a sequence."""

    def end(self) -> None:
        """A run is over: nothing is to go on elsewhere."""


def evaluation_of(
    context: Context,
    prompt: list[int],
    progress: Progress,
    vocabulary: "Vocabulary",
    *,
    alone: bool,
    ignore_eos: bool,
) -> Evaluation:
    """The way that the context, and its memory, allows.

    Args:
        context: holds `prompt`.
        prompt: as the model sees it.
        progress: of a prompt that must be evaluated again.
        vocabulary: the model's.
        alone: whether one sequence is written, in the main sequence.
        ignore_eos: whether no end is drawn, where others draw.
    """
    if not isinstance(context, LlamaContext):
        from studio.engine.generation.at_server import AtServer
        from studio.engine.server.context import ServerContext
        from studio.engine.server.served_context import ServedContext

        assert isinstance(context, ServedContext), "there is no third kind"
        if isinstance(context, ServerContext) and context.is_far:
            from studio.engine.generation.streamed import Streamed

            return Streamed(context, vocabulary, ignore_eos=ignore_eos)
        return AtServer(context)
    cells = None if alone else context.sequence_cells
    if cells is not None and cells.share(0, len(prompt)):
        cells.drop(0)
        return Together(context, progress)
    return InTurn(context, progress)


class Together:
    """One batch a step, of one token for each sequence; a prompt's cells are everybody's.

    Args:
        context: holds the prompt, in memory that can be copied.
        progress: of a prompt that must be evaluated again.
    """

    at_once = MOST_SEQUENCES

    def __init__(self, context: LlamaContext, progress: Progress) -> None:
        assert context.sequence_cells is not None
        self._context = context
        self._cells = context.sequence_cells
        self._progress = progress

    def begin(self) -> None:
        """See `Evaluation`: `SequenceCells` says at each step what is there still."""

    def logits(self, sequences: Sequence[SequenceState]) -> list[NDArray[np.float32]] | None:
        """See `Evaluation`."""
        missing = [self._missing(one) for one in sequences]
        if sum(missing) > self._context.free:
            # What the main sequence holds beside a prompt is nobody's.
            self._context.cut_to(sequences[0].evaluated)
            missing = [self._missing(one) for one in sequences]
            if sum(missing) > self._context.free:
                return None
        for one, count in zip(sequences, missing, strict=True):
            if not self._cells.length(one.number):
                self._begin(one)
            if count > 1:
                done = self._cells.length(one.number)
                self._context.extend_sequence(one.number, one.text_from(done)[:-1])
        return self._context.step(
            [one.number for one in sequences], [one.history[-1] for one in sequences]
        )

    def hold(self, one: SequenceState) -> None:
        """See `Evaluation`."""
        if not self._cells.length(one.number):
            self._begin(one)

    def drop(self, number: int) -> None:
        """See `Evaluation`."""
        self._cells.drop(number)

    def end(self) -> None:
        """See `Evaluation`: nothing goes on."""

    def _missing(self, one: SequenceState) -> int:
        """How many of a sequence's tokens are not evaluated."""
        length = one.length
        too_many = self._cells.length(one.number) - (length - 1)
        if too_many > 0:
            # Its text ended on a token that was drawn and not written, or with some of a stop
            # string that are taken back: the logits behind the last one are gone.
            self._cells.shrink(one.number, too_many)
        return length - (self._cells.length(one.number) or self._shared(one))

    def _shared(self, one: SequenceState) -> int:
        """How many of the prompt's tokens a sequence begins with: all but some of the last."""
        assert one.before is not None, "it has written"
        pairs = zip(one.before, one.evaluated, strict=False)
        different = (place for place, (mine, other) in enumerate(pairs) if mine != other)
        return next(different, min(len(one.before), len(one.evaluated)))

    def _begin(self, one: SequenceState) -> None:
        """Give a sequence what it has of the prompt."""
        shared = self._shared(one)
        is_there = self._cells.holds(shared, one.prompt_number)
        if not is_there and not self._context.holds(one.evaluated[:shared]):
            self._context.evaluate(one.evaluated, self._progress)
        self._cells.share(one.number, shared, one.prompt_number)


class InTurn:
    """The main sequence of the context, for one sequence at a time.

    Args:
        context: holds the prompt.
        progress: of a text that must be evaluated again.
    """

    at_once = 1

    def __init__(self, context: LlamaContext, progress: Progress) -> None:
        self._context = context
        self._progress = progress
        self._held: SequenceState | None = None
        """Whose text the context holds, in this run."""

    def begin(self) -> None:
        """See `Evaluation`."""
        self._held = None

    def logits(self, sequences: Sequence[SequenceState]) -> list[NDArray[np.float32]] | None:
        """See `Evaluation`."""
        (one,) = sequences
        context, length = self._context, one.length
        if length > context.size:
            return None
        # As a rule it has grown by a token, and its text is not looked through for that.
        if one is self._held and context.used == length - 1:
            context.append(one.history[-1])
            return [context.logits()]
        tokens = one.text_from(0)
        if context.used == length - 1 and context.holds(tokens[:-1]):
            context.append(tokens[-1])
        else:
            context.evaluate(tokens, self._progress)
        self._held = one
        return [context.logits()]

    def hold(self, one: SequenceState) -> None:
        """See `Evaluation`: each is evaluated again in its turn."""

    def drop(self, number: int) -> None:
        """See `Evaluation`: nothing is kept for a sequence."""

    def end(self) -> None:
        """See `Evaluation`: nothing goes on."""
