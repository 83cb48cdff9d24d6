"""`kelvin-studio rpc-server`: this machine computes layers of a model that another one has open.

llama.cpp's own server, with its options; what it speaks is llama.cpp's RPC.
"""

import argparse
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from studio.commands.command_parser import CommandParser
from studio.commands.shared_options import positive
from studio.engine.machine_address import DEFAULT_PORT, UNPROTECTED, is_ip, is_own_network


def main(arguments: Sequence[str]) -> int:
    """Run the command until it is ended; 1 where it cannot listen, 2 on a wrong call."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if not (given.public or is_own_network(given.host)):
        parser.error(
            f"--host {given.host}: this would listen where the internet may reach it. "
            f"{UNPROTECTED} If that is meant, add --public"
        )
    if refusal := _refusal(given.host, given.port):
        print(f"studio rpc-server: {given.host}:{given.port}: {refusal}", file=sys.stderr)
        return 1
    # llama.cpp serves within one call without end, in which Python handles no signal.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    from studio.engine.llama import backend
    from studio.engine.llama.placement import no_rpc_words

    backend.begin()
    if not backend.supports_rpc():
        print(f"studio rpc-server: {no_rpc_words()}", file=sys.stderr)
        return 1
    if not given.host.startswith("127."):
        print(f"studio rpc-server: {UNPROTECTED}", file=sys.stderr)
    if given.cache:
        Path(given.cache).mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    backend.serve(
        f"{given.host}:{given.port}", given.threads or backend.usable_cores(), given.cache
    )
    print("studio rpc-server: llama.cpp could not serve there", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="kelvin-studio rpc-server",
        description="Compute for another machine: its program is given this one's address with "
        "--rpc, or in Model options. Serves one at a time, until it is ended.",
    )
    parser.add_argument(
        "-H",
        "--host",
        metavar="IP",
        type=_ip,
        default="127.0.0.1",
        help="the address of this machine to listen at (default: 127.0.0.1, which SSH can forward)",
    )
    parser.add_argument(
        "-p", "--port", metavar="N", type=_port, default=DEFAULT_PORT, help="default: %(default)s"
    )
    parser.add_argument(
        "-t", "--threads", metavar="N", type=positive, default=0, help="default: all cores"
    )
    parser.add_argument(
        "-c",
        "--cache",
        metavar="FOLDER",
        default="",
        help="keep large weights there, so that they are not sent again",
    )
    parser.add_argument(
        "--public", action="store_true", help="listen where the internet may reach it, too"
    )
    return parser


def _ip(text: str) -> str:
    if not is_ip(text):
        words = f"found {text!r}; allowed is an IPv4 address of this machine"
        raise argparse.ArgumentTypeError(words)
    return text


def _port(text: str) -> int:
    number = positive(text)
    if number > 65_535:
        raise argparse.ArgumentTypeError(f"found {text}; allowed is 1 to 65535")
    return number


def _refusal(host: str, port: int) -> str:
    """Why this machine cannot listen there; empty where it can."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""
