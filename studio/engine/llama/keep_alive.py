"""Has the system notice within seconds that the other end of a connection is gone.

Where a cable is pulled or a machine loses its power nothing breaks a connection: TCP sends what was
sent again for a quarter of an hour, and who only waits for an answer waits for ever. Keep-alive
packets (RFC 1122, 4.2.3.6), which the other machine's system answers whatever its programs do, and
a time limit for what has been sent (RFC 5482) end that. llama.cpp opens its sockets itself and asks
for neither, so they are found among the descriptors of this process.
"""

import os
import socket
import stat
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

_FOLDER = Path("/dev/fd")
"""Linux and macOS list here what this process has open. Windows has no such list."""
_REST, _BETWEEN, _COUNT = 1, 1, 3
"""Seconds without a packet before the first question, and between two; so many go unanswered."""


def keep_alive(endpoints: Collection[str], seconds: float) -> int:
    """Set the connections to some machines so that they break where the machine is gone.

    Args:
        endpoints: Their IPv4 addresses with port, as in "192.168.1.4:50052".
        seconds: How long what was sent may wait until the other system has taken it, and how long
            that may be silent. Only Linux has such a limit; others have that of the questions.

    Returns:
        How many connections there are; 0 where the system does not list them.
    """
    count = 0
    for connection in _connections(endpoints):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        options = [("TCP_KEEPINTVL", _BETWEEN), ("TCP_KEEPCNT", _COUNT)]
        options += [("TCP_KEEPALIVE" if sys.platform == "darwin" else "TCP_KEEPIDLE", _REST)]
        options += [("TCP_USER_TIMEOUT", round(1e3 * seconds))]
        for name, value in options:
            if number := getattr(socket, name, None):
                connection.setsockopt(socket.IPPROTO_TCP, number, value)
        count += 1
    return count


def _connections(endpoints: Collection[str]) -> Iterator[socket.socket]:
    """The process's own connections to these, one after another."""
    try:
        descriptors = [int(path.name) for path in _FOLDER.iterdir()]
    except OSError:
        return
    for descriptor in descriptors:
        # What is not connected or gone by now raises. What is no socket is not copied: there would
        # be nothing to close the copy by.
        with suppress(OSError):
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            with socket.socket(fileno=os.dup(descriptor)) as connection:
                if connection.family == socket.AF_INET:
                    host, port = connection.getpeername()
                    if f"{host}:{port}" in endpoints:
                        yield connection
