"""What open documents are called: as short as can be without being alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from studio.translation import tr
from studio.visible_text import visible_name


def distinct_names(documents: Sequence[tuple[Path | None, int]]) -> list[str]:
    """The name of each: that of its file without the suffix, or with it and so many of its folders.

    Args:
        documents: Each one's file, and for one without a file, its number among these.
    """
    names = [""] * len(documents)
    for index, (path, number) in enumerate(documents):
        if path is None:
            names[index] = tr("Untitled") if number == 1 else tr("Untitled {number}", number=number)
    left = {index: path for index, (path, _) in enumerate(documents) if path is not None}
    longest = max((len(path.parts) for path in left.values()), default=0)
    for length in range(longest + 1):
        labels = {index: _label(path, length) for index, path in left.items()}
        taken = Counter([*labels.values(), *names])
        for index, label in labels.items():
            if taken[label] == 1 or length == longest:
                names[index] = label
                del left[index]
    return names


def _label(path: Path, length: int) -> str:
    """A path's end: 0 is the name without its suffix, then the name, then with folders."""
    parts = [path.stem] if length == 0 else path.parts[-length:]
    # The root has its separator already.
    return "/".join(visible_name(part.rstrip("/\\")) for part in parts)
