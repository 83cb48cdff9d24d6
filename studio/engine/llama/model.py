"""A model in memory: checked, loaded, reported, freed."""

import ctypes
import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import llama_cpp
import psutil

from studio.engine.llama import backend, log
from studio.engine.llama.machine_watch import MachineWatch
from studio.engine.llama.placement import (
    ALONE,
    DeviceFailedError,
    NoRoomError,
    Placement,
    Slot,
    placements,
    slots,
)
from studio.engine.llama.vocabulary import LlamaVocabulary
from studio.engine.messages import DeviceReport, EngineError, LoadOptions, ModelReport
from studio.engine.model_files.gguf_header import GgufHeader, ModelFileError, read_header
from studio.engine.model_files.layer_shares import LayerSizes, layer_sizes
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
        placement: Which devices compute its layers.
        watch: Of the other machines among them.
    """

    def __init__(
        self,
        path: Path,
        options: LoadOptions,
        progress: Callable[[float], bool],
        header: GgufHeader | None = None,
        placement: Placement | None = None,
        watch: MachineWatch | None = None,
    ) -> None:
        """Load the file.

        Args:
            path: a GGUF file.
            options: how to load it.
            progress: called with 0 to 1 as the weights come; answers whether to go on.
            header: what `checked_header` has just read of it; None to read it here.
            placement: which devices compute its layers; None for those of this machine that have
                room.
            watch: of the other machines among them; None where there are none.

        Raises:
            EngineError: the file cannot be used, or does not fit the memory.
            LoadStopped: `progress` said no.
        """
        started = time.perf_counter()
        resident = psutil.Process().memory_info().rss
        self.path = path
        self.header = header or checked_header(path)
        self._placement = placement or plan(self.header, options, slots(options, ()))[0]
        self.watch = watch
        """Of other machines that compute with it; None where none does."""
        need = _needed(self.header, options, self._placement)
        self.context_size, self._memory_mapped = need.context_size, need.memory_mapped
        self.threads = options.threads or backend.usable_cores()
        check_memory(self.header, options, placement=self._placement)
        self._need = need

        self._placed: dict[str, int] = {}
        """How many layers each device really has, by its name in llama.cpp."""
        self._keys: list[str] = []
        """Those of the placement's slots."""
        self.model: llama_cpp.llama_model_p | None = self._load(options, progress)
        self.vocabulary = LlamaVocabulary(self.model, _mark(self.header))
        self._seconds = time.perf_counter() - started
        self._resident_before = resident

    def _load(
        self, options: LoadOptions, progress: Callable[[float], bool]
    ) -> llama_cpp.llama_model_p:
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = self._placement.layers
        used = [(self._connected(slot), count) for slot, count in self._placement.used]
        self._keys = [device.key for device, _ in used]
        # Ends with a NULL. Without a list llama.cpp takes all that it knows.
        handles = (ctypes.c_void_p * (len(used) + 1))(*(device.handle for device, _ in used))
        shares = (ctypes.c_float * llama_cpp.LLAMA_MAX_DEVICES)(*(count for _, count in used))
        parameters.devices = ctypes.cast(handles, ctypes.c_void_p)
        parameters.tensor_split = ctypes.cast(shares, ctypes.POINTER(ctypes.c_float))
        parameters.load_mode = (
            llama_cpp.LLAMA_LOAD_MODE_MMAP
            if self._memory_mapped
            else llama_cpp.LLAMA_LOAD_MODE_NONE
        )
        # From here on llama.cpp has the file: whoever watches knows what an end is due to.
        stopped = not progress(0.0)

        with ExitStack() as meanwhile:
            arrived = meanwhile.enter_context(self.watch.loading()) if self.watch else None
            lines = meanwhile.enter_context(log.listening())

            @llama_cpp.llama_progress_callback  # type: ignore[untyped-decorator]  # ctypes' own
            def on_progress(fraction: float, _data: ctypes.c_void_p) -> bool:
                nonlocal stopped
                stopped = stopped or not progress(fraction)
                if arrived:
                    arrived()
                return not stopped

            parameters.progress_callback = on_progress
            model: llama_cpp.llama_model_p | None = llama_cpp.llama_model_load_from_file(
                os.fsencode(self.path), parameters
            )
        if stopped:
            if model:
                llama_cpp.llama_model_free(model)
            raise LoadStopped
        if not model and used:
            kind = NoRoomError if log.lacked_room(lines) else DeviceFailedError
            raise kind(self._placement, log.first_error(lines))
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
        self._placed = log.placed_layers(lines)
        return model

    def _connected(self, slot: Slot) -> backend.Device:
        """A slot's device; that of another machine once it is connected to.

        Raises:
            EngineError: The machine has other devices than it said.
        """
        if slot.kind != "machine":
            return next(it for it in backend.gpus() if it.handle == slot.handle)
        devices = self.watch.connect(slot.name, slot.endpoint) if self.watch else ()
        if slot.number >= len(devices):
            words = tr(
                "The machine {address} has other devices than before. Open the model once more.",
                address=slot.name,
            )
            raise EngineError("machine", words, slot.name)
        return devices[slot.number]

    @property
    def devices(self) -> tuple[DeviceReport, ...]:
        """What computes its layers or could, the processor first."""
        placed = iter(self._placed.get(key, 0) for key in self._keys)
        counts = [next(placed) if count else 0 for count in self._placement.counts]
        memory = available_memory()
        processor = DeviceReport(
            kind="processor",
            name=backend.cpu().name,
            free=memory.available,
            total=memory.total,
            layers=max(0, self.header.block_count + 1 - sum(counts)),
        )
        return processor, *self._placement.reports(counts)

    @property
    def uses_gpu(self) -> bool:
        """Whether a graphics processor of this machine computes some of it."""
        return any(slot.kind == "gpu" for slot, _ in self._placement.used)

    def report(self, *, has_flash_attention: bool = True) -> ModelReport:
        """What was loaded and what it uses; call it when the context exists.

        Args:
            has_flash_attention: Whether the context has it.
        """
        header, devices = self.header, self.devices
        layers = llama_cpp.llama_model_n_layer(self.model)
        first = next((slot for slot, _ in self._placement.used), None)
        device = backend.cpu()
        if first:
            device = self._connected(first)
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
            layers=layers,
            layers_offloaded=min(layers, self.layers_offloaded),
            backend=device.backend,
            device=device.name,
            devices=devices,
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
        """How many layers graphics processors and other machines compute."""
        return sum(self._placed.get(key, 0) for key in set(self._keys))

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
        """Free the model's memory, here and on other machines."""
        if self.watch:
            self.watch.close()
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


def plan(header: GgufHeader, options: LoadOptions, given: tuple[Slot, ...]) -> Sequence[Placement]:
    """How a model's layers are shared out, and what to try where that fails.

    Args:
        header: of the model.
        options: how it is to be loaded.
        given: the devices that may be used.
    """
    return list(placements(options, planned_sizes(header, options), given))


def planned_sizes(header: GgufHeader, options: LoadOptions) -> LayerSizes:
    """What a model's layers take.

    Args:
        header: of the model.
        options: how it is to be loaded.
    """
    return layer_sizes(header, _needed(header, options, ALONE))


def check_memory(
    header: GgufHeader,
    options: LoadOptions,
    given_back: int = 0,
    placement: Placement = ALONE,
) -> None:
    """Refuse what this machine's memory cannot hold.

    Args:
        header: of the model.
        options: how it is to be loaded.
        given_back: bytes that are used still, but will be free by then.
        placement: which layers are on other devices.

    Raises:
        EngineError: it does not fit.
    """
    now = available_memory()
    then = AvailableMemory(available=min(now.available + given_back, now.total), total=now.total)
    try:
        check_fits(header, _needed(header, options, placement), then)
    except ModelFileError as error:
        raise EngineError("too_little_memory", str(error)) from error


def _needed(header: GgufHeader, options: LoadOptions, placement: Placement) -> MemoryEstimate:
    return estimate(
        header,
        options.context_size or min(AUTOMATIC_CONTEXT, header.context_length),
        memory_mapped=options.memory_map and llama_cpp.llama_supports_mmap(),
        offloaded=min(1.0, placement.layers / (header.block_count + 1)),
        processor=_repacks_for(header, placement),
    )


def _repacks_for(header: GgufHeader, placement: Placement) -> frozenset[str]:
    """What llama.cpp repacks weights for: the processor's features, or nothing beside some GPUs.

    A GPU's own buffer in main memory comes before the processor's, and its driver wants weights as
    they are (make_cpu_buft_list in llama-model.cpp). Without one, weights of layers that the
    processor computes are repacked. How many these are is not looked at: if any, all are counted.
    """
    used = (slot.handle for slot, _ in placement.used if slot.kind == "gpu")
    if placement.layers > header.block_count or any(map(backend.has_host_buffer, used)):
        return frozenset()
    return backend.processor_features()
