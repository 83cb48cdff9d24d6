"""Real logits for the bench: those in a file, and those that a model gives in the run.

Kept in memory alone.
"""

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.engine.interrupt import Interrupt
from studio.engine.llama import log
from studio.engine.llama.context import LlamaContext
from studio.engine.llama.model import Model
from studio.engine.messages import LoadOptions

RECORDED = Path("shared", "data", "real-logits-262144.npz")
"""Beside the program's folder or one that it is in: 12 vectors of a vocabulary of 262,144."""

_PLACES = 8
"""At the end of each text. Behind its first words a model says what it says behind any."""
_CONTEXT_TOKENS = 512
_TEXTS = (
    "The old fisherman looked out over the grey water and counted the boats that had not come "
    "home. Every morning he rowed past the breakwater and let the boat find its own way,",
    "“You could have told me,” she said, and put the letter back on the table. He looked at the "
    "window, where the rain",
    "def median(values):\n    ordered = sorted(values)\n    middle = len(ordered) // 2\n"
    "    if len(ordered) % 2:\n        return ordered[middle]\n    return (",
    "In 1984 there were 12,408 of them, in 1994 17,950, in 2004 23,",
    "Die Katze sitzt auf der Matte und schaut aus dem Fenster. Draußen",
    "He closed the door behind him and was gone.\n\n",
    "One, two, three, four, five, six, seven, eight, nine,",
    "the sea and the sea and the sea and the sea and the sea and the sea and",
)
"""Prose, talk, code, numbers, another language, a new paragraph, a sure word, a repetition."""


def logits_file(folder: Path) -> Path | None:
    """Find `RECORDED` beside a folder or beside one that it is in; None where it is not."""
    found = (parent / RECORDED for parent in folder.resolve().parents)
    return next((path for path in found if path.is_file()), None)


def read_logits(path: Path) -> NDArray[np.float32]:
    """Read the `(N, V)` float32 of the key `logits` from a numpy archive.

    Raises:
        SystemExit: there are none in it; says what is.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            logits = archive["logits"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise SystemExit(f"studio bench: {path} cannot be read: {error}") from error
    if logits.ndim != 2 or logits.dtype != np.float32 or not logits.size:
        raise SystemExit(
            f"studio bench: {path} has logits of shape {logits.shape} and type {logits.dtype}; "
            "some vectors of float32 are expected"
        )
    found: NDArray[np.float32] = logits
    return found


def record_logits(path: Path) -> NDArray[np.float32]:
    """Have a model evaluate some texts of several kinds; the logits at their last places, `(N, V)`.

    Raises:
        EngineError: the model cannot be opened.
    """
    # One thread: nothing is timed here, and two would wait for one another beside other programs.
    options = LoadOptions(context_size=_CONTEXT_TOKENS, threads=1)
    log.install()
    model = Model(path, options, lambda _fraction: True)
    context = LlamaContext(model, Interrupt())
    rows: list[NDArray[np.float32]] = []
    for text in _TEXTS:
        tokens = model.vocabulary.tokenize(text)
        context.read(
            tokens,
            max(0, len(tokens) - _PLACES),
            lambda _index, logits: rows.append(logits.copy()),
            lambda _done, _total: None,
        )
    context.close()
    model.close()
    return np.array(rows)


def row_like_llama_cpps(size: int) -> NDArray[np.float32]:
    """Make a row that begins where a cache line does, as llama.cpp's own buffer."""
    line = 64 // np.dtype(np.float32).itemsize
    memory = np.zeros(size + line, dtype=np.float32)
    start = -memory.ctypes.data % 64 // memory.itemsize
    return memory[start : start + size]
