"""Where Continue goes on and what the model does not read there, in words, before it does it.

Knows the draft; nothing of widgets.
"""

from studio.ui.writing.draft import Draft


def place_words(draft: Draft) -> tuple[str, str]:
    """A few words, none where Continue does what its name says; and a sentence without its stop."""
    if draft.selected and draft.text_follows:
        return (
            "Continues after the selection; what follows is not read",
            "Let the model continue the manuscript after the selected text, which stays as it is; "
            "what follows is kept, and the model does not read it",
        )
    if draft.selected:
        return (
            "Continues after the selection",
            "Let the model continue the manuscript after the selected text, which stays as it is",
        )
    if draft.text_follows:
        return (
            "What follows the caret is not read",
            "Let the model continue the manuscript from the caret; what follows is kept, and the "
            "model does not read it",
        )
    return "", "Let the model continue the manuscript from the caret"
