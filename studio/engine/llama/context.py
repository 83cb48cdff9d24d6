"""One llama.cpp context: what is evaluated, and the logits at its end.

Brings the context to a given token sequence with the least work: the longest common prefix with
what is evaluated already is kept.
"""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from studio.engine.interrupt import EvaluationStopped, Interrupt
from studio.engine.llama import log
from studio.engine.llama.batch import Batch, SingleToken
from studio.engine.llama.free_cores import FreeCores
from studio.engine.llama.logits_view import LogitsView
from studio.engine.llama.model import Model
from studio.engine.llama.native_context import context_parameters, decode
from studio.engine.llama.prompt_cache import WORTH, PromptCache
from studio.engine.llama.sequence_cells import MAIN as _MAIN
from studio.engine.llama.sequence_cells import SCRATCH as _SCRATCH
from studio.engine.llama.sequence_cells import SequenceCells
from studio.engine.messages import MOST_SEQUENCES, EngineError, FlashAttention
from studio.translation import tr

_CHUNK_CPU, _CHUNK_MACHINES, _CHUNK_GPU = 256, 128, 512
"""Tokens a batch. A processor reads no faster with more, and 8 % slower with 128 where attention is
flash attention. Between two batches progress is shown, and a machine that is halted is missed; slow
machines have smaller ones (`MachineWatch.batch_size`)."""

_SHOWN_FROM = 128
"""Tokens above which an evaluation shows its progress."""

READ_BATCH = 60
"""Tokens a batch on a processor, where the logits of each are wanted. From 64 on, llama.cpp's flash
attention sums in another order; below, they are to the last bit those that writing gives, one token
at a time (tests/benchmarks/batch_noise.py). A multiple of four, as repacked weights are."""

_LOGITS_BYTES = 32 * 2**20
"""What the logits of such a batch may take. llama.cpp never gives this memory back."""


class LlamaContext:
    """Evaluated tokens and the logits that follow them. Close it before its model.

    Args:
        model: The loaded model.
        interrupt: Ends an evaluation.
        flash_attention: Whether llama.cpp computes attention so; "auto" leaves it to llama.cpp.
    """

    knows_zero = knows_all = takes_repeat_penalty = True

    def __init__(
        self, model: Model, interrupt: Interrupt, flash_attention: FlashAttention = "auto"
    ) -> None:
        """Allocate the context.

        Raises:
            EngineError: llama.cpp could not allocate it.
        """
        parameters = context_parameters(model, interrupt, flash_attention)
        self.size = model.context_size
        here = _CHUNK_GPU if model.uses_gpu else _CHUNK_CPU
        self._chunk = _CHUNK_MACHINES if model.watch else here
        parameters.n_ctx = self.size
        parameters.n_batch = parameters.n_ubatch = self._chunk
        # A recurrent state is one value, not a row for each token: it has no prefix to copy, and
        # each sequence would take memory of its own.
        self._can_look_inside = model.has_copyable_memory
        # No more than `SMALLEST_CONTEXT`, which follows from it.
        parameters.n_seq_max = 2 + (MOST_SEQUENCES if self._can_look_inside else 0)
        self._threads = model.threads
        self._free_cores = FreeCores(model.threads)
        with log.listening() as lines:
            context = llama_cpp.llama_init_from_model(model.model, parameters)
        self.has_flash_attention = log.has_flash_attention(lines, flash_attention)
        if not context:
            raise EngineError(
                "too_little_memory",
                tr(
                    "llama.cpp could not make a context of %n tokens. Choose a smaller context "
                    "size in the model's options.",
                    "",
                    self.size,
                ),
            )
        self._interrupt = interrupt
        self._watch = model.watch
        self._context = context
        self._memory = llama_cpp.llama_get_memory(context)
        self._vocabulary_size = model.vocabulary.size
        self.sequence_cells = SequenceCells(self._memory) if self._can_look_inside else None
        self._batch = Batch(self._chunk, MOST_SEQUENCES)
        self._single = SingleToken(_MAIN)
        self._view = LogitsView(context, self._vocabulary_size)
        self._tokens: list[int] = []
        self._has_logits = False
        """Whether the logits at hand are those that follow `_tokens`, or what was looked at."""
        self._rows = 0
        """After how many of the last tokens llama.cpp's buffer holds them."""
        self._earlier: list[NDArray[np.float32]] = []
        """Those after the tokens before these, the last first; see `evaluate`."""
        self.prompt_cache: PromptCache | None = None
        """Where prompts that were evaluated are kept; None for nowhere."""

    def time_batches(self) -> None:
        """Have the watch of other machines know what a batch takes, by ever larger ones.

        Of a new context: nothing is evaluated afterwards. It ends early where the interrupt is set.
        """
        size = 0
        with suppress(EvaluationStopped):
            while size < (fits := min(self._batch_size, self.size)) < self._chunk:
                size = fits
                try:
                    self._decode([0] * size, 0, _MAIN)
                finally:
                    self._keep(0)

    @property
    def _batch_size(self) -> int:
        """How many tokens a batch has now."""
        return min(self._chunk, self._watch.batch_size) if self._watch else self._chunk

    def _batches(self, start: int, end: int, wanted: int) -> Iterator[tuple[int, int]]:
        """From where to where the batches go; the last `wanted` tokens are in one.

        Args:
            start: The first token's place.
            end: Behind the last one's.
            wanted: So many of the last.
        """
        last = end - wanted
        while start < end:
            stop = min(start + self._batch_size, end)
            if last < stop < end or start >= last:
                stop = last if start < last else end
            yield start, stop
            start = stop

    @property
    def used(self) -> int:
        """Tokens in the context."""
        return len(self._tokens)

    @property
    def free(self) -> int:
        """Cells that are nobody's."""
        return (
            self.size - len(self._tokens) - (self.sequence_cells.held if self.sequence_cells else 0)
        )

    def holds(self, tokens: list[int]) -> bool:
        """Whether what is evaluated begins with these tokens."""
        return self._tokens[: len(tokens)] == tokens

    def logits(self, back: int = 0) -> NDArray[np.float32]:
        """The logits after the last token evaluated, shape (vocabulary,).

        A view of llama.cpp's memory: read it before the next evaluation, never write to it.

        Args:
            back: so many tokens before the last one; only where the evaluation was asked for them.
        """
        return self._view.row(-1 - back) if back < self._rows else self._earlier[back - self._rows]

    def evaluate(
        self,
        tokens: Sequence[int],
        progress: Callable[[int, int], None] | None = None,
        wanted: int = 1,
    ) -> int:
        """Bring the context to exactly `tokens`, with the logits that follow them.

        Args:
            tokens: at least one, at most `size`.
            progress: called with (done, total) tokens between batches of a long evaluation.
            wanted: after how many of the last tokens the logits are wanted; 0 where they are not.

        Returns:
            How many of the tokens were evaluated before and did not need it again.

        Raises:
            EvaluationStopped: the interrupt was set.
            EngineError: llama.cpp refused.
        """
        tokens = list(tokens)
        reused = self._common_prefix(tokens, looks_on_disk=True)
        wanted = min(wanted, len(tokens))
        known = self._rows + len(self._earlier) if self._has_logits else 0
        if reused == len(tokens) == len(self._tokens) and known >= wanted:
            return reused
        earlier: list[NDArray[np.float32]] = []
        beyond, gone = len(tokens) - reused, len(self._tokens) - reused
        if beyond and beyond < wanted <= known + beyond - gone:
            # The text has grown, or its end is another: the logits before that are there still.
            earlier = [self.logits(gone + back).copy() for back in range(wanted - beyond)]
            wanted = beyond
        # The last tokens are evaluated in any case: their logits are what is wanted.
        reused = self._keep(min(reused, len(tokens) - wanted))
        if reused < len(tokens):
            self._evaluate_from(reused, tokens, progress, max(1, wanted))
            self._earlier = earlier
        return reused

    def look_inside(
        self,
        tokens: Sequence[int],
        progress: Callable[[int, int], None] | None = None,
        wanted: int = 1,
    ) -> int:
        """Like `evaluate`, but without losing a long evaluated rest to a look at its middle.

        Moving the caret back a page must not make the way forward a new evaluation. Where less
        is to be evaluated than would be lost, the prefix is shared with a scratch sequence, and
        the new tokens are evaluated there.

        Args:
            tokens: Token ids, in order.
            progress: Is given how many tokens are evaluated, and of how many; None for nobody.
            wanted: How many of the last tokens' logits are asked for.
        """
        tokens = list(tokens)
        wanted = min(wanted, len(tokens))
        shared = min(self._common_prefix(tokens), len(tokens) - wanted)
        new, lost = len(tokens) - shared, len(self._tokens) - shared
        if new < lost and self._fits_aside(new):
            self._decode_aside(tokens, shared, wanted)
            return shared
        return self.evaluate(tokens, progress, wanted)

    def peek(self, tokens: Sequence[int], wanted: int) -> list[NDArray[np.float32]]:
        """The logits after the last `wanted` of some tokens; what is evaluated stays.

        Args:
            tokens: Token ids, in order.
            wanted: How many of the last tokens' logits are asked for.

        Returns:
            Views in the tokens' order, as `logits` gives them; none where this model's memory
            cannot be shared, or has no room beside what is evaluated.

        Raises:
            EvaluationStopped: the interrupt was set.
            EngineError: llama.cpp refused.
        """
        tokens = list(tokens)
        shared = min(self._common_prefix(tokens), len(tokens) - wanted)
        if not self._fits_aside(len(tokens) - shared):
            return []
        self._decode_aside(tokens, shared, wanted)
        return [self.logits(back) for back in reversed(range(wanted))]

    def _fits_aside(self, new: int) -> bool:
        """Whether so many tokens can be evaluated in a sequence beside the main one."""
        room = min(self._chunk, self.size - len(self._tokens))
        return self._can_look_inside and new <= room

    def _decode_aside(self, tokens: list[int], shared: int, wanted: int) -> None:
        """Evaluate all but the first `shared` tokens, which the main sequence has, beside it."""
        self._make_room(len(tokens) - shared)
        llama_cpp.llama_memory_seq_cp(self._memory, _MAIN, _SCRATCH, 0, shared)
        try:
            self._has_logits, self._earlier = False, []
            for start, end in self._batches(shared, len(tokens), wanted):
                self._decode(tokens[start:end], start, _SCRATCH, wanted)
            self._rows = wanted
        finally:
            llama_cpp.llama_memory_seq_rm(self._memory, _SCRATCH, -1, -1)

    def read(
        self,
        tokens: Sequence[int],
        first: int,
        visit: Callable[[int, NDArray[np.float32]], None],
        progress: Callable[[int, int], None],
    ) -> int:
        """Like `evaluate`, and show the logits after each token on the way.

        Args:
            tokens: at least one, at most `size`.
            first: the index of the first token whose logits are wanted. It and all behind it are
                evaluated in any case, for of what was evaluated before no logits are kept.
            visit: called with the index of a token and the logits that follow it, in order. They
                are a view, true until it returns.
            progress: called with (done, total) tokens before each batch.

        Returns:
            How many of the tokens were evaluated before and did not need it again.

        Raises:
            EvaluationStopped: the interrupt was set.
            EngineError: llama.cpp refused.
        """
        tokens = list(tokens)
        begun = self._common_prefix(tokens, looks_on_disk=first >= WORTH)
        position = reused = self._keep(min(begun, first))
        self._make_room(len(tokens) - position)
        fits = max(1, _LOGITS_BYTES // (4 * self._vocabulary_size))
        most = min(self._chunk if self._chunk == _CHUNK_GPU else READ_BATCH, fits)
        while position < len(tokens):
            is_wanted, batch = position >= first, self._batch_size
            end = position + min(batch, most) if is_wanted else min(position + batch, first)
            chunk = tokens[position:end]
            progress(position - reused, len(tokens) - reused)
            self._decode(chunk, position, _MAIN, len(chunk) if is_wanted else 1)
            self._tokens += chunk
            rows = len(chunk) if is_wanted else 1
            for row in range(rows if is_wanted else 0):
                visit(position + row, self._view.row(row))
            position += len(chunk)
            self._has_logits, self._rows, self._earlier = True, rows, []
        return reused

    def append(self, token: int) -> None:
        """Evaluate one more token.

        Raises:
            EvaluationStopped: the interrupt was set.
            EngineError: llama.cpp refused.
        """
        self._has_logits = False
        self._single.put(token, len(self._tokens))
        self._run(self._single.value)
        self._tokens.append(token)
        self._has_logits = True
        if self._rows != 1 or self._earlier:
            self._rows, self._earlier = 1, []

    def step(self, sequences: Sequence[int], tokens: Sequence[int]) -> list[NDArray[np.float32]]:
        """Evaluate one more token for each of some sequences, in one batch.

        Args:
            sequences: their numbers; all have cells, and there is room for one more each.
            tokens: one for each.

        Returns:
            The logits after each, `(vocabulary,)`: views, as `logits` gives them.

        Raises:
            EvaluationStopped: the interrupt was set; nothing is evaluated then.
            EngineError: llama.cpp refused.
        """
        cells = self._cells
        self._has_logits = False
        self._batch.put_each(
            tokens,
            [cells.length(one) for one in sequences],
            [cells.llama_id(one) for one in sequences],
        )
        try:
            self._run(self._batch.value)
        except (EvaluationStopped, EngineError):
            for one in sequences:
                cells.cut(one)
            raise
        for one in sequences:
            cells.grew(one, 1)
        return [self._view.row(row) for row in range(len(sequences))]

    def extend_sequence(self, sequence: int, tokens: list[int]) -> None:
        """Evaluate several tokens of a sequence that has cells, without their logits.

        In batches so small that the logits that follow are those of single tokens.

        Args:
            sequence: Its number.
            tokens: Token ids, in order.

        Raises:
            EvaluationStopped: the interrupt was set; some of them may be evaluated.
            EngineError: llama.cpp refused.
        """
        cells = self._cells
        self._has_logits = False
        left = tokens
        while left:
            batch = min(READ_BATCH, self._batch_size)
            chunk, left = left[:batch], left[batch:]
            try:
                self._decode(chunk, cells.length(sequence), cells.llama_id(sequence))
            except (EvaluationStopped, EngineError):
                cells.cut(sequence)
                raise
            cells.grew(sequence, len(chunk))

    def cut_to(self, tokens: list[int]) -> None:
        """Give up what is evaluated of the main sequence, but for what it shares with `tokens`."""
        self._keep(self._common_prefix(tokens))

    @property
    def _cells(self) -> SequenceCells:
        if self.sequence_cells is None:
            raise ValueError(
                "this model's memory cannot be copied, so it has no sequences but the main one"
            )
        return self.sequence_cells

    @property
    def shared_cells(self) -> int | None:
        """See `studio.engine.context.Context`."""
        return self.sequence_cells.alone if self.sequence_cells else None

    def drop_sequences(self) -> None:
        """See `studio.engine.context.Context`."""
        if self.sequence_cells:
            self.sequence_cells.drop_all()

    def close(self) -> None:
        """Free the context's memory."""
        if self.prompt_cache:
            self.prompt_cache.wait()
            self.prompt_cache = None
        if self._context:
            self._batch.free()
            self._single.free()
            llama_cpp.llama_free(self._context)
            self._context = None

    def _make_room(self, count: int) -> None:
        """Free the sequences' cells where `count` more would not fit: the manuscript goes first."""
        if self.sequence_cells and self.sequence_cells.held and count > self.free:
            self.sequence_cells.drop_all()

    def _common_prefix(self, tokens: list[int], *, looks_on_disk: bool = False) -> int:
        """How many of the tokens are evaluated; those that were kept on the disk, where asked."""
        length = min(len(tokens), len(self._tokens))
        if tokens[:length] != self._tokens[:length]:
            length = next(index for index in range(length) if tokens[index] != self._tokens[index])
        if looks_on_disk and self.prompt_cache and len(tokens) - length >= WORTH:
            return self._from_disk(self.prompt_cache, tokens, length)
        return length

    def _from_disk(self, cache: PromptCache, tokens: list[int], known: int) -> int:
        """Have a longer beginning of the tokens from the disk, if one is there; how long it is."""
        if 4 * known < len(self._tokens):
            self.keep_prompt()  # another text: what was read of this one would be lost
        found = cache.find(tokens, known + WORTH // 2, whole=not self._can_look_inside)
        if found is None or len(found.tokens) > self.size:
            return known
        state = found.state()
        if state is None:
            cache.discard(found)
            return known
        self._keep(0)
        self._make_room(len(found.tokens))
        bytes_ = (ctypes.c_uint8 * len(state)).from_buffer(state.data)
        taken = llama_cpp.llama_state_seq_set_data(self._context, bytes_, len(state), _MAIN)
        if taken != len(state):
            # What llama.cpp has of it is not known.
            self._keep(0)
            cache.discard(found)
            return 0
        self._tokens = found.tokens.tolist()
        cache.found(found)
        # From where a batch of a whole text would begin: llama.cpp sums large batches in another
        # order than single tokens, and the logits are to be those of a text that is read.
        return self._common_prefix(tokens) // self._chunk * self._chunk

    def keep_prompt(self) -> None:
        """Keep what is evaluated on the disk, where that is worth it: see `PromptCache.wants`."""
        cache = self.prompt_cache
        if cache is None or not cache.wants(self._tokens):
            return
        size = llama_cpp.llama_state_seq_get_size(self._context, _MAIN)
        if not 0 < size <= cache.limit // 2:
            return
        state = np.empty(size, np.uint8)
        bytes_ = (ctypes.c_uint8 * size).from_buffer(state.data)
        if llama_cpp.llama_state_seq_get_data(self._context, bytes_, size, _MAIN) == size:
            cache.keep(self._tokens, state)

    def _keep(self, length: int) -> int:
        """Remove everything evaluated after `length` tokens; returns what really could be kept."""
        removed = llama_cpp.llama_memory_seq_rm(self._memory, _MAIN, length, -1)
        # A partial removal is impossible where the memory is recurrent, and a prefix is
        # incomplete where a sliding window has moved on: then nothing is kept.
        if not removed or (
            length > 0 and llama_cpp.llama_memory_seq_pos_min(self._memory, _MAIN) > 0
        ):
            llama_cpp.llama_memory_clear(self._memory, True)
            length = 0
            if self.sequence_cells:
                self.sequence_cells.forget()
        if self.sequence_cells:
            self.sequence_cells.main_kept(length)
        del self._tokens[length:]
        self._has_logits = False
        return length

    def _evaluate_from(
        self,
        start: int,
        tokens: list[int],
        progress: Callable[[int, int], None] | None,
        wanted: int,
    ) -> None:
        total = len(tokens) - start
        self._make_room(total)
        for position, end in self._batches(start, len(tokens), wanted):
            if progress and total > _SHOWN_FROM:
                progress(position - start, total)
            chunk = tokens[position:end]
            self._decode(chunk, position, _MAIN, wanted)
            self._tokens += chunk
        self._has_logits, self._rows, self._earlier = True, wanted, []

    def _decode(self, tokens: list[int], position: int, sequence: int, wanted: int = 1) -> None:
        self._batch.put(tokens, position, sequence, wanted)
        self._run(self._batch.value)

    def _run(self, batch: llama_cpp.llama_batch) -> None:
        if self._interrupt.is_set():
            raise EvaluationStopped
        threads = self._free_cores.threads()
        if threads != self._threads:
            self._threads = threads
            # One number for batches of one token, and one for larger ones.
            llama_cpp.llama_set_n_threads(self._context, threads, threads)
        try:
            decode(self._context, batch, self._watch)
            self._free_cores.evaluated()
        except (EvaluationStopped, EngineError):
            # What llama.cpp managed before the abort or failure is not known to `_tokens`.
            self._keep(len(self._tokens))
            raise
