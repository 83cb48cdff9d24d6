"""That `measure-window` measures; what it finds is `bench`'s, and no test's."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.helpers.tiny_model import write_byte_level_model
from tests.ui.conftest import LONG

ROOT = Path(__file__).parents[2]
COMMANDS = (
    *("start", "compare 4 0.5 1.0 1.5", "write", "stall"),
    *("turn 20", "memory", "turn_heat 20", "landscape 20"),
)


def test_each_command_is_answered_by_one_line(tmp_path: Path) -> None:
    model = write_byte_level_model(tmp_path / "tiny.gguf")
    begun = time.time()
    done = subprocess.run(
        [sys.executable, "-m", "studio", "measure-window", str(model), "5"],
        cwd=ROOT,
        # One thread, as in `tests/engine/conftest.py`, whatever the window asks for.
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "OMP_THREAD_LIMIT": "1"},
        input="\n".join(COMMANDS),
        capture_output=True,
        text=True,
        timeout=LONG / 1000,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = map(json.loads, done.stdout.splitlines())
    start, compare, write, stall, turn, memory, heat, landscape = answers
    assert start["usable_at"] > begun
    assert start["context_size"] == 512
    assert start["platform"] == "offscreen"
    assert len(compare["evaluated"]) == 3
    assert all(len(lane) <= 4 for lane in compare["evaluated"])
    assert sum(map(len, compare["evaluated"])) > 0
    assert compare["seconds"] > 0
    assert 1 < len(write["prompt"]) < len(compare["prompt"])
    assert 1 <= len(write["tokens"]) <= 5
    assert write["seconds"] > 0
    assert stall["milliseconds"] > 0
    assert turn["milliseconds"] > 0
    assert memory["mib"] > 10
    assert heat["milliseconds"] > 0
    assert heat["tokens"] > 100
    assert landscape["milliseconds"] > 0
    assert landscape["tokens"] > 100
