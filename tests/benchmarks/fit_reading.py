"""How fast a text is read for its fitted temperature, and whether the window stays alive meanwhile.

    python -m tests.benchmarks.fit_reading [MODEL.gguf] [TOKENS] [ROUNDS]

with `QT_QPA_PLATFORM=offscreen` where there is no screen. Compared are, over the same tokens, a
bare `llama_decode` of the prompt (in the batches of scoring, the logits of every token, as any
program that wants a likelihood must ask for them; and beside it in batches of 128, with all logits
and with those of the last alone, whose difference is what the output matrix costs), and the
engine's scoring with a sketch of each token: in processor time, on one thread, so that other work
on the machine does not count. Then the fit in the real window from its beginning to the table, and
the longest turn of the event loop, in processor time of its thread.

Against the last logits alone .9 cannot be had of a small model: of the starter model's weights a
fifth are the output matrix, which is computed for every token whose likelihood is asked for. On one
machine (29 November 2026, 387 tokens, beside other work): 263 tokens/s with the last logits alone,
229 with all of them (.87), 201 in batches of 32. Batches of 64 and more give other numbers than
writing has, and what is read for a fit stands in the document's records: so they have 60 tokens.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import llama_cpp

from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.llama import log
from studio.engine.llama.batch import Batch
from studio.engine.llama.context import READ_BATCH
from studio.engine.messages import (
    AnyEvent,
    Evaluated,
    Failed,
    Load,
    LoadOptions,
    Prompt,
    Score,
    Scored,
)
from studio.engine.model_files.starter_model import find_starter_model

_SENTENCE = (
    "The old fisherman looked out over the sea at hour {number} and thought about the years that "
    "had gone, about Anna and the boat, and whether anybody would mend the nets. "
)
_LARGE_BATCH = 128


class _Bare:
    """One model and one context, used as plainly as can be.

    Args:
        path: the model.
        size: tokens of the context.
    """

    def __init__(self, path: Path, size: int) -> None:
        log.install()
        llama_cpp.llama_backend_init()
        options = llama_cpp.llama_model_default_params()
        options.n_gpu_layers = 0
        self._model = llama_cpp.llama_model_load_from_file(str(path).encode(), options)
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx = size
        settings.n_threads = settings.n_threads_batch = 1
        self._context = llama_cpp.llama_init_from_model(self._model, settings)

    def seconds(self, tokens: Sequence[int], room: int, *, all_logits: bool) -> float:
        """Evaluate a prompt from nothing."""
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self._context), True)
        batch = Batch(room, room)
        started = time.process_time()
        for first in range(0, len(tokens), room):
            part = list(tokens[first : first + room])
            batch.put(part, first, 0, len(part) if all_logits else 1)
            status = llama_cpp.llama_decode(self._context, batch.value)
            if status:
                raise SystemExit(f"llama_decode gave {status}")
            for row in range(len(part)) if all_logits else (len(part) - 1,):
                llama_cpp.llama_get_logits_ith(self._context, row)
        seconds = time.process_time() - started
        batch.free()
        return seconds


class _Reader:
    """The engine, scoring.

    Args:
        path: the model.
        size: tokens of the context.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._interrupt = Interrupt()
        self._events: list[AnyEvent] = []
        self._engine = Engine(lambda *events: self._events.extend(events), self._interrupt)
        options = LoadOptions(context_size=size, gpu_layers=0, threads=1)
        self._run(Load(request=1, path=str(path), options=options))

    def score(self, text: str) -> tuple[list[int], int, float]:
        """Score a text; its prompt's tokens, how many have a sketch now, and the seconds."""
        self._run(Score(request=2, prompt=Prompt(manuscript="Nothing of the kind.")))
        started = time.process_time()
        events = self._run(Score(request=3, prompt=Prompt(manuscript=text)))
        seconds = time.process_time() - started
        evaluated = next(event for event in events if isinstance(event, Evaluated))
        scored = sum(len(event.tokens) for event in events if isinstance(event, Scored))
        return evaluated.token_ids(), scored, seconds

    def close(self) -> None:
        self._engine.close()

    def _run(self, command: Load | Score) -> list[AnyEvent]:
        self._events = []
        self._interrupt.clear()
        self._engine.run(command, Control(self._interrupt))
        for event in self._events:
            if isinstance(event, Failed):
                raise SystemExit(event.message)
        return self._events


def _text_of(tokens: int) -> str:
    return "".join(_SENTENCE.format(number=number) for number in range(tokens // 38 + 1))


def _measure_engine(path: Path, tokens: int, rounds: int) -> None:
    text = _text_of(tokens)
    size = 2 * tokens + 256
    reader = _Reader(path, size)
    prompt, scored, _ = reader.score(text)
    bare = _Bare(path, size)
    times: list[list[float]] = [[], [], [], []]
    for _ in range(rounds):
        times[0].append(bare.seconds(prompt, READ_BATCH, all_logits=True))
        times[1].append(bare.seconds(prompt, _LARGE_BATCH, all_logits=False))
        times[2].append(reader.score(text)[2])
        times[3].append(bare.seconds(prompt, _LARGE_BATCH, all_logits=True))
    reader.close()
    with_all, last_alone, scoring, with_all_large = map(statistics.median, times)
    print(f"{len(prompt)} tokens, {scored} of them scored", flush=True)
    for name, seconds in (
        (f"bare, batches of {READ_BATCH}, all logits", with_all),
        (f"bare, batches of {_LARGE_BATCH}, all logits", with_all_large),
        (f"bare, batches of {_LARGE_BATCH}, the last logits", last_alone),
        ("scoring", scoring),
    ):
        rate = len(prompt) / seconds
        print(
            f"{name:<36} {rate:7.0f} tokens/s; scoring is {seconds / scoring:.2f} of it", flush=True
        )


def _measure_window(path: Path, tokens: int, rounds: int) -> None:
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication

    from studio.ui.application import make_application, make_window
    from studio.ui.tuning.fit_window import FitWindow

    application = make_application()
    window = make_window(application)
    window.show()

    def run_until(condition: Callable[[], bool]) -> float:
        """Run the event loop until something holds; its longest turn in milliseconds."""
        longest = 0.0
        while not condition():
            begun = time.thread_time()
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            longest = max(longest, time.thread_time() - begun)
        return 1000 * longest

    session = window.session
    run_until(lambda: window.is_started)
    session.model.open(str(path), LoadOptions(context_size=2 * tokens + 256, gpu_layers=0))
    run_until(lambda: session.model.is_ready)
    window.actions_.fit.trigger()
    view = window.findChild(FitWindow)
    assert isinstance(view, FitWindow)
    run_until(lambda: not view.own.is_busy)
    seconds, stalls, again = [], [], []
    for number in range(rounds):
        text = f"{number}. {_text_of(tokens)}"
        session.draft.manuscript.load(text)
        run_until(lambda: session.next_token_preview.is_settled)
        started = time.perf_counter()
        view.begin()
        stalls.append(run_until(lambda: not view.own.is_busy))
        seconds.append(time.perf_counter() - started)
        assert view.own.fit is not None
        started = time.perf_counter()
        view.begin()
        run_until(lambda: not view.own.is_busy)
        again.append(time.perf_counter() - started)
    count = view.own.fit.whole.tokens if view.own.fit is not None else 0
    print(
        f"in the window: {count} tokens in {statistics.median(seconds):.2f} s, "
        f"{count / statistics.median(seconds):.0f} tokens/s to the table; once more, all read, "
        f"in {statistics.median(again):.2f} s; longest turn {max(stalls):.0f} ms"
    )
    session.draft.manuscript.mark_clean()
    window.close()


def main() -> None:
    """Measure the engine, then the window."""
    path = Path(sys.argv[1]) if sys.argv[1:] else find_starter_model()
    if path is None:
        raise SystemExit("no model is given, and the starter model is not installed")
    tokens = int(sys.argv[2]) if sys.argv[2:] else 2000
    rounds = int(sys.argv[3]) if sys.argv[3:] else 5
    home = tempfile.mkdtemp(prefix="fit-reading-")
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        os.environ[name] = home
    _measure_engine(path, tokens, rounds)
    _measure_window(path, tokens, rounds)


if __name__ == "__main__":
    main()
