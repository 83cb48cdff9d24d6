"""Whoever is at an address is asked before llama.cpp is: here they are strangers on loopback."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from studio.engine import machine_query
from studio.engine.machine_query import (
    PROTOCOL,
    DeviceMemory,
    Machine,
    MachineError,
    ask_machine,
    ask_machines,
)
from tests.helpers.rpc_machine import free_port, rpc_machine

Speak = Callable[[socket.socket], None]


@contextmanager
def stranger(speak: Speak) -> Iterator[str]:
    """Something that speaks to each who connects; yields its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.05)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                connection.settimeout(5)
                with connection:
                    try:
                        speak(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


def hello(major: int = PROTOCOL[0], minor: int = PROTOCOL[1], size: int = 28) -> bytes:
    return struct.pack("<QBBBx24x", size, major, minor, 0)


def trouble(address: str, seconds: float = 10.0) -> str:
    with pytest.raises(MachineError) as caught:
        ask_machine(address, seconds=seconds)
    assert address in str(caught.value)
    return caught.value.trouble


def says(*parts: bytes) -> Speak:
    """Answers each command with the next part, whatever it is."""

    def speak(connection: socket.socket) -> None:
        for part in parts:
            connection.recv(1000)
            connection.sendall(part)
        while connection.recv(1000):
            pass

    return speak


def test_a_real_server_says_what_it_has_and_speaks_the_version_that_is_asked_for() -> None:
    with rpc_machine() as machine:
        found = ask_machine(machine.address)
    assert found.address == found.endpoint == machine.address
    (device,) = found.devices
    assert 0 < device.free <= device.total
    assert found.free == device.free


def test_several_devices() -> None:
    memory = [struct.pack("<QQQ", 16, number, 100) for number in (7, 8)]
    with stranger(says(hello(), struct.pack("<QI", 4, 2), *memory)) as address:
        assert ask_machine(address).devices == (DeviceMemory(7, 100), DeviceMemory(8, 100))


@pytest.mark.parametrize(
    "parts",
    [
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" * 3,),
        (b"",),
        (hello()[:10],),
        (hello(size=2**63),),
        (hello(size=27),),
        (hello(major=PROTOCOL[0] + 1),),
        (hello(major=PROTOCOL[0] - 1),),
        (hello(minor=PROTOCOL[1] + 1),),
        (hello(), struct.pack("<QI", 4, 0)),
        (hello(), struct.pack("<QI", 4, 2**31)),
        (hello(), struct.pack("<QI", 5, 1)),
        (hello(), struct.pack("<QI", 4, 1), struct.pack("<QQQ", 16, 2**63, 1)),
        (hello(), struct.pack("<QI", 4, 1), struct.pack("<QQ", 16, 2)),
    ],
)
def test_strangers_are_no_machines(parts: tuple[bytes, ...]) -> None:
    def speak(connection: socket.socket) -> None:
        for part in parts:
            connection.recv(1000)
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1000)

    with stranger(speak) as address:
        assert trouble(address) == "foreign"


def test_nobody_there() -> None:
    assert trouble(f"127.0.0.1:{free_port()}") == "unreachable"
    assert trouble("nobody.invalid:50052") == "unreachable"


def test_one_that_takes_the_connection_and_says_nothing() -> None:
    with stranger(says()) as address:
        assert trouble(address, seconds=0.2) == "silent"


def test_one_that_never_comes_to_an_end() -> None:
    def drip(connection: socket.socket) -> None:
        for byte in hello():
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    with stranger(drip) as address:
        assert trouble(address, seconds=0.2) == "silent"


def test_nothing_is_sent_beyond_ones_own_network_unless_that_was_confirmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[tuple[str, int]] = []

    def connect(_self: object, ip: str, port: int) -> None:
        tried.append((ip, port))
        raise MachineError("", "unreachable", "")

    monkeypatch.setattr(machine_query._Query, "connect", connect)
    assert trouble("8.8.8.8:50052") == "public"
    assert tried == []
    with pytest.raises(MachineError):
        ask_machine("8.8.8.8:50052", may_be_public=True)
    assert tried == [("8.8.8.8", 50052)]


def test_several_are_asked_at_once_and_none_holds_up_the_others() -> None:
    memory = struct.pack("<QQQ", 16, 5, 9)
    with (
        stranger(says(hello(), struct.pack("<QI", 4, 1), memory)) as good,
        stranger(says()) as silent,
    ):
        nobody = f"127.0.0.1:{free_port()}"
        first, second, third = ask_machines([silent, good, nobody], seconds=0.5)
    assert isinstance(first, MachineError)
    assert first.trouble == "silent"
    assert second == Machine(address=good, endpoint=good, devices=(DeviceMemory(5, 9),))
    assert isinstance(third, MachineError)
    assert third.trouble == "unreachable"
