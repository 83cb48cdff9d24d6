"""How long the window stands still while Sweep and Augment write, measure and show.

    python -m tests.benchmarks.tuning_stalls [MODEL.gguf] [--limit MILLISECONDS]

with `QT_QPA_PLATFORM=offscreen` where there is no screen. The real window has its engine write a
sweep of five temperatures and then a data set; rows are sorted, filtered and walked through as they
come. Printed is every turn of the event loop that took longer than the limit, with what the window
was at then, and the longest of each window. Nothing else should run.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.engine.messages import LoadOptions
from studio.engine.model_files.starter_model import find_starter_model
from studio.ui.application import make_application, make_window, show
from studio.ui.main_window import MainWindow
from studio.ui.tuning.augment_window import AugmentWindow
from studio.ui.tuning.sweep_window import SweepWindow
from tests.soak.stalls import StallWatch, reported

_OPENING = "The old fisherman looked out over the sea and thought about the years."
_SAMPLES, _TOKENS, _ROWS = 24, 48, 150


def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def _reported(name: str, watch: StallWatch) -> None:
    found = watch.take()
    for stall in found:
        print(f"{name}: {reported(stall)}")
        for call in stall["stack"]:  # type: ignore[attr-defined]
            print(f"    {call}")
    longest = max((float(str(stall["seconds"])) for stall in found), default=0.0)
    print(f"{name}: {len(found)} over the limit, the longest {1e3 * longest:.0f} ms", flush=True)


def _sweep(window: MainWindow, watch: StallWatch) -> None:
    watch.take()
    window.actions_.sweep.trigger()
    view = window.findChild(SweepWindow)
    assert isinstance(view, SweepWindow)
    view.samples.setValue(_SAMPLES)
    view.tokens.setValue(_TOKENS)
    QTest.keyClick(view.temperatures, Qt.Key.Key_Return)
    _until(lambda: not view.run.is_running and view.run.is_measured)
    view.table.setFocus()
    for key in (Qt.Key.Key_Down,) * 8 + (Qt.Key.Key_Right,) * 4:
        QTest.keyClick(view.table, key)
        QApplication.processEvents()
    _reported("sweep", watch)
    view.close()


def _augment(window: MainWindow, watch: StallWatch, out: Path) -> None:
    watch.take()
    window.actions_.augment.trigger()
    view = window.findChild(AugmentWindow)
    assert isinstance(view, AugmentWindow)
    view.samples.setValue(_ROWS)
    window.session.sampling.set_max_tokens(_TOKENS)
    view.run.begin(out, view.form())
    _until(lambda: len(view.run.entries) > _ROWS // 3)
    view.table.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    view.filter.setText("the")
    _until(lambda: len(view.run.entries) > _ROWS // 2)
    view.filter.clear()
    view.table.setFocus()
    for _ in range(20):
        QTest.keyClick(view.table, Qt.Key.Key_Down)
        QApplication.processEvents()
    _until(lambda: not view.run.is_busy and view.diversity.is_settled)
    _reported("augment", watch)
    view.close()


def main() -> None:
    """Measure both windows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", type=Path, default=find_starter_model())
    parser.add_argument("--limit", type=float, default=20.0)
    given = parser.parse_args()
    if given.model is None:
        raise SystemExit("no model is given, and the starter model is not installed")
    home = tempfile.mkdtemp(prefix="tuning-stalls-")
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        os.environ[name] = home
    application = make_application()
    window = make_window(application)
    show(window)
    _until(lambda: window.is_started)
    session = window.session
    session.model.open(str(given.model), LoadOptions(context_size=4096, gpu_layers=0))
    _until(lambda: session.model.is_ready)
    QTest.keyClicks(window.editor, _OPENING)
    _until(lambda: session.next_token_preview.is_settled)
    watch = StallWatch(window, given.limit / 1e3)
    _sweep(window, watch)
    _augment(window, watch, Path(home) / "rows.jsonl")
    session.draft.manuscript.mark_clean()
    window.close()


if __name__ == "__main__":
    main()
