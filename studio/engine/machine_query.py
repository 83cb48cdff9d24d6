"""Asks another machine what it has, in the protocol of llama.cpp's RPC, within a limit of time.

llama.cpp itself waits without end where nobody answers, and aborts where something else than it
expects comes back. So whoever is at an address is asked here first, and llama.cpp is given only
what has answered as an RPC server of its own version does (ggml-rpc.cpp).
"""

import struct
import threading
import time
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from studio.engine.machine_address import UNPROTECTED, MachineAddress, is_own_network, parse_address
from studio.translation import tr
from studio.visible_text import visible_line

PROTOCOL = (7, 0)
"""Major and minor version that llama.cpp speaks (ggml-rpc.h); it takes no other major one, and no
higher minor one."""

_HELLO, _DEVICE_COUNT, _DEVICE_MEMORY = 14, 15, 11
"""Commands of the protocol (rpc_cmd)."""
_CAPABILITIES = 24
"""Bytes of a HELLO that say what other ways of transport one has: zeros for none."""
_REQUEST, _SIZE = struct.Struct("<BQ"), struct.Struct("<Q")
_VERSION, _COUNT, _MEMORY = struct.Struct("<BBBx24x"), struct.Struct("<I"), struct.Struct("<QQ")
_MOST_DEVICES = 16
"""As many as llama.cpp uses."""
SECONDS = 4.0

Trouble = Literal["public", "unreachable", "silent", "foreign"]
"""Why a machine cannot be used: its address leads to the internet and that was not confirmed,
nothing takes the connection, it takes it and says nothing, something else speaks there."""

Bytes = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class DeviceMemory(msgspec.Struct, frozen=True, array_like=True):
    """What a device of a machine has, in bytes; of a processor llama.cpp says all of it is free."""

    free: Bytes
    total: Bytes


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that answered."""

    address: str
    endpoint: str
    """The same with the IPv4 address that answered."""
    devices: tuple[DeviceMemory, ...]

    @property
    def free(self) -> int:
        """Bytes that are free on all its devices."""
        return sum(device.free for device in self.devices)


class MachineError(Exception):
    """A machine cannot be used.

    Attributes:
        address: Which.
        trouble: Why, in kind.

    Args:
        address: Which.
        trouble: Why, in kind.
        message: Why, for the writer.
    """

    def __init__(self, address: str, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.address = address
        self.trouble: Trouble = trouble


def ask_machines(
    addresses: Sequence[str], confirmed: Sequence[str] = (), seconds: float = SECONDS
) -> list[Machine | MachineError]:
    """Ask several machines at once, whatever they or the name service do within the limit.

    Args:
        addresses: Where they are, HOST:PORT.
        confirmed: Those of them that may be in the internet.
        seconds: The limit.

    Returns:
        What came of each, in their order.
    """
    found: dict[str, Machine | MachineError] = {}

    def ask(address: str) -> None:
        try:
            found[address] = ask_machine(
                address, may_be_public=address in confirmed, seconds=seconds
            )
        except MachineError as error:
            found[address] = error

    threads = [
        threading.Thread(target=ask, args=(address,), name="machine query", daemon=True)
        for address in addresses
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds + 0.5
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [found.get(address) or _unreachable(address, tr("no answer")) for address in addresses]


def ask_machine(address: str, *, may_be_public: bool = False, seconds: float = SECONDS) -> Machine:
    """Ask a machine what it has. The name service alone may take longer than the limit.

    Args:
        address: Where it is, HOST:PORT.
        may_be_public: Whether it may be in the internet; otherwise nothing is sent there.
        seconds: The limit.

    Raises:
        MachineError: It cannot be used.
        ValueError: The address is none.
    """
    ip, port = _resolved(parse_address(address), may_be_public=may_be_public)
    query = _Query(address, time.monotonic() + seconds)
    try:
        query.connect(ip, port)
        major, minor, _patch = _VERSION.unpack(
            query.answer(_HELLO, bytes(_CAPABILITIES), _VERSION.size)
        )
        if major != PROTOCOL[0] or minor > PROTOCOL[1]:
            words = tr(
                "The machine {address} speaks version {found} of the protocol, and this program "
                "version {own}: both need the same llama.cpp.",
                address=address,
                found=f"{major}.{minor}",
                own="{}.{}".format(*PROTOCOL),
            )
            raise MachineError(address, "foreign", words)
        (count,) = _COUNT.unpack(query.answer(_DEVICE_COUNT, b"", _COUNT.size))
        if not 1 <= count <= _MOST_DEVICES:
            raise query.foreign()
        memory = [
            _MEMORY.unpack(query.answer(_DEVICE_MEMORY, _COUNT.pack(number), _MEMORY.size))
            for number in range(count)
        ]
    finally:
        query.close()
    if not all(0 <= free <= 2**62 and 0 <= total <= 2**62 for free, total in memory):
        raise query.foreign()
    return Machine(
        address=address,
        endpoint=f"{ip}:{port}",
        devices=tuple(DeviceMemory(free, total) for free, total in memory),
    )


class _Query:
    """One connection, on which commands are sent and answered until a moment."""

    def __init__(self, address: str, deadline: float) -> None:
        self._address = address
        self._deadline = deadline
        import socket  # only where there is a machine to ask

        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    def connect(self, ip: str, port: int) -> None:
        try:
            self._wait_no_longer()
            self._socket.connect((ip, port))
        except OSError as error:
            raise _unreachable(self._address, _words(error)) from error

    def answer(self, command: int, data: bytes, size: int) -> bytes:
        """The answer to a command, of so many bytes."""
        try:
            self._wait_no_longer()
            self._socket.sendall(_REQUEST.pack(command, len(data)) + data)
            (found,) = _SIZE.unpack(self._read(_SIZE.size))
            if found != size:
                raise self.foreign()
            return self._read(size)
        except TimeoutError as error:
            words = tr(
                "The machine {address} takes the connection and says nothing: it computes for "
                "somebody else, one at a time, or it was halted.",
                address=self._address,
            )
            raise MachineError(self._address, "silent", words) from error
        except OSError as error:
            raise self.foreign() from error

    def foreign(self) -> MachineError:
        words = tr(
            "What answers at {address} is not llama.cpp's rpc-server.", address=self._address
        )
        return MachineError(self._address, "foreign", words)

    def close(self) -> None:
        self._socket.close()

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            self._wait_no_longer()
            more = self._socket.recv(size - len(data))
            if not more:
                raise self.foreign()
            data += more
        return data

    def _wait_no_longer(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)


def _resolved(place: MachineAddress, *, may_be_public: bool) -> tuple[str, int]:
    import socket

    address = str(place)
    try:
        known = socket.getaddrinfo(place.host, place.port, socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _unreachable(address, tr("nobody knows that name")) from error
    ips = [str(entry[4][0]) for entry in known]
    if not ips:
        raise _unreachable(address, tr("nobody knows that name"))
    if not may_be_public and not is_own_network(ips[0]):
        words = tr(
            "The address {address} is not in your own network. {why} If it is meant, say so in "
            "Model options, or with --rpc-public.",
            address=address,
            why=tr(UNPROTECTED),
        )
        raise MachineError(address, "public", words)
    return ips[0], place.port


def _unreachable(address: str, why: str) -> MachineError:
    words = tr(
        "The machine {address} does not answer ({why}). See that it is on, that rpc-server runs "
        "there, and that nothing stands between you.",
        address=address,
        why=why,
    )
    return MachineError(address, "unreachable", words)


def _words(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return tr("no answer")
    return visible_line(error.strerror or str(error))
