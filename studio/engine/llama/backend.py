"""What llama.cpp computes on: its backends and devices, asked through ggml's registry."""

import ctypes
import re
from functools import cache
from typing import NamedTuple

import llama_cpp
import psutil
from llama_cpp._ggml import libggml

from studio.engine.llama.free_cores import usable_processors

_INTEGRATED = 2
_GPU_TYPES = frozenset({1, _INTEGRATED})
"""ggml_backend_dev_type: 0 CPU, 1 GPU, 2 integrated GPU, 3 accelerator."""


class Device(NamedTuple):
    """One compute device as ggml sees it."""

    backend: str
    name: str
    is_gpu: bool
    handle: int = 0
    """ggml's pointer to it."""
    key: str = ""
    """ggml's short name for it, which is its own: "CPU", "Vulkan0", "RPC1"."""


def _function(name: str, result: type, *arguments: type) -> "ctypes._NamedFuncPointer":
    function = getattr(libggml, name)
    function.restype = None if result is type(None) else result
    function.argtypes = list(arguments)
    return function  # type: ignore[no-any-return]  # ctypes' attributes are untyped


def begin() -> None:
    """Have llama.cpp make itself ready; to be called before anything else is."""
    llama_cpp.llama_backend_init()


def devices() -> list[Device]:
    """All devices of this machine, in ggml's order. The binding wraps none of these functions."""
    count = _function("ggml_backend_dev_count", ctypes.c_size_t)
    get = _function("ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t)
    return [_device(get(index)) for index in range(count())]


def _device(handle: int) -> Device:
    name = _function("ggml_backend_dev_name", ctypes.c_char_p, ctypes.c_void_p)
    description = _function("ggml_backend_dev_description", ctypes.c_char_p, ctypes.c_void_p)
    kind = _function("ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)
    registry = _function("ggml_backend_dev_backend_reg", ctypes.c_void_p, ctypes.c_void_p)
    registry_name = _function("ggml_backend_reg_name", ctypes.c_char_p, ctypes.c_void_p)
    return Device(
        backend=registry_name(registry(handle)).decode(errors="replace"),
        name=description(handle).decode(errors="replace").strip(),
        is_gpu=kind(handle) in _GPU_TYPES,
        handle=handle,
        key=name(handle).decode(errors="replace"),
    )


def memory(handle: int) -> tuple[int, int]:
    """Bytes of a device's memory, free and in all; 0 where it does not say.

    A device of another machine is asked: that waits until it answers, and aborts where nobody
    listens any more.

    Args:
        handle: ggml's pointer to the device.
    """
    size = ctypes.POINTER(ctypes.c_size_t)
    ask = _function("ggml_backend_dev_memory", type(None), ctypes.c_void_p, size, size)
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    ask(handle, ctypes.byref(free), ctypes.byref(total))
    return free.value, total.value


class _Properties(ctypes.Structure):
    """ggml_backend_dev_props, with room behind it for what a later version may add."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("description", ctypes.c_char_p),
        ("memory_free", ctypes.c_size_t),
        ("memory_total", ctypes.c_size_t),
        ("type", ctypes.c_int),
        ("device_id", ctypes.c_char_p),
        ("is_asynchronous", ctypes.c_bool),
        ("has_host_buffer", ctypes.c_bool),
        ("others", ctypes.c_bool * 62),
    )


def has_host_buffer(handle: int) -> bool:
    """Whether a device has a kind of buffer in main memory, from which it copies faster.

    It is not asked for the buffer: Vulkan would open the device for it, and end this process where
    that fails.

    Args:
        handle: ggml's pointer to the device.
    """
    ask = _function("ggml_backend_dev_get_props", type(None), ctypes.c_void_p, ctypes.c_void_p)
    properties = _Properties()
    ask(handle, ctypes.byref(properties))
    return bool(properties.has_host_buffer)


_failed: set[int] = set()
"""Handles of graphics processors that failed as they were opened."""


def give_up(handle: int) -> None:
    """Use a graphics processor no more in this process: it failed as it was opened.

    Vulkan's part of llama.cpp would take it for opened at the next load, and end this process.

    Args:
        handle: ggml's pointer to the device.
    """
    _failed.add(handle)


def gpus() -> list[Device]:
    """The graphics processors of this machine that llama.cpp would choose itself.

    An integrated one only where there is no other, and none that was given up.
    """
    kind = _function("ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)
    found = [device for device in devices() if device.is_gpu and device.handle not in _failed]
    dedicated = [device for device in found if kind(device.handle) != _INTEGRATED]
    return dedicated or found[:1]


@cache
def cpu() -> Device:
    """The processor."""
    return next(
        (device for device in devices() if not device.is_gpu), Device("CPU", "processor", False)
    )


def processor_features() -> frozenset[str]:
    """What this build of llama.cpp makes use of, by its own names: "AVX2", "AMX_INT8", "REPACK"."""
    info = llama_cpp.llama_print_system_info().decode(errors="replace")
    return frozenset(re.findall(r"(\w+) = [1-9]", info))


def supports_rpc() -> bool:
    """Whether this build of llama.cpp can have other machines compute."""
    return bool(llama_cpp.llama_supports_rpc())


def machine_devices(endpoint: str) -> list[Device]:
    """The devices of another machine, connected to.

    Waits until it answers, and aborts where it does not as expected: see `machine_query`. They are
    in no list of ggml's, so that a model for which they are not meant has nothing to do with them.

    Args:
        endpoint: Where it listens, HOST:PORT; the same at a later call gives the same devices.
    """
    add = _rpc_function("ggml_backend_rpc_add_server", ctypes.c_void_p, ctypes.c_char_p)
    count = _function("ggml_backend_reg_dev_count", ctypes.c_size_t, ctypes.c_void_p)
    get = _function("ggml_backend_reg_dev_get", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
    registry = add(endpoint.encode())
    if not registry:
        return []
    return [_device(get(registry, index)) for index in range(count(registry))]


def serve(endpoint: str, threads: int, cache: str = "") -> None:
    """Compute for other machines, one after another; returns only where that cannot begin.

    Args:
        endpoint: Where to listen, IP:PORT.
        threads: How many, where the processor computes.
        cache: A folder for the weights that were sent; empty for none.
    """
    start = _rpc_function(
        "ggml_backend_rpc_start_server",
        type(None),
        *(ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p),
    )
    used = gpus() or [cpu()]
    handles = (ctypes.c_void_p * len(used))(*(device.handle for device in used))
    folder = cache.encode() if cache else None
    start(endpoint.encode(), folder, threads, len(used), ctypes.cast(handles, ctypes.c_void_p))


def _rpc_function(name: str, result: type, *arguments: type) -> "ctypes._FuncPointer":
    by_name = _function("ggml_backend_reg_by_name", ctypes.c_void_p, ctypes.c_char_p)
    find = _function(
        "ggml_backend_reg_get_proc_address", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p
    )
    address = find(by_name(b"RPC"), name.encode())
    kind = ctypes.CFUNCTYPE(None if result is type(None) else result, *arguments)
    return kind(address)


def usable_cores() -> int:
    """Physical cores, as far as this process may use them: a second thread a core slows decode."""
    allowed = len(usable_processors())
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))
