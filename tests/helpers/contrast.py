"""How far two colours are apart, as WCAG measures it."""


def contrast_ratio(first: str, second: str) -> float:
    """Contrast between two ``#rrggbb`` colours, from 1 (the same) to 21 (black on white).

    The formula is WCAG 2.2's: (L1 + 0.05) / (L2 + 0.05) of the relative luminances, the lighter
    above.

    Args:
        first: One colour.
        second: The other.
    """
    darker, lighter = sorted((_relative_luminance(first), _relative_luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def _relative_luminance(color: str) -> float:
    channels = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
