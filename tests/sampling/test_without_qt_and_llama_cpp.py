"""The package stands by itself: its tests run where neither Qt nor llama.cpp is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""

PLAIN = ("tests/sampling/samplers/test_pipeline.py", "tests/sampling/samplers/test_dry.py")

QT = ("PySide6", "shiboken6", "pyqtgraph")


def run(missing: tuple[str, ...], *arguments: str) -> "subprocess.CompletedProcess[str]":
    program = WITHOUT.format(missing=missing)
    call = [sys.executable, "-c", program, "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=100)


@pytest.mark.parametrize("plugin", [(), ("-p", "no:pytest-qt")], ids=["plugin", "no-plugin"])
def test_a_run_without_qt_passes(plugin: tuple[str, ...]) -> None:
    done = run(QT, *plugin, *PLAIN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


def test_nothing_of_it_needs_qt_or_llama_cpp_to_be_collected() -> None:
    done = run((*QT, "llama_cpp"), "--collect-only", "tests/sampling")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_pipeline.py" in done.stdout
    assert "test_ranking.py" in done.stdout
