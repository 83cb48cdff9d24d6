"""The steps of the sampler as a list to be put in order, those that are left out among them.

`SamplingParams.samplers` names the steps in force; where one that is left out would stand is
nobody's but the list's.
"""

from collections.abc import Sequence

from studio.app.parameters.table import SAMPLING_NUMBERS, TEMPERATURE
from studio.sampling import DEFAULT_SAMPLERS, STEPS, SWITCHES, SamplingParams, active_steps
from studio.translation import tr

STEP_TITLES = {step.name: step.title for step in STEPS}


def whole_order(
    samplers: Sequence[str], before: Sequence[str] = DEFAULT_SAMPLERS
) -> tuple[str, ...]:
    """All steps: `samplers` in their order, the others where they stood in `before`.

    One that is left out stays behind the step that it stood behind last, or at the top.

    Args:
        samplers: The steps that are in force.
        before: The order of all steps that it was made of.
    """
    order = list(samplers)
    for place, name in enumerate(before):
        if name not in order:
            above = next((other for other in reversed(before[:place]) if other in order), None)
            order.insert(0 if above is None else order.index(above) + 1, name)
    return tuple(order)


def moved(order: Sequence[str], name: str, place: int) -> tuple[str, ...]:
    """The same order with one step at another place, from 0; beyond the ends is at the ends.

    Args:
        order: The steps.
        name: The one that moves.
        place: Where it is to stand.
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
    """What a step does now, in a word or two: its values, or why it does nothing.

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
