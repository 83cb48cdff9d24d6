"""What is fuzzed: a reader of bytes that strangers make, and bytes that it reads well."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

MODULES = {
    "gguf-header": "tests.fuzz.gguf_header",
    "engine-frames": "tests.fuzz.engine_frames",
    "presets": "tests.fuzz.presets",
    "comparisons": "tests.fuzz.comparisons",
    "sketches": "tests.fuzz.sketches",
    "settings": "tests.fuzz.settings",
    "documents": "tests.fuzz.documents",
    "kelvin-documents": "tests.fuzz.kelvin_documents",
}
"""Name of a target -> the module whose function `target` makes it."""


class Target(NamedTuple):
    """A reader under test."""

    seeds: list[bytes]
    """Sound inputs of every kind there is, as small as they can be."""
    check: Callable[[bytes], str]
    """Reads an input and says in a few words what became of it: which error, or what was read.

    Inputs of which the same is said count as alike. The reader's own error is no finding; whatever
    this raises is one."""
    words: tuple[bytes, ...] = ()
    """What the format is made of: keys, brackets, magic numbers."""
    watched: tuple[str, ...] = ()
    """Beginnings of the names of the modules whose lines are to be reached: "studio.presets"."""
    absurd: Callable[[Random], bytes] | None = None
    """Makes an input that is well formed and has one absurd value in it. Changes of bytes mostly
    break the form; these get behind it."""


def make_target(name: str, folder: Path) -> Target:
    """The target of this name.

    Args:
        name: One of `MODULES`.
        folder: An empty one, for files that it writes.
    """
    target: Target = importlib.import_module(MODULES[name]).target(folder)
    return target
