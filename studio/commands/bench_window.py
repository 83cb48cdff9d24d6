"""The real window, in a process of its own, against the bare loop over the same tokens."""

import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

import msgspec

from studio.commands.bench_pairs import LANE_COUNTS, LANE_TEMPERATURES, LaneRounds, LanesRun
from studio.engine.llama.bare_loop import BareLoop
from studio.own_command import own_command, own_folder

_LANE_ROUNDS = 3
"""At most: each takes half a minute."""


class _Window:
    """The measured process: one command a line in, one JSON object a line out.

    Attributes:
        started: what it said of its model when that was open.
        start_seconds: from its process to a window that can be used.
    """

    def __init__(self, path: Path, count: int) -> None:
        begun_at = time.time()
        self._process = subprocess.Popen(
            own_command("measure-window", str(path.absolute()), str(count)),
            cwd=own_folder(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.started = self.ask("start")
        self.start_seconds: float = self.started["usable_at"] - begun_at

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

    def write_lanes(self, lanes: int, count: int) -> LanesRun:
        """Lanes side by side on the Compare page, after a prompt as `bench_lanes` has it."""
        temperatures = " ".join(map(str, LANE_TEMPERATURES[:lanes]))
        return LanesRun(**self.ask(f"compare {count} {temperatures}"))

    def bare_loop(self, path: Path, lanes: int = 0) -> BareLoop:
        """The yardstick, as the window's engine opened its model."""
        return BareLoop(path, self.started["context_size"], self.started["threads"], lanes)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def measure_window(path: Path, rounds: int, count: int) -> dict[str, object]:
    """Speed of writing in the window, and how promptly it answers.

    Args:
        path: The model's file.
        rounds: How often each thing is measured.
        count: How many tokens are written.
    """
    # Three starts; what the first two windows grow by is not the third's.
    window = _Window(path, count)
    starts = [window.start_seconds]
    window.close()

    window = _Window(path, count)
    starts.append(window.start_seconds)
    figures = _lanes(window, path, rounds, count)
    window.close()

    window = _Window(path, count)
    starts.append(window.start_seconds)
    figures |= _writing(window, path, rounds)
    figures |= {
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
    scrub = window.ask("scrub")
    figures |= {"scrub_ms_p95": scrub["milliseconds"], "scrub_tokens": scrub["tokens"]}
    window.close()
    return figures


def measure_window_speed(path: Path, rounds: int, count: int) -> dict[str, object]:
    """The speed alone, as `measure_window` has it.

    Args:
        path: The model's file.
        rounds: How often each thing is measured.
        count: How many tokens are written.
    """
    window = _Window(path, count)
    figures = _lanes(window, path, rounds, count)
    window.close()
    window = _Window(path, count)
    figures |= _writing(window, path, rounds)
    window.close()
    return figures


def _lanes(window: _Window, path: Path, rounds: int, count: int) -> dict[str, object]:
    """Lanes with the Compare page in view, by their number, to the same batches decoded bare."""
    bare = window.bare_loop(path, lanes=max(LANE_COUNTS))
    lanes = LaneRounds(window.write_lanes, bare)
    lanes.warm()
    for _ in range(min(rounds, _LANE_ROUNDS)):
        lanes.measure(max(2, count // 4))
    bare.close()
    return {"lanes_window_ratio": lanes.ratios, "lanes_window_tps": lanes.rates}


def _writing(window: _Window, path: Path, rounds: int) -> dict[str, object]:
    """One text, to the same tokens decoded bare."""
    bare = window.bare_loop(path)
    ours, theirs = [], []
    for _ in range(rounds + 1):
        run = window.ask("write")
        ours.append(run["seconds"] / (len(run["tokens"]) - 1))
        theirs.append(bare.seconds(run["prompt"], run["tokens"][:-1]) / (len(run["tokens"]) - 1))
    # The first round warms caches and the clock of the processor.
    ours, theirs = ours[1:], theirs[1:]
    bare.close()
    return {
        "window_platform": window.started["platform"],
        "window_tps": 1 / statistics.median(ours),
        "window_ratio": statistics.median(b / a for a, b in zip(ours, theirs, strict=True)),
    }
