"""The names of Explain's steps, to which other parts of the window lead."""

from typing import Literal, get_args

StepName = Literal[
    "logits",
    "softmax",
    "temperature",
    "limits",
    "low-temperature",
    "filters",
    "whole-text",
    "tasks",
]

STEP_NAMES: tuple[StepName, ...] = get_args(StepName)
"""In the order in which they are read."""
