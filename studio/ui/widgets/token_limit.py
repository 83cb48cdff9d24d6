"""A field for how many tokens something may take."""

from studio.manuscript.prompt_plan import MOST_TOKENS
from studio.translation import tr
from studio.ui.theme.controls import SpinBox
from studio.ui.theme.theme import Theme


def token_limit(theme: Theme, name: str) -> SpinBox:
    """A field for a number of tokens at most, of which none is all.

    Args:
        theme: Where the colours come from.
        name: What it is called, for those who hear the window.
    """
    box = SpinBox(theme)
    box.setRange(0, MOST_TOKENS)
    box.setSingleStep(16)
    box.setSpecialValueText(tr("all tokens"))
    box.setGroupSeparatorShown(True)
    box.setKeyboardTracking(False)  # half a number is another number
    box.setSuffix(tr(" tokens"))
    box.setAccessibleName(name)
    box.setToolTip(tr("{name}; 0 for all", name=name))
    return box
