"""A folder of comparisons that nobody has saved: they are there when the program opens again.

Each file is one as `comparison_file` writes it; the names give their order.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Collection
from pathlib import Path

from studio.experiments.comparison import Comparison
from studio.experiments.comparison_file import (
    ComparisonFileError,
    load_comparison,
    save_comparison,
)
from studio.memory_budgets import SHELF
from studio.path_checks import size_of
from studio.progress import At
from studio.translation import tr


class CompareShelf:
    """The folder.

    Args:
        folder: Where it is; it need not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: set[Path] = set()
        """The files this process may delete: not those of another window that runs."""

    def paths(self) -> list[Path]:
        """The files, the oldest first; none where there is no folder."""
        try:
            found = sorted(self._folder.glob("*.json"))
        except OSError:
            return []
        self._known.update(found)
        return found

    def load(self, path: Path, at: At = lambda _share: None) -> Comparison:
        """Read a run.

        Args:
            path: Its file.
            at: Is given how far it is; may raise, to end it.

        Raises:
            ComparisonFileError: It cannot be read.
        """
        return load_comparison(path, SHELF, at)

    def path(self, name: str) -> Path:
        """The file of a run, by the name by which documents keep it too."""
        return self._folder / f"{name}.json"

    def new_path(self) -> Path:
        """A name for one that comes after all others."""
        return self.path(f"{time.time_ns():020d}-{secrets.token_hex(4)}")

    def put(self, path: Path, comparison: Comparison) -> bytes:
        """Write a run, in place of what its file held.

        Args:
            path: Its file.
            comparison: What is kept.

        Returns:
            The file's bytes.

        Raises:
            ComparisonFileError: It cannot be written; the file is as it was.
        """
        try:
            # The writer's texts are nobody else's.
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ComparisonFileError(
                path, tr("its folder could not be made: {why}.", why=error.strerror or error)
            ) from error
        data = save_comparison(path, comparison, is_private=True)
        self._known.add(path)
        return data

    def clear_but(self, kept: Collection[Path]) -> None:
        """Delete the other files."""
        for path in self._known - set(kept):
            self._delete(path)

    def make_room(self) -> None:
        """Delete the oldest files while all together are too large."""
        sizes = {path: size_of(path) for path in sorted(self._known)}
        for path in list(sizes)[:-1]:
            if sum(sizes.values()) <= SHELF:
                break
            del sizes[path]
            self._delete(path)

    def _delete(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            path.unlink()
        self._known.discard(path)
