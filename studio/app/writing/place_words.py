"""Where Continue goes on and what the model does not read there, in words, before it does it."""

from studio.app.writing.draft import Draft

_AFTER, _AFTER_UNREAD, _UNREAD = (
    "Continues after the selection",
    "Continues after the selection; what follows is not read",
    "What follows the caret is not read",
)
SHORTER = {_AFTER_UNREAD: _AFTER, _UNREAD: "What follows is not read"}
"""The same in fewer words, for a narrow window."""


def place_words(draft: Draft) -> tuple[str, str]:
    """A few words, none where Continue does what its name says; and a sentence without its stop."""
    if draft.selected and draft.text_follows:
        return (
            _AFTER_UNREAD,
            "Let the model continue the manuscript after the selected text, which stays as it is; "
            "what follows is kept, and the model does not read it",
        )
    if draft.selected:
        return (
            _AFTER,
            "Let the model continue the manuscript after the selected text, which stays as it is",
        )
    if draft.text_follows:
        return (
            _UNREAD,
            "Let the model continue the manuscript from the caret; what follows is kept, and the "
            "model does not read it",
        )
    return "", "Let the model continue the manuscript from the caret"
