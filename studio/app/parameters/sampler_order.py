"""The steps of the sampler as a list to put in order, including those that are left out.

`SamplingParams.samplers` names only the steps in force; where the others would stand, this list
remembers.
"""

from collections.abc import Sequence

from studio.app.parameters.table import SAMPLING_NUMBERS, TEMPERATURE
from studio.sampling import DEFAULT_SAMPLERS, STEPS, SWITCHES, SamplingParams, active_steps
from studio.translation import tr

STEP_TITLES = {step.name: step.title for step in STEPS}


def whole_order(
    samplers: Sequence[str], before: Sequence[str] = DEFAULT_SAMPLERS
) -> tuple[str, ...]:
    """All steps: `samplers` in their order, and the others where they stood in `before`.

    A step that is left out stays after the step that it stood after before, or at the top.

    Args:
        samplers: The steps that are in force.
        before: All steps in their former order.
    """
    order = list(samplers)
    for place, name in enumerate(before):
        if name not in order:
            above = next((other for other in reversed(before[:place]) if other in order), None)
            order.insert(0 if above is None else order.index(above) + 1, name)
    return tuple(order)


def moved(order: Sequence[str], name: str, place: int) -> tuple[str, ...]:
    """The order with one step moved; a place beyond an end means that end.

    Args:
        order: The steps.
        name: The one that moves.
        place: Its new index, from 0.
    """
    others = [other for other in order if other != name]
    place = min(max(place, 0), len(others))
    return (*others[:place], name, *others[place:])


def is_at_work(name: str, params: SamplingParams) -> bool:
    """Whether a step changes anything now.

    Args:
        name: The step.
        params: The sampling parameters.
    """
    if params.mirostat:
        return name == "temperature"
    return name in active_steps(params)


def step_words(name: str, params: SamplingParams) -> str:
    """What a step does now, in a word or two: its values, or why it has no effect.

    Args:
        name: The step.
        params: The sampling parameters.
    """
    if params.mirostat and name != "temperature":
        return tr("replaced by Mirostat")
    if name not in params.samplers and not params.mirostat:
        return tr("left out")
    if not is_at_work(name, params):
        return "T 1" if name == "temperature" else tr("off")
    switches = [SAMPLING_NUMBERS[switch.name] for switch in SWITCHES[name]]
    shown = []
    for number in switches:
        value = getattr(params, number.name)
        if number is TEMPERATURE or value != number.neutral:
            text = number.format(value)
            shown.append(text if len(switches) == 1 else number.in_short(text))
    return ", ".join(shown).replace(", T ±", " ±")
