"""The studio's colours: one light set and one dark set.

This module is plain data. Surfaces, words and lanes are those of a page about a comparison
(`studio.experiments.page_colors`), so that a lane is known again. `studio.ui.theme.theme` chooses
the one in force, and widgets read it.
"""

import msgspec

from studio.experiments.page_colors import DARK as PAGE_DARK
from studio.experiments.page_colors import LIGHT as PAGE_LIGHT


class Colors(msgspec.Struct, frozen=True):
    """Every colour the window uses, each as ``#rrggbb``.

    Text colours keep a contrast of at least 4.5 to 1 against the surfaces they are used on, and
    what carries meaning without being text (bars, ticks) at least 3 to 1 against the page and
    the ground (WCAG 2.2, success criteria 1.4.3 and 1.4.11). The fill of a bar that was cut is
    fainter on purpose: its outline and its words carry the meaning.

    One colour is saturated, `accent`, and it means temperature or the one main button. What has the
    keyboard, what is selected and what the model wrote have quiet tones of their own.

    Attributes:
        dark: Whether light text stands on dark surfaces.
        window: The ground: the strips above the page, and the column beside it.
        card: The page, the brightest surface; also fields and menus.
        card_border: Rules between parts, and the thin line round buttons and fields.
        hover: The surface of a button under the pointer.
        track: The empty part of a bar, up to its full scale.
        text: Words to read.
        muted: Words to glance at: headings, units, hints.
        accent: Temperature: the dial, and the probability that the sampler will use.
        accent_fill: The surface of the primary button.
        on_accent: Words on `accent_fill`.
        focus: Round what has the keyboard.
        ghost: Lines that are quiet and yet seen: borders of what lies over others, curves behind.
        cut: Fill of a bar whose token a filter has cut.
        generated: Text that the model wrote, beside `text` for what the writer typed.
        by_model: Behind what the model wrote, where it is shown who wrote what.
        by_hand: Behind what the writer changed in that.
        from_clipboard: Behind what was pasted.
        from_file: Behind what was in a file that does not say who wrote it.
        selection: Behind selected text.
        error: Words that say what was refused, and why.
        cold: The greedy end of the temperature track.
        hot: The uniform end of the temperature track.
        heat_least: Behind a token with the least heat; just distinct from the page.
        heat_most: Behind a token with the most heat.
        landscape_middle: A hill half way up; the ground is the page.
        landscape_most: The peak of the landscape, probability 1.
        lanes: The lanes of a comparison, eight; distinguished by the colour-blind too, and beside
            one another by lightness.
        heat_line: Under a token that the same random draw would not choose any more.
    """

    dark: bool
    window: str
    card: str
    card_border: str
    hover: str
    track: str
    text: str
    muted: str
    accent: str
    accent_fill: str
    on_accent: str
    focus: str
    ghost: str
    cut: str
    generated: str
    by_model: str
    by_hand: str
    from_clipboard: str
    from_file: str
    selection: str
    error: str
    cold: str
    hot: str
    heat_least: str
    heat_most: str
    heat_line: str
    landscape_middle: str
    landscape_most: str
    lanes: tuple[str, ...]


LIGHT = Colors(
    dark=False,
    window=PAGE_LIGHT.page,
    card=PAGE_LIGHT.card,
    card_border=PAGE_LIGHT.edge,
    hover="#efece6",
    track="#ebe8e1",
    text=PAGE_LIGHT.text,
    muted=PAGE_LIGHT.quiet,
    accent="#d2591a",
    accent_fill="#c4500f",
    on_accent="#ffffff",
    focus="#54789a",
    ghost="#85827c",
    cut="#dedbd5",
    generated="#274a63",
    by_model="#dfebf4",
    by_hand="#f8dfe6",
    from_clipboard="#dff0dd",
    from_file="#eae7e0",
    selection=PAGE_LIGHT.mark,
    error="#b3261e",
    cold="#316fce",
    hot="#d8382b",
    heat_least="#f7f2fa",
    heat_most="#e2b0f4",
    heat_line="#9141ac",
    landscape_middle="#df7a3b",
    landscape_most="#571f00",
    lanes=PAGE_LIGHT.lanes,
)

DARK = Colors(
    dark=True,
    window=PAGE_DARK.page,
    card=PAGE_DARK.card,
    card_border=PAGE_DARK.edge,
    hover="#26282b",
    track="#2a2c30",
    text=PAGE_DARK.text,
    muted=PAGE_DARK.quiet,
    accent="#f08a45",
    accent_fill="#f08a45",
    on_accent="#1a1206",
    focus="#6f93ad",
    ghost="#7d828c",
    cut="#3a3e45",
    generated="#a8c7de",
    by_model="#21374a",
    by_hand="#4b2c3a",
    from_clipboard="#23402b",
    from_file="#36373b",
    selection=PAGE_DARK.mark,
    error="#ff8a80",
    cold="#5ca9fd",
    hot="#d9392c",
    heat_least="#27262e",
    heat_most="#673d85",
    heat_line="#c79be8",
    landscape_middle="#bd6a2b",
    landscape_most="#ffeedc",
    lanes=PAGE_DARK.lanes,
)
