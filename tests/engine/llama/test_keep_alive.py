"""Which connections are set, on real sockets of loopback."""

import os
import socket
import sys
from pathlib import Path

import pytest

from studio.engine.llama.keep_alive import keep_alive

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it lists no descriptors")


def test_the_connections_to_a_machine_are_set_and_no_others() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
        socket.create_connection(one.getsockname()) as first,
        socket.create_connection(one.getsockname()) as second,
        socket.create_connection(other.getsockname()) as foreign,
    ):
        assert keep_alive([f"127.0.0.1:{one.getsockname()[1]}"], 4.0) == 2
        for connection in (first, second):
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 3
            if sys.platform == "linux":
                limit = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
                assert limit == 4000
        assert not foreign.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        first.sendall(b"there")  # they are the process's own still


def test_where_there_is_no_connection_nothing_is_set() -> None:
    assert keep_alive(["127.0.0.1:9"], 4.0) == 0


def test_whatever_is_open_nothing_more_is_open_afterwards(tmp_path: Path) -> None:
    """A machine is connected to many times, and each time all that is open is looked through."""

    def open_ones() -> set[Path]:
        return set(Path("/dev/fd").iterdir())

    ends = os.pipe()
    try:
        with (
            (tmp_path / "text").open("w"),
            socket.socket(),
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.create_connection(server.getsockname()),
        ):
            before = open_ones()
            for _ in range(3):
                assert keep_alive([f"127.0.0.1:{server.getsockname()[1]}"], 4.0) == 1
            assert open_ones() == before
    finally:
        for end in ends:
            os.close(end)
