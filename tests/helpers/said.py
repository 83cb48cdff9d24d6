"""What a model says on some devices: greedy tokens, lanes, and what comes next."""

from collections.abc import Sequence
from pathlib import Path

from studio.engine.messages import (
    AnyEvent,
    Distribution,
    Generate,
    LoadOptions,
    ModelReport,
    PreviewNextToken,
    Prompt,
    SequenceStart,
    Token,
)
from studio.sampling import LogitSketch, SamplingParams
from studio.token_record import TokenRecord
from tests.helpers.engine_child import EngineChild

OPENING = "The old fisherman looked out over the grey water and"
GREEDY = SamplingParams(temperature=0.0)
WARM = SamplingParams(temperature=1.2, seed=5)


def write(request: int, tokens: int, *params: SamplingParams) -> Generate:
    """A generation of one sequence for each of some params.

    Args:
        request: Its number.
        tokens: How many each gets.
        params: Of each sequence.
    """
    return Generate(
        request=request,
        prompt=Prompt(manuscript=OPENING),
        sequences=tuple(SequenceStart(params=one) for one in params),
        max_tokens=tokens,
        ignore_eos=True,
        when_full="end",
    )


def records_in(events: Sequence[AnyEvent]) -> dict[int, list[TokenRecord]]:
    """The tokens of each sequence, in order."""
    found: dict[int, list[TokenRecord]] = {}
    for event in events:
        if isinstance(event, Token):
            found.setdefault(event.sequence, []).append(event.record)
    return found


def tokens_in(events: Sequence[AnyEvent]) -> list[tuple[int, int, int]]:
    """All tokens: their sequences, places and ids."""
    return [
        (sequence, index, record.id)
        for sequence, records in sorted(records_in(events).items())
        for index, record in enumerate(records)
    ]


class Said:
    """What a model said.

    Args:
        child: The engine.
        options: How the model is loaded.
        path: The model.
        tokens: How many, greedily.
        in_lanes: How many in each of three lanes.
    """

    def __init__(
        self,
        child: EngineChild,
        options: LoadOptions,
        path: Path,
        tokens: int = 40,
        in_lanes: int = 12,
    ) -> None:
        self.report: ModelReport = child.load(path, options).report
        self.greedy = records_in(child.ask(write(1, tokens, GREEDY)))[0]
        lanes = write(2, in_lanes, WARM, GREEDY, SamplingParams(seed=9))
        self.lanes = records_in(child.ask(lanes))
        self.sketch = next_token(child)


def next_token(child: EngineChild, prompt: str = OPENING) -> LogitSketch:
    """What comes next.

    Args:
        child: The engine, with a model.
        prompt: The text before.
    """
    *_, last = child.ask(PreviewNextToken(request=3, prompt=Prompt(manuscript=prompt)))
    assert isinstance(last, Distribution)
    return LogitSketch.from_bytes(last.sketch)
