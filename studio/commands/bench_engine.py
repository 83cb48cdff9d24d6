"""The engine in process against the bare loop, over the same tokens at the same positions."""

import statistics
import time
from pathlib import Path

from studio.engine.bare_loop import BareLoop
from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.messages import (
    AnyEvent,
    Evaluated,
    Failed,
    Finished,
    Generate,
    Load,
    Loaded,
    Prompt,
    Token,
)
from studio.engine.untold import FRAME_SECONDS
from studio.sampling import SamplingParams

_PARAMS = SamplingParams(temperature=0.8, top_k=40, top_p=0.95, min_p=0.05, seed=1)
_OPENING = "The old fisherman looked out over the sea and thought about the years."
_LONG_TOKENS = 2000
_LAST = 32


class _Run:
    """What one command of the engine answered."""

    def __init__(self, engine_events: list[AnyEvent]) -> None:
        failures = [event for event in engine_events if isinstance(event, Failed)]
        if failures:
            raise SystemExit(f"studio bench: {failures[0].message}")
        self.tokens = [event.id for event in engine_events if isinstance(event, Token)]
        self.prompt = next(e for e in engine_events if isinstance(e, Evaluated)).token_ids()
        self.finished = next(e for e in engine_events if isinstance(e, Finished))


def measure_engine(path: Path, rounds: int, count: int) -> dict[str, object]:
    """Speed of engine and bare loop, their ratio, and what an edit at the end costs."""
    events: list[AnyEvent] = []
    interrupt = Interrupt()
    # As the window's engine does it.
    engine = Engine(lambda *new: events.extend(new), interrupt, FRAME_SECONDS)
    engine.run(Load(request=0, path=str(path)), Control(interrupt))
    loaded = events[-1]
    if not isinstance(loaded, Loaded):
        raise SystemExit(f"studio bench: {getattr(loaded, 'message', loaded)}")
    bare = BareLoop(path, loaded.report.context_size, loaded.report.threads)

    def generate(manuscript: str, tokens: int) -> _Run:
        events.clear()
        command = Generate(
            request=1,
            prompt=Prompt(manuscript=manuscript),
            params=_PARAMS,
            max_tokens=tokens,
            ignore_eos=True,
        )
        engine.run(command, Control(interrupt, _PARAMS))
        return _Run(list(events))

    ours, theirs = [], []
    for _ in range(rounds + 1):
        run = generate(_OPENING, count)
        # The last token written is not evaluated by the engine, nor here.
        theirs.append(bare.seconds(run.prompt, run.tokens[:-1]))
        ours.append(run.finished.seconds)
    # The first round warms caches and the clock of the processor.
    ours, theirs = ours[1:], theirs[1:]

    manuscript = _OPENING
    while len(generate(manuscript, 1).prompt) < _LONG_TOKENS:
        manuscript += " " + _OPENING
    decodes = []
    for word in ("Then", "Still", "Once", "Now", "Later")[:rounds]:
        started = time.perf_counter()
        run = generate(f"{manuscript} {word}", 1)
        elapsed = time.perf_counter() - started
        # At the same positions, for a token takes the longer the more stands before it.
        decode = bare.seconds(run.prompt[:-_LAST], run.prompt[-_LAST:]) / _LAST
        decodes.append(elapsed / decode)
    engine.close()
    bare.close()
    return {
        "model": path.name,
        "threads": loaded.report.threads,
        "decode_tps": statistics.median((count - 1) / seconds for seconds in theirs),
        "engine_tps": statistics.median((count - 1) / seconds for seconds in ours),
        "engine_ratio": statistics.median(
            bare_s / our_s for bare_s, our_s in zip(theirs, ours, strict=True)
        ),
        "continue_after_edit_decodes": statistics.median(decodes),
    }
