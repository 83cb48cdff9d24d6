"""Which files are open and where their carets stand, as a text that is remembered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

_MOST = 100
_LARGEST_CARET = 2**31


def to_text(files: Sequence[tuple[Path, int]]) -> str:
    """What is remembered of files, the first ones where they are many.

    Args:
        files: Each with the code point that its caret stands before.
    """
    return json.dumps([[str(path), caret] for path, caret in files[:_MOST]])


def of_text(text: str) -> dict[Path, int]:
    """The files and their carets; what of it cannot be used counts as absent.

    Args:
        text: What `to_text` gave, or anything else.
    """
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    found: dict[Path, int] = {}
    for entry in entries[:_MOST] if isinstance(entries, list) else ():
        match entry:
            case [str() as path, int() as caret] if path and "\0" not in path:
                found[Path(path)] = min(max(caret, 0), _LARGEST_CARET)
    return found
