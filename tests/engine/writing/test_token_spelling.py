"""How tokens are spelled, with the real vocabulary."""

from pathlib import Path

from studio.engine.messages import Failed, FindTokens, FindWords, Load, TokensFound
from tests.engine.test_inbox import Harness
from tests.helpers.engine_bench import EngineBench


def test_the_engine_answers_with_spellings(starter_model: Path) -> None:
    bench = EngineBench()
    try:
        refused = bench.run(FindTokens(request=1, ids=(198,)))[-1]
        assert isinstance(refused, Failed)
        assert refused.kind == "no_model"
        bench.run(Load(request=2, path=str(starter_model)))
        found = bench.run(FindTokens(request=3, ids=(0, 198, 10_000_000)))[-1]
        assert isinstance(found, TokensFound)
        assert found.pieces[198] == b"\n"
        assert found.pieces.keys() == {0, 198}, "an id that the model lacks is left out"
    finally:
        bench.engine.close()


def test_it_takes_its_turn_and_gives_way_to_a_load() -> None:
    harness = Harness()
    harness.put(FindTokens(request=1, ids=(1,)), FindWords(request=2, texts=("y",)))
    assert harness.drain() == [1, 2]
    harness.put(FindWords(request=3, texts=("x",)), Load(request=4, path="m.gguf"))
    assert harness.dropped == [3]
