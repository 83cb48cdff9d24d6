"""The real window, measured: `python -m studio bench` runs this as a process of its own.

Reads a command a line on stdin, with numbers where it takes them, and answers with one JSON object
a line on stdout. What is timed is what a writer would wait for; nothing of the window knows that it
is measured.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import psutil
from PySide6.QtCore import QEvent, QEventLoop, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from studio.app.compare.setups import LaneSetup
from studio.app.heat.measure import HeatMeasure
from studio.engine.messages import (
    AnyEvent,
    Distribution,
    Evaluated,
    Finished,
    RunFinished,
    Token,
)
from studio.sampling import SamplingParams
from studio.ui.application import make_application, make_window, show
from studio.ui.histogram.histogram import NextTokenHistogram
from studio.ui.main_window import MainWindow
from studio.ui.no_traces import no_traces

_OPENING = "The old fisherman looked out over the sea and thought about the years."
_LONG_OPENING = " ".join([_OPENING] * 36)
"""A little over 512 tokens of the starter model."""
_PARAMS = SamplingParams(temperature=0.8, top_k=40, top_p=0.95, min_p=0.05, seed=1)
_PROBE_MS = 2
_REST_SECONDS = 5.0
_TURNS = 200
_PAGE_TOKENS = 1000
_PAGE_SIZE = (1920, 1900)
"""Of a window that shows a thousand tokens at once."""
_MOST_TRIES = 8
"""Generations until there are that many; a model may end each early."""


def main(arguments: Sequence[str]) -> int:
    """Measure the window with the model `arguments[0]`, writing `arguments[1]` tokens a run."""
    path, count = arguments
    if sys.platform == "linux" and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = make_application()
    with no_traces():
        _answer(make_window(application), path, int(count))
    return 0


def _answer(window: MainWindow, path: str, count: int) -> None:
    """Answer what stdin asks of a window, until it ends."""
    show(window)
    run_until(lambda: window.is_started)
    # When, not for how long: of its own beginning a process knows only what the system guesses.
    usable_at = time.time()

    session = window.session
    session.model.open(path)
    run_until(lambda: session.model.is_ready)
    session.sampling.set_params(_PARAMS)
    session.sampling.set_max_tokens(count)
    measurement = _Measurement(window)
    report = session.model.report
    assert report is not None, "a ready model has its report"
    commands: dict[str, Callable[..., dict[str, object]]] = {
        "start": lambda: {
            "usable_at": usable_at,
            "context_size": report.context_size,
            "threads": report.threads,
            "platform": QGuiApplication.platformName(),
        },
        "write": measurement.write,
        "compare": measurement.compare,
        "stall": measurement.longest_stall,
        "turn": measurement.turn,
        "turn_heat": measurement.turn_heat,
        "landscape": measurement.landscape,
        "scrub": measurement.scrub,
        "memory": measurement.memory,
        "idle": measurement.idle,
    }
    for line in sys.stdin:
        name, *numbers = line.split()
        answer = commands[name](*map(float, numbers))
        print(msgspec.json.encode(answer).decode(), flush=True)
    session.close()


def run_until(condition: Callable[[], bool]) -> None:
    """Run the event loop until the condition holds, asleep between events as `exec` is."""
    while not condition():
        # With a time limit it would not sleep, but poll, and take a core from the engine.
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    _delete_deferred()


def _delete_deferred() -> None:
    """Delete what asked for it, as `exec` does between two events and `processEvents` does not.

    The columns of lanes that are gone would follow those that are there, at each run more of them.
    """
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


class _Measurement:
    """What can be asked of one window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.session
        self._events: list[AnyEvent] = []
        self._session.client.received.connect(self._events.append)

    def write(self) -> dict[str, object]:
        """One generation after the same opening; its tokens and the engine's seconds."""
        self._reset_text()
        self._events.clear()
        self._session.writing.continue_writing()
        run_until(lambda: self._session.writing.is_idle)
        evaluated = next(event for event in self._events if isinstance(event, Evaluated))
        finished = next(event for event in self._events if isinstance(event, RunFinished))
        return {
            "prompt": evaluated.token_ids(),
            "tokens": [event.record.id for event in self._events if isinstance(event, Token)],
            "seconds": finished.seconds_generation,
        }

    def compare(self, count: float, *temperatures: float) -> dict[str, object]:
        """Lanes at these temperatures, `count` tokens each, after a long prompt, in view.

        Their token ids that were evaluated, lane by lane, and the engine's seconds.
        """
        state = self._session.compare
        if not self._window.compare.is_shown:
            self._reset_text(_LONG_OPENING)
            self._window.compare.show(True)
        if [lane.temperature for lane in state.lanes] != list(temperatures):
            here = state.here
            state.set_up(
                [
                    LaneSetup(here.preset, msgspec.structs.replace(here.params, temperature=t))
                    for t in temperatures
                ]
            )
            QApplication.processEvents()
            _delete_deferred()
        state.set_seed(_PARAMS.seed)
        state.set_max_tokens(int(count))
        self._events.clear()
        state.run()
        run_until(lambda: not state.is_running)
        run_until(lambda: any(isinstance(event, RunFinished) for event in self._events))
        finished = next(event for event in self._events if isinstance(event, RunFinished))
        evaluated = next(event for event in self._events if isinstance(event, Evaluated))
        lanes: list[list[int]] = [[] for _ in temperatures]
        for event in self._events:
            if isinstance(event, Token):
                lanes[event.sequence].append(event.record.id)
            elif isinstance(event, Finished) and event.reason != "end_of_text":
                # Nobody asked what follows the last token.
                del lanes[event.sequence][-1:]
        return {
            "prompt": evaluated.token_ids(),
            "evaluated": lanes,
            "seconds": finished.seconds_generation,
        }

    def longest_stall(self) -> dict[str, object]:
        """The longest time between two turns of the event loop while writing."""
        last = time.perf_counter()
        longest = 0.0

        def tick() -> None:
            nonlocal last, longest
            now = time.perf_counter()
            longest = max(longest, now - last)
            last = now

        probe = QTimer()
        probe.timeout.connect(tick)
        probe.start(_PROBE_MS)
        self.write()
        probe.stop()
        return {"milliseconds": longest * 1e3}

    def turn(self, turns: float = _TURNS) -> dict[str, object]:
        """From a new T to the redrawn bars, 95th percentile over so many turns."""
        self._next_token_preview()
        histogram = self._window.findChildren(NextTokenHistogram)[0]
        times = []
        for temperature in np.geomspace(0.1, 5.0, int(turns)).tolist():
            started = time.perf_counter()
            self._session.sampling.change(temperature=temperature)
            histogram.repaint()
            times.append(time.perf_counter() - started)
            QApplication.processEvents()
        self._session.sampling.set_params(_PARAMS)
        return {"milliseconds": _p95_ms(times)}

    def turn_heat(self, turns: float = _TURNS) -> dict[str, object]:
        """From a new T to everything redrawn, a page of tinted tokens included; the same figure.

        Also says how many tokens were in view.
        """
        session, window = self._session, self._window
        self._write_page()
        window.resize(*_PAGE_SIZE)
        session.heat.set_measure(HeatMeasure.SURPRISE)
        self._next_token_preview()
        QApplication.processEvents()
        times = []
        for temperature in np.geomspace(0.1, 5.0, int(turns)).tolist():
            started = time.perf_counter()
            session.sampling.change(temperature=temperature)
            # What has changed is painted when the events are: editor, bars, curve and track.
            QApplication.processEvents()
            times.append(time.perf_counter() - started)
        tokens = len(window.heat.painter.tiles.visible)
        session.heat.set_measure(HeatMeasure.OFF)
        session.sampling.set_params(_PARAMS)
        return {"milliseconds": _p95_ms(times), "tokens": tokens}

    def landscape(self, turns: float = _TURNS) -> dict[str, object]:
        """From a new T to the landscape of 1,000 tokens redrawn; the same figure, and how many."""
        session, landscape = self._session, self._window.landscape
        self._write_page()
        landscape.state.set_count(_PAGE_TOKENS)
        landscape.set_shown(True)
        run_until(lambda: landscape.state.is_settled)
        view = landscape.panel.view
        assert view is not None, "it is shown"
        times = []
        for temperature in np.geomspace(0.1, 5.0, int(turns)).tolist():
            started = time.perf_counter()
            session.sampling.change(temperature=temperature)
            landscape.state.update_now()
            view.viewport().repaint()
            times.append(time.perf_counter() - started)
            QApplication.processEvents()
        tokens = len(landscape.state.spans)
        landscape.set_shown(False)
        session.sampling.set_params(_PARAMS)
        return {"milliseconds": _p95_ms(times), "tokens": tokens}

    def scrub(self) -> dict[str, object]:
        """From a new T to where a page of tokens parts, greyed from there; the same figure.

        Every other T is so near the take's own that all of it stands, and is looked through. Also
        says how many tokens the take has.
        """
        session, window = self._session, self._window
        self._write_page()
        window.resize(*_PAGE_SIZE)
        longest = max(
            session.draft.manuscript.take_sets,
            key=lambda takes: takes.place.end - takes.place.start,
        )
        window.editor.move_caret(longest.place.end)
        self._next_token_preview()
        QApplication.processEvents()
        session.scrub.set_on(True)
        session.scrub.hold()
        times = []
        for number, temperature in enumerate(np.geomspace(0.1, 5.0, _TURNS).tolist(), 1):
            near = _PARAMS.temperature * (1.0 + 1e-9 * number)
            for turned in (temperature, near):
                started = time.perf_counter()
                session.sampling.change(temperature=turned)
                QApplication.processEvents()
                run_until(lambda: session.scrub.is_known)
                times.append(time.perf_counter() - started)
        shown = session.scrub.shown
        assert shown is not None, "the take can be turned"
        session.scrub.give_up()
        session.scrub.let_go()
        session.scrub.set_on(False)
        return {"milliseconds": _p95_ms(times), "tokens": shown.tokens}

    def memory(self) -> dict[str, object]:
        """Resident memory of the window's process."""
        return {"mib": psutil.Process().memory_info().rss / 2**20}

    def idle(self) -> dict[str, object]:
        """Processor time that window and engine take while nothing happens, in percent."""
        self._next_token_preview()
        # A blinking caret is the one thing that moves at rest; the editor keeps the focus.
        processes = [psutil.Process(), psutil.Process(self._session.client.process_id)]
        before = sum(_cpu_seconds(process) for process in processes)
        wait = QEventLoop()
        QTimer.singleShot(int(_REST_SECONDS * 1000), wait.quit)
        wait.exec()
        used = sum(_cpu_seconds(process) for process in processes) - before
        return {"percent": 100 * used / _REST_SECONDS}

    def _write_page(self) -> None:
        """Have a text of at least `_PAGE_TOKENS` written tokens, the caret at its end."""
        session, window = self._session, self._window
        if len(session.records.spans) < _PAGE_TOKENS:
            self._reset_text()
            session.sampling.set_max_tokens(_PAGE_TOKENS)
        for _ in range(_MOST_TRIES):
            window.editor.move_caret(len(session.draft.manuscript))
            if len(session.records.spans) >= _PAGE_TOKENS:
                break
            session.writing.continue_writing()
            run_until(lambda: session.writing.is_idle)

    def _reset_text(self, text: str = _OPENING) -> None:
        self._window.compare.show(False)
        manuscript = self._session.draft.manuscript
        manuscript.load(text)
        self._window.editor.move_caret(len(text))
        self._next_token_preview()

    def _next_token_preview(self) -> None:
        """Wait until the histogram shows what follows the caret."""
        self._events.clear()
        self._session.draft.prompt_changed.emit()
        timer = QTimer()
        timer.setSingleShot(True)
        timer.start(500)
        run_until(
            lambda: (
                not timer.isActive()
                or any(isinstance(event, Distribution) for event in self._events)
            )
        )


def _p95_ms(times: list[float]) -> float:
    """Return the 95th percentile of some seconds, in milliseconds."""
    return float(np.quantile(times, 0.95, method="weibull")) * 1e3


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
