"""Settings that a preset carries and that do nothing in it as they stand.

A penalty over no tokens, a filter that the order of samplers leaves out: the value is kept, since
another setting may wake it, and the report says so.
"""

from __future__ import annotations

from studio.sampling import PARAMETERS, STEPS, SamplingParams, active_steps
from studio.translation import tr

_CUTS = frozenset(step.name for step in STEPS if step.cuts)
_NEUTRAL = SamplingParams()


def why_idle(field: str, params: SamplingParams) -> str:
    """Why a parameter does nothing that is another than the neutral one; empty where it acts.

    Args:
        field: The parameter's name.
        params: The parameters in force.
    """
    facts = PARAMETERS.get(field)
    if facts is None or facts.step is None or not facts.is_switch:
        return ""
    step = facts.step
    if getattr(params, field) == getattr(_NEUTRAL, field):
        return ""
    if step not in params.samplers:
        return tr("The order of samplers leaves {step} out.", step=step)
    if params.mirostat and step != "temperature":
        return tr("Mirostat takes its place.")
    if params.temperature == 0 and (step in _CUTS or field == "dynatemp_range"):
        is_greedy = "temperature" in params.samplers
        if is_greedy:
            return tr("At T 0 the best token is taken, whatever else is set.")
        return ""
    if step in active_steps(params):
        return ""
    if step == "penalties":
        return tr("Over 0 tokens it does nothing.")
    if step == "dry":
        return tr("Over 0 tokens DRY does nothing.")
    if step == "xtc":
        return tr("A threshold above 0.5 turns XTC off.")
    return ""
