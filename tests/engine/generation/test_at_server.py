"""How many tokens a server is asked for: what the last draws would have cost least with."""

from collections import deque
from typing import Any, cast

import pytest

from studio.engine.generation.at_server import AtServer
from studio.engine.generation.sequence import SequenceState
from studio.engine.server.served_context import ServedContext


class SomeServer:
    """How many tokens it says at most, and of how many texts at once."""

    most = 49_152
    at_once = 4


class Sequence:
    """The first."""

    number = 0


@pytest.mark.parametrize(
    ("needed", "count"),
    [
        ((), 1_000),
        ((3, 17, 900) * 5, 1_000),
        # One of eight far down is asked for again; more than that are asked for at once.
        ((3, 17, 900, 4, 30_000, 8, 1, 2) * 2, 1_000),
        ((3, 2_500, 2_600) * 5, 4_000),
        ((40_000, 30_000, 2, 45_000) * 4, 49_152),
    ],
)
def test_the_cheapest_count_is_asked_for(needed: tuple[int, ...], count: int) -> None:
    server = AtServer(cast(ServedContext, SomeServer()))
    access: Any = server
    access._needed[0] = deque(needed, maxlen=16)
    assert access._count(cast(SequenceState, Sequence())) == count
