"""The real window, in a process of its own, against the bare loop over the same tokens."""

import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

import msgspec

from studio.engine.bare_loop import BareLoop
from studio.own_command import own_command


class _Window:
    """The measured process: one command a line in, one JSON object a line out."""

    def __init__(self, path: Path, count: int) -> None:
        self.begun_at = time.time()
        self._process = subprocess.Popen(
            own_command("measure-window", str(path), str(count)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, command: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\n".encode())
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            status = self._process.wait()
            raise SystemExit(f"studio bench: the window ended while measured (status {status})")
        answer: dict[str, Any] = msgspec.json.decode(line)
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def measure_window(path: Path, rounds: int, count: int) -> dict[str, object]:
    """Speed of writing in the window, and how promptly it answers."""
    starts = []
    for _ in range(3):
        window = _Window(path, count)
        starts.append(window.ask("start")["usable_at"] - window.begun_at)
        window.close()

    window = _Window(path, count)
    started = window.ask("start")
    bare = BareLoop(path, started["context_size"], started["threads"])
    ours, theirs = [], []
    for _ in range(rounds + 1):
        run = window.ask("write")
        ours.append(run["seconds"] / (len(run["tokens"]) - 1))
        theirs.append(bare.seconds(run["prompt"], run["tokens"][:-1]) / (len(run["tokens"]) - 1))
    # The first round warms caches and the clock of the processor.
    ours, theirs = ours[1:], theirs[1:]
    bare.close()
    figures = {
        "window_platform": started["platform"],
        "window_tps": 1 / statistics.median(ours),
        "window_ratio": statistics.median(b / a for a, b in zip(ours, theirs, strict=True)),
        "longest_stall_ms": window.ask("stall")["milliseconds"],
        "turn_ms_p95": window.ask("turn")["milliseconds"],
        "start_seconds": statistics.median(starts),
        "window_mib": window.ask("memory")["mib"],
        "idle_cpu_percent": window.ask("idle")["percent"],
    }
    # Last, for it leaves a thousand tokens' records in the window.
    heat = window.ask("turn_heat")
    figures |= {"turn_heat_ms_p95": heat["milliseconds"], "turn_heat_tokens": heat["tokens"]}
    land = window.ask("landscape")
    figures |= {"landscape_ms_p95": land["milliseconds"], "landscape_tokens": land["tokens"]}
    window.close()
    return figures
