"""What is done where llama.cpp gives up, in any of its threads, before that ends the process.

It aborts on a failed check, and where another machine or CUDA fails. Vulkan's part of it throws
where a device is lost, and nobody catches that.
"""

import ctypes
import os
import sys
from collections.abc import Callable
from contextlib import suppress

from llama_cpp._ggml import libggml

from studio.translation import tr

_CPP_LIBRARIES = {"linux": "libstdc++.so.6", "darwin": "libc++abi.dylib"}
_SET_TERMINATE = "_ZSt13set_terminatePFvvE"
"""std::set_terminate, as the Itanium C++ ABI names it."""

_listeners: list[Callable[[str], None]] = []
_former = 0
"""The address of the C++ library's own terminate handler, which says what was thrown."""


def on_giving_up(act: Callable[[str], None]) -> None:
    """Have something done where llama.cpp gives up; once is enough.

    Args:
        act: Is given what llama.cpp says, or nothing where it throws; in whichever thread that is.
            The process ends when it returns.
    """
    global _former
    if not _listeners:
        set_callback = libggml.ggml_set_abort_callback
        set_callback.restype, set_callback.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        set_callback(ctypes.cast(_on_abort, ctypes.c_void_p))
        with suppress(OSError, AttributeError, KeyError):
            set_terminate = ctypes.CDLL(_CPP_LIBRARIES[sys.platform])[_SET_TERMINATE]
            set_terminate.restype, set_terminate.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
            _former = set_terminate(ctypes.cast(_on_terminate, ctypes.c_void_p)) or 0
    if act not in _listeners:
        _listeners.append(act)


@ctypes.CFUNCTYPE(None, ctypes.c_char_p)  # type: ignore[untyped-decorator]  # ctypes' own
def _on_abort(message: bytes | None) -> None:
    said = (message or b"").decode(errors="replace")
    print(said, file=sys.stderr, flush=True)
    for act in _listeners:
        act(said)


@ctypes.CFUNCTYPE(None)  # type: ignore[untyped-decorator]  # ctypes' own
def _on_terminate() -> None:
    for act in _listeners:
        act("")
    if _former:
        ctypes.CFUNCTYPE(None)(_former)()
    os.abort()


_gpus = ""


def name_gpus(gpus: str) -> None:
    """Have a command's end name the graphics processors that compute from here on.

    Args:
        gpus: Their names; empty for none.
    """
    global _gpus
    _gpus = gpus
    if gpus:
        on_giving_up(_end_command)


def _end_command(_said: str) -> None:
    """End a program that has no window to say it."""
    if not _gpus:
        return
    with suppress(Exception):  # what has been written by then
        sys.stdout.flush()
    words = tr(
        "llama.cpp gave up while {gpus} computed. With --gpu-layers 0 the processor computes it "
        "alone.",
        gpus=_gpus,
    )
    with suppress(Exception):
        print(f"studio: {words}", file=sys.stderr, flush=True)
    os._exit(1)
