"""Another machine, as far as one process on loopback is one: the program's own RPC server."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from studio.engine.machine_query import MachineError, ask_machine
from tests.helpers.waiting import PATIENCE, until

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """A port of loopback where nobody listens."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def require_rpc() -> None:
    """Skip a test where the installed llama.cpp cannot do what it is about.

    That it can is a test of its own (tests/engine/llama/test_backend.py), which fails: so no run
    passes by skipping.
    """
    from studio.engine.llama import backend

    if not backend.supports_rpc():
        pytest.skip("this llama.cpp was built without GGML_RPC")


class RpcMachine:
    """A server that runs.

    Args:
        port: Where it listens.
        process: Its process.
    """

    def __init__(self, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.address = f"127.0.0.1:{port}"
        self.process = process

    def kill(self) -> None:
        """End it as a lack of power would."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def halt(self) -> None:
        """Stop it: the system goes on taking connections and data for it."""
        self.process.send_signal(signal.SIGSTOP)
        seen = psutil.Process(self.process.pid)
        until(lambda: seen.status() == psutil.STATUS_STOPPED, "the server's halt")

    @contextmanager
    def slowed(self, times: int = 20) -> Iterator[None]:
        """Have it compute a part of the time alone, as if the model were larger.

        Args:
            times: By so many times.
        """
        ended = threading.Event()

        def work() -> None:
            while not ended.is_set():
                self.process.send_signal(signal.SIGSTOP)
                ended.wait((times - 1) * 0.002)
                self.process.send_signal(signal.SIGCONT)
                ended.wait(0.002)

        working = threading.Thread(target=work)
        working.start()
        try:
            yield
        finally:
            ended.set()
            working.join()

    def answers(self) -> bool:
        """Whether it can be used now."""
        assert self.process.poll() is None, "the server has ended"
        try:
            ask_machine(self.address)
        except MachineError:
            return False
        return True


@contextmanager
def rpc_machine(*arguments: str, memory: int = 0, port: int = 0) -> Iterator[RpcMachine]:
    """A server that is ready, and ended afterwards.

    Args:
        arguments: Further ones of its command line.
        memory: How many bytes of addresses it may have; 0 for any number.
        port: Where it listens; 0 for anywhere.
    """
    require_rpc()
    port = port or free_port()

    def limit() -> None:
        if memory:
            import resource

            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    process = subprocess.Popen(
        [sys.executable, "-m", "studio", "rpc-server", "-p", str(port), "-t", "1", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        preexec_fn=limit if memory else None,
    )
    try:
        machine = RpcMachine(port, process)
        until(machine.answers, "the server's first answer")
        yield machine
    finally:
        process.kill()
        process.wait(PATIENCE)
