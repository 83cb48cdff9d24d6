"""Lanes of the studio and the same batches decoded bare, by turns.

A shared machine's speed wanders from second to second. So each is timed in two short stretches,
studio, bare, bare, studio: what drifts evenly over the four weighs on both sides alike.
"""

import statistics
from collections.abc import Callable
from typing import NamedTuple

from studio.engine.llama.bare_loop import BareLoop

LANE_COUNTS = (1, 2, 4, 8)
LANE_TEMPERATURES = (0.6, 0.8, 1.0, 1.2, 0.7, 0.9, 1.1, 1.3)
_WARMING_TOKENS = 4


class LanesRun(NamedTuple):
    """What lanes have written, and how long it took.

    Attributes:
        prompt: token ids.
        evaluated: of each lane, the token ids that it wrote and that were evaluated.
        seconds: from the prompt's logits to the last token.
    """

    prompt: list[int]
    evaluated: list[list[int]]
    seconds: float

    @property
    def rate(self) -> float:
        """Evaluated tokens a second, of all lanes together."""
        return sum(map(len, self.evaluated)) / self.seconds


RunLanes = Callable[[int, int], LanesRun]
"""Writes in so many lanes, so many tokens each."""


class LaneRounds:
    """What the rounds have given, by the number of lanes.

    Args:
        run: the studio's side.
        bare: the other, with room for as many lanes.
    """

    def __init__(self, run: RunLanes, bare: BareLoop) -> None:
        self._run = run
        self._bare = bare
        self._ratios: dict[int, list[float]] = {lanes: [] for lanes in LANE_COUNTS}
        self._rates: dict[int, list[float]] = {lanes: [] for lanes in LANE_COUNTS}

    def warm(self) -> None:
        """Fill the caches of both sides, and have the prompt evaluated."""
        for lanes in LANE_COUNTS:
            self._bare_rate(self._run(lanes, _WARMING_TOKENS))

    def measure(self, count: int) -> None:
        """One round: each number of lanes against bare, twice `count` tokens a lane."""
        for lanes in LANE_COUNTS:
            first = self._run(lanes, count)
            bare = [self._bare_rate(first) for _ in range(2)]
            rates = [first.rate, self._run(lanes, count).rate]
            # Of a rate's two stretches the seconds are averaged, for they are what add up.
            ours, theirs = statistics.harmonic_mean(rates), statistics.harmonic_mean(bare)
            self._ratios[lanes].append(ours / theirs)
            self._rates[lanes].append(ours)

    @property
    def ratios(self) -> dict[str, float]:
        """The median of the rounds' ratios: how fast it is where bare is 1."""
        return {str(lanes): statistics.median(found) for lanes, found in self._ratios.items()}

    @property
    def rates(self) -> dict[str, float]:
        """Tokens a second of all lanes together, the median of the rounds."""
        return {str(lanes): statistics.median(found) for lanes, found in self._rates.items()}

    def speedup(self, many: int, few: int) -> float:
        """Times the tokens a second of fewer lanes, the median of the rounds.

        Args:
            many: The larger number of lanes.
            few: The smaller.
        """
        pairs = zip(self._rates[many], self._rates[few], strict=True)
        return statistics.median(more / less for more, less in pairs)

    def _bare_rate(self, run: LanesRun) -> float:
        seconds = self._bare.seconds_of_sequences(run.prompt, run.evaluated)
        return run._replace(seconds=seconds).rate
