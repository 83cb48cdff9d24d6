"""Where a temperature lies across a widget: the same pixels for the slider and for the curve.

Plain arithmetic; which place on the track a temperature has is `temperature_scale`'s.
"""

from studio.app.parameters.temperature_scale import position, snapped_temperature_at, temperature_at

INSET = 8.0
"""Pixels between the widget's side and the end of the track: half the slider's handle.

At a zoom of 100 %; who has grown hands in how much.
"""


def x_at(place: float, width: int, grown: float = 1.0) -> float:
    """The pixel of a place on the track, 0 to 1, across a widget `width` pixels wide.

    Args:
        place: 0 to 1.
        width: In pixels.
        grown: How much larger letters are than at 100 %.
    """
    return INSET * grown + place * (width - 2 * INSET * grown)


def x_of(temperature: float, width: int, grown: float = 1.0) -> float:
    """The pixel of a temperature across a widget `width` pixels wide.

    Args:
        temperature: T.
        width: In pixels.
        grown: How much larger letters are than at 100 %.
    """
    return x_at(position(temperature), width, grown)


def temperature_under(x: float, width: int, grown: float = 1.0) -> float:
    """The temperature a hand means that lets go at pixel `x`.

    Args:
        x: The pixel.
        width: In pixels.
        grown: How much larger letters are than at 100 %.
    """
    return snapped_temperature_at(_place_under(x, width, grown))


def exact_temperature_under(x: float, width: int, grown: float = 1.0) -> float:
    """The temperature at pixel `x`, not rounded.

    Args:
        x: The pixel.
        width: In pixels.
        grown: How much larger letters are than at 100 %.
    """
    return temperature_at(_place_under(x, width, grown))


def _place_under(x: float, width: int, grown: float) -> float:
    return (x - INSET * grown) / max(width - 2 * INSET * grown, 1.0)
