"""What a window is about needs no widget: of Qt its core alone, and no display."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "studio" / "app"

LOADS_ALL_OF_IT = """
import importlib, pkgutil, sys
import studio.app
for module in pkgutil.walk_packages(studio.app.__path__, "studio.app."):
    importlib.import_module(module.name)
print(*sorted(name for name in sys.modules if name.split(".")[0] in ("PySide6", "pyqtgraph")))
print(*sorted(name for name in sys.modules if name.startswith("studio.ui")))
"""


def test_it_names_nothing_of_qt_but_its_core() -> None:
    named = set()
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                named.add(node.module)
            elif isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
    of_qt = {name for name in named if name.split(".")[0] in {"PySide6", "pyqtgraph", "shiboken6"}}
    assert of_qt == {"PySide6.QtCore"}


def test_none_of_it_loads_a_widget_or_asks_for_a_display() -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", LOADS_ALL_OF_IT],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded, of_ui = done.stdout.splitlines()
    libraries = {name for name in loaded.split() if name.startswith(("PySide6.Qt", "pyqtgraph"))}
    assert libraries == {"PySide6.QtCore"}
    assert not of_ui
