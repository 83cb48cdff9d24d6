"""A flag that ends an evaluation from another thread, within milliseconds.

`child` decides when to raise it.
"""

import ctypes
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class EvaluationStopped(Exception):
    """The interrupt ended an evaluation; what was evaluated before stays."""


class Interrupt:
    """Raised by any thread; llama.cpp looks at it between the nodes of its compute graph.

    llama.cpp calls an abort callback several hundred times a token. A callback written in Python
    would take the interpreter's lock each time; measured, that costs a tenth of the speed. So the
    callback is the C library's `strlen` and its data one byte followed by a zero: the length of
    that string is 0, "go on", until the byte is set, and 1, "abort", from then on. (`strlen`
    returns a `size_t`; the caller looks at its lowest byte, as a `bool`, on every ABI that
    llama.cpp is built for.)
    """

    def __init__(self) -> None:
        self._flag = ctypes.create_string_buffer(2)
        library = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
        # Both references are kept: ctypes does not, and llama.cpp calls on.
        self.callback = ctypes.cast(library.strlen, ctypes.c_void_p)
        """The address of a `bool (*)(void *)`."""
        self.data = ctypes.cast(self._flag, ctypes.c_void_p)
        self._lock = threading.Lock()
        """Of those who add to `_waiting` or take away. `set` takes no lock: a signal may call it
        anywhere, within these too."""
        self._waiting: tuple[Callable[[], None], ...] = ()

    def set(self) -> None:
        """Ask for an end."""
        self._flag[0] = b"\x01"
        for end in self._waiting:
            end()

    def clear(self) -> None:
        """Allow evaluation again."""
        self._flag[0] = b"\x00"

    def is_set(self) -> bool:
        """Whether an end was asked for."""
        return self._flag[0] != b"\x00"

    @contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Have something called when an end is asked for, which waits for no llama.cpp.

        Args:
            end: Called at once where that was asked before; perhaps by another thread or within
                a signal, and more than once. It takes no lock that this thread may hold.
        """
        with self._lock:
            self._waiting += (end,)
        try:
            if self.is_set():
                end()
            yield
        finally:
            with self._lock:
                at = self._waiting.index(end)
                self._waiting = self._waiting[:at] + self._waiting[at + 1 :]
