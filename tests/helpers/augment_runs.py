"""`augment` as a process: run to its end, or killed on the way; what it has left."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.helpers.commands_here import run_here_as_text

ROOT = Path(__file__).parents[2]


class Augment:
    """One data set in a folder, begun and gone on with as often as is wanted.

    Args:
        folder: Where the rows are.
        arguments: Of the command, but for the rows' file.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.out = folder / "rows.jsonl"
        self.journal = folder / "rows.jsonl.journal"
        # One thread: see tests/engine/conftest.py.
        program = [sys.executable, "-P", "-m", "studio", "augment", "--threads", "1"]
        self._command = [*program, "--out", str(self.out), "--json", *arguments]

    def run(self) -> subprocess.CompletedProcess[str]:
        """To its end."""
        done = subprocess.run(
            self._command, cwd=ROOT, capture_output=True, timeout=100, encoding="utf-8"
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def run_here(self) -> subprocess.CompletedProcess[str]:
        """To its end, in this process."""
        name, *arguments = self._command[self._command.index("augment") :]
        return run_here_as_text(name, *arguments)

    def end_after(self, lines: int, number: int, patience: float = 100.0) -> tuple[list[str], int]:
        """Send a signal as soon as so many texts were reported.

        Args:
            lines: How many.
            number: The signal's.
            patience: Seconds, after which it is killed.

        Returns:
            All lines that it printed, the last perhaps a part, and its exit status.
        """
        process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        watch = threading.Timer(patience, process.kill)
        watch.start()
        try:
            assert process.stdout is not None
            found: list[str] = []
            while len(found) < lines and (line := process.stdout.readline()):
                found.append(line)
            process.send_signal(number)
            found += process.stdout.read().splitlines(keepends=True)
            return found, process.wait()
        finally:
            watch.cancel()
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()

    def kill_after(self, lines: int) -> list[dict[str, Any]]:
        """Kill it as soon as so many texts were reported; those that were."""
        found, _ = self.end_after(lines, signal.SIGKILL)
        return reported(found)

    def entries(self) -> list[dict[str, Any]]:
        """What the journal has."""
        lines = self.journal.read_text(encoding="utf-8").splitlines()[1:]
        return [json.loads(line) for line in lines]

    def rows(self) -> list[dict[str, Any]]:
        """The rows."""
        return [json.loads(line) for line in self.out.read_text(encoding="utf-8").splitlines()]


def reported(lines: Sequence[str]) -> list[dict[str, Any]]:
    """The texts among printed lines, without one that is cut off."""
    found = [json.loads(line) for line in lines if line.endswith("\n")]
    return [line for line in found if line["type"] in ("row", "refused")]


def what_is_wrong(augment: Augment, known: Sequence[dict[str, Any]], wanted: int) -> list[str]:
    """What a data set that was killed and finished lacks, or has too much of.

    Args:
        augment: It.
        known: All texts that were reported on the way.
        wanted: How many rows it is to have.
    """
    entries = {f"{entry['row']}-{entry['sample']}": entry for entry in augment.entries()}
    rows = {row["id"]: row for row in augment.rows()}
    found = []
    if len(entries) != len(augment.entries()):
        found.append("a text is in the journal twice")
    if len(rows) != len(augment.rows()):
        found.append("a row is there twice")
    if len(rows) != wanted:
        found.append(f"{len(rows)} rows of {wanted}")
    for line in known:
        entry = entries.get(line["id"])
        if entry is None or entry["text"] != line["text"]:
            found.append(f"text {line['id']} was reported and is lost")
        elif line["type"] == "row" and rows.get(line["id"], {}).get("text") != line["text"]:
            found.append(f"row {line['id']} was reported and is lost")
    return found
