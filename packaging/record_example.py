"""Records the example of the Explain panel: a real distribution of the starter model.

    .venv/bin/python packaging/record_example.py

Where no model is open, or nothing is written yet, the panel teaches on this sentence. Its numbers
must be a model's own, so they are measured here and never written by hand. One thread, so that the
same file gives the same bytes again on the same processor.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
FILE = ROOT / "resources" / "explain" / "example.json"
SENTENCE = "The old fisherman looked out over the"


def main() -> int:
    """Write the example; the exit status."""
    import msgspec

    from studio.app.model.names import model_title
    from studio.engine.control import Control
    from studio.engine.engine import Engine
    from studio.engine.interrupt import Interrupt
    from studio.engine.messages import (
        AnyEvent,
        Distribution,
        Load,
        Loaded,
        LoadOptions,
        PreviewNextToken,
        Prompt,
    )
    from studio.engine.model_files.starter_model import find_starter_model

    path = find_starter_model()
    if path is None:
        print("the starter model is missing; run packaging/bootstrap.py", file=sys.stderr)
        return 1
    events: list[AnyEvent] = []
    interrupt = Interrupt()
    engine = Engine(lambda *reported: events.extend(reported), interrupt)
    control = Control(interrupt)
    engine.run(Load(request=1, path=str(path), options=LoadOptions(threads=1)), control)
    engine.run(PreviewNextToken(request=2, prompt=Prompt(manuscript=SENTENCE)), control)
    engine.close()
    loaded = next((event for event in events if isinstance(event, Loaded)), None)
    ahead = next((event for event in events if isinstance(event, Distribution)), None)
    if loaded is None or ahead is None:
        print(f"the engine answered: {events[-1]}", file=sys.stderr)
        return 1
    example = {
        "model": " ".join(model_title(loaded.report).split()),
        "text": SENTENCE,
        "sketch": ahead.sketch,
        "pieces": {str(token): piece for token, piece in sorted(ahead.pieces.items())},
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(example)) + b"\n")
    print(f"{FILE.relative_to(ROOT)}: {FILE.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
