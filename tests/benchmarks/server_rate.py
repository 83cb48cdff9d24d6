"""How many tokens a second come from a llama-server: by how many are sent, and how far away it is.

    python -m tests.benchmarks.server_rate

The starter model, one sequence, the same on one thread here and there. The distance is made by a
proxy on loopback that answers later; above 30 ms the server draws the tokens itself.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from studio.engine.generation import at_server
from studio.engine.messages import (
    Generate,
    Load,
    Loaded,
    LoadOptions,
    Prompt,
    RunFinished,
    SequenceStart,
)
from studio.engine.model_files.starter_model import find_starter_model
from studio.sampling import SamplingParams
from tests.helpers.engine_bench import EngineBench
from tests.helpers.faulty_server import FaultyServer, Slow, forwarding
from tests.helpers.llama_server import HOST, LlamaServer

TEXT = "The old fisherman looked out over the grey water and counted the boats that had not come"
TOKENS, ROUNDS = 48, 3
SENT = (200, 1_000, 4_000)
ALL = 49_152
AWAY = (0.0, 0.005, 0.03, 0.1)
PARAMS = {
    "min-p 0.05": SamplingParams(seed=3, min_p=0.05),
    "T 1": SamplingParams(seed=3),
    "T 1.5": SamplingParams(seed=3, temperature=1.5),
}


def rate(bench: EngineBench, params: SamplingParams, rounds: int = ROUNDS) -> float:
    """The median rate of some runs.

    Args:
        bench: The engine.
        params: What is drawn with.
        rounds: How many runs.
    """
    rates = []
    for _ in range(rounds):
        last = bench.run(
            Generate(
                request=1,
                prompt=Prompt(manuscript=TEXT),
                sequences=(SequenceStart(params=params),),
                max_tokens=TOKENS,
                ignore_eos=True,
            )
        )[-1]
        assert isinstance(last, RunFinished), last
        rates.append(last.tokens_per_second)
    return sorted(rates)[rounds // 2]


def main() -> None:
    """Print both tables."""
    model = find_starter_model()
    assert model is not None, "the starter model is not installed"
    here = EngineBench()
    here.run(Load(request=0, path=str(model), options=LoadOptions(threads=1, context_size=1024)))
    for name, params in PARAMS.items():
        print(f"here          {name:12} {rate(here, params):6.1f} tokens/s", flush=True)
    here.engine.close()
    with tempfile.TemporaryDirectory() as folder, LlamaServer(model, Path(folder, "log")) as server:
        there = EngineBench()
        opened = there.run(Load(request=0, path=server.url))[-1]
        assert isinstance(opened, Loaded), opened
        for sent in SENT:
            vars(at_server)["FIRST"] = sent
            for name, params in PARAMS.items():
                print(f"sent {sent:8,} {name:12} {rate(there, params):6.1f} tokens/s", flush=True)
        weighed = vars(at_server)["deciding_temperature"]
        vars(at_server)["deciding_temperature"] = lambda _params: 1.0
        found = rate(there, PARAMS["T 1.5"], 1)
        print(f"sent    4,000 T 1.5, at T 1 {found:6.1f} tokens/s", flush=True)
        vars(at_server)["deciding_temperature"] = weighed
        vars(at_server)["FIRST"] = ALL
        params = PARAMS["T 1"]
        print(f"sent {ALL:8,} {'T 1':12} {rate(there, params, 1):6.1f} tokens/s", flush=True)
        vars(at_server)["FIRST"] = 1_000
        there.engine.close()
        with FaultyServer(forwarding(HOST, server.port)) as proxy:
            for seconds in AWAY:
                proxy.fail(Slow(seconds) if seconds else None)
                there = EngineBench()
                opened = there.run(Load(request=0, path=proxy.url))[-1]
                assert isinstance(opened, Loaded), opened
                who = "there" if opened.report.is_far else "here"
                found = rate(there, PARAMS["min-p 0.05"])
                print(
                    f"{1000 * seconds:3.0f} ms away, drawn {who:5} {found:6.1f} tokens/s",
                    flush=True,
                )
                there.engine.close()


if __name__ == "__main__":
    main()
