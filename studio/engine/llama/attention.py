"""Which of llama.cpp's two ways to compute attention is quicker for a model on this machine.

Flash attention takes less memory, and on a graphics processor it is quicker. On a processor that
depends: measured, 8.9 ms a token against 10.0 without it on one with AVX-512, and 33 against 12 on
one with AVX2, at 1,900 tokens. So both are timed once a model and machine, by turns, and what was
found is kept. The two sum in another order: where two tokens are near, another one may be drawn.
"""

import contextlib
import ctypes
import hashlib
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import llama_cpp
import msgspec
import numpy as np

from studio.atomic_write import atomic_write
from studio.engine.interrupt import EvaluationStopped, Interrupt
from studio.engine.llama import backend
from studio.engine.llama.batch import Batch
from studio.engine.llama.model import Model
from studio.engine.llama.native_context import context_parameters, decode
from studio.engine.llama.sequence_cells import MAIN, SCRATCH, SequenceCells
from studio.engine.messages import MOST_SEQUENCES, AttentionTiming, EngineError, FlashAttention
from studio.translation import tr

_READ, _COPIES = 125, 8
"""Tokens that are read, and how often their state is taken, so that a step sees 1,000: what a step
costs depends on the cells, not on what they hold, and to read 1,000 would take a large model
minutes."""
_ROUNDS, _STEPS = 6, 2
_ALIKE = 0.95
"""Without flash attention it must be so much quicker: it is llama.cpp's own choice."""
_MOST_KEPT = 500
_MOST_BYTES = 2**20


class AttentionTimings:
    """What was found, in a file, by model and machine.

    Args:
        path: The file; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, model: Model) -> AttentionTiming | None:
        """What was found of a model; None where it was not timed."""
        return self._read().get(_key(model))

    def keep(self, model: Model, timing: AttentionTiming) -> None:
        """Keep what was found of a model; nothing where the disk refuses.

        Args:
            model: It.
            timing: What was found.
        """
        known = self._read()
        known.pop(_key(model), None)
        kept = [*known.items(), (_key(model), timing)][-_MOST_KEPT:]
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            atomic_write(self._path, msgspec.json.encode(dict(kept)), is_private=True)

    def _read(self) -> dict[str, AttentionTiming]:
        try:
            with self._path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
            return msgspec.json.decode(data, type=dict[str, AttentionTiming])
        except (OSError, ValueError):
            return {}


def better(timing: AttentionTiming) -> FlashAttention:
    """Which of the two to use, by the steps of one sequence and of eight alike."""
    (flash_one, flash_eight), (plain_one, plain_eight) = timing.flash, timing.plain
    share = plain_one / flash_one * (plain_eight / flash_eight)
    return "off" if share < _ALIKE**2 else "on"


def time_attention(model: Model, interrupt: Interrupt) -> AttentionTiming | None:
    """Time both; None where a context of this model has no memory that can be copied.

    Args:
        model: The loaded model.
        interrupt: Ends it.

    Raises:
        EvaluationStopped: The interrupt was set.
        EngineError: llama.cpp refused.
    """
    if not model.has_copyable_memory:
        return None
    with contextlib.ExitStack() as stack:
        filled = [
            stack.enter_context(contextlib.closing(_Filled(model, interrupt, choice)))
            for choice in ("on", "off")
        ]
        found = [([one.seconds(1)], [one.seconds(MOST_SEQUENCES)]) for one in filled]
        for _round in range(_ROUNDS):
            for one, (single, eight) in zip(filled, found, strict=True):
                single.append(one.seconds(1))
                eight.append(one.seconds(MOST_SEQUENCES))
    # The first of each warms up.
    flash, plain = (
        (statistics.median(single[1:]), statistics.median(eight[1:])) for single, eight in found
    )
    return AttentionTiming(flash=flash, plain=plain, tokens=_READ * _COPIES)


def _key(model: Model) -> str:
    """A model and the machine that computes it."""
    said = (
        model.header.files,
        llama_cpp.__version__,
        model.threads,
        model.layers_offloaded,
        backend.cpu().name,
        *((it.name, it.layers) for it in model.devices[1:] if it.layers),
    )
    return hashlib.sha256(repr(said).encode("utf-8", "replace")).hexdigest()


class _Filled:
    """A context of 1,000 tokens."""

    def __init__(self, model: Model, interrupt: Interrupt, choice: FlashAttention) -> None:
        parameters = context_parameters(model, interrupt, choice)
        parameters.n_ctx = _READ * (_COPIES + 1)
        parameters.n_batch = parameters.n_ubatch = max(_READ, MOST_SEQUENCES)
        parameters.n_seq_max = 2 + MOST_SEQUENCES
        self._context = llama_cpp.llama_init_from_model(model.model, parameters)
        if not self._context:
            raise EngineError(
                "too_little_memory", tr("llama.cpp could not make a context to be timed.")
            )
        self._interrupt = interrupt
        self._watch = model.watch
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._batch = Batch(_READ, MOST_SEQUENCES)
        vocabulary = llama_cpp.llama_model_get_vocab(model.model)
        self._token = max(0, llama_cpp.llama_vocab_bos(vocabulary))  # -1 where it has none
        try:
            self._fill()
        except BaseException:
            self.close()
            raise

    def _fill(self) -> None:
        done = 0
        while done < _READ:
            # No more at a time than its machines, if any, compute in the time that they have.
            count = min(_READ - done, self._watch.batch_size if self._watch else _READ)
            self._batch.put([self._token] * count, done, MAIN)
            self._decode()
            done += count
        size = llama_cpp.llama_state_seq_get_size(self._context, MAIN)
        state = (ctypes.c_uint8 * size).from_buffer(np.empty(size, np.uint8))
        llama_cpp.llama_state_seq_get_data(self._context, state, size, MAIN)
        for _copy in range(_COPIES - 1):
            taken = llama_cpp.llama_state_seq_set_data(self._context, state, size, SCRATCH)
            if taken != size:
                raise EngineError("llama_cpp", tr("llama.cpp refused its own state."))
            # Several cells of one place in one sequence: each counts at a step.
            llama_cpp.llama_memory_seq_cp(self._memory, SCRATCH, MAIN, -1, -1)
            llama_cpp.llama_memory_seq_rm(self._memory, SCRATCH, -1, -1)

    def seconds(self, count: int) -> float:
        """The median time of a step of so many sequences."""
        ids = [SequenceCells.llama_id(number) for number in range(count)]
        for one in ids:
            llama_cpp.llama_memory_seq_cp(self._memory, MAIN, one, -1, -1)
        times = []
        for step in range(_STEPS):
            self._batch.put_each([self._token] * count, [_READ + step] * count, ids)
            times.append(_timed(self._decode))
        for one in ids:
            llama_cpp.llama_memory_seq_rm(self._memory, one, -1, -1)
        return min(times)

    def _decode(self) -> None:
        if self._interrupt.is_set():
            raise EvaluationStopped
        decode(self._context, self._batch.value, self._watch)
        llama_cpp.llama_synchronize(self._context)

    def close(self) -> None:
        """Free its memory."""
        self._batch.free()
        llama_cpp.llama_free(self._context)


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
