"""An engine in process for benchmarks: what it refuses ends the program, with its message."""

import sys
from pathlib import Path

from studio.engine.control import Control
from studio.engine.messages import AnyEvent, Failed, Load, LoadOptions
from tests.helpers.engine_bench import EngineBench


def engine_with(path: Path, options: LoadOptions) -> EngineBench:
    """An engine with a model.

    Args:
        path: The model.
        options: How it is loaded.
    """
    bench = EngineBench()
    bench.on_event = _end_on_failure
    bench.run(Load(request=0, path=str(path), options=options))
    return bench


def _end_on_failure(event: AnyEvent, _control: Control) -> None:
    if isinstance(event, Failed):
        sys.exit(event.message)
