"""Notices within seconds that another machine no longer answers.

llama.cpp waits for it without end, and aborts where the connection breaks: with a machine that is
halted, asleep or cut off it would stand still for ever. So each machine is asked for its memory
once a second, on llama.cpp's own connection, where the question waits behind what is computed. One
that has not answered for some seconds is lost, unless it computes something that takes so long.

A server computes in one thread, for one client: while it does nobody can say whether it is halted.
What it may take follows from what it took before, and long texts are evaluated in batches so small
that this is little. That its machine is gone altogether, the system notices meanwhile
(`keep_alive`), and llama.cpp then finds its connection broken.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from studio.engine.llama import backend
from studio.engine.llama.giving_up import on_giving_up
from studio.translation import tr

_BEAT = 1.0
_LOOK = 0.5
"""Seconds between two questions, and between two looks at the answers."""
_LIMIT = 3.0
"""Seconds without an answer, of a machine that has nothing to compute."""
_FOLD = 4
"""So many times what is expected of a batch it may take."""
_BATCH = _LIMIT / _FOLD
"""Seconds that a batch is to take, where its tokens can be divided."""
_LONGEST = 60.0
"""Seconds that a batch may take at most, and the first one, of which nothing is known."""
_LOADING = 180.0
"""Seconds for one piece of a model on its way there."""
_TAKING, _TAKING_MODEL = 4.0, 30.0
"""Seconds until a machine's system has taken what is sent to it, and part of a model: its program
may have to put that away before it takes more."""
_CONNECTING = 0.5
_MARK = "ggml-rpc"
"""In what llama.cpp says where it gives up: the file in which it does."""


def end_command(address: str) -> None:
    """End a program that has no window to say it.

    Args:
        address: The machine that is lost.
    """
    with suppress(Exception):  # what has been written by then
        sys.stdout.flush()
    with suppress(Exception):
        print(f"studio: {lost_words(address)}", file=sys.stderr, flush=True)
    os._exit(1)


def lost_words(address: str) -> str:
    """What is said of a machine that is lost.

    Args:
        address: Which.
    """
    return tr("The machine {address} no longer answers.", address=address)


class MachineWatch:
    """Watches the machines of one model, from when they are connected to until `close`.

    Args:
        lost: Ends this process; is given the address of the machine that is lost, in a thread of
            its own.
    """

    def __init__(self, lost: Callable[[str], None]) -> None:
        self._lost = lost
        self._machines: dict[str, str] = {}
        """Where each answers, by its address."""
        self._devices: dict[str, Sequence[backend.Device]] = {}
        self._asked: dict[str, float] = {}
        """Since when each owes an answer."""
        self._busy: tuple[float, float] | None = None
        """Since when something is computed, and how long it may take."""
        self._last: tuple[int, float] | None = None
        """Tokens and seconds of the last batch; None where nothing is known."""
        self._asks_no_more, self._closed = threading.Event(), threading.Event()
        self._end_once = threading.Lock()
        self._asking: list[threading.Thread] = []
        self._looking = threading.Thread(target=self._look, name="machine watch", daemon=True)
        self._looking.start()
        _watches.append(self)
        on_giving_up(_on_giving_up)

    def connect(self, address: str, endpoint: str) -> Sequence[backend.Device]:
        """Connect llama.cpp to a machine; its devices.

        Args:
            address: Where it is.
            endpoint: The same with the IPv4 address that answered.
        """
        if address in self._devices:
            return self._devices[address]
        self._machines[address] = endpoint
        self._asked[address] = time.monotonic()
        try:
            devices = backend.machine_devices(endpoint)
        finally:
            del self._asked[address]
        if devices:
            asking = threading.Thread(
                target=self._ask,
                args=(address, devices[0].handle),
                name="machine beat",
                daemon=True,
            )
            self._asking.append(asking)
            asking.start()
        self._devices[address] = devices
        return devices

    @contextmanager
    def loading(self) -> Iterator[Callable[[], None]]:
        """While a model is sent; what it gives is to be called for each piece that has arrived."""
        from studio.engine.llama.keep_alive import keep_alive  # sockets are needed but here

        has_arrived = False

        def arrived() -> None:
            nonlocal has_arrived
            self._busy = time.monotonic(), _LOADING
            if not has_arrived:
                has_arrived = True  # llama.cpp's connections last from now on, as long as the model
                keep_alive(self._machines.values(), _TAKING_MODEL)

        self._busy = time.monotonic(), _LOADING
        try:
            yield arrived
        finally:
            self._busy = None
            keep_alive(self._machines.values(), _TAKING)

    @property
    def batch_size(self) -> int:
        """How many tokens a batch is to have, a power of two: a halt within it is missed soon."""
        if self._last is None:
            return 1
        tokens, seconds = self._last
        fits = int(tokens * _BATCH / max(seconds, 1e-6))
        return 1 << max(0, fits.bit_length() - 1)

    @contextmanager
    def computing(self, tokens: int) -> Iterator[None]:
        """While a batch is evaluated. One that is ended by an error says nothing of the next.

        Args:
            tokens: How many it has.
        """
        allowed = _LONGEST
        if self._last:
            # A smaller one may take as long: of few tokens the weights are read no quicker.
            before, seconds = self._last
            allowed = _FOLD * seconds * max(1.0, tokens / before)
        started = time.monotonic()
        self._busy = started, min(_LONGEST, max(_LIMIT, allowed))
        try:
            yield
            self._last = tokens, time.monotonic() - started
        finally:
            self._busy = None

    def close(self) -> None:
        """End the watch. To be done before the model is closed: a question would connect anew."""
        if self not in _watches:
            return
        self._asks_no_more.set()
        for thread in self._asking:
            thread.join()  # as long as it is looked after: a machine that is lost now ends it
        self._closed.set()
        self._looking.join()
        _watches.remove(self)

    def _ask(self, address: str, handle: int) -> None:
        while not self._asks_no_more.wait(_BEAT):
            self._asked[address] = time.monotonic()
            backend.memory(handle)
            self._asked.pop(address, None)

    def _look(self) -> None:
        last, resumed = time.monotonic(), 0.0
        while not self._closed.wait(_LOOK):
            now = time.monotonic()
            if now - last > 2 * _LOOK:
                resumed = now  # this process was halted, and answers may wait to be read
            last = now
            since, allowed = self._busy or (0.0, _LIMIT)
            for address, asked in list(self._asked.items()):
                if now - max(asked, since, resumed) > allowed:
                    self._end(address)

    def broken_off(self) -> None:
        """A connection is broken, as llama.cpp says before it aborts: name the machine and end."""
        if self._machines:
            self._end(self._gone())

    def _gone(self) -> str:
        """Which machine it is."""
        import socket

        if len(self._machines) == 1:
            return next(iter(self._machines))
        for address, endpoint in self._machines.items():
            host, _, port = endpoint.rpartition(":")
            try:
                socket.create_connection((host, int(port)), _CONNECTING).close()
            except OSError:
                return address
        # It listens again already, or closed this connection alone; only it owes an answer.
        deadline = time.monotonic() + _LIMIT
        while time.monotonic() < deadline:
            now = time.monotonic()
            for address, asked in list(self._asked.items()):
                if now - asked > _BEAT:
                    return address
            time.sleep(_LOOK / 10)
        return ", ".join(self._machines)

    def _end(self, address: str) -> None:
        # llama.cpp's abort and the missing answer may come at once, and the first one ends all.
        with self._end_once:
            self._lost(address)


_watches: list[MachineWatch] = []
"""Those that are not closed: one, but while a model gives way to another."""


def _on_giving_up(said: str) -> None:
    """llama.cpp gives up, in any of its threads."""
    if _MARK in said:
        for watch in _watches:
            watch.broken_off()
