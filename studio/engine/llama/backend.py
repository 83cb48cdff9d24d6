"""What llama.cpp computes on: its backends and devices, asked through ggml's registry."""

import ctypes
import re
from typing import NamedTuple

import llama_cpp
from llama_cpp._ggml import libggml

_GPU_TYPES = frozenset({1, 2})
"""ggml_backend_dev_type: 0 CPU, 1 GPU, 2 integrated GPU, 3 accelerator."""


class Device(NamedTuple):
    """One compute device as ggml sees it."""

    backend: str
    name: str
    is_gpu: bool
    has_host_buffer: bool = False
    """It has a kind of buffer in main memory, from which it copies faster."""


def _function(name: str, result: type, *arguments: type) -> "ctypes._NamedFuncPointer":
    function = getattr(libggml, name)
    function.restype = result
    function.argtypes = list(arguments)
    return function  # type: ignore[no-any-return]  # ctypes' attributes are untyped


def begin() -> None:
    """Have llama.cpp make itself ready; to be called before anything else is."""
    llama_cpp.llama_backend_init()


def devices() -> list[Device]:
    """All devices, in ggml's order. The binding wraps none of these six functions."""
    count = _function("ggml_backend_dev_count", ctypes.c_size_t)
    get = _function("ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t)
    description = _function("ggml_backend_dev_description", ctypes.c_char_p, ctypes.c_void_p)
    kind = _function("ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)
    host_buffer = _function("ggml_backend_dev_host_buffer_type", ctypes.c_void_p, ctypes.c_void_p)
    registry = _function("ggml_backend_dev_backend_reg", ctypes.c_void_p, ctypes.c_void_p)
    registry_name = _function("ggml_backend_reg_name", ctypes.c_char_p, ctypes.c_void_p)
    found = []
    for index in range(count()):
        device = get(index)
        found.append(
            Device(
                backend=registry_name(registry(device)).decode(errors="replace"),
                name=description(device).decode(errors="replace").strip(),
                is_gpu=kind(device) in _GPU_TYPES,
                has_host_buffer=host_buffer(device) is not None,
            )
        )
    return found


def gpu() -> Device | None:
    """The first GPU that this build of llama.cpp can offload to, or None."""
    if not llama_cpp.llama_supports_gpu_offload():
        return None
    return next((device for device in devices() if device.is_gpu), None)


def cpu() -> Device:
    """The processor."""
    return next(
        (device for device in devices() if not device.is_gpu), Device("CPU", "processor", False)
    )


def processor_features() -> frozenset[str]:
    """What this build of llama.cpp makes use of, by its own names: "AVX2", "AMX_INT8", "REPACK"."""
    info = llama_cpp.llama_print_system_info().decode(errors="replace")
    return frozenset(re.findall(r"(\w+) = [1-9]", info))
