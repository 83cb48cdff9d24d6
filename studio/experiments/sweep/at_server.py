"""What a sweep's texts can be measured by where a server draws them."""

from __future__ import annotations

from msgspec.structs import replace

from studio.engine.server.capabilities import Capabilities
from studio.experiments.sweep.plan import PlanError, Sweep
from studio.translation import tr


def absent_measures(sweep: Sweep, can: Capabilities) -> dict[str, str]:
    """The measures that a server does not say enough for, by their names, each with the reason.

    Args:
        sweep: As it is planned.
        can: What the server can do.
    """
    found = {"entropy": tr("the server draws, and does not say from what")}
    formats = {"chat" if value.format == "chat" else "completions" for value in sweep.values}
    if not (can.raw.is_there and formats <= set(can.logprobs_in)):
        found["perplexity"] = tr("the server gives no log-probabilities of the model's own")
    if not can.token_ids.is_there or "chat" in formats:
        found |= dict.fromkeys(("loops", "rep_4"), tr("the server gives no token ids"))
    return found


def sweep_at(sweep: Sweep, can: Capabilities) -> Sweep:
    """A sweep without the measures that are absent at a server.

    Args:
        sweep: As it is planned.
        can: What the server can do.

    Raises:
        PlanError: Its criterion, or its own list, asks for one of these; or whole texts are to be
            drawn.
    """
    if sweep.plan.whole_text is not None:
        words = tr("it cannot be had: the server draws, and does not say from what")
        raise PlanError("whole_text", words)
    absent = absent_measures(sweep, can)
    criterion = sweep.plan.criterion
    wanted = [*sweep.plan.measures]
    if criterion is not None:
        wanted += [criterion.measure, *criterion.at_least, *criterion.at_most]
    for name in wanted:
        if name in absent:
            words = tr("“{name}” cannot be had: {why}", name=name, why=absent[name])
            raise PlanError("measures", words)
    return replace(sweep, measures=tuple(it for it in sweep.measures if it.name not in absent))
