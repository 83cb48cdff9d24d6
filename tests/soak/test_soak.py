"""Two minutes of random use of the real window, as `python -m tests.soak` has them for an hour."""

import os
from pathlib import Path

import pytest

from tests.soak.desk import Desk
from tests.soak.kept import seconds_lost
from tests.soak.plan import INSIDE, OUTSIDE, step
from tests.soak.run import Soak
from tests.soak.text_log import Moment

MINUTES = float(os.environ.get("KELVIN_SOAK_MINUTES", "2"))
MOST_RUN = 1.0
"""Seconds of processor time that the window's thread may take before it turns again. On a machine
that does other work too, time alone says nothing, and caches are cold: four times the 250 ms that
`python -m tests.soak` holds it to."""


@pytest.mark.timeout(60 * MINUTES + 300)
def test_two_minutes_of_random_use_lose_and_break_nothing(tmp_path: Path) -> None:
    lines: list[str] = []
    desk = Desk(tmp_path / "desk")
    try:
        report = Soak(1, desk, lines.append).run(MINUTES)
    finally:
        desk.clear()
    log = "\n".join(lines[-200:])
    assert report.failures == [], "\n".join([log, *report.failures])
    assert [stall for stall in report.stalls if stall["cpu"] > MOST_RUN] == [], log
    assert report.steps.total() > 20 * MINUTES, log


def test_a_seed_settles_what_is_done_and_leaves_nothing_out() -> None:
    count = 21 * sum(INSIDE.values())
    steps = [step(5, number) for number in range(count)]
    assert steps == [step(5, number) for number in range(count)]
    assert steps != [step(6, number) for number in range(count)]
    assert set(steps) == {*INSIDE, *OUTSIDE}


def test_what_a_kill_took_is_measured_from_the_text_that_is_kept() -> None:
    moments = [
        Moment(1.0, "a-1", is_modified=False),
        Moment(2.0, "b-2", is_modified=True),
        Moment(3.0, "c-3", is_modified=True),
    ]
    assert seconds_lost(moments, 10.0, {"c-3"}) == 0.0
    assert seconds_lost(moments, 10.0, {"b-2"}) == 7.0
    assert seconds_lost(moments, 10.0, set()) == 8.0, "the file has what was saved at 1"
    assert seconds_lost(moments[:1], 10.0, set()) == 0.0
