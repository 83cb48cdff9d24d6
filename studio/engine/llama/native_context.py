"""How every context of the engine is asked for, and its batches computed."""

import ctypes
from contextlib import nullcontext

import llama_cpp

from studio.engine.interrupt import EvaluationStopped, Interrupt
from studio.engine.llama.machine_watch import MachineWatch
from studio.engine.llama.model import Model
from studio.engine.messages import EngineError, FlashAttention
from studio.translation import tr

_ATTENTION = {
    "auto": llama_cpp.LLAMA_FLASH_ATTN_TYPE_AUTO,
    "on": llama_cpp.LLAMA_FLASH_ATTN_TYPE_ENABLED,
    "off": llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED,
}


def context_parameters(
    model: Model, interrupt: Interrupt, flash_attention: FlashAttention
) -> llama_cpp.llama_context_params:
    """llama.cpp's parameters, but for the sizes.

    Args:
        model: The loaded model.
        interrupt: Ends an evaluation.
        flash_attention: Whether llama.cpp computes attention so; "auto" leaves it to llama.cpp.
    """
    parameters: llama_cpp.llama_context_params = llama_cpp.llama_context_default_params()
    parameters.kv_unified = True
    # A sliding window's cache in full: a trimmed one cannot be cut back to a prefix.
    parameters.swa_full = True
    parameters.no_perf = True
    parameters.n_threads = parameters.n_threads_batch = model.threads
    parameters.flash_attn_type = _ATTENTION[flash_attention]
    parameters.abort_callback = ctypes.cast(interrupt.callback, llama_cpp.ggml_abort_callback)
    parameters.abort_callback_data = interrupt.data
    return parameters


def decode(
    context: llama_cpp.llama_context_p, batch: llama_cpp.llama_batch, watch: MachineWatch | None
) -> None:
    """Evaluate a batch.

    Args:
        context: llama.cpp's own.
        batch: The tokens.
        watch: Watches the machines that compute for it, if any do.

    Raises:
        EvaluationStopped: The interrupt was set.
        EngineError: llama.cpp refused.
    """
    with watch.computing(batch.n_tokens) if watch else nullcontext():
        status = llama_cpp.llama_decode(context, batch)
        if watch:
            # Other machines are asked, and waited for where the logits are read.
            llama_cpp.llama_synchronize(context)
        _check(context, status)


def _check(context: llama_cpp.llama_context_p, status: int) -> None:
    """Raise what llama_decode's status says."""
    if status == 2:
        raise EvaluationStopped
    if status == 1:
        raise EngineError(
            "context_size",
            tr(
                "The context of %n tokens is full. Choose a larger context size in the model's "
                "options.",
                "",
                llama_cpp.llama_n_ctx(context),
            ),
        )
    if status:
        words = tr("llama.cpp could not evaluate the text (status {status}).", status=status)
        raise EngineError("llama_cpp", words)
