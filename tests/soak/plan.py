"""What is done at each step: settled by the seed alone, so that a run can be had again.

A step's name and its draws depend on the seed and the step's number, and on nothing that happened.
"""

from random import Random

INSIDE = {
    "type_words": 12,
    "press_enter": 3,
    "rub_out": 3,
    "type_other_letters": 2,
    "move_caret": 4,
    "select": 3,
    "cut_or_copy": 1,
    "paste": 1,
    "undo": 4,
    "redo": 2,
    "find": 1,
    "continue": 7,
    "escape": 4,
    "retake": 3,
    "step_takes": 4,
    "alternatives": 2,
    "point_at_bars": 3,
    "turn_wheel": 3,
    "type_temperature": 2,
    "choose_preset": 2,
    "write_brief": 2,
    "save": 3,
    "save_as": 1,
    "export": 1,
    "open": 2,
    "new": 1,
    "close_document": 3,
    "walk": 2,
    "drop": 2,
    "go_to_compare": 3,
    "go_to_write": 3,
    "run_lanes": 3,
    "change_lanes": 2,
    "use_lane": 2,
    "step_runs": 2,
    "keep_comparison": 1,
    "landscape": 1,
    "heat": 2,
    "score": 1,
    "explain": 1,
    "parameters": 1,
    "library": 1,
    "zoom": 1,
    "resize": 2,
    "next_part": 2,
    "open_model": 1,
    "mend_model": 4,
    "choose_in_menus": 5,
    "touch_anything": 16,
    "wait": 5,
}
"""What a writer does in the window, and how often among all of it."""

OUTSIDE = (
    "kill_window",
    "kill_engine",
    "freeze_engine",
    "second_window",
    "change_file",
    "leave",
    "kill_engine",
    "end_window",
    "second_window",
    "change_file",
)
"""What happens to the program from without, each in its turn."""

_INSIDE_BETWEEN = 20
"""Steps inside the window between two from without."""


def step(seed: int, number: int) -> str:
    """The name of a step."""
    turn, place = divmod(number, _INSIDE_BETWEEN + 1)
    if place == _INSIDE_BETWEEN:
        return _shuffled(seed, "outside", turn, list(OUTSIDE))
    deck = [name for name, count in INSIDE.items() for _ in range(count)]
    return _shuffled(seed, "inside", turn * _INSIDE_BETWEEN + place, deck)


def chances(seed: int, number: int, what: str = "") -> Random:
    """The draws of a step."""
    return Random(f"{seed}/{number}/{what}")


def _shuffled(seed: int, what: str, index: int, deck: list[str]) -> str:
    """That card of a deck that is shuffled anew each time it is through: none is left out."""
    turn, place = divmod(index, len(deck))
    Random(f"{seed}/{what}/{turn}").shuffle(deck)
    return deck[place]
