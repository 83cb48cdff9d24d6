"""Whether the fitted temperature is the one that a text was written at.

    python -m tests.benchmarks.temperature_fit [--model MODEL.gguf] [--tokens N] [--seeds N]
        [--temperatures T...] [--drawn-only] [--threads N]

The model writes texts at known temperatures, without filters, one for each seed; no two share their
random draws. Each is fitted twice: from the distributions that its tokens were drawn from, and as a
stranger's text would be, read anew. Only the first must give the temperature back: a text that is
read anew falls into the tokenizer's own tokens, which are not always those that were drawn, the
hotter the less, and the model expects the tokenizer's.

Printed are each fit as it is done, and for each temperature and way: in how many of the texts the
95 % interval holds it, the median error, and the mean of the fitted ones.
"""

import argparse
import statistics
import sys
from pathlib import Path

from studio.engine.messages import (
    Generate,
    LoadOptions,
    Prompt,
    Score,
    Scored,
    ScoringEnded,
    SequenceStart,
    Token,
)
from studio.engine.model_files.starter_model import find_starter_model
from studio.sampling import LogitSketch, SamplingParams
from studio.sampling.analysis.fitted_temperature import TemperatureFit, TemperatureLikelihood
from studio.token_record import TokenRecord
from studio.utf8 import CharacterDecoder
from tests.benchmarks.engine import engine_with

_OPENING = "The old fisherman looked out over the sea and thought about the years."
_TEMPERATURES = (0.6, 1.0, 1.4)


class _Model:
    """An engine with a model, and what it has said.

    Args:
        path: the model.
        tokens: of the longest text.
        threads: of the processor; 0 for one a core.
    """

    def __init__(self, path: Path, tokens: int, threads: int) -> None:
        options = LoadOptions(context_size=2 * tokens + 256, threads=threads)
        self._bench = engine_with(path, options)

    def written(self, temperature: float, seed: int, tokens: int) -> list[TokenRecord]:
        """The tokens of a text, each with the distribution that it was drawn from."""
        params = SamplingParams(temperature=temperature, seed=seed)
        events = self._bench.run(
            Generate(
                request=1,
                prompt=Prompt(manuscript=_OPENING),
                sequences=(SequenceStart(params=params),),
                max_tokens=tokens,
                ignore_eos=True,
            )
        )
        return [event.record for event in events if isinstance(event, Token)]

    def read(self, text: str) -> list[TokenRecord]:
        """The tokens of a text behind the opening, read anew."""
        records: list[TokenRecord] = []
        reached, prompt = len(_OPENING), Prompt(manuscript=_OPENING + text)
        while reached < len(prompt.manuscript):
            events = self._bench.run(Score(request=1, prompt=prompt, first=reached))
            for event in events:
                if isinstance(event, Scored):
                    records += event.tokens
                elif isinstance(event, ScoringEnded):
                    reached = event.reached
        return records

    def close(self) -> None:
        self._bench.engine.close()


def _fitted(records: list[TokenRecord]) -> TemperatureFit:
    likelihood = TemperatureLikelihood()
    for record in records:
        likelihood.append(LogitSketch.from_bytes(record.sketch), record.id)
    fit = likelihood.fit()
    assert fit is not None, "a text was written"
    return fit


def _reported(way: str, temperature: float, fits: list[TemperatureFit]) -> str:
    holding = sum(fit.low <= temperature <= fit.high for fit in fits)
    error = statistics.median(abs(fit.temperature / temperature - 1.0) for fit in fits)
    mean = statistics.mean(fit.temperature for fit in fits)
    width = statistics.median(fit.high - fit.low for fit in fits)
    return (
        f"T {temperature:.1f}  {way:<12}  interval holds {holding} of {len(fits)}, "
        f"median error {100 * error:4.1f} %, mean T {mean:.3f}, interval {width:.3f} wide"
    )


def _said(way: str, temperature: float, seed: int, fit: TemperatureFit) -> str:
    sides = (fit.by_likelihood, fit.by_bootstrap)
    likelihood, bootstrap = (f"{one[0]:.4f} {one[1]:.4f}" if one else "none" for one in sides)
    return (
        f"{temperature} {way}, seed {seed}: {fit.temperature:.4f}, "
        f"by likelihood {likelihood}, by bootstrap {bootstrap}"
    )


def main() -> None:
    """Write, fit and report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, default=find_starter_model())
    parser.add_argument("--tokens", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--temperatures", type=float, nargs="+", default=_TEMPERATURES)
    parser.add_argument("--drawn-only", action="store_true", help="read no text anew")
    parser.add_argument("--threads", type=int, default=0, help="0: one a core")
    given = parser.parse_args()
    if given.model is None:
        sys.exit("The starter model is not installed; name a model's file with --model.")
    model = _Model(given.model, given.tokens, given.threads)
    for temperature in given.temperatures:
        drawn, read = [], []
        # A seed for each temperature and text, whichever of them are asked for in one run.
        first = round(1000 * temperature)
        for seed in range(first, first + given.seeds):
            records = model.written(temperature, seed, given.tokens)
            drawn.append(_fitted(records))
            print(_said("as drawn", temperature, seed, drawn[-1]), flush=True)
            if given.drawn_only:
                continue
            decoder = CharacterDecoder()
            text = "".join(decoder.decode(record.text) for record in records)
            read.append(_fitted(model.read(text)))
            print(_said("read anew", temperature, seed, read[-1]), flush=True)
        for way, fits in (("as drawn", drawn), ("read anew", read)):
            if fits:
                print(_reported(way, temperature, fits), flush=True)
    model.close()


if __name__ == "__main__":
    main()
