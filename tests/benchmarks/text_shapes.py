"""How long the window stands still over texts of any shape, in processor time of its thread.

`python -m tests.benchmarks.text_shapes [SHAPE...]`, with `QT_QPA_PLATFORM=offscreen` where there
is no screen. Opens each text in the real window without a model; where no page holds it, its first
part, or wrapped. For each: how long until all of it is there, and of these the longest turn of the
event loop; a key at the beginning, in the middle and at the end until it is painted; another width;
all of it deleted, and undone; saved; and what memory it took.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import patch

MEGABYTE = 2**20
SENTENCE = "The old fisherman pushed the boat into the water and looked back. "

SHAPES: dict[str, Callable[[], str]] = {
    "novel": lambda: (SENTENCE * 8 + "\n") * 7400,
    "prose-64M": lambda: (SENTENCE * 8 + "\n") * (64 * MEGABYTE // 529),
    "lines-64M": lambda: (SENTENCE + "and he rowed.\n") * (64 * MEGABYTE // 80),
    "word-1M": lambda: "a" * MEGABYTE,
    "paragraph-1M": lambda: SENTENCE * (MEGABYTE // len(SENTENCE)),
    "marks-1M": lambda: "e" + "\u0301" * MEGABYTE,
    "families-1M": lambda: "👩\u200d👩\u200d👧\u200d👦" * (MEGABYTE // 7),
    "letters-1M": lambda: "a\n" * 1_000_000,
    "empty-1M": lambda: "\n" * 1_000_000,
    "widest": lambda: "a" * 20_000,
    "most-lines": lambda: "a\n" * 49_999,
}


def main(names: list[str]) -> None:
    """Measure the shapes that are named, or all."""
    folder = Path(tempfile.mkdtemp(prefix="text-shapes-"))
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        os.environ[variable] = str(folder)
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from studio.ui.application import make_application, make_window

    application = make_application()
    # The last answer: wrapped, or the first part.
    patch("studio.ui.writing.text_reading.ask", lambda *about: about[-1][-1]).start()
    window = make_window(application)
    window.show()
    QTest.qWaitForWindowExposed(window)
    editor, manuscript = window.editor, window.session.draft.manuscript

    def turn() -> float:
        begun = time.thread_time()
        QApplication.processEvents()
        return 1000 * (time.thread_time() - begun)

    def settle(act: Callable[[], object], rest: float = 0.0) -> tuple[float, float]:
        """Do something; how many seconds until all is there, and the longest turn in ms."""
        begun, before = time.perf_counter(), time.thread_time()
        act()
        longest = 1000 * (time.thread_time() - before)
        while time.perf_counter() < begun + rest and editor.is_whole:
            longest = max(longest, turn())
        for _ in range(3):
            for _ in range(5):  # what was read is shown a turn later
                longest = max(longest, turn())
            while window.session.reading.is_busy or not editor.is_whole:
                longest = max(longest, turn())
        return time.perf_counter() - begun, longest

    def key(share: float) -> float:
        editor.move_caret(round(share * len(manuscript)))
        QApplication.processEvents()
        begun = time.thread_time()
        length = len(manuscript)
        QTest.keyClicks(editor, "x")
        QApplication.processEvents()
        editor.viewport().repaint()
        assert len(manuscript) == length + 1, "the key was taken"
        return 1000 * (time.thread_time() - begun)

    def resident() -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") // MEGABYTE

    print("shape: characters on the page, s until it is there (longest turn, ms); keys, ms at")
    print("beginning, middle, end; another width; deleted; undone; saved; MiB")
    for name in names or list(SHAPES):
        path = folder / f"{name}.txt"
        path.write_text(SHAPES[name]())
        manuscript.mark_clean()
        window.files.close()
        settle(lambda: None)
        before = resident()
        opened = settle(partial(window.open_path, path))
        length = len(manuscript)
        keys = [max(key(share) for _ in range(3)) for share in (0, 0.5, 1)]
        width = settle(lambda: window.resize(700, window.height()), rest=0.3)
        settle(lambda: window.resize(1320, window.height()), rest=0.3)
        editor.selectAll()
        deleted = settle(lambda: QTest.keyClick(editor, Qt.Key.Key_Delete))
        undone = settle(editor.undo)
        begun = time.thread_time()
        window.session.draft.begin_save(folder / "saved.txt")
        saved = 1000 * (time.thread_time() - begun)
        print(
            f"{name}: {length:,}, {opened[0]:.1f} s ({opened[1]:.0f}); "
            f"{' '.join(f'{each:.0f}' for each in keys)}; {width[1]:.0f}; {deleted[1]:.0f}; "
            f"{undone[1]:.0f}; {saved:.0f}; {resident() - before}",
            flush=True,
        )
    window.session.close()


if __name__ == "__main__":
    main(sys.argv[1:])
