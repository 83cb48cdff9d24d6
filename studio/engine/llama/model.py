"""A model in memory: checked, loaded, reported, freed."""

import ctypes
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import llama_cpp
import psutil

from studio.engine.llama import backend, log
from studio.engine.llama.vocabulary import LlamaVocabulary
from studio.engine.messages import EngineError, LoadOptions, ModelReport
from studio.engine.model_files.gguf_header import GgufHeader, ModelFileError, read_header
from studio.engine.model_files.memory import (
    AvailableMemory,
    MemoryEstimate,
    available_memory,
    check_fits,
    estimate,
)
from studio.translation import tr
from studio.visible_text import visible_name

AUTOMATIC_CONTEXT = 4096
"""Tokens. A longer context is the writer's choice: it costs memory, and time at each reopening."""


class LoadStopped(Exception):
    """The load was asked to end before it was done."""


class Model:
    """A loaded model. Close it; a context made from it must be closed before.

    Args:
        path: The model's file.
        options: How it is loaded.
        progress: Is given the share that is loaded; whether to go on.
        header: The file's header, where it was read already.
    """

    def __init__(
        self,
        path: Path,
        options: LoadOptions,
        progress: Callable[[float], bool],
        header: GgufHeader | None = None,
    ) -> None:
        """Load the file.

        Args:
            path: a GGUF file.
            options: how to load it.
            progress: called with 0 to 1 as the weights come; answers whether to go on.
            header: what `checked_header` has just read of it; None to read it here.

        Raises:
            EngineError: the file cannot be used, or does not fit the memory.
            LoadStopped: `progress` said no.
        """
        started = time.perf_counter()
        resident = psutil.Process().memory_info().rss
        self.path = path
        self.header = header or checked_header(path)
        need = _needed(self.header, options)
        self.context_size, self._memory_mapped = need.context_size, need.memory_mapped
        self.threads = options.threads or _usable_cores()
        check_memory(self.header, options)
        self._need = need

        self._device = backend.gpu() if options.gpu_layers != 0 else None
        self._layers_offloaded = 0
        self.model: llama_cpp.llama_model_p | None = self._load(options, progress)
        self.vocabulary = LlamaVocabulary(self.model, _mark(self.header))
        self._seconds = time.perf_counter() - started
        self._resident_before = resident

    def _load(
        self, options: LoadOptions, progress: Callable[[float], bool]
    ) -> llama_cpp.llama_model_p:
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = options.gpu_layers if self._device else 0
        parameters.load_mode = (
            llama_cpp.LLAMA_LOAD_MODE_MMAP
            if self._memory_mapped
            else llama_cpp.LLAMA_LOAD_MODE_NONE
        )
        # From here on llama.cpp has the file: whoever watches knows what an end is due to.
        stopped = not progress(0.0)

        @llama_cpp.llama_progress_callback  # type: ignore[untyped-decorator]  # ctypes' own
        def on_progress(fraction: float, _data: ctypes.c_void_p) -> bool:
            nonlocal stopped
            stopped = stopped or not progress(fraction)
            return not stopped

        parameters.progress_callback = on_progress
        with log.listening() as lines:
            model: llama_cpp.llama_model_p | None = llama_cpp.llama_model_load_from_file(
                os.fsencode(self.path), parameters
            )
        if stopped:
            if model:
                llama_cpp.llama_model_free(model)
            raise LoadStopped
        if not model:
            raise EngineError(
                "model_file",
                tr(
                    "llama.cpp could not load “{file}”: {why}. Try another file, or download this "
                    "one again.",
                    file=visible_name(self.path.name),
                    why=log.first_error(lines) or tr("it gave no reason"),
                ),
            )
        self._layers_offloaded = log.offloaded_layers(lines)
        return model

    def report(self, *, has_flash_attention: bool = True) -> ModelReport:
        """What was loaded and what it uses; call it when the context exists.

        Args:
            has_flash_attention: Whether the context has it.
        """
        header = self.header
        device = self._device if self._device and self._layers_offloaded else backend.cpu()
        return ModelReport(
            path=str(self.path),
            name=header.name,
            architecture=header.architecture,
            quantization=header.quantization,
            file_bytes=header.file_size,
            parameters=header.parameter_count,
            vocabulary_size=self.vocabulary.size,
            context_size=self.context_size,
            context_train=header.context_length,
            layers=llama_cpp.llama_model_n_layer(self.model),
            layers_offloaded=self._layers_offloaded,
            backend=device.backend,
            device=device.name,
            threads=self.threads,
            memory_mapped=self._memory_mapped,
            memory_bytes=max(0, psutil.Process().memory_info().rss - self._resident_before),
            has_chat_template=header.chat_template is not None,
            fills_in=self.vocabulary.fill is not None,
            seconds=self._seconds,
            has_flash_attention=has_flash_attention,
            vocabulary=self.vocabulary.mark,
            control=self.vocabulary.control,
        )

    @property
    def layers_offloaded(self) -> int:
        """How many layers a GPU computes."""
        return self._layers_offloaded

    @property
    def has_copyable_memory(self) -> bool:
        """Whether a context's memory is a row for each token, which sequences can share."""
        return not (
            llama_cpp.llama_model_is_recurrent(self.model)
            or llama_cpp.llama_model_is_hybrid(self.model)
        )

    @property
    def gives_back(self) -> int:
        """Bytes of memory, about, that are free again when this model and its context go."""
        return min(self._need.unmapped, int(psutil.Process().memory_info().rss))

    def check_unchanged(self) -> None:
        """Refuse to go on with a file that changed under the mapping.

        Raises:
            EngineError: a file is not what it was at loading.
        """
        if not self._memory_mapped:
            return
        if changed := self.header.changed_file():
            raise EngineError(
                "model_file",
                tr(
                    "The model file “{file}” was changed while it was in use. Open it again to go "
                    "on with the changed file.",
                    file=visible_name(changed.name),
                ),
            )

    def close(self) -> None:
        """Free the model's memory."""
        if self.model:
            llama_cpp.llama_model_free(self.model)
            self.model = None


def _mark(header: GgufHeader) -> str:
    """The vocabulary's fingerprint and the model's name, in one line."""
    name = "".join(sign for sign in header.name if sign.isprintable())
    return f"{header.vocabulary_fingerprint} {name[:100]}"


def checked_header(path: Path) -> GgufHeader:
    """Read a model file's header.

    Raises:
        EngineError: the file must not reach llama.cpp.
    """
    try:
        return read_header(path)
    except ModelFileError as error:
        raise EngineError("model_file", str(error)) from error


def check_memory(header: GgufHeader, options: LoadOptions, given_back: int = 0) -> None:
    """Refuse what this machine's memory cannot hold.

    Args:
        header: of the model.
        options: how it is to be loaded.
        given_back: bytes that are used still, but will be free by then.

    Raises:
        EngineError: it does not fit.
    """
    now = available_memory()
    then = AvailableMemory(available=min(now.available + given_back, now.total), total=now.total)
    try:
        check_fits(header, _needed(header, options), then)
    except ModelFileError as error:
        raise EngineError("too_little_memory", str(error)) from error


def _needed(header: GgufHeader, options: LoadOptions) -> MemoryEstimate:
    return estimate(
        header,
        options.context_size or min(AUTOMATIC_CONTEXT, header.context_length),
        memory_mapped=options.memory_map and llama_cpp.llama_supports_mmap(),
        processor=_repacks_for(header, options),
    )


def _repacks_for(header: GgufHeader, options: LoadOptions) -> frozenset[str]:
    """What llama.cpp repacks weights for: the processor's features, or nothing beside some GPUs.

    A GPU's own buffer in main memory comes before the processor's, and its driver wants weights as
    they are (make_cpu_buft_list in llama-model.cpp). Without one, weights of layers that the
    processor computes are repacked. How many these are is not looked at: if any, all are counted.
    """
    gpu = backend.gpu()
    all_on_gpu = not 0 <= options.gpu_layers <= header.block_count
    if gpu and (gpu.has_host_buffer or all_on_gpu):
        return frozenset()
    return backend.processor_features()


def _usable_cores() -> int:
    """Physical cores, as far as this process may use them: a second thread a core slows decode."""
    allowed = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))
