"""The words on a passage that has a temperature of its own: “0.40, this passage”."""

from __future__ import annotations

from html import escape

from studio.app.parameters.temperature_scale import format_temperature
from studio.manuscript import OwnSampling
from studio.presets import preset_words
from studio.translation import tr
from studio.visible_text import visible_name


def own_words(own: OwnSampling, elsewhere: float) -> tuple[str, ...]:
    """Which T is in force and why, and shorter forms of that.

    Args:
        own: What the passage has.
        elsewhere: The T of all other text.
    """
    here = tr("{t}, this passage", t=format_temperature(own.temperature))
    if own.preset:
        what = tr("{here}: {preset}", here=here, preset=_preset(own))
    else:
        what = tr("{here}; {t} elsewhere", here=here, t=format_temperature(elsewhere))
    return what, here


def own_tip(own: OwnSampling, elsewhere: float) -> str:
    """The same as a tooltip of the mark in the margin.

    Args:
        own: What the passage has.
        elsewhere: The T of all other text.
    """
    here = format_temperature(own.temperature)
    if own.preset:
        what = tr("T {t} in this passage, by the preset {preset}", t=here, preset=_preset(own))
    else:
        what = tr("T {t} in this passage", t=here)
    rest = tr(
        "{what}; {elsewhere} elsewhere. What is written here uses it.",
        what=what,
        elsewhere=format_temperature(elsewhere),
    )
    return f"<p>{escape(rest)}</p>"


def _preset(own: OwnSampling) -> str:
    return visible_name(preset_words(own.preset))
