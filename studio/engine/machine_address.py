"""The address of another machine, as llama.cpp's RPC takes it: HOST:PORT, by IPv4 or by name."""

import re
from typing import NamedTuple

from studio.translation import mark, tr
from studio.visible_text import visible_line

DEFAULT_PORT = 50052
"""llama.cpp's own."""
MOST_MACHINES = 8

UNPROTECTED = mark(
    "What goes there is neither protected by a password nor encrypted: whoever is on the way can "
    "read your text, and whoever reaches that port can use the machine. Keep to your own network, "
    "or go through SSH."
)
"""What everybody should know who gives an address."""

_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*")
_LONGEST_NAME = 253
_IP = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})", re.ASCII)
_OWN_NETWORKS = ("127.", "10.", "192.168.", "169.254.", *(f"172.{part}." for part in range(16, 32)))
"""This machine, and the networks of homes and firms that no router of the internet leads to."""


class MachineAddress(NamedTuple):
    """Where another machine is."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_address(text: str) -> MachineAddress:
    """Read an address.

    Args:
        text: HOST:PORT.

    Raises:
        ValueError: It is none that llama.cpp can take.
    """
    host, _, number = text.strip().rpartition(":")
    port = int(number) if re.fullmatch(r"[0-9]{1,5}", number) else 0
    is_name = len(host) <= _LONGEST_NAME and _NAME.fullmatch(host) is not None
    if is_name and re.fullmatch(r"[0-9.]+", host):
        is_name = is_ip(host)
    if not is_name or not 0 < port < 65_536:
        words = tr(
            "“{found}” is no address of a machine; allowed is HOST:PORT, such as "
            "192.168.1.20:{port} or cellar.local:{port}",
            found=visible_line(text),
            port=DEFAULT_PORT,
        )
        raise ValueError(words)
    return MachineAddress(host.lower(), port)


def is_ip(text: str) -> bool:
    """Whether a text is an IPv4 address: four numbers, without zeros before them."""
    parts = _IP.fullmatch(text)
    return parts is not None and all(str(int(it)) == it and int(it) < 256 for it in parts.groups())


def is_own_network(ip: str) -> bool:
    """Whether an IPv4 address is this machine's, or one of a network that is nobody else's.

    Args:
        ip: Four numbers.
    """
    return is_ip(ip) and ip.startswith(_OWN_NETWORKS)
