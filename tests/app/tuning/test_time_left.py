"""How long it may take until everything is written, by a clock of the test's own."""

from studio.app.tuning.time_left import TimeLeft


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_is_as_long_as_those_before_took() -> None:
    clock = Clock()
    left = TimeLeft(clock)
    assert left.words(0, 10) == "", "nothing is written"
    left.follow(True, 0)
    clock.now += 60.0
    assert left.words(0, 10) == "", "the first is not there yet"
    assert left.words(1, 10) == "about 9 min left"
    assert left.words(5, 10) == "about 1 min left"
    assert left.words(6, 10) == "less than a minute left"
    assert left.words(1, 241) == "about 4 h left"
    assert left.words(10, 10) == ""


def test_what_was_there_before_and_a_pause_do_not_count() -> None:
    clock = Clock()
    left = TimeLeft(clock)
    left.follow(True, 900)
    clock.now += 60.0
    left.follow(True, 901)
    assert left.words(901, 910) == "about 9 min left"
    left.follow(False, 901)
    assert left.words(901, 910) == ""
    clock.now += 10_000.0
    left.follow(True, 901)
    clock.now += 1.0
    assert left.words(902, 910) == "", "one second says little"
    clock.now += 59.0
    assert left.words(902, 910) == "about 8 min left"
