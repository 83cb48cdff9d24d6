"""Every target for a few hundred inputs; `python -m tests.fuzz` tries them for minutes."""

import random
import sys
from pathlib import Path

import pytest

from tests.fuzz.mutation import mutated
from tests.fuzz.reached import ReachedLines
from tests.fuzz.target import MODULES, make_target


@pytest.mark.parametrize("name", MODULES)
def test_what_nobody_would_write_is_read_or_refused(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if name == "settings":
        # Its timers need an application, which later tests share.
        request.getfixturevalue("qapp")
    target = make_target(name, tmp_path)
    for example in target.seeds:
        target.check(example)

    for seed in range(120):
        chosen = random.Random(seed)
        try:
            if target.absurd is not None and chosen.random() < 0.5:
                target.check(target.absurd(chosen))
            else:
                target.check(mutated(chosen, target.seeds, target.words))
        except BaseException as mistake:
            mistake.add_note(f"made of random.Random({seed})")
            raise


def test_lines_that_are_reached_first_are_counted_once() -> None:
    lines = ReachedLines([__name__])

    def read(number: int) -> str:
        if number > 2:
            return "large"
        return "small"

    tracer = sys.gettrace()
    try:
        said = [lines.watch(lambda number=number: read(number)) for number in (1, 2, 3, 3, 1)]  # type: ignore[misc]
    finally:
        sys.settrace(tracer)
    assert said == [
        ("small", True), ("small", False), ("large", True), ("large", False), ("small", False),
    ]  # fmt: skip


def test_the_same_seed_makes_the_same_inputs() -> None:
    seeds = [b"GGUF" + bytes(100), b'{"a": 12}']
    made = []
    for _ in range(2):
        chosen = random.Random(7)
        made.append([mutated(chosen, seeds, (b"key",)) for _ in range(50)])
    assert made[0] == made[1]
    assert len(set(made[0])) > 40
